//! A preset of a SoundFont, ready for the synthesizer.

use std::collections::HashMap;
use std::io::{Read, SeekFrom};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use super::fault::SoundFontFault;
use super::generators::REVERB_SEND;
use super::outline::SampleData;
use super::pool::{Place, Pool};
use super::regions::{self, Data, Region, Use};
use super::riff::Source;
use super::tables::{PresetEntry, Tables};
use super::{vorbis, write};

/// Samples are kept in memory, and the synthesizer counts their frames in 31 bits.
const LARGEST_BYTES: u64 = 2 << 30;

/// A preset with its samples.
pub struct Playable {
    samples: Arc<rustysynth::SoundFont>,
    reverb_send: f32,
    /// Keys and velocities that sound.
    covered: Vec<(RangeInclusive<u8>, RangeInclusive<u8>)>,
    undecodable: usize,
}

impl Playable {
    /// For the synthesizer; its only preset plays with any program.
    pub fn samples(&self) -> &Arc<rustysynth::SoundFont> {
        &self.samples
    }

    /// The SoundFont's own reverb send, 0–1, averaged over its regions.
    pub fn reverb_send(&self) -> f32 {
        self.reverb_send
    }

    /// Memory of its samples, in bytes.
    pub fn sample_bytes(&self) -> usize {
        std::mem::size_of_val(self.samples.get_wave_data())
    }

    /// Compressed samples that could not be decoded: their keys are silent.
    pub fn undecodable(&self) -> usize {
        self.undecodable
    }

    /// The velocity nearest to `wanted` at which `key` sounds; `None` for a key that never does.
    pub fn velocity(&self, key: u8, wanted: u8) -> Option<u8> {
        let nearest = |velocities: &RangeInclusive<u8>| wanted.clamp(*velocities.start(), *velocities.end());
        self.covered
            .iter()
            .filter(|(keys, _)| keys.contains(&key))
            .map(|(_, velocities)| nearest(velocities))
            .min_by_key(|velocity| velocity.abs_diff(wanted))
    }

    /// A SoundFont without repairs, to test a failing synthesizer.
    #[cfg(test)]
    pub fn unchecked(samples: rustysynth::SoundFont) -> Playable {
        Playable {
            samples: Arc::new(samples),
            reverb_send: 0.0,
            covered: vec![(21..=108, 1..=127)],
            undecodable: 0,
        }
    }
}

/// Reads the samples that `preset` uses. `data` holds the location of each sample in the tables.
///
/// # Errors
/// If nothing of it sounds, it is too large, or the file cannot be read.
pub fn load(
    source: &mut dyn Source,
    tables: &Tables,
    samples: &SampleData,
    data: &[Option<Data>],
    preset: &PresetEntry,
) -> Result<Playable, SoundFontFault> {
    let contradiction = || SoundFontFault::Damaged("its tables contradict each other".to_owned());
    let uses = regions::uses(preset, tables, data).ok_or_else(contradiction)?;
    let decoded = decode(source, samples, data, &uses)?;
    let mut pool = Pool::new(samples.at);
    let mut placed: Vec<(Region, Place)> = Vec::new();
    for used in uses {
        let Some(data) = data[used.sample] else { continue };
        let own = decoded.get(&data).and_then(Option::as_ref);
        let frames = match (data, own) {
            (Data::Raw { start, end }, _) => end - start,
            (Data::Vorbis { .. }, Some(frames)) => frames.len() as u32,
            (Data::Vorbis { .. }, None) => continue,
        };
        let Some(region) = regions::region(used, tables, data, frames) else {
            continue;
        };
        let place = pool.place(source, data, &region.stretch, own)?;
        if pool.bytes() > LARGEST_BYTES {
            return Err(SoundFontFault::TooLarge { bytes: pool.bytes(), limit: LARGEST_BYTES });
        }
        placed.push((region, place));
    }
    if placed.is_empty() {
        return Err(SoundFontFault::NothingUsable);
    }
    let undecodable = decoded.values().filter(|frames| frames.is_none()).count();
    drop(decoded);
    let frame = write::frame(&placed, pool.bytes())?;
    let mut file = frame.before.as_slice().chain(pool.into_reader(source)).chain(frame.after.as_slice());
    // This reads what was just written; if it fails anyway, report it.
    let read = catch_unwind(AssertUnwindSafe(|| rustysynth::SoundFont::new(&mut file)));
    let samples = match read.map_err(|_| contradiction())? {
        Ok(samples) => samples,
        Err(rustysynth::SoundFontError::IoError(source)) => return Err(source.into()),
        Err(other) => return Err(SoundFontFault::Damaged(other.to_string())),
    };
    Ok(Playable {
        samples: Arc::new(samples),
        reverb_send: reverb_send(&placed),
        covered: placed.iter().map(|(r, _)| (r.shape.keys.clone(), r.shape.velocities.clone())).collect(),
        undecodable,
    })
}

/// The frames of a compressed sample; `None` when it cannot be decoded.
type Decoded = Option<Arc<Vec<i16>>>;

/// The compressed samples in use, decoded on all cores.
fn decode(
    source: &mut dyn Source,
    samples: &SampleData,
    data: &[Option<Data>],
    uses: &[Use],
) -> Result<HashMap<Data, Decoded>, SoundFontFault> {
    let mut streams: Vec<Data> = uses.iter().filter_map(|used| data[used.sample]).collect();
    streams.sort_unstable();
    streams.dedup();
    let mut compressed = Vec::new();
    let mut total = 0;
    for stream in streams {
        let Data::Vorbis { start, end } = stream else {
            continue;
        };
        total += u64::from(end - start);
        if total > samples.bytes {
            return Err(SoundFontFault::Damaged("its samples overlap".to_owned()));
        }
        let mut bytes = vec![0; (end - start) as usize];
        source.seek(SeekFrom::Start(samples.at + u64::from(start)))?;
        source.read_exact(&mut bytes)?;
        compressed.push((stream, bytes));
    }
    let decode_one = |(stream, bytes): (Data, Vec<u8>)| (stream, vorbis::decode(bytes).map(Arc::new));
    Ok(compressed.into_par_iter().map(decode_one).collect())
}

/// The average reverb send, 0–1; the file states it in tenths of a percent.
fn reverb_send(regions: &[(Region, Place)]) -> f32 {
    let sum: i32 = regions.iter().map(|(r, _)| r.shape.amount(REVERB_SEND)).sum();
    0.001 * sum as f32 / regions.len().max(1) as f32
}
