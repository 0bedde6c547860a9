//! Measures the loudness of a SoundFont, so that all of them play at the same level.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::BLOCK;
use super::reverb_synth::ReverbSynth;
use super::soundfont::Playable;
use crate::music::Pitch;

/// The peak to which the reference chord is scaled: a take with a fortissimo then reaches about −3 dBFS.
const REFERENCE_PEAK: f32 = 1.0;
/// The keys of that chord, as far as the SoundFont has them, and their velocity.
const CHORD: [u8; 8] = [36, 43, 48, 55, 60, 64, 67, 72];
const VELOCITY: u8 = 100;
/// Limits of the correction.
const MIN_VOLUME: f32 = 0.05;
const MAX_VOLUME: f32 = 20.0;
/// A peak below this, −100 dBFS, is silence.
const SILENCE: f32 = 1e-5;
/// The chord is rendered in steps of half a second, as long as it still gets louder.
const STEP_SECS: f32 = 0.5;
const MAX_STEPS: usize = 6;

/// The result of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loudness {
    /// The master volume that brings the sound to the common level.
    Volume(f32),
    Silent,
    Broken,
}

/// Plays every key for one block, which shows damage before it is heard, then a chord to measure the level. Leaves
/// the synthesizer sounding.
pub fn measure(synth: &mut ReverbSynth, playable: &Playable, sample_rate: u32) -> Loudness {
    synth.set_volume(1.0);
    let listen = || {
        try_keys(synth, playable);
        let mut peak = chord_peak(synth, &chord(playable), sample_rate);
        if peak < SILENCE {
            // All keys of the chord are silent: use the loudest of the others.
            for struck in keys(playable) {
                synth.cut_all();
                peak = peak.max(chord_peak(synth, &[struck], sample_rate));
            }
        }
        peak
    };
    match catch_unwind(AssertUnwindSafe(listen)) {
        Ok(peak) if !peak.is_finite() => Loudness::Broken,
        Ok(peak) if peak < SILENCE => Loudness::Silent,
        Ok(peak) => Loudness::Volume((REFERENCE_PEAK / peak).clamp(MIN_VOLUME, MAX_VOLUME)),
        Err(_) => Loudness::Broken,
    }
}

/// A key and its velocity.
type Struck = (u8, u8);

/// Every key that sounds, at the velocity closest to the usual one.
fn keys(playable: &Playable) -> Vec<Struck> {
    let piano = Pitch::LOWEST.number()..=Pitch::HIGHEST.number();
    piano.filter_map(|key| Some((key, playable.velocity(key, VELOCITY)?))).collect()
}

/// The reference chord, or else up to as many other keys, from the lowest to the highest.
fn chord(playable: &Playable) -> Vec<Struck> {
    let keys = keys(playable);
    let chord: Vec<Struck> = keys.iter().filter(|(key, _)| CHORD.contains(key)).copied().collect();
    if chord.len() == CHORD.len() {
        return chord;
    }
    let wanted = CHORD.len().min(keys.len());
    let spread = |i: usize| keys[i * (keys.len() - 1) / (wanted - 1).max(1)];
    (0..wanted).map(spread).collect()
}

fn try_keys(synth: &mut ReverbSynth, playable: &Playable) {
    for (key, velocity) in keys(playable) {
        synth.strike(0, key, velocity);
        synth.render(&mut [[0.0; 2]; BLOCK]);
        synth.cut_all();
    }
}

/// The peak that the whole chord would have at the reference velocity, estimated from these keys at theirs.
fn chord_peak(synth: &mut ReverbSynth, chord: &[Struck], sample_rate: u32) -> f32 {
    for (key, velocity) in chord {
        synth.strike(0, *key, *velocity);
    }
    let mut peak = 0.0f32;
    for _ in 0..MAX_STEPS {
        let before = peak;
        for _ in 0..(STEP_SECS * sample_rate as f32) as usize / BLOCK {
            let mut block = [[0.0; 2]; BLOCK];
            synth.render(&mut block);
            // `max` would ignore NaN.
            let loudest = block.iter().flatten().fold(0.0f32, |p, s| if p >= s.abs() { p } else { s.abs() });
            peak = if peak >= loudest { peak } else { loudest };
        }
        if peak <= before || !peak.is_finite() {
            break;
        }
    }
    // Powers of the notes add up, and the synthesizer's level follows the square of the velocity.
    let power = |velocity: &u8| (f32::from(*velocity) / f32::from(VELOCITY)).powi(4);
    let struck: f32 = chord.iter().map(|(_, velocity)| power(velocity)).sum();
    peak * (CHORD.len() as f32 / struck.max(f32::MIN_POSITIVE)).sqrt()
}
