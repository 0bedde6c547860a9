//! The code that runs in the sound card's callback, under a counting allocator: it must neither allocate nor free.
#![cfg(feature = "app")]

mod sound_common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};
use pastiche::player::{
    Backstage, Device, OutputChoice, Played, PlayedEvent, Player, PlayerBusy, PlayerCommand, PlayerHandle,
    PlayerSource, Sound, SoundState, detached,
};
use pastiche::synth::{BLOCK, PlayheadEvent, Voices};
use sound_common::*;

/// Counts allocations of a thread while it is in the callback.
struct Counting;

thread_local! {
    static IS_IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    if IS_IN_CALLBACK.get() {
        COUNT.set(COUNT.get() + 1);
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work` as if in the callback; returns its result and the number of allocations and frees.
fn in_callback<T>(work: impl FnOnce() -> T) -> (T, usize) {
    COUNT.set(0);
    IS_IN_CALLBACK.set(true);
    let result = work();
    IS_IN_CALLBACK.set(false);
    (result, COUNT.get())
}

const STEREO: NonZero<u16> = NonZero::new(2).unwrap();

fn player() -> (PlayerHandle, PlayerSource, Backstage) {
    detached(RATE, STEREO, Some(sine_voices()))
}

/// Pulls samples like a sound card; returns them and the number of allocations and frees in the callback.
fn pull(source: &mut impl Iterator<Item = f32>, secs: f64) -> (Vec<f32>, usize) {
    let samples = (secs * f64::from(RATE)) as usize * 2;
    let mut heard = vec![0.0; samples];
    let ((), allocations) = in_callback(|| {
        for sample in &mut heard {
            *sample = source.next().unwrap();
        }
    });
    (heard.into_iter().step_by(2).collect(), allocations)
}

fn busy_take() -> Arc<Performance> {
    let notes = (0..400u16).map(|i| note(30 + (i * 7 % 70) as u8, f64::from(i) * 0.02, 0.5)).collect();
    let pedal = (0..20).map(|i| pedal(f64::from(i) * 0.4, i % 2 == 0)).collect();
    Arc::new(Performance::new(notes, pedal))
}

#[test]
fn the_counting_allocator_counts() {
    let (list, allocations) = in_callback(|| vec![1, 2, 3]);
    assert_eq!(allocations, 1);
    let ((), frees) = in_callback(|| drop(list));
    assert_eq!(frees, 1);
}

#[test]
fn the_callback_never_allocates_nor_frees_whatever_is_commanded() {
    let (handle, source, backstage) = player();
    // Through rodio's own mixer, as on a real card.
    let (mixer, mut mixed) = rodio::mixer::mixer(STEREO, NonZero::new(RATE).unwrap());
    mixer.add(source);
    // The mixer allocates once, when it accepts the source.
    pull(&mut mixed, 0.01);
    let pitch = |p: u8| Pitch::new(p).unwrap();
    let notes =
        |from: f64| -> Arc<[Note]> { (0..8).map(|i| note(60 + i, from + f64::from(i) * 0.1, 0.4)).collect() };
    let no_pedal = || -> Arc<[PedalChange]> { Arc::new([]) };
    let mut total = 0;
    for round in 0..30u8 {
        handle.load(busy_take()).unwrap();
        handle.play().unwrap();
        total += pull(&mut mixed, 0.2).1;
        handle.seek(f64::from(round) * 0.2).unwrap();
        total += pull(&mut mixed, 0.1).1;
        handle.set_loop(Some(1.0..1.3)).unwrap();
        handle.seek(1.1).unwrap();
        handle.set_tempo_scale(2.0).unwrap();
        total += pull(&mut mixed, 0.5).1;
        handle.set_gain(f32::from(round) * 0.2).unwrap();
        handle.audition(pitch(60), Velocity::new(80).unwrap()).unwrap();
        handle.swap_keeping_position(busy_take()).unwrap();
        handle.pause().unwrap();
        total += pull(&mut mixed, 0.1).1;
        let id = handle.load_growing(&Performance::default(), 0.0, 64).unwrap();
        handle.play().unwrap();
        for part in 0..10 {
            let from = f64::from(part) * 0.8;
            handle.append(id, notes(from), no_pedal(), from + 0.8).unwrap();
            total += pull(&mut mixed, 0.02).1;
        }
        handle.finish(id).unwrap();
        handle.stop().unwrap();
        total += pull(&mut mixed, 0.1).1;
        backstage.clear();
    }
    assert_eq!(total, 0, "allocations or frees in the callback");
}

#[test]
fn new_voices_swap_in_without_allocating_and_the_old_come_back() {
    let (handle, mut source, backstage) = player();
    handle.load(busy_take()).unwrap();
    handle.play().unwrap();
    pull(&mut source, 0.3);
    backstage.clear();
    let (_folder, font) = sine_font();
    for _ in 0..5 {
        let voices = Box::new(Voices::new(&font, &dry(RATE)).unwrap());
        handle.send(PlayerCommand::SetVoices(voices)).unwrap();
        let (heard, allocations) = pull(&mut source, 0.2);
        assert_eq!(allocations, 0);
        assert!(peak(&heard[heard.len() / 2..]) > 0.01, "the new voices sound");
        assert_eq!(backstage.clear(), 1, "the old ones came back");
    }
}

#[test]
fn a_callback_with_uncollected_garbage_leaves_commands_instead_of_freeing() {
    let (handle, mut source, backstage) = player();
    let mut taken = 0;
    let mut total = 0;
    for _ in 0..600 {
        taken += usize::from(handle.load(busy_take()).is_ok());
        total += pull(&mut source, 0.002).1;
    }
    assert_eq!(total, 0);
    assert!(taken < 400, "{taken} taken: the inbox fills up");
    assert_eq!(handle.play(), Err(PlayerBusy));
    assert!(backstage.clear() > 200);
    pull(&mut source, 0.01);
    handle.play().unwrap();
}

#[test]
fn the_next_stream_continues_where_a_dropped_one_stopped() {
    // What the `audio` thread does when a device is lost; `tests/sound_server.rs` tests a real one.
    let (handle, mut source, backstage) = player();
    handle.load(Arc::new(performance(&[note(57, 0.0, 1.0), note(69, 1.0, 5.0)]))).unwrap();
    handle.play().unwrap();
    pull(&mut source, 1.5);
    drop(source);
    let mut next = backstage.next_source(STEREO).unwrap();
    let (heard, _) = pull(&mut next, 0.5);
    assert!(sounds(&heard, RATE, 69), "in the middle of the second note");
    handle.seek(0.2).unwrap();
    assert!(sounds(&pull(&mut next, 0.5).0[2000..], RATE, 57), "and the commands reach it");
}

#[test]
fn a_change_of_device_neither_clicks_nor_loses_music() {
    let (handle, mut source, backstage) = player();
    handle.load(Arc::new(performance(&[note(57, 0.0, 1.3), note(69, 1.3, 5.0)]))).unwrap();
    handle.play().unwrap();
    let (steady, _) = pull(&mut source, 1.0);
    let largest = largest_step(&steady[RATE as usize / 2..]);
    handle.send(PlayerCommand::Hold).unwrap();
    let (fading, allocations) = pull(&mut source, 0.1);
    assert_eq!(allocations, 0);
    assert!(largest_step(&fading) < 1.1 * largest, "{} {largest}", largest_step(&fading));
    assert!(peak(&fading[fading.len() / 2..]) == 0.0, "silent, so that the stream may end");
    pull(&mut source, 0.5);
    drop(source);
    let mut next = backstage.next_source(STEREO).unwrap();
    let (heard, allocations) = pull(&mut next, 0.25);
    assert_eq!(allocations, 0);
    assert!(largest_step(&heard) < 1.1 * largest, "{} {largest}", largest_step(&heard));
    assert!(sounds(&heard[1000..], RATE, 57), "the music stood still meanwhile");
    pull(&mut next, 0.2);
    assert!(sounds(&pull(&mut next, 0.3).0, RATE, 69), "and goes on");
}

#[test]
fn a_scale_sounds_without_music_and_ends() {
    let (handle, mut source, _backstage) = player();
    handle.play_scale(true).unwrap();
    for pitch in [60, 62, 64, 65] {
        let (heard, allocations) = pull(&mut source, 0.25);
        assert!(sounds(&heard[2000..], RATE, pitch), "{pitch}");
        assert_eq!(allocations, 0);
    }
    pull(&mut source, 4.0);
    assert!(peak(&pull(&mut source, 0.2).0) < 1e-3);
}

/// What is heard here is what the tap tells, with the times at which it is heard.
#[test]
fn the_tap_tells_what_is_played_and_when() {
    let (handle, mut source, backstage) = player();
    let tap = backstage.tap();
    let pedal = |time_secs, value| PedalChange { time_secs, value };
    let notes = vec![note(60, 0.5, 0.3), note(64, 1.0, 0.3)];
    let music = Performance::new(notes, vec![pedal(0.7, 100), pedal(0.8, 90)]);
    handle.send(PlayerCommand::SetTapped(true)).unwrap();
    handle.send(PlayerCommand::SetLocalSound(false)).unwrap();
    handle.load(Arc::new(music)).unwrap();
    handle.play().unwrap();
    let (heard, allocations) = pull(&mut source, 1.1);
    assert_eq!(allocations, 0);
    assert_eq!(peak(&heard[2000..]), 0.0, "the sound is off here");
    let events: Vec<Played> = std::iter::from_fn(|| tap.next()).collect();
    let start = events[0].heard_at_secs;
    let strike = |played: &Played| match played.event {
        PlayedEvent::Music(PlayheadEvent::Strike { pitch, .. }) => {
            Some((pitch.number(), played.heard_at_secs - start))
        }
        _ => None,
    };
    let strikes: Vec<(u8, f64)> = events.iter().filter_map(strike).collect();
    assert_eq!(strikes.len(), 2);
    for ((pitch, at), (wanted, onset)) in strikes.into_iter().zip([(60, 0.5), (64, 1.0)]) {
        assert_eq!(pitch, wanted);
        assert!((at - onset).abs() < 0.002, "{at} for {onset}");
    }
    for (value, has_turned) in [(100, true), (90, false)] {
        let event = PlayedEvent::Music(PlayheadEvent::Pedal { value, has_turned });
        assert!(events.iter().any(|played| played.event == event), "{event:?}");
    }
    handle.pause().unwrap();
    pull(&mut source, 0.01);
    let cut = std::iter::from_fn(|| tap.next()).any(|p| p.event == PlayedEvent::Music(PlayheadEvent::Cut));
    assert!(cut, "a pause lets the keys go");
}

/// Plays to a card that asks for bursts of 512 frames in real time. Returns how far the reported playhead was from the
/// sound at the end, and its largest jump back.
fn follow(handle: &PlayerHandle, source: &mut PlayerSource) -> (f64, f64) {
    handle.load(Arc::new(performance(&[note(69, 0.0, 10.0)]))).unwrap();
    handle.play().unwrap();
    let start = Instant::now();
    let (mut last, mut worst_back, mut rendered) = (0.0f64, 0.0f64, 0.0);
    while rendered < 1.0 {
        pull(source, 512.0 / f64::from(RATE));
        rendered += 512.0 / f64::from(RATE);
        while start.elapsed().as_secs_f64() < rendered - 0.02 {
            let position = handle.status().position_secs;
            worst_back = worst_back.max(last - position);
            last = position;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let heard = start.elapsed().as_secs_f64();
    (handle.status().position_secs - heard, worst_back)
}

#[test]
fn the_playhead_is_what_is_heard() {
    // Other work on the machine may delay this thread, so it has three tries.
    let tries: Vec<(f64, f64)> = (0..3)
        .map(|_| {
            let (handle, mut source, _backstage) = player();
            follow(&handle, &mut source)
        })
        .collect();
    assert!(tries.iter().any(|(off, back)| off.abs() < 0.03 && *back < 0.005), "{tries:?}");
}

#[test]
fn the_status_has_position_and_peak() {
    let (handle, mut source, _backstage) = player();
    let id = handle.load(Arc::new(performance(&[note(69, 0.0, 10.0)]))).unwrap();
    handle.play().unwrap();
    pull(&mut source, 0.5);
    let status = handle.status();
    assert!(status.is_playing && !status.is_waiting);
    assert_eq!((status.score, status.duration_secs), (id.value(), 10.0));
    handle.status();
    pull(&mut source, 0.1);
    let loud = handle.status().peak;
    assert!((0.01..1.0).contains(&loud), "{loud}");
    assert_eq!(handle.status().peak, 0.0, "reading the peak resets it");

    handle.seek(7.0).unwrap();
    pull(&mut source, 0.001);
    assert!((7.0..7.1).contains(&handle.status().position_secs), "not before the place that was asked for");
    for _ in 0..3 {
        handle.seek_by(-1.0).unwrap();
    }
    pull(&mut source, 0.01);
    let at = handle.status().position_secs;
    assert!((4.0..4.1).contains(&at), "jumps that the card has not asked for yet add up: {at}");
}

/// Whatever sound card this machine has, the player starts at once, the playhead moves, and the player ends.
#[test]
fn the_player_starts_at_once_and_the_playhead_moves_with_or_without_a_card() {
    let output = OutputChoice { device: Some("no such device".to_owned()), ..OutputChoice::default() };
    let start = Instant::now();
    let woken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&woken);
    let wake = move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let player = Player::start(output, Arc::new(wake)).unwrap();
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
    let handle = player.handle();
    let wait = |is_there: &dyn Fn() -> bool| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_there() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(is_there());
    };
    wait(&|| handle.status().device != Device::Opening);
    let (_folder, font) = sine_font();
    handle.set_sound(Sound::new(font.clone())).unwrap();
    wait(&|| matches!(handle.status().sound, SoundState::Ready { .. }));
    handle.set_sound(Sound { preset: Some((3, 3)), ..Sound::new(font) }).unwrap();
    wait(&|| matches!(handle.status().sound, SoundState::Failed { .. }));
    handle.load(Arc::new(performance(&[note(69, 0.0, 5.0)]))).unwrap();
    handle.play().unwrap();
    wait(&|| handle.status().position_secs > 0.5);
    assert!(handle.status().is_playing);
    assert!(woken.load(std::sync::atomic::Ordering::Relaxed) >= 3);
    let end = Instant::now();
    drop(player);
    assert!(end.elapsed() < Duration::from_secs(3));
}

#[test]
fn mono_and_surround_cards_get_their_channels() {
    for channels in [1u16, 2, 6] {
        let (handle, mut source, _backstage) =
            detached(RATE, NonZero::new(channels).unwrap(), Some(sine_voices()));
        handle.load(Arc::new(performance(&[note(69, 0.0, 5.0)]))).unwrap();
        handle.play().unwrap();
        let frames: Vec<Vec<f32>> =
            (0..RATE / 2).map(|_| (0..channels).map(|_| source.next().unwrap()).collect()).collect();
        for channel in 0..usize::from(channels) {
            let heard: Vec<f32> = frames.iter().map(|f| f[channel]).collect();
            assert_eq!(sounds(&heard, RATE, 69), channel < 2, "{channel} of {channels}");
        }
        assert_eq!(frames.len(), RATE as usize / 2 / BLOCK * BLOCK + RATE as usize / 2 % BLOCK);
    }
}
