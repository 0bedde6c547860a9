//! MIDI ports, with ports that record in the place of an instrument.
#![cfg(feature = "app")]

mod sound_common;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pastiche::music::{PedalChange, Performance};
use pastiche::player::{Device, OutputChoice, Player, PlayerHandle, PlayerSource, detached};
use pastiche::ports::{MidiChoice, MidiEvent, MidiThread, PortState, RecordedPorts, Sent};
use sound_common::*;

const RECORDED: &str = "Recorded";

fn wait(what: &str, mut is_there: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

struct Setup {
    // Dropped first: its thread lets go of the keys.
    midi: MidiThread,
    player: Player,
    ports: RecordedPorts,
}

fn setup(choice: MidiChoice) -> Setup {
    let player = Player::start(OutputChoice::default(), Arc::new(|| {})).unwrap();
    wait("the card", || player.handle().status().device != Device::Opening);
    let ports = RecordedPorts::default();
    let (handle, tap) = (player.handle(), player.tap());
    let midi = MidiThread::start(Box::new(ports.clone()), choice, handle, tap, Arc::new(|| {})).unwrap();
    Setup { midi, player, ports }
}

fn output() -> MidiChoice {
    MidiChoice { output: Some(RECORDED.to_owned()), ..MidiChoice::default() }
}

fn strikes(sent: &[Sent]) -> Vec<(Instant, u8)> {
    let strikes = sent.iter().filter(|s| s.message[0] == 0x90);
    strikes.map(|s| (s.at, s.message[1])).collect()
}

/// A card that asks for bursts of 512 frames in real time, three ahead of what is heard.
fn card(mut source: PlayerSource, is_over: Arc<AtomicBool>) {
    const BURST: usize = 512;
    let (start, period) = (Instant::now(), BURST as f64 / f64::from(RATE));
    for burst in 0.. {
        let due = Duration::from_secs_f64(f64::from((burst - 3).max(0)) * period);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        source.by_ref().take(2 * BURST).for_each(drop);
    }
}

/// Plays notes 37 ms apart; how far the messages were from even, in milliseconds: for 95 in 100, and the farthest.
fn jitter() -> (f64, f64) {
    const NOTES: usize = 150;
    let (handle, source, backstage) = detached(RATE, NonZero::new(2).unwrap(), None);
    let ports = RecordedPorts::default();
    let (boxed, tap) = (Box::new(ports.clone()), backstage.tap());
    let midi = MidiThread::start(boxed, output(), handle.clone(), tap, Arc::new(|| {})).unwrap();
    wait("the port", || matches!(midi.status().output, PortState::Open { .. }));
    let is_over = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_over);
    let card = std::thread::spawn(move || card(source, flag));
    let onset = |i: usize| 0.2 + 0.037 * i as f64;
    let notes: Vec<_> = (0..NOTES).map(|i| note(40 + (i % 40) as u8, onset(i), 0.03)).collect();
    handle.load(Arc::new(performance(&notes))).unwrap();
    handle.play().unwrap();
    let mut sent = Vec::new();
    wait("the notes", || {
        sent.extend(ports.take_sent());
        strikes(&sent).len() == NOTES
    });
    is_over.store(true, Ordering::Relaxed);
    card.join().unwrap();
    let strikes = strikes(&sent);
    assert!(strikes.iter().enumerate().all(|(i, (_, key))| usize::from(*key) == 40 + i % 40));
    let first = strikes[0].0;
    let mut late: Vec<f64> =
        strikes.iter().enumerate().map(|(i, (at, _))| (*at - first).as_secs_f64() - onset(i)).collect();
    late.sort_by(f64::total_cmp);
    let middle = late[NOTES / 2];
    let mut off: Vec<f64> = late.iter().map(|late| 1000.0 * (late - middle).abs()).collect();
    off.sort_by(f64::total_cmp);
    (off[NOTES * 95 / 100], off[NOTES - 1])
}

#[test]
fn messages_are_within_two_milliseconds_of_the_audio_clock() {
    // A machine that is busy with other things may hold the thread up: it has three tries.
    let tries: Vec<(f64, f64)> = (0..3).map(|_| jitter()).collect();
    println!("off in ms, 95 in 100 and the farthest: {tries:?}");
    assert!(tries.iter().any(|(most, _)| *most < 2.0), "{tries:?}");
}

#[test]
fn stop_and_seek_let_go_of_keys_and_pedal() {
    let Setup { midi, player, ports } = setup(output());
    let handle = player.handle();
    let pedal = vec![PedalChange { time_secs: 0.1, value: 90 }];
    let music = Performance::new(vec![note(60, 0.1, 8.0), note(64, 0.2, 8.0), note(72, 6.0, 1.0)], pedal);
    handle.load(Arc::new(music)).unwrap();
    handle.play().unwrap();
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let take = |sent: &mut Vec<Vec<u8>>| sent.extend(ports.take_sent().into_iter().map(|s| s.message));
    wait("both keys", || {
        take(&mut sent);
        sent.contains(&vec![0x90, 64, 90])
    });
    assert!(sent.contains(&vec![0xB0, 64, 90]), "the pedal as deep as it was: {sent:?}");
    let commands: [fn(&PlayerHandle); 2] =
        [|handle| handle.seek(5.9).unwrap(), |handle| handle.stop().unwrap()];
    for command in commands {
        sent.clear();
        command(&handle);
        wait("the end", || {
            take(&mut sent);
            sent.contains(&vec![0xB0, 123, 0])
        });
        assert!(sent.contains(&vec![0xB0, 64, 0]), "{sent:?}");
        let offs: Vec<u8> = sent.iter().filter(|m| m[0] == 0x80).map(|m| m[1]).collect();
        assert!(!offs.is_empty(), "{sent:?}");
        wait("the note after it, or nothing", || {
            take(&mut sent);
            !handle.status().is_playing || sent.contains(&vec![0x90, 72, 90])
        });
    }
    handle.seek(0.0).unwrap();
    handle.play().unwrap();
    sent.clear();
    wait("a key", || {
        take(&mut sent);
        sent.contains(&vec![0x90, 60, 90])
    });
    drop(midi);
    take(&mut sent);
    assert!(sent.contains(&vec![0x80, 60, 64]), "closing lets go: {sent:?}");
}

#[test]
fn a_port_that_is_pulled_out_is_told_and_comes_back() {
    let Setup { midi, player, ports } = setup(output());
    let handle = player.handle();
    handle.load(Arc::new(performance(&[note(60, 0.1, 0.1), note(62, 0.4, 0.1)]))).unwrap();
    wait("the port", || matches!(midi.status().output, PortState::Open { .. }));
    ports.set_unplugged(true);
    handle.play().unwrap();
    wait("the failure", || matches!(midi.status().output, PortState::Failed { .. }));
    ports.set_unplugged(false);
    wait("the port is back", || matches!(midi.status().output, PortState::Open { .. }));
    let missing = MidiChoice { output: Some("No such piano".to_owned()), ..MidiChoice::default() };
    midi.choose(missing);
    wait("the other failure", || matches!(midi.status().output, PortState::Failed { .. }));
    let PortState::Failed { why } = midi.status().output else { panic!() };
    assert!(why.to_string().contains("No such piano"), "{why}");
    midi.choose(MidiChoice::default());
    wait("none", || midi.status().output == PortState::Off);
    midi.refresh();
    wait("the list", || midi.status().outputs.iter().any(|name| name == RECORDED));
}

#[test]
fn what_is_played_comes_in_as_a_phrase_after_the_pause() {
    let input = MidiChoice { input: Some(RECORDED.to_owned()), pause_secs: 0.5, ..MidiChoice::default() };
    let Setup { midi, player: _player, ports } = setup(input);
    wait("the port", || matches!(midi.status().input, PortState::Open { .. }));
    for key in [60, 64, 67] {
        assert!(ports.play(&[0x90, key, 80]));
        std::thread::sleep(Duration::from_millis(100));
        ports.play(&[0x80, key, 0]);
    }
    let ended = Instant::now();
    let mut events = Vec::new();
    wait("the phrase", || {
        events.extend(midi.events());
        events.len() == 2
    });
    assert!((0.45..0.8).contains(&ended.elapsed().as_secs_f64()), "{:?}", ended.elapsed());
    let [MidiEvent::PhraseBegan, MidiEvent::Phrase(phrase)] = &events[..] else { panic!("{events:?}") };
    let keys: Vec<u8> = phrase.notes().iter().map(|n| n.pitch.number()).collect();
    assert_eq!(keys, [60, 64, 67]);
    assert!((0.15..0.4).contains(&phrase.notes()[2].onset_secs), "{:?}", phrase.notes());
}
