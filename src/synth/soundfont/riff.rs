//! Reads the chunks of a RIFF file, including invalid ones that occur in practice.

use std::io::{self, Read, Seek, SeekFrom};

/// A SoundFont file, or the bytes of one.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// Maximum distance of a list from the stated end of the one before it.
const LIST_SLACK: u64 = 8;

/// A named part of a file.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    pub id: [u8; 4],
    /// Where its contents begin in the file.
    pub at: u64,
    /// Length of the contents in bytes, clipped to the parent.
    pub bytes: u64,
    /// Its stated length exceeds the available bytes.
    pub is_cut: bool,
}

impl Chunk {
    pub fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

/// The lists of a SoundFont with their types, from `at` to `end`. Everything else is skipped.
pub fn lists(source: &mut dyn Source, mut at: u64, end: u64) -> io::Result<Vec<([u8; 4], Chunk)>> {
    let mut found = Vec::new();
    while at + 12 <= end {
        let Some(chunk) = chunk_at(source, at, end)? else {
            match next_list(source, at, end)? {
                Some(next) => at = next,
                None => break,
            }
            continue;
        };
        if &chunk.id == b"LIST" && chunk.bytes >= 4 {
            let mut kind = [0; 4];
            read_at(source, chunk.at, &mut kind)?;
            let inside = Chunk { at: chunk.at + 4, bytes: chunk.bytes - 4, ..chunk };
            found.push((kind, inside));
        }
        at = after(source, &chunk, end)?;
    }
    Ok(found)
}

/// The chunks inside a list.
pub fn chunks(source: &mut dyn Source, list: &Chunk) -> io::Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut at = list.at;
    while let Some(chunk) = chunk_at(source, at, list.end())? {
        found.push(chunk);
        at = after(source, &chunk, list.end())?;
    }
    Ok(found)
}

pub fn read_at(source: &mut dyn Source, at: u64, bytes: &mut [u8]) -> io::Result<()> {
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(bytes)
}

/// The contents of a chunk.
pub fn contents(source: &mut dyn Source, chunk: &Chunk) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(chunk.at))?;
    let mut bytes = Vec::new();
    source.take(chunk.bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The chunk whose header is at `at`; `None` if there is no header.
fn chunk_at(source: &mut dyn Source, at: u64, end: u64) -> io::Result<Option<Chunk>> {
    if at + 8 > end {
        return Ok(None);
    }
    let mut header = [0; 8];
    read_at(source, at, &mut header)?;
    let [a, b, c, d, size @ ..] = header;
    let id = [a, b, c, d];
    let (claimed, room) = (u64::from(u32::from_le_bytes(size)), end - at - 8);
    Ok(is_id(&id).then_some(Chunk { id, at: at + 8, bytes: claimed.min(room), is_cut: claimed > room }))
}

/// The start of the next chunk. A chunk of odd length has a padding byte after it, which some programs leave out.
fn after(source: &mut dyn Source, chunk: &Chunk, end: u64) -> io::Result<u64> {
    let at = chunk.end();
    if chunk.bytes.is_multiple_of(2) || at + 4 > end {
        return Ok(at);
    }
    let mut id = [0; 4];
    read_at(source, at, &mut id)?;
    Ok(if is_id(&id) { at } else { at + 1 })
}

/// A list shortly after `at`.
fn next_list(source: &mut dyn Source, at: u64, end: u64) -> io::Result<Option<u64>> {
    for next in at + 1..=at + LIST_SLACK {
        let mut id = [0; 4];
        if next + 12 > end {
            return Ok(None);
        }
        read_at(source, next, &mut id)?;
        if &id == b"LIST" {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

fn is_id(id: &[u8; 4]) -> bool {
    id.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// The text up to the first NUL, without control characters. Non-UTF-8 text is read as Latin-1, which most such
/// SoundFonts use.
pub fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|b| *b == 0).next().unwrap_or_default();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    };
    let visible: String = text.chars().filter(|c| !c.is_control()).collect();
    visible.trim().to_owned()
}
