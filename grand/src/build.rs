//! From the unpacked packages to the SoundFont.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Failure;
use crate::decode::decode;
use crate::font::{Info, Writer, Zone};
use crate::level::amplitude;
use crate::recordings::{LAYERS, keys, path};
use crate::strings::{Balance, Measured, measure};
use crate::tail::{Tail, cut};
use crate::trim::{drowned, noise, onset};
use crate::velocities::{Velocities, zones};

const NAME: &str = "Salamander Grand";
const INFO: &Info = &[
    (b"isng", "EMU8000"),
    (b"INAM", NAME),
    (b"IENG", "Alexander Holm"),
    (b"ICOP", "Recordings: Alexander Holm, CC BY 3.0"),
    (
        b"ICMT",
        "The Salamander Grand Piano V3, a Yamaha C5 recorded by Alexander Holm, Creative Commons Attribution 3.0. \
         Changed: eight of sixteen layers, trimmed, levels and tuning evened out, tails looped.",
    ),
    (b"ISFT", "Pastiche"),
];
/// The highest key with a damper.
const LAST_DAMPED: u8 = 91;
/// How long a damped string takes to fall by 60 dB: for the lowest key, the highest with a damper, and keys without.
const LONGEST_RELEASE_SECS: f64 = 0.9;
const SHORTEST_RELEASE_SECS: f64 = 0.25;
const UNDAMPED_RELEASE_SECS: f64 = 20.0;
/// Length of the fade-in at the very beginning.
const FADE_IN_SECS: f64 = 0.0005;

/// A recording without the silence before it.
struct Note {
    frames: Vec<[f32; 2]>,
    rate: u32,
    /// The frame from which only noise remains.
    drowned: usize,
}

/// Builds the SoundFont at `out` from the recordings in `folder`. The file is written as a whole or not at all.
///
/// # Errors
/// If a recording is missing or damaged, or the file cannot be written.
pub fn build(folder: &Path, out: &Path) -> Result<(), Failure> {
    let places: Vec<(u8, u8)> =
        LAYERS.iter().flat_map(|layer| keys().map(move |key| (*layer, key))).collect();
    println!("measuring {} recordings", places.len());
    let measured = in_parallel(&places, |(layer, key)| {
        let note = load(folder, *layer, *key)?;
        Ok(measure(&note.frames, note.rate, *key))
    })?;
    let balance = Balance::new(&measured);
    report(&balance, &measured);
    let part = out.with_extension("sf2.part");
    let failed = |e: std::io::Error| format!("cannot write {}: {e}", part.display());
    let mut writer = Writer::new(&part, INFO).map_err(failed)?;
    let velocities = zones(&balance.below);
    let mut all_zones = Vec::new();
    println!("writing {}", out.display());
    // Only one layer at a time is in memory.
    for (layer, places) in places.chunks(keys().count()).enumerate() {
        let notes = in_parallel(places, |(layer, key)| {
            let mut note = load(folder, *layer, *key)?;
            fade_in(&mut note);
            Ok((cut(&note.frames, note.rate, *key, note.drowned), note.rate))
        })?;
        let measured = &measured[layer * places.len()..];
        for ((Tail { frames, looped }, rate), measured) in notes.into_iter().zip(measured) {
            let name = format!("{} v{}", measured.key, LAYERS[layer]);
            let gain = amplitude(balance.gain(measured));
            let sample = writer.sample(&name, measured.key, rate, &frames, gain, looped).map_err(failed)?;
            let own = velocities.iter().filter(|v| v.layer == layer);
            all_zones.extend(own.map(|Velocities { range, attenuation, .. }| Zone {
                keys: keys_of(measured.key),
                velocities: range.clone(),
                sample,
                attenuation: *attenuation,
                tuning: balance.correction(measured.key).round() as i16,
                semitone: balance.semitone(measured.key).round() as i16,
                release_secs: release_secs(measured.key),
            }));
        }
    }
    let bytes = writer.finish(NAME, &all_zones).map_err(failed)?;
    fs::rename(&part, out).map_err(failed)?;
    println!(
        "{}: {:.0} MB, {} layers, {} zones",
        out.display(),
        bytes as f64 / 1e6,
        LAYERS.len(),
        all_zones.len()
    );
    Ok(())
}

fn load(folder: &Path, layer: u8, key: u8) -> Result<Note, Failure> {
    let recording = decode(&path(folder, layer, key))?;
    let rate = recording.rate;
    let noise = noise(&recording.frames, rate);
    let onset = onset(&recording.frames, rate, noise);
    let frames = recording.frames[onset..].to_vec();
    if frames.len() < rate as usize {
        return Err(format!("layer {layer}, key {key}: less than a second of sound"));
    }
    let drowned = drowned(&frames, rate, noise);
    Ok(Note { frames, rate, drowned })
}

fn fade_in(note: &mut Note) {
    let length = (FADE_IN_SECS * f64::from(note.rate)) as usize;
    for (i, frame) in note.frames.iter_mut().take(length).enumerate() {
        *frame = frame.map(|sample| sample * (i as f32 / length as f32));
    }
}

/// A recorded key also plays its two neighbours.
fn keys_of(key: u8) -> RangeInclusive<u8> {
    (key - 1).max(21)..=(key + 1).min(108)
}

fn release_secs(key: u8) -> f64 {
    if key > LAST_DAMPED {
        return UNDAMPED_RELEASE_SECS;
    }
    let height = f64::from(key - 21) / f64::from(LAST_DAMPED - 21);
    LONGEST_RELEASE_SECS * (SHORTEST_RELEASE_SECS / LONGEST_RELEASE_SECS).powf(height)
}

/// The results of `work` for all items, in order, computed on all cores; or the first failure.
fn in_parallel<I: Sync, T: Send>(
    items: &[I],
    work: impl Fn(&I) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let take_turns = || {
        while let Some((place, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?)))
        {
            let result = work(item);
            let has_failed = result.is_err();
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((place, result));
            if has_failed {
                next.store(items.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(take_turns);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Prints what was measured.
fn report(balance: &Balance, measured: &[Measured]) {
    let below: Vec<String> = balance.below.iter().map(|db| format!("{db:.1}")).collect();
    println!("layers below the loudest, dB: {}", below.join(" "));
    let curve = balance.tuning().map(|(key, recorded, tuned)| format!("{key}:{recorded:+.1}→{tuned:+.1}"));
    println!("keys, cents from equal temperament: {}", curve.collect::<Vec<_>>().join(" "));
    let unknown = measured.iter().filter(|m| m.cents.is_none()).count();
    println!("{unknown} recordings whose pitch could not be measured");
}
