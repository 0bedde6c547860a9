//! Writing files: what to write, and how far it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::state::export::{ExportPlan, ExportProgress};
use crate::files::write_whole;
use crate::music::Performance;
use crate::music::midi::{self, MidiError};
use crate::picture::{self, Look, PictureError, is_picture};
use crate::progress::StopFlag;
use crate::synth::SoundFont;
use crate::synth::export::{AudioFormat, BitDepth, ExportError, ExportSettings, export};
use crate::takes::{TakeEntry, TakeStore};

/// Endings that can be written.
pub const ENDINGS: [&str; 5] = ["mid", "wav", "flac", "ogg", "png"];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    #[error("the file name must end in .mid, .wav, .flac, .ogg or .png: {}", .0.display())]
    UnknownKind(PathBuf),
    #[error("a recording needs a SoundFont; choose one at the lower right, or save as .mid")]
    NoSoundFont,
    #[error(transparent)]
    Midi(#[from] MidiError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Audio(#[from] ExportError),
}

impl SaveError {
    /// The person asked for it.
    pub fn is_cancel(&self) -> bool {
        matches!(self, SaveError::Audio(ExportError::Stopped))
    }
}

/// Everything a writing thread needs.
pub struct ExportJob {
    pub plan: ExportPlan,
    pub performance: Arc<Performance>,
    pub title: String,
    pub look: Look,
    /// Goes into a MIDI file's text event.
    pub recipe: Option<String>,
    pub sound_font: Option<SoundFont>,
    pub preset: Option<(u8, u8)>,
    pub has_reverb: bool,
    pub has_chorus: bool,
    pub loop_secs: Option<std::ops::Range<f64>>,
    pub stop: StopFlag,
    pub progress: ExportProgress,
}

impl ExportJob {
    /// Blocks until the file is there.
    ///
    /// # Errors
    /// [`SaveError`]; whatever was at the path before is then still there.
    pub fn run(self) -> Result<(), SaveError> {
        let range = self.loop_secs.clone().filter(|_| self.plan.only_loop);
        let path = &self.plan.path;
        if !is_audio(path) {
            let part = range.map(|r| self.performance.slice_secs(r));
            let music = part.as_ref().unwrap_or(&self.performance);
            match is_picture(path) {
                true => picture::write_file(path, music, &self.title, &self.look)?,
                false => midi::write_file(path, music, self.recipe.as_deref(), Some(&self.title))?,
            }
            return Ok(());
        }
        if AudioFormat::from_path(path).is_none() {
            return Err(SaveError::UnknownKind(path.clone()));
        }
        let sound_font = self.sound_font.as_ref().ok_or(SaveError::NoSoundFont)?;
        let mut settings = ExportSettings::new(self.plan.wav.sample_rate);
        settings.voices.preset = self.preset;
        settings.voices.has_reverb = self.has_reverb;
        settings.voices.has_chorus = self.has_chorus;
        settings.bit_depth = if self.plan.wav.bits == 24 {
            BitDepth::TwentyFour
        } else {
            BitDepth::Sixteen
        };
        settings.is_normalised = self.plan.wav.is_normalised;
        settings.range_secs = range;
        export(
            self.performance,
            sound_font,
            &settings,
            path,
            &self.stop,
            &mut |p| {
                if let Some(fraction) = p.fraction() {
                    self.progress.set(fraction);
                }
            },
        )?;
        Ok(())
    }
}

/// Neither a MIDI file nor a picture.
pub fn is_audio(path: &Path) -> bool {
    let is_midi = ending(path).is_some_and(|e| matches!(e.as_str(), "mid" | "midi"));
    !is_midi && !is_picture(path)
}

/// The ending in lower case.
pub fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_lowercase())
}

/// Copies the music of `takes` into `folder` under their names; returns how many.
///
/// # Errors
/// The first file that could not be read or written; those before it are there.
pub fn export_takes(store: &TakeStore, takes: &[TakeEntry], folder: &Path) -> std::io::Result<usize> {
    for take in takes {
        let bytes = std::fs::read(store.midi_path(&take.id))?;
        write_whole(&free_path(folder, &file_name(&take.record.name), "mid"), &bytes)?;
    }
    Ok(takes.len())
}

/// `name.ending` in `folder`, with a number where that is taken.
fn free_path(folder: &Path, name: &str, ending: &str) -> PathBuf {
    let plain = folder.join(format!("{name}.{ending}"));
    let numbered = (2..10_000).map(|n| folder.join(format!("{name} {n}.{ending}")));
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(|p| !p.exists())
        .unwrap_or(plain)
}

/// A take's name as a file name that every system takes.
pub fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_control() || "/\\:*?\"<>|".contains(c) {
                '-'
            } else {
                c
            }
        })
        .collect();
    let safe = safe.trim().trim_matches('.');
    if safe.is_empty() {
        "take".to_owned()
    } else {
        safe.to_owned()
    }
}

/// What the save sheet is about.
pub struct Subject {
    pub name: String,
    pub music: Arc<Performance>,
    pub recipe: Option<String>,
    pub look: Look,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names() {
        assert_eq!(file_name("Bach 7"), "Bach 7");
        assert_eq!(file_name("a/b: c?"), "a-b- c-");
        assert_eq!(file_name(" .. "), "take");
        assert!(
            !is_audio(Path::new("x.MID")) && !is_audio(Path::new("x.png")) && is_audio(Path::new("x.wav"))
        );
    }

    #[test]
    fn a_free_name_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let first = free_path(folder.path(), "Bach 7", "mid");
        std::fs::write(&first, b"").unwrap();
        assert_eq!(
            free_path(folder.path(), "Bach 7", "mid"),
            folder.path().join("Bach 7 2.mid")
        );
    }
}
