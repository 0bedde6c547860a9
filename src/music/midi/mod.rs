//! Standard MIDI files ⇄ [`Performance`]; the one place that knows ticks and `midly`.

mod chunks;
mod clock;
mod read;
mod strokes;
mod track;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Performance;
use crate::files;

pub use read::{read, read_recipe};
pub use write::write;

/// Larger files are refused: an hour of busy piano music is about half a megabyte.
pub const MAX_BYTES: u64 = 64 << 20;
/// Tracks, notes, pedal and tempo changes that one file may hold.
pub const MAX_TRACKS: usize = 4096;
pub const MAX_NOTES: usize = 1_000_000;
pub const MAX_CHANGES: usize = 2_000_000;
/// A performance may last a day.
pub const MAX_SECS: f64 = 24.0 * 3600.0;

/// What stands before the recipe in its text event.
const RECIPE_MARK: &str = "Pastiche recipe: ";

/// Why a MIDI file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MidiError {
    #[error("not a MIDI file: {0}")]
    NotMidi(String),
    #[error("the MIDI file holds no notes of a piano")]
    NoNotes,
    #[error("the MIDI file has more than {limit} {what}; split it into shorter pieces")]
    TooLarge { what: &'static str, limit: u64 },
    #[error("the MIDI file lasts {hours:.0} hours, at most 24 can be read; its times are likely damaged")]
    TooLong { hours: f64 },
    #[error("cannot read the MIDI file: {source}: {}", .path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("cannot write the MIDI file: {source}: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("{source}: {}", .path.display())]
    InFile { source: Box<MidiError>, path: PathBuf },
}

/// What a MIDI file held that a [`Performance`] does not, or not in that form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MidiReport {
    pub tracks: usize,
    /// Notes outside the 88 keys, dropped.
    pub out_of_range: usize,
    /// Notes of the percussion channel, dropped.
    pub drums: usize,
    /// Notes that were never released: they end at the next release of their key, or with their track.
    pub unreleased: usize,
    /// Releases of keys that were not down, ignored.
    pub stray_releases: usize,
    /// Notes that ended early because their key was struck again, on this or another track.
    pub overlapping: usize,
    /// Strokes of one key within a millisecond of another, taken as one.
    pub doubled: usize,
    /// Tracks that broke off before their end.
    pub damaged_tracks: usize,
}

/// A MIDI file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiRead {
    pub performance: Performance,
    pub report: MidiReport,
    /// The first track name, if it has one.
    pub title: Option<String>,
    /// How this program made it, if it did: see [`write()`].
    pub recipe: Option<String>,
}

/// Reads the MIDI file at `path`.
///
/// # Errors
/// Those of [`read`], and [`MidiError::Read`]; each names the path.
pub fn read_file(path: &Path) -> Result<MidiRead, MidiError> {
    let io_error = |source| MidiError::Read {
        source,
        path: path.to_owned(),
    };
    let length = std::fs::metadata(path).map_err(io_error)?.len();
    let read_all = || match length > MAX_BYTES {
        true => Err(MidiError::TooLarge {
            what: "bytes",
            limit: MAX_BYTES,
        }),
        false => read(&std::fs::read(path).map_err(io_error)?),
    };
    read_all().map_err(|error| match error {
        MidiError::Read { .. } => error,
        other => MidiError::InFile {
            source: Box::new(other),
            path: path.to_owned(),
        },
    })
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
    files::write_whole(path, &write(performance, recipe, title)).map_err(|source| MidiError::Write {
        source,
        path: path.to_owned(),
    })
}
