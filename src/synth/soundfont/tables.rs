//! The tables of a SoundFont: presets, instruments, samples and zones.
//!
//! See the SoundFont 2.04 specification, chapter 7. Indices are clipped to their table, so that a damaged file has
//! fewer zones.

use super::fault::SoundFontFault;
use super::generators::{Generator, INSTRUMENT, SAMPLE_ID};
use super::riff::{self, Chunk, Source, text};

/// Maximum bytes of a table, whose entries are counted in 16 bits.
const LARGEST_TABLE: u64 = 65_536 * 46;

/// A zone: the sound of a range of keys and velocities.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    pub generators: Vec<Generator>,
    /// The instrument of a preset's zone, or the sample of an instrument's.
    pub target: usize,
}

/// The zones of a preset or an instrument, and its global generators.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    pub global: Vec<Generator>,
    pub zones: Vec<Zone>,
}

pub struct PresetEntry {
    pub name: String,
    pub bank: u16,
    pub program: u16,
    pub zones: Zones,
}

/// A sample. Positions are frames of the sample data, or bytes if the sample is compressed.
#[derive(Clone, Copy, Debug)]
pub struct SampleEntry {
    pub start: u32,
    pub end: u32,
    pub loop_start: u32,
    pub loop_end: u32,
    pub sample_rate: u32,
    pub pitch: u8,
    pub correction: i8,
    pub kind: u16,
}

pub struct Tables {
    pub presets: Vec<PresetEntry>,
    pub instruments: Vec<Zones>,
    pub samples: Vec<SampleEntry>,
}

impl Tables {
    /// Reads them from the chunks of the list `pdta`.
    ///
    /// # Errors
    /// If one is missing.
    pub fn read(source: &mut dyn Source, chunks: &[Chunk]) -> Result<Tables, SoundFontFault> {
        let mut table = |id: &[u8; 4]| {
            let chunk = chunks.iter().find(|c| &c.id == id);
            let chunk = chunk.ok_or_else(|| {
                SoundFontFault::Damaged(format!("the table {} is missing", String::from_utf8_lossy(id)))
            })?;
            let chunk = Chunk { bytes: chunk.bytes.min(LARGEST_TABLE), ..*chunk };
            riff::contents(source, &chunk).map_err(SoundFontFault::from)
        };
        let mut preset_zones = Bags::new(table(b"pbag")?, table(b"pgen")?);
        let mut instrument_zones = Bags::new(table(b"ibag")?, table(b"igen")?);
        let presets = table(b"phdr")?;
        let instruments = table(b"inst")?;
        let samples = table(b"shdr")?;
        let preset = |(record, bags): (&[u8; 38], _)| {
            Ok(PresetEntry {
                name: text(&record[..20]),
                program: u16_at(record, 20),
                bank: u16_at(record, 22),
                zones: preset_zones.zones(bags, INSTRUMENT)?,
            })
        };
        let presets = spans(&presets, 24).map(preset).collect::<Result<_, SoundFontFault>>()?;
        let instrument = |(_, bags): (&[u8; 22], _)| instrument_zones.zones(bags, SAMPLE_ID);
        let instruments = spans(&instruments, 20).map(instrument).collect::<Result<_, _>>()?;
        Ok(Tables {
            presets,
            instruments,
            samples: without_terminator::<46>(&samples).iter().map(sample).collect(),
        })
    }
}

fn sample(record: &[u8; 46]) -> SampleEntry {
    SampleEntry {
        start: u32_at(record, 20),
        end: u32_at(record, 24),
        loop_start: u32_at(record, 28),
        loop_end: u32_at(record, 32),
        sample_rate: u32_at(record, 36),
        pitch: record[40],
        correction: record[41] as i8,
        kind: u16_at(record, 44),
    }
}

/// The records of a table, without the terminal one.
fn without_terminator<const SIZE: usize>(table: &[u8]) -> &[[u8; SIZE]] {
    let (records, _) = table.as_chunks::<SIZE>();
    records.split_last().map_or(&[], |(_, records)| records)
}

/// Each record with the range from its index at `at` to that of the next record.
fn spans<const SIZE: usize>(
    table: &[u8],
    at: usize,
) -> impl Iterator<Item = (&[u8; SIZE], std::ops::Range<usize>)> {
    let (records, _) = table.as_chunks::<SIZE>();
    records.windows(2).map(move |pair| {
        let index = |record: &[u8; SIZE]| usize::from(u16_at(record, at));
        (&pair[0], index(&pair[0])..index(&pair[1]))
    })
}

/// A table of zones and the generators they are made of.
struct Bags {
    bags: Vec<u8>,
    generators: Vec<u8>,
    /// How many more may be used. In a valid file each entry has one owner; damaged tables that give the same entries
    /// to every owner would exhaust the memory.
    bags_left: usize,
    generators_left: usize,
}

impl Bags {
    fn new(bags: Vec<u8>, generators: Vec<u8>) -> Bags {
        Bags { bags_left: bags.len() / 4, generators_left: generators.len() / 4, bags, generators }
    }

    /// The zones of one preset or instrument. `target` is the generator that names what a zone plays; generators after
    /// it are ignored. The first zone is global if it has no target, and later zones without one are ignored.
    fn zones(&mut self, range: std::ops::Range<usize>, target: u16) -> Result<Zones, SoundFontFault> {
        let contradiction = || SoundFontFault::Damaged("its tables contradict each other".to_owned());
        let mut zones = Zones::default();
        let (bags, _) = self.bags.as_chunks::<4>();
        let generators = without_terminator::<4>(&self.generators);
        for index in range.clone() {
            let (Some(bag), Some(next)) = (bags.get(index), bags.get(index + 1)) else {
                break;
            };
            let end = usize::from(u16_at(next, 0)).min(generators.len());
            let own = generators.get(usize::from(u16_at(bag, 0))..end).unwrap_or_default();
            self.bags_left = self.bags_left.checked_sub(1).ok_or_else(contradiction)?;
            self.generators_left = self.generators_left.checked_sub(own.len()).ok_or_else(contradiction)?;
            let all = || own.iter().map(|g| (u16_at(g, 0), u16_at(g, 2)));
            match all().find(|(number, _)| *number == target) {
                Some((_, amount)) => zones.zones.push(Zone {
                    generators: all().take_while(|(number, _)| *number != target).collect(),
                    target: usize::from(amount),
                }),
                None if index == range.start => zones.global = all().collect(),
                None => {}
            }
        }
        Ok(zones)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
