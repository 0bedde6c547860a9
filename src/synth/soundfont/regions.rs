//! The regions of a preset: for each range of keys and velocities, a part of a sample with its loop.

use super::generators::*;
use super::outline::SampleData;
use super::tables::{PresetEntry, SampleEntry, Tables, Zone};

/// Maximum combinations of a preset's zones with its instruments' zones; a file with more is damaged.
const MAX_MEETINGS: usize = 4_000_000;
/// Regions that the tables handed to the synthesizer can hold.
pub const MAX_REGIONS: usize = 20_000;
/// The slowest rate at which the synthesizer runs; see `VoiceSettings::sample_rate`.
const SLOWEST_RATE: f64 = 16_000.0;
/// Maximum number of sample frames per output frame; more is noise.
const LONGEST_STEP: f64 = 65_536.0;
/// Bits of a sample's kind.
const COMPRESSED: u16 = 0x10;
const IN_ROM: u16 = 0x8000;

/// A loop within a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loop {
    /// Frames from the beginning of the sample.
    pub start: u32,
    pub end: u32,
    pub is_left_at_release: bool,
    /// Repetitions to write out, because the synthesizer fails with loops shorter than its step.
    pub times: u32,
}

/// A part of a sample, in frames from its beginning; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stretch {
    pub start: u32,
    pub end: u32,
    pub looped: Option<Loop>,
}

/// A region: the sound of a range of keys and velocities.
#[derive(Clone, Debug)]
pub struct Region {
    pub shape: Shape,
    pub stretch: Stretch,
    /// The key at which the sample plays at its recorded pitch.
    pub root_key: u8,
    /// In cents.
    pub correction: i8,
    /// Frames a second.
    pub sample_rate: u32,
}

/// A sample that a preset uses, before its length is known.
pub struct Use {
    pub shape: Shape,
    pub sample: usize,
    amounts: Amounts,
}

/// The location of a sample's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Data {
    /// Frames of the sample data.
    Raw { start: u32, end: u32 },
    /// Bytes of the sample data.
    Vorbis { start: u32, end: u32 },
}

/// The location of a sample's data, or `None` if it is empty, outside the file, or in a ROM. `is_vorbis` says whether a
/// Vorbis stream begins at a byte of the sample data.
pub fn data(
    sample: &SampleEntry,
    samples: &SampleData,
    is_vorbis: &mut dyn FnMut(u32) -> bool,
) -> Option<Data> {
    if sample.kind & IN_ROM != 0 {
        return None;
    }
    let is_marked = sample.kind & COMPRESSED != 0;
    let (start, end) = (sample.start, sample.end);
    if (is_marked || samples.may_be_compressed) && is_vorbis(start) {
        let end = end.min(u32::try_from(samples.bytes).unwrap_or(u32::MAX));
        return (start < end).then_some(Data::Vorbis { start, end });
    }
    let end = end.min(u32::try_from(samples.frames()).unwrap_or(u32::MAX));
    (!is_marked && start < end).then_some(Data::Raw { start, end })
}

/// The regions of `preset`: each combination of its zones with those of their instruments. Those without usable data
/// are left out. `None` when there are too many.
pub fn uses(preset: &PresetEntry, tables: &Tables, data: &[Option<Data>]) -> Option<Vec<Use>> {
    let mut uses = Vec::new();
    let mut meetings = 0;
    for zone in &preset.zones.zones {
        let Some(instrument) = tables.instruments.get(zone.target) else {
            continue;
        };
        meetings += instrument.zones.len();
        if meetings > MAX_MEETINGS {
            return None;
        }
        let outer = Amounts::new(&preset.zones.global, &zone.generators);
        let meet = |inner: &Zone| {
            data.get(inner.target).copied().flatten()?;
            let amounts = Amounts::new(&instrument.global, &inner.generators);
            Some(Use { shape: Shape::new(&outer, &amounts)?, sample: inner.target, amounts })
        };
        uses.extend(instrument.zones.iter().filter_map(meet));
        if uses.len() > MAX_REGIONS {
            return None;
        }
    }
    Some(uses)
}

/// The region of a use whose sample has `frames`; `None` if nothing of it sounds.
pub fn region(used: Use, tables: &Tables, data: Data, frames: u32) -> Option<Region> {
    let entry = tables.samples.get(used.sample)?;
    let amounts = &used.amounts;
    let own_root = amounts.get(ROOT_KEY).and_then(|key| u8::try_from(key).ok());
    let mut region = Region {
        // 255 means unpitched; middle C replaces it and invalid values.
        root_key: own_root.into_iter().chain([entry.pitch]).find(|key| *key <= 127).unwrap_or(60),
        correction: entry.correction,
        sample_rate: match entry.sample_rate {
            0 => 44_100,
            rate => rate.clamp(400, 192_000),
        },
        stretch: stretch(amounts, entry, data, frames)?,
        shape: used.shape,
    };
    let step = longest_step(&region);
    if step > LONGEST_STEP {
        return None;
    }
    if let Some(looped) = &mut region.stretch.looped {
        // Only a few different lengths, so that most regions of a sample can share the data.
        let min_frames = (step.ceil() as u32 + 1).next_power_of_two();
        looped.times = min_frames.div_ceil(looped.end - looped.start);
    }
    Some(region)
}

fn stretch(amounts: &Amounts, entry: &SampleEntry, data: Data, frames: u32) -> Option<Stretch> {
    let frames = i64::from(frames);
    let start = amounts.offset(START_OFFSET, START_COARSE_OFFSET).clamp(0, frames);
    let end = (frames + amounts.offset(END_OFFSET, END_COARSE_OFFSET)).clamp(0, frames);
    if start >= end {
        return None;
    }
    // The loop of a compressed sample is counted from its beginning.
    let origin = match data {
        Data::Raw { start, .. } => i64::from(start),
        Data::Vorbis { .. } => 0,
    };
    let place = |at: u32, fine: u16, coarse: u16| {
        (i64::from(at) - origin + amounts.offset(fine, coarse)).clamp(start, end) as u32
    };
    let a = place(entry.loop_start, LOOP_START_OFFSET, LOOP_START_COARSE_OFFSET);
    let b = place(entry.loop_end, LOOP_END_OFFSET, LOOP_END_COARSE_OFFSET);
    let looped = match amounts.get(SAMPLE_MODES) {
        Some(mode @ (1 | 3)) if a != b => {
            Some(Loop { start: a.min(b), end: a.max(b), is_left_at_release: mode == 3, times: 1 })
        }
        _ => None,
    };
    Some(Stretch { start: start as u32, end: end as u32, looped })
}

/// Maximum frames of the sample per output frame of the synthesizer.
fn longest_step(region: &Region) -> f64 {
    let amount = |number: u16| f64::from(region.shape.amount(number));
    let bend =
        amount(MOD_LFO_TO_PITCH).abs() + amount(VIB_LFO_TO_PITCH).abs() + amount(MOD_ENV_TO_PITCH).abs();
    let above = f64::from(*region.shape.keys.end()) - f64::from(region.root_key) + 0.01 * bend;
    // A safe upper bound: a region below the root key is treated as if it reached the root key.
    let cents = (amount(SCALE_TUNING) * above).max(0.0)
        + 100.0 * amount(COARSE_TUNE)
        + amount(FINE_TUNE)
        + f64::from(region.correction);
    f64::from(region.sample_rate) / SLOWEST_RATE * f64::exp2(cents / 1200.0)
}
