//! Writes music to a file: MIDI, a recording, or a picture of the roll, by its extension.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::is_stream;
use crate::music::Performance;
use crate::music::midi::{self, MidiError};
use crate::picture::{self, Look, PictureError, is_picture};
use crate::progress::{Progress, StopFlag};
use crate::synth::SoundFont;
use crate::synth::export::{AudioFormat, ExportError, ExportSettings, ExportSummary, export};

/// A format of output files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Midi,
    Picture,
    Audio(AudioFormat),
}

impl FileKind {
    /// By extension, in any case; `None` if it is unknown.
    pub fn of(path: &Path) -> Option<FileKind> {
        let is_midi = |e: &std::ffi::OsStr| e.eq_ignore_ascii_case("mid") || e.eq_ignore_ascii_case("midi");
        match path.extension()? {
            ending if is_midi(ending) => Some(FileKind::Midi),
            _ if is_picture(path) => Some(FileKind::Picture),
            _ => AudioFormat::from_path(path).map(FileKind::Audio),
        }
    }

    /// [`FileKind::of`] for a file to write: pipes and devices without an extension get MIDI.
    pub fn of_target(path: &Path) -> Option<FileKind> {
        let is_bare = path.extension().is_none() && is_stream(path);
        FileKind::of(path).or_else(|| is_bare.then_some(FileKind::Midi))
    }

    pub fn is_audio(self) -> bool {
        matches!(self, FileKind::Audio(_))
    }
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    #[error("the file name must end in .mid, .wav, .flac, .ogg, .mp3 or .png: {}", .0.display())]
    UnknownKind(PathBuf),
    #[error("a recording needs a SoundFont; choose one, or save as .mid")]
    NoSoundFont,
    #[error("there are no notes in this part; choose another one")]
    Empty,
    #[error(transparent)]
    Midi(#[from] MidiError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Audio(#[from] ExportError),
}

impl SaveError {
    /// Was it stopped on request?
    pub fn is_cancel(&self) -> bool {
        matches!(self, SaveError::Audio(ExportError::Stopped))
    }
}

/// What to write.
#[derive(Clone, Debug)]
pub struct Piece {
    pub performance: Arc<Performance>,
    /// Only this part, in seconds.
    pub range_secs: Option<Range<f64>>,
    pub title: Option<String>,
    /// The recipe, for a MIDI file's text event.
    pub recipe: Option<String>,
    pub look: Look,
}

/// How to record, for recordings.
pub struct Recording<'a> {
    pub sound_font: &'a SoundFont,
    pub settings: ExportSettings,
    pub stop: &'a StopFlag,
    pub on_progress: &'a mut dyn FnMut(Progress),
}

/// Blocks until the file is written; returns the length and peak of a recording.
///
/// # Errors
/// [`SaveError`]; an old file at `path` is then unchanged.
pub fn save(
    path: &Path,
    piece: Piece,
    recording: Option<Recording<'_>>,
) -> Result<Option<ExportSummary>, SaveError> {
    let kind = FileKind::of_target(path).ok_or_else(|| SaveError::UnknownKind(path.to_owned()))?;
    if kind.is_audio() {
        let recording = recording.ok_or(SaveError::NoSoundFont)?;
        let settings =
            ExportSettings { range_secs: piece.range_secs, title: piece.title, ..recording.settings };
        let (font, stop) = (recording.sound_font, recording.stop);
        let summary = export(piece.performance, font, &settings, path, stop, recording.on_progress)?;
        return Ok(Some(summary));
    }
    let part = piece.range_secs.map(|range| piece.performance.slice_secs(range));
    let music = part.as_ref().unwrap_or(&piece.performance);
    if music.is_empty() {
        return Err(SaveError::Empty);
    }
    let title = piece.title.as_deref();
    if kind == FileKind::Picture {
        picture::write_file(path, music, title.unwrap_or_default(), &piece.look)?;
    } else {
        midi::write_file(path, music, piece.recipe.as_deref(), title)?;
    }
    Ok(None)
}

/// A name as a file name that is valid on every system.
pub fn file_name(name: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let safe = name.replace(is_unsafe, "-");
    match safe.trim().trim_matches('.') {
        "" => "take".to_owned(),
        safe => safe.to_owned(),
    }
}

/// `name.ending` in `folder`, with a number if that exists.
pub fn free_path(folder: &Path, name: &str, ending: &str) -> PathBuf {
    let plain = folder.join(format!("{name}.{ending}"));
    let numbered = (2u32..).map(|n| folder.join(format!("{name} {n}.{ending}")));
    std::iter::once(plain.clone()).chain(numbered).find(|p| !p.exists()).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_stand_for_kinds() {
        let kind = |path: &str| FileKind::of(Path::new(path));
        assert_eq!(kind("x.MID"), Some(FileKind::Midi));
        assert_eq!(kind("x.midi"), Some(FileKind::Midi));
        assert_eq!(kind("x.png"), Some(FileKind::Picture));
        assert_eq!(kind("x.Flac"), Some(FileKind::Audio(AudioFormat::Flac)));
        assert_eq!(kind("x.mp3"), Some(FileKind::Audio(AudioFormat::Mp3)));
        assert_eq!(kind("x.opus"), None);
    }

    #[test]
    fn names_become_file_names() {
        assert_eq!(file_name("Bach 7"), "Bach 7");
        assert_eq!(file_name("a/b: c?"), "a-b- c-");
        assert_eq!(file_name(" .. "), "take");
    }

    #[test]
    fn a_free_name_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let first = free_path(folder.path(), "Bach 7", "mid");
        std::fs::write(&first, b"").unwrap();
        assert_eq!(free_path(folder.path(), "Bach 7", "mid"), folder.path().join("Bach 7 2.mid"));
    }
}
