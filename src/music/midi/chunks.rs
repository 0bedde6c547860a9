//! The chunks of a MIDI file, found even if their lengths are wrong. `midly` could find them too, but it trusts every
//! length, and version 0.5.3 panics in debug builds on a header with an SMPTE frame rate of 128.

use midly::num::u15;
use midly::{Fps, Timing};

use super::{MAX_TRACKS, MidiError, MidiReport};
use crate::kinds::kind_of;

const HEADER: &[u8; 4] = b"MThd";
const TRACK: &[u8; 4] = b"MTrk";
const END_EVENT: [u8; 3] = [0xff, 0x2f, 0];
/// Size of a chunk's name and length.
const HEAD_BYTES: usize = 8;
/// Longer header chunks are damaged: the standard defines six bytes.
const MAX_HEADER_BYTES: usize = 256;
/// Bytes that are enough to recognise another kind of file.
const MAX_KIND_BYTES: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// All tracks play at once; a single track is the simplest case.
    Together,
    /// Patterns play one after the other.
    InTurn,
}

pub(super) struct Header {
    pub format: Format,
    pub timing: Timing,
}

/// The header and the bytes of each track. Bytes before the header, between the tracks and after them are skipped, and
/// so is a RIFF wrapper (RMID). A track with a wrong length ends where the next one begins.
///
/// # Errors
/// [`MidiError::OtherKind`] and [`MidiError::NotMidi`] if there is no usable header, [`MidiError::TooLarge`].
pub(super) fn parse<'a>(
    bytes: &'a [u8],
    report: &mut MidiReport,
) -> Result<(Header, Vec<&'a [u8]>), MidiError> {
    let (bytes, begin) = find_header(bytes)?;
    let not_midi = |why: &str| MidiError::NotMidi(why.to_owned());
    let Some(&[odd, format, high, low, first, second]) = bytes[begin + HEAD_BYTES..].first_chunk() else {
        return Err(not_midi("its header is too short"));
    };
    let format = match (odd, format) {
        (0, 0 | 1) => Format::Together,
        (0, 2) => Format::InTurn,
        _ => {
            report.odd_headers = 1;
            Format::Together
        }
    };
    let timing = read_timing(first, second)?;
    report.declared_tracks = usize::from(u16::from_be_bytes([high, low]));
    report.leading_bytes = begin;
    let claimed = length_at(bytes, begin).filter(|length| (6..=MAX_HEADER_BYTES).contains(length));
    if claimed.is_none() {
        report.odd_headers = 1;
    }
    let next = begin + HEAD_BYTES + claimed.unwrap_or(6);
    let tracks = find_tracks(bytes, next.min(bytes.len()), report)?;
    Ok((Header { format, timing }, tracks))
}

/// Ticks per quarter note or, with the highest bit set, minus the frames per second and the ticks per frame.
fn read_timing(first: u8, second: u8) -> Result<Timing, MidiError> {
    if first < 128 {
        let ticks = u16::from_be_bytes([first, second]);
        return match ticks {
            0 => Err(MidiError::NotMidi("it has no ticks per quarter note".to_owned())),
            _ => Ok(Timing::Metrical(u15::new(ticks))),
        };
    }
    let frames = first.wrapping_neg();
    match Fps::from_int(frames).filter(|_| second > 0) {
        Some(fps) => Ok(Timing::Timecode(fps, second)),
        None => Err(MidiError::NotMidi(format!(
            "SMPTE time with {frames} frames and {second} ticks is not supported"
        ))),
    }
}

/// The bytes of the MIDI file within `bytes`, and the position of its header.
fn find_header(bytes: &[u8]) -> Result<(&[u8], usize), MidiError> {
    let inside = unwrap_riff(bytes).unwrap_or(bytes);
    for bytes in [inside, bytes] {
        let is_likely = |at: &usize| {
            let is_first = *at == 0 && bytes.len() < HEAD_BYTES + 6;
            let length = length_at(bytes, *at);
            is_first
                || length.is_some_and(|length| (6..=MAX_HEADER_BYTES).contains(&length))
                || bytes.get(at + 14..at + 18) == Some(TRACK)
        };
        let found = positions(bytes, HEADER, 0).find(is_likely);
        if let Some(at) = found.filter(|at| *at == 0 || !is_archive(bytes)) {
            return if bytes.len() < at + HEAD_BYTES {
                Err(MidiError::NotMidi("it ends within its header".to_owned()))
            } else {
                Ok((bytes, at))
            };
        }
    }
    match kind_of(&bytes[..bytes.len().min(MAX_KIND_BYTES)]) {
        Some("a MIDI file") => Err(MidiError::NotMidi("its header is damaged".to_owned())),
        Some(found) => Err(MidiError::OtherKind { found }),
        None => Err(MidiError::NotMidi("it has no header".to_owned())),
    }
}

/// Is this an archive? It may contain a MIDI file uncompressed, but is not one.
fn is_archive(bytes: &[u8]) -> bool {
    kind_of(&bytes[..bytes.len().min(MAX_KIND_BYTES)]).is_some_and(|kind| kind.ends_with("archive"))
}

/// The contents of the `data` chunk of a RIFF file of MIDI. Chunks of odd length should be followed by a padding
/// byte; some programs leave it out.
fn unwrap_riff(bytes: &[u8]) -> Option<&[u8]> {
    let inside = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"RMID")?;
    let mut at = 0;
    loop {
        let (id, after) = inside.get(at..)?.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        if id == b"data" {
            return Some(&after[..length.min(after.len())]);
        }
        let end = at.checked_add(HEAD_BYTES)?.checked_add(length)?;
        let is_filled = length % 2 == 1 && inside.get(end) == Some(&0);
        at = end + usize::from(is_filled);
    }
}

/// The tracks from `at` on.
fn find_tracks<'a>(
    bytes: &'a [u8],
    mut at: usize,
    report: &mut MidiReport,
) -> Result<Vec<&'a [u8]>, MidiError> {
    let mut tracks = Vec::new();
    while at < bytes.len() {
        let Some(id) = bytes.get(at..at + 4).filter(|_| is_chunk(bytes, at)) else {
            let next = positions(bytes, TRACK, at + 1).next().unwrap_or(bytes.len());
            let is_end = next == bytes.len();
            // Files are often padded with zeros.
            let is_padding = is_end && bytes[at..].iter().all(|byte| *byte == 0);
            report.stray_bytes += if is_padding { 0 } else { next - at };
            at = next;
            continue;
        };
        if id == HEADER {
            report.second_file_bytes = bytes.len() - at;
            break;
        }
        let begin = at + HEAD_BYTES;
        let claimed = length_at(bytes, at).unwrap_or(usize::MAX);
        let (end, is_right) = track_end(bytes, begin, claimed);
        // A chunk that ends like a track is one, whatever its name.
        if id == TRACK || bytes[begin..end].ends_with(&END_EVENT) {
            if tracks.len() >= MAX_TRACKS {
                let limit = MAX_TRACKS as u64;
                return Err(MidiError::TooLarge { what: "tracks", limit });
            }
            report.wrong_lengths += usize::from(!is_right || id != TRACK);
            tracks.push(&bytes[begin..end]);
        }
        at = end;
    }
    Ok(tracks)
}

/// The end of the track that begins at `begin`, and whether its length is right.
fn track_end(bytes: &[u8], begin: usize, claimed: usize) -> (usize, bool) {
    let end = begin.saturating_add(claimed);
    let ends_well = |end: usize| {
        let body = &bytes[begin..end];
        // The stated length of a track may include the following tracks.
        let behind = positions(body, TRACK, 0)
            .find(|at| trim_zeros(&body[..*at]).is_some_and(|body| body.ends_with(&END_EVENT[..2])));
        behind.map(|at| begin + at)
    };
    let is_sound = end <= bytes.len()
        && (end == bytes.len() || is_chunk(bytes, end) || bytes[begin..end].ends_with(&END_EVENT));
    if is_sound {
        return ends_well(end).map_or((end, true), |end| (end, false));
    }
    let next = positions(bytes, TRACK, begin).next().unwrap_or(bytes.len());
    (next, false)
}

/// `bytes` without trailing zeros; `None` if it has none. An end event ends in a zero, too.
fn trim_zeros(bytes: &[u8]) -> Option<&[u8]> {
    let kept = bytes.iter().rposition(|byte| *byte != 0)? + 1;
    (kept < bytes.len()).then(|| &bytes[..kept])
}

/// Does a chunk begin at `at`? Its name must consist of four letters, and it must fit into the file or be a track.
fn is_chunk(bytes: &[u8], at: usize) -> bool {
    let Some(id) = bytes.get(at..at + 4) else {
        return false;
    };
    let is_named = id.iter().all(|byte| (0x20..0x7f).contains(byte));
    let fits = length_at(bytes, at).is_some_and(|length| length <= bytes.len() - at - HEAD_BYTES);
    id == TRACK && bytes.len() >= at + HEAD_BYTES || is_named && fits
}

/// The stated length of the chunk at `at`.
fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at + 4..at + HEAD_BYTES)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// The positions of `wanted` in `bytes`, from `from` on.
fn positions<'b>(bytes: &'b [u8], wanted: &'b [u8; 4], from: usize) -> impl Iterator<Item = usize> + 'b {
    let windows = bytes.get(from..).unwrap_or_default().windows(4).enumerate();
    windows.filter(move |(_, window)| *window == wanted).map(move |(at, _)| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(bytes: &[u8]) -> Option<Timing> {
        let parsed = parse(bytes, &mut MidiReport::default());
        parsed.ok().map(|(header, _)| header.timing)
    }

    fn tracks(bytes: &[u8]) -> (Vec<Vec<u8>>, MidiReport) {
        let mut report = MidiReport::default();
        let (_, tracks) = parse(bytes, &mut report).unwrap();
        (tracks.into_iter().map(<[u8]>::to_vec).collect(), report)
    }

    const START: &[u8] = b"MThd\0\0\0\x06\0\x01\0\x02\0\x60";
    const ONE: &[u8] = b"\0\x90\x3c\x40\0\xff\x2f\0";
    const TWO: &[u8] = b"\0\x90\x40\x40\0\xff\x2f\0";

    #[test]
    fn divisions() {
        assert_eq!(timing(b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0"), Some(Timing::Metrical(u15::new(480))));
        assert_eq!(timing(b"MThd\0\0\0\x06\0\x01\0\x01\xe7\x28"), Some(Timing::Timecode(Fps::Fps25, 40)));
        for bad in [b"\0\0", b"\x80\x28", b"\xe7\0", b"\xff\x28"] {
            assert_eq!(timing(&[b"MThd\0\0\0\x06\0\x01\0\x01".as_slice(), bad].concat()), None);
        }
        assert_eq!(timing(b"MThd\0\0\0\x02\0\x01"), None);
        assert_eq!(timing(b"MTh"), None);
    }

    #[test]
    fn tracks_are_found_whatever_their_lengths_say() {
        for (first, between) in [
            (8u32, b"".as_slice()),
            (9, b""),
            (7, b""),
            (0, b""),
            (u32::MAX, b""),
            (8, b"\0"),
            (8, b"\0\0\0junk\0"),
            (8, b"what\0\0\0\x03abc"),
            // The first length includes the second track.
            (24, b""),
        ] {
            let mut file = START.to_vec();
            file.extend(TRACK);
            file.extend(first.to_be_bytes());
            file.extend(ONE);
            file.extend(between);
            file.extend(TRACK);
            file.extend(8u32.to_be_bytes());
            file.extend(TWO);
            let (found, report) = tracks(&file);
            assert_eq!(found, [ONE, TWO], "{first} {between:x?}");
            assert_eq!(report.wrong_lengths, usize::from(first != 8), "{first}");
            let is_chunk = between.starts_with(b"what");
            assert_eq!(report.stray_bytes, if is_chunk { 0 } else { between.len() });
        }
    }

    #[test]
    fn the_last_track_may_have_a_wrong_length() {
        for (length, behind, wrong) in [(7u32, b"".as_slice(), 1), (90, b"", 1), (8, b"\0\0\0\0\0", 0)] {
            let file = [START, TRACK, &length.to_be_bytes(), ONE, behind].concat();
            let (found, report) = tracks(&file);
            assert_eq!(found, [ONE], "{length}");
            assert_eq!((report.wrong_lengths, report.stray_bytes), (wrong, 0));
        }
    }

    #[test]
    fn wrappers_are_removed() {
        let file = [START, TRACK, &8u32.to_be_bytes(), ONE].concat();
        let chunk = |id: &[u8], data: &[u8], fill: &[u8]| {
            [id, &(data.len() as u32).to_le_bytes(), data, fill].concat()
        };
        for chunks in [
            chunk(b"data", &file, b""),
            [chunk(b"DISP", b"abc", b"\0"), chunk(b"data", &file, b"")].concat(),
            [chunk(b"DISP", b"abc", b""), chunk(b"data", &file, b"")].concat(),
            [chunk(b"data", &file, b""), chunk(b"LIST", b"INFOINAMx", b"\0")].concat(),
            // The length of a chunk is wrong.
            [b"DISP\xff\xff\0\0abc".as_slice(), &chunk(b"data", &file, b"")].concat(),
        ] {
            let riff = [b"RIFF\0\0\0\0RMID".as_slice(), &chunks].concat();
            assert_eq!(tracks(&riff).0, [ONE]);
        }
        for junk in [b"\0".as_slice(), &[0; 128], b"HTTP/1.1 200 OK\r\n\r\n", b"MThd MTh"] {
            let (found, report) = tracks(&[junk, &file].concat());
            assert_eq!((found, report.leading_bytes), (vec![ONE.to_vec()], junk.len()));
        }
        let (found, report) = tracks(&[file.as_slice(), &file].concat());
        assert_eq!((found.len(), report.second_file_bytes), (1, file.len()));
    }

    #[test]
    fn other_files_are_named() {
        let file = [START, TRACK, &8u32.to_be_bytes(), ONE].concat();
        let zip = [b"PK\x03\x04stored.mid".as_slice(), &file].concat();
        let said = |bytes: &[u8]| {
            let mut report = MidiReport::default();
            parse(bytes, &mut report).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(said(&zip).contains("a zip archive"), "{}", said(&zip));
        assert!(said(b"<html>MThd</html>").contains("a web page"));
        assert!(said(b"RIFF\0\0\0\0WAVEfmt ").contains("a WAV recording"));
        assert!(said(b"").contains("an empty file"));
    }
}
