//! Writes a preset as a valid SF2 file with one preset and one instrument, for the synthesizer.

use super::fault::SoundFontFault;
use super::generators::{INSTRUMENT, KEY_RANGE, SAMPLE_ID, SAMPLE_MODES, VELOCITY_RANGE};
use super::pool::Place;
use super::regions::Region;

/// The bytes before and after the sample data.
pub struct Frame {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// The file around `sample_bytes` of samples.
///
/// # Errors
/// If there are more regions than its tables can hold.
pub fn frame(regions: &[(Region, Place)], sample_bytes: u64) -> Result<Frame, SoundFontFault> {
    let after = list(b"pdta", &tables(regions)?);
    let info = list(b"INFO", &chunk(b"ifil", &words(&[2, 1])));
    let sample_bytes = u32::try_from(sample_bytes).unwrap_or(u32::MAX);
    let total = (info.len() + after.len() + 24) as u32;
    let size = |bytes: u32| bytes.to_le_bytes();
    let before = [
        b"RIFF",
        &size(total.saturating_add(sample_bytes)),
        b"sfbk",
        info.as_slice(),
        b"LIST",
        &size(sample_bytes.saturating_add(12)),
        b"sdtasmpl",
        &size(sample_bytes),
    ];
    Ok(Frame { before: before.concat(), after })
}

fn tables(regions: &[(Region, Place)]) -> Result<Vec<u8>, SoundFontFault> {
    let global = shared_generators(regions);
    let (mut bags, mut generators) = (Vec::new(), Vec::new());
    bags.extend([0, 0]);
    for (number, amount) in &global {
        generators.extend([*number, *amount as u16]);
    }
    for (index, (region, _)) in regions.iter().enumerate() {
        bags.extend([(generators.len() / 2) as u16, 0]);
        let range = |r: &std::ops::RangeInclusive<u8>| u16::from_le_bytes([*r.start(), *r.end()]);
        generators.extend([KEY_RANGE, range(&region.shape.keys)]);
        if region.shape.velocities != (1..=127) {
            generators.extend([VELOCITY_RANGE, range(&region.shape.velocities)]);
        }
        for own in region.shape.generators.iter().filter(|g| !global.contains(g)) {
            generators.extend([own.0, own.1 as u16]);
        }
        if let Some(looped) = region.stretch.looped {
            generators.extend([SAMPLE_MODES, if looped.is_left_at_release { 3 } else { 1 }]);
        }
        generators.extend([SAMPLE_ID, index as u16]);
    }
    if generators.len() / 2 > usize::from(u16::MAX) || regions.len() >= usize::from(u16::MAX) {
        let what = "one sound has more zones than a SoundFont can hold";
        return Err(SoundFontFault::Damaged(what.to_owned()));
    }
    bags.extend([(generators.len() / 2) as u16, 0]);
    generators.extend([0, 0]);
    let samples = regions.iter().map(|(region, place)| sample(region, place));
    Ok([
        chunk(b"phdr", &[record::<38>(24, 0), record::<38>(24, 1)].concat()),
        chunk(b"pbag", &words(&[0, 0, 1, 0])),
        chunk(b"pmod", &[0; 10]),
        chunk(b"pgen", &words(&[INSTRUMENT, 0, 0, 0])),
        chunk(b"inst", &[record::<22>(20, 0), record::<22>(20, regions.len() as u16 + 1)].concat()),
        chunk(b"ibag", &words(&bags)),
        chunk(b"imod", &[0; 10]),
        chunk(b"igen", &words(&generators)),
        chunk(b"shdr", &samples.chain([vec![0; 46]]).collect::<Vec<_>>().concat()),
    ]
    .concat())
}

/// The generators common to all regions: stating them once saves space in the tables, which have 16-bit counts.
fn shared_generators(regions: &[(Region, Place)]) -> Vec<(u16, i16)> {
    let Some(((first, _), rest)) = regions.split_first() else {
        return Vec::new();
    };
    let mut shared = first.shape.generators.clone();
    for (region, _) in rest {
        shared.retain(|g| region.shape.generators.contains(g));
    }
    shared
}

fn sample(region: &Region, place: &Place) -> Vec<u8> {
    let numbers = [place.start, place.end, place.loop_start, place.loop_end, region.sample_rate];
    let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    let pitch = [region.root_key, region.correction.to_le_bytes()[0]];
    [&[0; 20][..], &numbers, &pitch, &words(&[0, 1])].concat()
}

/// A record of a table without a name and with one number.
fn record<const SIZE: usize>(at: usize, number: u16) -> [u8; SIZE] {
    let mut record = [0; SIZE];
    record[at..at + 2].copy_from_slice(&number.to_le_bytes());
    record
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_le_bytes(), body].concat()
}

fn list(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[kind, body].concat())
}
