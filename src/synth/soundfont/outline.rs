//! The outline of a SoundFont file: its name, the location of its samples, and its tables.

use std::io::{Read, SeekFrom};

use super::fault::SoundFontFault;
use super::riff::{self, Chunk, Source, text};
use super::tables::Tables;
use crate::kinds::kind_of;

/// RIFF sizes have 32 bits.
const LARGEST_FILE: u64 = u32::MAX as u64 + 8;
/// Longer names are damaged; the specification allows 256 bytes.
const LONGEST_NAME: u64 = 4096;

/// Bytes that are enough to recognise the kind of a file.
const KIND_BYTES: u64 = 512;

/// A SoundFont without its samples.
pub struct Outline {
    /// As written in the file, often empty.
    pub name: String,
    pub tables: Tables,
    pub samples: SampleData,
}

/// Where the samples lie in the file.
#[derive(Clone, Copy, Debug)]
pub struct SampleData {
    pub at: u64,
    pub bytes: u64,
    /// Some samples may be compressed: the file is an SF3, whatever its extension.
    pub may_be_compressed: bool,
}

impl SampleData {
    /// How many 16-bit frames fit.
    pub fn frames(&self) -> u64 {
        self.bytes / 2
    }
}

impl Outline {
    /// Reads everything but the samples. `bytes` is the length of the file.
    ///
    /// # Errors
    /// If it is not a SoundFont, too large, cut off, or its tables cannot be found.
    pub fn read(source: &mut dyn Source, bytes: u64) -> Result<Outline, SoundFontFault> {
        let claimed = check_head(source, bytes)?;
        // The stated length is often off by a padding byte; the real length counts.
        let lists = riff::lists(source, 12, bytes)?;
        let list = |kind: &[u8; 4]| lists.iter().find(|(k, _)| k == kind).map(|(_, list)| *list);
        let cut_short = SoundFontFault::CutShort { missing_bytes: claimed.saturating_sub(bytes) };
        let missing = |what: &str| {
            if claimed > bytes { cut_short } else { SoundFontFault::Damaged(format!("it has no {what}")) }
        };
        let Some(tables) = list(b"pdta") else {
            return Err(missing("tables"));
        };
        let tables = riff::chunks(source, &tables)?;
        if claimed > bytes && tables.iter().any(|t| t.is_cut) {
            return Err(SoundFontFault::CutShort { missing_bytes: claimed - bytes });
        }
        let info = match list(b"INFO") {
            Some(list) => riff::chunks(source, &list)?,
            None => Vec::new(),
        };
        let data = match list(b"sdta") {
            Some(list) => riff::chunks(source, &list)?,
            None => Vec::new(),
        };
        Ok(Outline {
            name: name(source, &info)?,
            samples: sample_data(source, &info, &data)?,
            tables: Tables::read(source, &tables)?,
        })
    }
}

/// The stated length of the file.
fn check_head(source: &mut dyn Source, bytes: u64) -> Result<u64, SoundFontFault> {
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.take(KIND_BYTES).read_to_end(&mut head)?;
    match head.as_slice() {
        [b'R', b'I', b'F', b'F', a, b, c, d, b's', b'f', b'b', b'k', ..] => {
            if bytes > LARGEST_FILE {
                return Err(SoundFontFault::TooLarge { bytes, limit: LARGEST_FILE });
            }
            Ok(u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8)
        }
        other => Err(SoundFontFault::NotASoundFont(kind_of(other).unwrap_or("some other kind of file"))),
    }
}

fn name(source: &mut dyn Source, info: &[Chunk]) -> Result<String, SoundFontFault> {
    let Some(chunk) = info.iter().find(|c| &c.id == b"INAM" && c.bytes <= LONGEST_NAME) else {
        return Ok(String::new());
    };
    Ok(text(&riff::contents(source, chunk)?))
}

fn sample_data(
    source: &mut dyn Source,
    info: &[Chunk],
    data: &[Chunk],
) -> Result<SampleData, SoundFontFault> {
    let mut version = [0; 2];
    if let Some(chunk) = info.iter().find(|c| &c.id == b"ifil" && c.bytes >= 4) {
        riff::read_at(source, chunk.at, &mut version)?;
    }
    let Some(samples) = data.iter().find(|c| &c.id == b"smpl") else {
        return Ok(SampleData { at: 0, bytes: 0, may_be_compressed: false });
    };
    let mut head = [0; 4];
    if samples.bytes >= 4 {
        riff::read_at(source, samples.at, &mut head)?;
    }
    Ok(SampleData {
        at: samples.at,
        bytes: samples.bytes,
        may_be_compressed: u16::from_le_bytes(version) >= 3 || &head == b"OggS",
    })
}
