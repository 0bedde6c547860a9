//! Latency from the compose command to the first sound. Engine, checkpoint, feed and renderer are those of the studio;
//! a thread that asks for 512 frames at a time stands in for the sound card. To see the figure:
//! `cargo test --release --test first_sound -- --nocapture`.
#![cfg(feature = "app")]

mod sound_common;

use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pastiche::app::threads::feed::{Start, feed};
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Request};
use pastiche::jobs::{Engine, EngineCommand, EngineEvent, JobIds};
use pastiche::music::ComposerId;
use pastiche::player::{PlayerSource, detached};
use pastiche::progress::StopFlag;
use pastiche::synth::{VoiceSettings, Voices};
use sound_common::*;

const SAMPLE_RATE: u32 = 48_000;
const CALLBACK_FRAMES: usize = 512;
const NOTES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(60);

fn engine() -> Engine {
    let path = pastiche::paths::default_checkpoint().expect("the checkpoint that ships");
    let mut engine = Engine::spawn(Arc::new(|| {})).unwrap();
    let job = JobIds::default().fresh();
    let device = DeviceChoice::Cpu;
    engine.try_send(EngineCommand::LoadCheckpoint { job, path, device }).unwrap();
    let begun = Instant::now();
    while !engine.events().any(|e| matches!(e, EngineEvent::CheckpointLoaded { .. })) {
        assert!(begun.elapsed() < PATIENCE, "the checkpoint is not loaded");
        std::thread::sleep(Duration::from_millis(5));
    }
    engine
}

/// Asks for samples like a sound card until one is not silent; returns when it was rendered.
fn first_sound(source: &mut PlayerSource) -> Instant {
    let period = Duration::from_secs_f64(CALLBACK_FRAMES as f64 / f64::from(SAMPLE_RATE));
    let begun = Instant::now();
    let mut due = begun;
    while begun.elapsed() < PATIENCE {
        for sample in source.by_ref().take(2 * CALLBACK_FRAMES) {
            if sample != 0.0 {
                return Instant::now();
            }
        }
        due += period;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    panic!("nothing sounds");
}

#[test]
fn a_take_sounds_soon_after_it_is_asked_for() {
    let mut engine = engine();
    let font = piano_font();
    let mut jobs = JobIds::default();
    let mut waits: Vec<f64> = (0..9)
        .map(|seed| {
            let voices = Voices::new(&font, &VoiceSettings::new(SAMPLE_RATE)).unwrap();
            let stereo = NonZero::new(2).unwrap();
            let (handle, mut source, _backstage) = detached(SAMPLE_RATE, stereo, Some(Box::new(voices)));
            let card = std::thread::spawn(move || first_sound(&mut source));
            std::thread::sleep(Duration::from_millis(20 + 3 * seed));
            let stop = StopFlag::new();
            let start =
                Start { into_player: true, play: true, note_capacity: 2 * NOTES, from_note: 0, pace: None };
            let (_feed, sink) = feed(handle, start, |_| {});
            let request = GenerateRequest { notes: NOTES, ..GenerateRequest::new(Some(ComposerId(1)), seed) };
            let asked = Instant::now();
            engine
                .try_send(EngineCommand::Compose {
                    job: jobs.fresh(),
                    request: Request::New(request),
                    stop: stop.clone(),
                    sink,
                })
                .unwrap();
            let heard = card.join().unwrap();
            stop.stop();
            let begun = Instant::now();
            while !engine
                .events()
                .any(|e| matches!(e, EngineEvent::Generated { .. } | EngineEvent::Stopped { .. }))
            {
                assert!(begun.elapsed() < PATIENCE, "the engine does not stop");
                std::thread::sleep(Duration::from_millis(5));
            }
            (heard - asked).as_secs_f64() * 1e3
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    println!(
        "from the command to the first sound rendered: {:.0} ms, {:.0} at best, {:.0} at worst of 9",
        waits[4], waits[0], waits[8]
    );
    assert!(waits[4] < 1000.0, "{waits:?}");
}
