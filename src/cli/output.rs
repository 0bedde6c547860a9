//! The output files of a command. They are checked before the work begins, so that no result is lost at the end.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::display::{count, one_line};
use pastiche::files::{check_writable, is_stdout};
use pastiche::generate::Take;
use pastiche::music::midi;
use pastiche::paths;
use pastiche::picture::Look;
use pastiche::progress::Progress;
use pastiche::save::{FileKind, Piece, Recording, SaveError, file_name, free_path, save};
use pastiche::synth::SoundFont;
use pastiche::synth::export::ExportSettings;

use super::input::shown;
use super::interrupt;
use super::sound_args::{SAMPLE_RATE, SoundArgs};

/// The window's light theme and accent colour.
pub const ON_PAPER: Look = Look { notes: [0x4a, 0x55, 0xd6], is_dark: false };

/// An output file that can be written, and what is needed to write it.
pub struct Output {
    path: PathBuf,
    pub kind: FileKind,
    sound_font: Option<SoundFont>,
    settings: ExportSettings,
}

impl Output {
    /// Checks a file before anything is composed: its extension is known, it can be written, and there is a SoundFont
    /// if it is a recording.
    pub fn new(path: &Path, sound: &SoundArgs) -> anyhow::Result<Output> {
        let kind = FileKind::of_target(path).ok_or_else(|| SaveError::UnknownKind(path.to_owned()))?;
        check_writable(path).with_context(|| format!("cannot write {}", shown(path)))?;
        Ok(Output {
            path: path.to_owned(),
            kind,
            sound_font: kind.is_audio().then(|| sound.load()).transpose()?,
            settings: sound.settings(SAMPLE_RATE),
        })
    }

    /// Sets how recordings are made.
    pub fn with_settings(self, settings: ExportSettings) -> Output {
        Output { settings, ..self }
    }

    /// Writes a piece, with a progress bar for recordings, and returns a line that says what was written.
    pub fn write(&self, piece: Piece) -> anyhow::Result<String> {
        let bar = if std::io::stderr().is_terminal() && self.sound_font.is_some() {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}%  {eta}") {
            bar.set_style(style);
        }
        let mut on_progress = |progress: Progress| {
            bar.set_message(progress.phase.into_owned());
            bar.set_length(progress.total.unwrap_or(0));
            bar.set_position(progress.done);
        };
        let recording = self.sound_font.as_ref().map(|sound_font| Recording {
            sound_font,
            settings: self.settings.clone(),
            stop: interrupt::stop_flag(),
            on_progress: &mut on_progress,
        });
        let (notes, secs) = (piece.performance.notes().len(), piece.performance.duration_secs());
        let result = save(&self.path, piece, recording);
        bar.finish_and_clear();
        Ok(match (result?, &self.sound_font) {
            (Some(summary), Some(font)) => {
                let peak_db = 20.0 * summary.peak.log10();
                let (secs, font) = (summary.secs, one_line(font.name()));
                format!("{}: {secs:.1} s, peak {peak_db:.1} dBFS, {font}", shown(&self.path))
            }
            _ => format!("{}: {}, {secs:.1} s", shown(&self.path), count(notes, "note")),
        })
    }

    /// [`Output::write`] for a take. If it fails, the take is saved as a MIDI file elsewhere.
    pub fn write_take(&self, take: &Take, title: &str) -> anyhow::Result<String> {
        let piece = Piece {
            performance: Arc::new(take.performance.clone()),
            range_secs: None,
            title: Some(title.to_owned()),
            recipe: Some(take.recipe.to_line()),
            look: ON_PAPER,
        };
        self.write(piece).or_else(|error| {
            let is_wanted = error.downcast_ref::<SaveError>().is_some_and(SaveError::is_cancel);
            match rescue(take, title).filter(|_| !is_wanted) {
                Some(path) => bail!("{error:#}; the take was saved elsewhere: {}", shown(&path)),
                None => Err(error),
            }
        })
    }

    /// Prints a line; to standard error if the file is written to standard output.
    pub fn say(&self, line: &str) {
        if is_stdout(&self.path) { eprintln!("{line}") } else { println!("{line}") }
    }
}

/// Saves a take that could not be written; returns the path.
fn rescue(take: &Take, title: &str) -> Option<PathBuf> {
    let folders = [paths::user_data_dir().join("rescued"), std::env::temp_dir()];
    folders.into_iter().find_map(|folder| {
        std::fs::create_dir_all(&folder).ok()?;
        let path = free_path(&folder, &file_name(title), "mid");
        let recipe = take.recipe.to_line();
        let written = midi::write_file(&path, &take.performance, Some(&recipe), Some(title));
        written.is_ok().then_some(path)
    })
}

/// An output folder for several files. If it is new and stays empty, it is removed again.
pub struct OutputFolder<'a> {
    path: &'a Path,
    is_new: bool,
}

impl OutputFolder<'_> {
    /// Creates and checks a folder before anything is composed.
    pub fn new(path: &Path) -> anyhow::Result<OutputFolder<'_>> {
        let is_new = !path.exists();
        std::fs::create_dir_all(path)
            .and_then(|()| check_writable(&path.join("take.mid")))
            .with_context(|| format!("the folder cannot be used: {}", shown(path)))?;
        Ok(OutputFolder { path, is_new })
    }
}

impl Drop for OutputFolder<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // Fails, as it should, if the folder is not empty.
            let _ = std::fs::remove_dir(self.path);
        }
    }
}
