//! The chunks of a MIDI file. `midly` could find them too, but its 0.5.3 panics in a debug build on a header whose
//! SMPTE frame rate is 128.

use midly::num::u15;
use midly::{Fps, Timing};

use super::MidiError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// All tracks at once; one track is the simplest case.
    Together,
    /// One pattern after the other.
    InTurn,
}

pub(super) struct Header {
    pub format: Format,
    pub timing: Timing,
}

/// The header and the bytes of each track. A chunk that claims more than there is gets what is there; other chunks
/// are passed over, and so is a RIFF wrapping (RMID).
pub(super) fn parse(bytes: &[u8]) -> Result<(Header, impl Iterator<Item = &[u8]>), MidiError> {
    let bytes = if bytes.starts_with(b"RIFF") {
        unwrap_riff(bytes)?
    } else {
        bytes
    };
    let mut chunks = Chunks {
        rest: bytes,
        length: u32::from_be_bytes,
    };
    let not_midi = |why: &str| MidiError::NotMidi(why.to_owned());
    let header = chunks
        .find(|(id, _)| id == b"MThd")
        .ok_or_else(|| not_midi("it has no header"))?
        .1;
    let &[_, format, _, _, first, second, ..] = header else {
        return Err(not_midi("its header is too short"));
    };
    let format = match format {
        0 | 1 => Format::Together,
        2 => Format::InTurn,
        other => return Err(MidiError::NotMidi(format!("format {other} is unknown"))),
    };
    let timing = read_timing(first, second)?;
    Ok((
        Header { format, timing },
        chunks.filter(|(id, _)| id == b"MTrk").map(|(_, track)| track),
    ))
}

/// Ticks to a quarter note, or, with the highest bit set, minus the film frames a second and the ticks in a frame.
fn read_timing(first: u8, second: u8) -> Result<Timing, MidiError> {
    if first < 128 {
        let ticks = u16::from_be_bytes([first, second]);
        return match ticks {
            0 => Err(MidiError::NotMidi("it has no ticks in a quarter note".to_owned())),
            _ => Ok(Timing::Metrical(u15::new(ticks))),
        };
    }
    let frames = first.wrapping_neg();
    match Fps::from_int(frames).filter(|_| second > 0) {
        Some(fps) => Ok(Timing::Timecode(fps, second)),
        None => Err(MidiError::NotMidi(format!(
            "SMPTE time of {frames} frames with {second} ticks is unknown"
        ))),
    }
}

fn unwrap_riff(bytes: &[u8]) -> Result<&[u8], MidiError> {
    let not_rmid = || MidiError::NotMidi("a RIFF file without MIDI in it".to_owned());
    let inside = bytes
        .get(8..)
        .and_then(|b| b.strip_prefix(b"RMID"))
        .ok_or_else(not_rmid)?;
    let mut chunks = Chunks {
        rest: inside,
        length: u32::from_le_bytes,
    };
    chunks
        .find(|(id, _)| id == b"data")
        .map(|(_, data)| data)
        .ok_or_else(not_rmid)
}

/// A four-letter name, four bytes of length, and the data.
struct Chunks<'a> {
    rest: &'a [u8],
    length: fn([u8; 4]) -> u32,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, after) = self.rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from((self.length)(*length))
            .unwrap_or(usize::MAX)
            .min(after.len());
        let (data, after) = after.split_at(length);
        self.rest = after;
        Some((*id, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(bytes: &[u8]) -> Option<Timing> {
        parse(bytes).ok().map(|(header, _)| header.timing)
    }

    #[test]
    fn divisions() {
        assert_eq!(
            timing(b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0"),
            Some(Timing::Metrical(u15::new(480)))
        );
        assert_eq!(
            timing(b"MThd\0\0\0\x06\0\x01\0\x01\xe7\x28"),
            Some(Timing::Timecode(Fps::Fps25, 40))
        );
        for bad in [b"\0\0", b"\x80\x28", b"\xe7\0", b"\xff\x28"] {
            assert_eq!(
                timing(&[b"MThd\0\0\0\x06\0\x01\0\x01".as_slice(), bad].concat()),
                None
            );
        }
        assert_eq!(timing(b"MThd\0\0\0\x06\0\x09\0\x01\x01\xe0"), None);
        assert_eq!(timing(b"MThd\0\0\0\x02\0\x01"), None);
    }

    #[test]
    fn strange_chunks_and_wrappings_are_passed_over() {
        let file =
            b"junk\0\0\0\x01xMThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x02abwhatever\0\0\0\0MTrk\0\0\0\x09cd";
        let tracks = |bytes: &[u8]| {
            parse(bytes)
                .ok()
                .map(|(_, tracks)| tracks.map(<[u8]>::to_vec).collect::<Vec<_>>())
        };
        assert_eq!(tracks(file).map(|t| t[0].clone()), Some(b"ab".to_vec()));
        let mut riff = b"RIFF\0\0\0\0RMIDdata".to_vec();
        riff.extend((file.len() as u32).to_le_bytes());
        riff.extend(file);
        assert_eq!(tracks(&riff), tracks(file));
    }
}
