//! The Salamander Grand as `cargo xtask setup` builds it, heard through the synthesizer: its levels, its tuning, its
//! loops. The figures:
//! `cargo test --release --test grand -- --ignored --nocapture --test-threads 1`.

mod sound_common;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use pastiche::music::{Note, Performance, Pitch, Velocity};
use pastiche::synth::{BLOCK, Renderer, Score, SoundFont, Voices};
use sound_common::*;

const SAMPLE_RATE: u32 = 48_000;
/// Maximum size of the file on disk, and of its samples in memory.
const MAX_BYTES: usize = 350_000_000;
/// Maximum step from one velocity to the next.
const MAX_STEP_DB: f64 = 1.5;
const MAX_CENTS: f64 = 3.0;
/// A velocity of each layer.
const LAYERS: [u8; 8] = [30, 46, 55, 65, 76, 90, 108, 124];
/// A click is a stretch of 3 ms that is this much brighter than its surroundings.
const CLICK_DB: f64 = 8.0;
/// Clicks below −80 dBFS do not count. A voice ends at −86 dBFS at most, once its envelope has fallen by 60 dB.
const INAUDIBLE: f64 = 1e-4;
/// Maximum delay from the key press to an audible sound.
const MAX_DELAY_SECS: f64 = 0.015;

fn grand() -> SoundFont {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/soundfonts/SalamanderGrand.sf2");
    SoundFont::load(Path::new(path)).expect("`cargo xtask setup` builds it if npm is installed")
}

fn renderer(font: &SoundFont) -> Renderer {
    let voices = Voices::new(font, &dry(SAMPLE_RATE)).unwrap();
    Renderer::new(SAMPLE_RATE, Some(Box::new(voices)))
}

/// One note that is held for `secs`, both channels.
fn strike(renderer: &mut Renderer, key: u8, velocity: u8, secs: f64) -> [Vec<f32>; 2] {
    let note = Note {
        pitch: Pitch::new(key).unwrap(),
        onset_secs: 0.0,
        duration_secs: secs,
        velocity: Velocity::new(velocity).unwrap(),
    };
    renderer.stop();
    listen(renderer, 0.02); // what sounded before fades
    renderer.load(Box::new(Score::whole(Arc::new(Performance::new(vec![note], Vec::new())))));
    renderer.play();
    let mut heard = [Vec::new(), Vec::new()];
    let mut block = [[0.0; 2]; BLOCK];
    for _ in 0..(secs * f64::from(SAMPLE_RATE)) as usize / BLOCK {
        renderer.render(&mut block);
        for [left, right] in block {
            heard[0].push(left);
            heard[1].push(right);
        }
    }
    heard
}

fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-9).log10()
}

/// The root mean square over both channels.
fn rms(note: &[Vec<f32>; 2]) -> f64 {
    let sum: f64 = note.iter().flatten().map(|s| f64::from(*s) * f64::from(*s)).sum();
    (sum / (2 * note[0].len()).max(1) as f64).sqrt()
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn the_samples_of_the_grand_fit_into_memory() {
    let font = grand();
    let on_disk = std::fs::metadata(font.path()).unwrap().len() as usize;
    let begun = std::time::Instant::now();
    let playable = font.playable(font.default_preset()).unwrap();
    let in_memory = playable.sample_bytes();
    println!(
        "{on_disk} bytes on disk, {in_memory} in memory, read in {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    assert!(on_disk <= MAX_BYTES && in_memory <= MAX_BYTES);
    assert_eq!(font.remark(), None);
    assert_eq!(font.presets().len(), 1);
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn velocities_of_the_grand_are_no_step_apart() {
    let font = grand();
    let mut renderer = renderer(&font);
    let mut worst = (0.0, 0, 0);
    for key in [21, 28, 35, 43, 52, 60, 61, 69, 77, 86, 95, 108] {
        let level = |v: u8| decibels(rms(&strike(&mut renderer, key, v, 0.5)));
        let levels: Vec<f64> = (1..=127).map(level).collect();
        for (v, pair) in levels.windows(2).enumerate() {
            let step = pair[1] - pair[0];
            assert!(step > -0.5, "key {key}: velocity {} is louder than {} by {:.2} dB", v + 1, v + 2, -step);
            if step > worst.0 {
                worst = (step, key, v + 1);
            }
        }
        println!("key {key}: {:.1} dB from the softest to the loudest", levels[126] - levels[0]);
    }
    let (step, key, velocity) = worst;
    println!("largest step: {step:.2} dB, key {key}, from velocity {velocity}");
    assert!(step <= MAX_STEP_DB);
}

/// The frequency of the strongest partial near `wanted`.
fn frequency(samples: &[f32], wanted: f64) -> f64 {
    let at = |cents: f64| wanted * f64::exp2(cents / 1200.0);
    let loudest = |from: i32, to: i32, step: f64, around: f64| {
        let places = (from..=to).map(|i| around + f64::from(i) * step);
        let loud = places.map(|cents| (cents, amplitude_at(samples, SAMPLE_RATE, at(cents))));
        loud.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0
    };
    at(loudest(-6, 6, 0.25, loudest(-18, 18, 1.5, 0.0)))
}

/// The pitch in cents from equal temperament: the median over the partials that the ear hears best. The stiffness of
/// the strings makes it a few cents sharp, evenly from key to key.
fn cents(renderer: &mut Renderer, key: u8, velocity: u8, partials: RangeInclusive<u8>) -> f64 {
    // In the bass, the strings of one key can only be resolved over a longer time.
    let secs = if key < 48 { 2.4 } else { 1.2 };
    let [left, right] = strike(renderer, key, velocity, secs);
    let sum: Vec<f32> = left.iter().zip(&right).map(|(l, r)| l + r).collect();
    let sound = part(&sum, SAMPLE_RATE, 0.15..secs - 0.05);
    let mut found: Vec<f64> = partials
        .map(|n| {
            let even = f64::from(n) * hertz(key);
            1200.0 * (frequency(sound, even) / even).log2()
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn layers_of_the_grand_have_one_pitch() {
    let font = grand();
    let mut renderer = renderer(&font);
    let mut worst = (0.0, 0);
    // Below, the strings of a key are too close for this measurement, and their lowest partials too weak.
    for key in (39..=90).step_by(3) {
        // A layer that is out of tune is so in all its partials. A single partial may be too weak in the softest
        // layers, or split.
        let partials = if key < 72 { vec![2..=4] } else { vec![1..=1, 2..=2] };
        let apart = partials.into_iter().map(|partials| {
            let pitches = LAYERS.map(|velocity| cents(&mut renderer, key, velocity, partials.clone()));
            println!("key {key}: {pitches:.1?}");
            pitches.iter().fold(f64::MIN, |h, c| h.max(*c)) - pitches.iter().fold(f64::MAX, |l, c| l.min(*c))
        });
        let apart = apart.fold(f64::INFINITY, f64::min);
        if apart > worst.0 {
            worst = (apart, key);
        }
    }
    println!("furthest apart: {:.1} cents, key {}", worst.0, worst.1);
    assert!(worst.0 <= MAX_CENTS);
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn keys_of_the_grand_are_in_tune_with_their_neighbours() {
    let font = grand();
    let mut renderer = renderer(&font);
    let mut worst = (0.0, 0);
    // Above the fourth octave the fourth partial is too weak.
    for (keys, partials) in [(36..=75u8, 2..=4), (72..=90, 2..=2)] {
        let keys: Vec<u8> = keys.collect();
        let pitches: Vec<f64> =
            keys.iter().map(|key| cents(&mut renderer, *key, 78, partials.clone())).collect();
        // Compares the three keys that play one recording with the six around them.
        for i in 4..keys.len() - 4 {
            let around = [i - 4, i - 3, i - 2, i + 2, i + 3, i + 4].map(|j| pitches[j]);
            let off = pitches[i] - around.iter().sum::<f64>() / 6.0;
            println!("key {}: {:+.1} cents, {off:+.1} from its neighbours", keys[i], pitches[i]);
            if off.abs() > worst.0 {
                worst = (off.abs(), keys[i]);
            }
        }
    }
    println!("furthest from its neighbours: {:.1} cents, key {}", worst.0, worst.1);
    assert!(worst.0 <= MAX_CENTS);
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn no_loop_of_the_grand_clicks() {
    let font = grand();
    let mut renderer = renderer(&font);
    let mut worst = (0.0, 0, 0, 0.0);
    for key in (21..84).step_by(3) {
        for velocity in LAYERS {
            let note = strike(&mut renderer, key, velocity, 20.0);
            // The fastest changes: a click contains all frequencies, a ringing string only low ones.
            let sharp: Vec<f32> = note[0].windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).collect();
            let blocks: Vec<f64> = sharp.chunks_exact(144).map(|b| f64::from(peak(b))).collect();
            let from = SAMPLE_RATE as usize / 144; // after the hammer
            for at in from + 20..blocks.len() - 20 {
                let mut around: Vec<f64> = blocks[at - 20..=at + 20].to_vec();
                around.sort_by(f64::total_cmp);
                let over = decibels(blocks[at].max(INAUDIBLE) / around[36].max(INAUDIBLE));
                if over > worst.0 {
                    worst = (over, key, velocity, at as f64 * 0.003);
                }
            }
        }
    }
    let (over, key, velocity, secs) = worst;
    println!(
        "sharpest moment: {over:.1} dB over what surrounds it, key {key}, velocity {velocity}, {secs:.2} s"
    );
    assert!(over < CLICK_DB);
}

#[test]
#[ignore = "needs soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds"]
fn keys_of_the_grand_speak_at_once() {
    let font = grand();
    let mut renderer = renderer(&font);
    let mut latest = (0.0, 0, 0);
    for key in 21..=108 {
        for velocity in LAYERS {
            let note = strike(&mut renderer, key, velocity, 0.3);
            let highest = peak(&note[0]).max(peak(&note[1]));
            let is_loud = |i: &usize| note[0][*i].abs().max(note[1][*i].abs()) > 0.1 * highest;
            let heard = (0..note[0].len()).find(is_loud).unwrap();
            let secs = heard as f64 / f64::from(SAMPLE_RATE);
            if secs > latest.0 {
                latest = (secs, key, velocity);
            }
        }
    }
    let (secs, key, velocity) = latest;
    println!("the latest is heard after {:.1} ms: key {key}, velocity {velocity}", secs * 1e3);
    assert!(secs < MAX_DELAY_SECS);
}
