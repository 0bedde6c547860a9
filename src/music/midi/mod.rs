//! Reads and writes Standard MIDI files. The only place that uses ticks and `midly`.

mod chunks;
mod clock;
mod drums;
mod events;
mod grid;
mod group;
mod overlaps;
mod pedals;
mod read;
mod repair;
mod report;
mod text;
mod track;
mod write;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Performance;
use crate::files;

pub use read::{read, read_recipe};
pub use report::MidiReport;
pub use write::write;

/// Larger files are refused: an hour of busy piano music is about half a megabyte.
pub const MAX_BYTES: u64 = 64 << 20;
/// Maximum number of tracks, notes, pedal and tempo changes in a file.
pub const MAX_TRACKS: usize = 4096;
pub const MAX_NOTES: usize = 1_000_000;
pub const MAX_CHANGES: usize = 2_000_000;
/// Maximum length of a performance: a day.
pub const MAX_SECS: f64 = 24.0 * 3600.0;

/// File extensions of MIDI files, in lower case: plain, karaoke, and MIDI in RIFF.
pub const ENDINGS: [&str; 5] = ["mid", "midi", "kar", "rmi", "smf"];

/// 960 ticks per quarter at 120 quarters a minute: a tick is 0.52 ms, and 960 is common in sequencers.
const TICKS_PER_QUARTER: u16 = 960;

/// The prefix of the recipe in its text event.
const RECIPE_MARK: &str = "Pastiche recipe: ";

/// Why a MIDI file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MidiError {
    #[error("not a MIDI file: {0}")]
    NotMidi(String),
    #[error("this is {found}, not a MIDI file; choose a file that ends in .mid, .midi, .kar or .rmi")]
    OtherKind { found: &'static str },
    #[error("the MIDI file contains no piano notes")]
    NoNotes,
    #[error("the MIDI file has more than {limit} {what}; split it into shorter pieces")]
    TooLarge { what: &'static str, limit: u64 },
    #[error(
        "the MIDI file lasts {hours:.0} hours, but at most 24 can be read; its timing is probably damaged"
    )]
    TooLong { hours: f64 },
    #[error("cannot read the MIDI file: {source}: {}", .path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("cannot write the MIDI file: {source}: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("{source}: {}", .path.display())]
    InFile { source: Box<MidiError>, path: PathBuf },
}

/// A MIDI file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiRead {
    pub performance: Performance,
    pub report: MidiReport,
    /// The first track name, if it has one.
    pub title: Option<String>,
    /// The recipe, if this program made it: see [`write()`].
    pub recipe: Option<String>,
}

/// Does `path` have the extension of a MIDI file?
pub fn is_midi(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Reads the MIDI file at `path` in one pass; it may be a pipe.
///
/// # Errors
/// Errors of [`read`], and [`MidiError::Read`]; each names the path.
pub fn read_file(path: &Path) -> Result<MidiRead, MidiError> {
    let io_error = |source| MidiError::Read { source, path: path.to_owned() };
    let mut bytes = Vec::new();
    // One extra byte shows whether a file is too large.
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(io_error)?;
    read(&bytes).map_err(|source| MidiError::InFile { source: Box::new(source), path: path.to_owned() })
}

/// Writes `performance` to a MIDI file at `path`, whole or not at all; see [`write()`].
///
/// # Errors
/// [`MidiError::Write`].
pub fn write_file(
    path: &Path,
    performance: &Performance,
    recipe: Option<&str>,
    title: Option<&str>,
) -> Result<(), MidiError> {
    files::write_whole(path, &write(performance, recipe, title))
        .map_err(|source| MidiError::Write { source, path: path.to_owned() })
}
