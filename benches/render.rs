//! How fast sound is made: recordings against real time, the sound card's callback against its period, and a jump
//! against patience. `cargo bench --bench render`; with a piano SoundFont installed, else with sines.
//!
//! Beside criterion's figures it prints those that README.md states.

#[path = "../tests/sound_common/mod.rs"]
mod sound_common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};
use pastiche::progress::StopFlag;
use pastiche::synth::export::{ExportSettings, export};
use pastiche::synth::{BLOCK, Renderer, Score, SoundFont, VoiceSettings, Voices};
use sound_common::*;

const SAMPLE_RATE: u32 = 48_000;
/// What the sound card asks for at a time.
const CALLBACK_FRAMES: usize = 512;
const TAKE_SECS: f64 = 60.0;

fn font() -> SoundFont {
    piano_font().unwrap_or_else(|| {
        println!("no piano SoundFont is installed: the figures are for sines, and too good");
        let (folder, font) = sine_font();
        drop(folder);
        font
    })
}

/// As dense as romantic piano music: nine notes a second, up to ten at once, the pedal changed every 1.5 s.
fn take() -> Arc<Performance> {
    let notes = (0..(TAKE_SECS * 9.0) as usize).map(|i| Note {
        pitch: Pitch::new(30 + (i * 37 % 60) as u8).unwrap(),
        onset_secs: (i / 3) as f64 / 3.0,
        duration_secs: 0.2 + (i % 7) as f64 * 0.2,
        velocity: Velocity::clamped(40 + (i * 13 % 60) as i32),
    });
    let pedal = (0..(TAKE_SECS / 1.5) as usize).flat_map(|i| {
        let at = i as f64 * 1.5;
        [
            PedalChange {
                time_secs: at,
                value: 0,
            },
            PedalChange {
                time_secs: at + 0.1,
                value: 127,
            },
        ]
    });
    Arc::new(Performance::new(notes.collect(), pedal.collect()))
}

fn recording(c: &mut Criterion) {
    let (font, take, folder) = (font(), take(), tempfile::tempdir().unwrap());
    let mut group = c.benchmark_group("recording");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    for ending in ["wav", "flac", "ogg"] {
        let path = folder.path().join(format!("take.{ending}"));
        let record = || {
            let settings = ExportSettings::new(SAMPLE_RATE);
            export(
                Arc::clone(&take),
                &font,
                &settings,
                &path,
                &StopFlag::new(),
                &mut |_| {},
            )
            .unwrap()
        };
        group.bench_function(ending, |b| b.iter(record));
        let start = Instant::now();
        let summary = record();
        println!(
            "{ending}: {:.0} times as fast as it plays",
            summary.secs / start.elapsed().as_secs_f64()
        );
    }
    group.finish();
}

/// 128 keys down in stereo: all 256 voices sound.
fn all_voices(font: &SoundFont) -> Renderer {
    let voices = Voices::new(font, &VoiceSettings::new(SAMPLE_RATE)).unwrap();
    let mut renderer = Renderer::new(SAMPLE_RATE, Some(Box::new(voices)));
    let low_keys = 21..=84u8;
    let notes = (0..8).flat_map(|i| low_keys.clone().map(move |p| note(p, f64::from(i) * 0.05, 0.04)));
    let performance = Performance::new(notes.collect(), vec![pedal(0.0, true), pedal(600.0, false)]);
    renderer.load(Box::new(Score::whole(Arc::new(performance))));
    renderer.play();
    listen(&mut renderer, 0.5);
    renderer
}

fn callback(renderer: &mut Renderer) {
    let mut block = [[0.0; 2]; BLOCK];
    for _ in 0..CALLBACK_FRAMES / BLOCK {
        renderer.render(&mut block);
        std::hint::black_box(&block);
    }
}

fn callback_at_full_polyphony(c: &mut Criterion) {
    let font = font();
    let mut renderer = all_voices(&font);
    c.bench_function("callback/256 voices, 512 frames", |b| {
        b.iter(|| callback(&mut renderer))
    });
    let mut renderer = all_voices(&font);
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let start = Instant::now();
            callback(&mut renderer);
            start.elapsed()
        })
        .collect();
    times.sort();
    let period = CALLBACK_FRAMES as f64 / f64::from(SAMPLE_RATE);
    let share = |time: Duration| 100.0 * time.as_secs_f64() / period;
    println!(
        "callback: median {:.1} %, 99th of 100 {:.1} %, worst {:.1} % of its {:.1} ms",
        share(times[150]),
        share(times[297]),
        share(times[299]),
        period * 1e3
    );
}

/// From the command to the first frames that hold it, once the card asks; the card asks within one period.
fn seek_to_first_frame(c: &mut Criterion) {
    let font = font();
    let voices = Voices::new(&font, &VoiceSettings::new(SAMPLE_RATE)).unwrap();
    let mut renderer = Renderer::new(SAMPLE_RATE, Some(Box::new(voices)));
    renderer.load(Box::new(Score::whole(take())));
    renderer.play();
    let mut at = 0.0;
    c.bench_function("seek to first frames", |b| {
        b.iter(|| {
            at = (at + 7.7) % TAKE_SECS;
            renderer.seek(at);
            callback(&mut renderer);
        });
    });
}

criterion_group!(
    benches,
    recording,
    callback_at_full_polyphony,
    seek_to_first_frame
);
criterion_main!(benches);
