//! Shared by the sound tests: a generated SoundFont, notes, and measurements.
#![allow(dead_code, reason = "each test uses its part")]

#[cfg(target_os = "linux")]
pub mod server;
pub mod sf2;

use std::path::PathBuf;

use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};
use pastiche::synth::{BLOCK, Renderer, SoundFont, VoiceSettings, Voices};

pub const RATE: u32 = 44_000;

pub fn note(pitch: u8, onset_secs: f64, duration_secs: f64) -> Note {
    Note {
        pitch: Pitch::new(pitch).unwrap(),
        onset_secs,
        duration_secs,
        velocity: Velocity::new(90).unwrap(),
    }
}

pub fn pedal(time_secs: f64, is_down: bool) -> PedalChange {
    PedalChange { time_secs, value: if is_down { 127 } else { 0 } }
}

pub fn performance(notes: &[Note]) -> Performance {
    Performance::new(notes.to_vec(), Vec::new())
}

/// The SoundFont of sines, in a file that lives as long as the folder returned.
pub fn sine_font() -> (tempfile::TempDir, SoundFont) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sines.sf2");
    std::fs::write(&path, sf2::sines()).unwrap();
    let font = SoundFont::load(&path).unwrap();
    (folder, font)
}

/// A real piano.
pub fn piano_font() -> SoundFont {
    let places = [
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/soundfonts/FluidR3_GM.sf2")),
        PathBuf::from("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/soundfonts/TimGM6mb.sf2")),
    ];
    let path = places.into_iter().find(|p| p.is_file());
    SoundFont::load(&path.expect("`cargo xtask setup` puts a piano into soundfonts/")).unwrap()
}

/// Dry sines, without reverb to blur the measurements.
pub fn dry(sample_rate: u32) -> VoiceSettings {
    VoiceSettings { has_reverb: false, ..VoiceSettings::new(sample_rate) }
}

pub fn sine_voices() -> Box<Voices> {
    let (_folder, font) = sine_font();
    Box::new(Voices::new(&font, &dry(RATE)).unwrap())
}

/// The left channel of the next `secs`.
pub fn listen(renderer: &mut Renderer, secs: f64) -> Vec<f32> {
    let blocks = (secs * f64::from(renderer.sample_rate()) / BLOCK as f64).round() as usize;
    let mut block = [[0.0; 2]; BLOCK];
    let mut heard = Vec::with_capacity(blocks * BLOCK);
    for _ in 0..blocks {
        renderer.render(&mut block);
        heard.extend(block.iter().map(|frame| frame[0]));
    }
    heard
}

pub fn part(samples: &[f32], sample_rate: u32, secs: std::ops::Range<f64>) -> &[f32] {
    let at = |t: f64| ((t * f64::from(sample_rate)) as usize).min(samples.len());
    &samples[at(secs.start)..at(secs.end)]
}

pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |p, s| p.max(s.abs()))
}

/// The largest step between adjacent samples: a click is a step that the music does not have.
pub fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |m, w| m.max((w[1] - w[0]).abs()))
}

/// The amplitude of one frequency (Goertzel's algorithm under a Hann window).
pub fn amplitude_at(samples: &[f32], sample_rate: u32, hertz: f64) -> f64 {
    let n = samples.len() as f64;
    let step = std::f64::consts::TAU * hertz / f64::from(sample_rate);
    let (mut before, mut last) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n).cos();
        let next = f64::from(*sample) * window + 2.0 * step.cos() * last - before;
        (before, last) = (last, next);
    }
    (before * before + last * last - 2.0 * step.cos() * before * last).max(0.0).sqrt() * 4.0 / n
}

pub fn hertz(pitch: u8) -> f64 {
    440.0 * f64::exp2((f64::from(pitch) - 69.0) / 12.0)
}

/// Does `pitch` sound, and louder than its neighbours? Needs about 0.2 s.
pub fn sounds(samples: &[f32], sample_rate: u32, pitch: u8) -> bool {
    let level = |p: u8| amplitude_at(samples, sample_rate, hertz(p));
    let here = level(pitch);
    here > 0.002 && here > 3.0 * level(pitch - 1) && here > 3.0 * level(pitch + 1)
}
