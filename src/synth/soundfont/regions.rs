//! What a preset plays: for each range of keys and velocities a stretch of a sample, with its loop.

use super::generators::*;
use super::outline::SampleData;
use super::tables::{PresetEntry, SampleEntry, Tables, Zone};

/// A preset and its instruments may meet in so many places; more is damage.
const MAX_MEETINGS: usize = 4_000_000;
/// Regions that the tables handed to the synthesizer can hold.
pub const MAX_REGIONS: usize = 20_000;
/// The slowest rate at which the synthesizer runs; see `VoiceSettings::sample_rate`.
const SLOWEST_RATE: f64 = 16_000.0;
/// A sound that advances by more frames of its sample at each step is noise.
const LONGEST_STEP: f64 = 65_536.0;
/// Bits of a sample's kind.
const COMPRESSED: u16 = 0x10;
const IN_ROM: u16 = 0x8000;

/// How a stretch of a sample is gone through again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loop {
    /// Frames from the beginning of the sample.
    pub start: u32,
    pub end: u32,
    pub is_left_at_release: bool,
    /// The synthesizer goes wrong where a loop is shorter than its step: how many times such a loop is written out.
    pub times: u32,
}

/// A stretch of a sample, in frames from its beginning; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stretch {
    pub start: u32,
    pub end: u32,
    pub looped: Option<Loop>,
}

/// One sound for a range of keys and velocities.
#[derive(Clone, Debug)]
pub struct Region {
    pub shape: Shape,
    pub stretch: Stretch,
    /// The key at which the sample sounds as it was recorded.
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

/// Where a sample's data lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Data {
    /// Frames of the sample data.
    Raw { start: u32, end: u32 },
    /// Bytes of the sample data.
    Vorbis { start: u32, end: u32 },
}

/// Where the data of a sample lie, or `None` when it has none: it is empty, outside the file, or in a ROM.
/// `is_vorbis` tells whether a Vorbis stream begins at a byte of the sample data.
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

/// What `preset` plays: each place where a zone of it meets a zone of its instrument. Those without usable data
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

/// The region of a use whose sample has `frames`; `None` when nothing of it sounds.
pub fn region(used: Use, tables: &Tables, data: Data, frames: u32) -> Option<Region> {
    let entry = tables.samples.get(used.sample)?;
    let amounts = &used.amounts;
    let own_root = amounts.get(ROOT_KEY).and_then(|key| u8::try_from(key).ok());
    let mut region = Region {
        // 255 stands for no pitch at all, and middle C for whatever cannot be.
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
        // Of a few lengths only, so that most regions of a sample can share what is written out.
        let least = (step.ceil() as u32 + 1).next_power_of_two();
        looped.times = least.div_ceil(looped.end - looped.start);
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

/// The frames of the sample by which the synthesizer advances at most for each frame it makes.
fn longest_step(region: &Region) -> f64 {
    let amount = |number: u16| f64::from(region.shape.amount(number));
    let bend =
        amount(MOD_LFO_TO_PITCH).abs() + amount(VIB_LFO_TO_PITCH).abs() + amount(MOD_ENV_TO_PITCH).abs();
    let above = f64::from(*region.shape.keys.end()) - f64::from(region.root_key) + 0.01 * bend;
    // With a scale of 0 every key has the same pitch; a negative distance is greatest there too.
    let cents = (amount(SCALE_TUNING) * above).max(0.0)
        + 100.0 * amount(COARSE_TUNE)
        + amount(FINE_TUNE)
        + f64::from(region.correction);
    f64::from(region.sample_rate) / SLOWEST_RATE * f64::exp2(cents / 1200.0)
}
