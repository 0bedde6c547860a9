//! The settings that the window keeps in `settings.json`.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::device::DeviceChoice;
use crate::files::write_whole;
use crate::generate::{self, FormError, MAX_SECTIONS, MIN_SECTION_NOTES};
use crate::ports::MidiChoice;
use crate::synth::export::SAMPLE_RATES;
use crate::takes::{ComposeSettings, TakeId};

/// Range of notes in the compose panel.
pub const NOTES: Range<usize> = 50..4000;
pub const GUIDANCE: Range<f32> = 1.0..4.0;
pub const TEMPERATURE: Range<f32> = 0.5..1.5;
pub const MEMORY: Range<f32> = 0.0..3.0;
pub const RECALL: Range<f32> = 0.0..1.0;
/// Amounts of a quality, in standard deviations.
pub const QUALITY: Range<f32> = -2.0..2.0;
/// The most composers in a mix.
pub const MAX_MIXED: usize = 4;

/// Buffers to choose from, in frames.
pub const BUFFERS: [u32; 6] = [128, 256, 512, 1024, 2048, 4096];

/// Range of the pause that ends a phrase.
pub const PAUSE_SECS: Range<f32> = 0.4..4.0;
/// Range of notes in an answer.
pub const ANSWER_NOTES: Range<usize> = 10..400;

/// Most recent files kept.
const RECENT: usize = 10;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: Theme,
    pub form: Form,
    pub sound: SoundSettings,
    pub midi: MidiSettings,
    pub checkpoint: Option<PathBuf>,
    pub device: DeviceChoice,
    pub save_folder: Option<PathBuf>,
    pub recent: VecDeque<PathBuf>,
    pub wav: WavSettings,
    /// The take that was on the stage last.
    pub last_take: Option<TakeId>,
    pub training_data: String,
    pub training_run: String,
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// Follows the system.
    #[default]
    System,
    Light,
    Dark,
}

/// The compose panel's controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    pub settings: ComposeSettings,
    /// The form as typed, which may be invalid; `settings.form` is the last valid one. `None` if the form was chosen
    /// by name.
    pub typed_form: Option<String>,
    /// A new seed for every take, unless locked.
    pub is_seed_locked: bool,
    pub play_when_ready: bool,
    /// Takes go on until they are stopped.
    pub is_endless: bool,
}

impl Default for Form {
    fn default() -> Form {
        Form {
            settings: ComposeSettings::default(),
            typed_form: None,
            is_seed_locked: false,
            play_when_ready: true,
            is_endless: false,
        }
    }
}

impl Form {
    /// Sets the typed form; an invalid one leaves `settings.form` unchanged.
    pub fn type_form(&mut self, text: String) {
        if let Ok(form) = text.parse() {
            self.settings.form = form;
        }
        self.typed_form = Some(text);
    }

    /// Why this form cannot be composed, in a short sentence.
    pub fn form_problem(&self) -> Option<String> {
        let typed = self.typed_form.as_deref().map(str::parse::<generate::Form>);
        let error = match typed {
            Some(Err(error)) => error,
            Some(Ok(_)) | None => self.settings.form.place(self.settings.notes).err()?,
        };
        Some(match error {
            FormError::Unreadable(_) => "Write letters such as ABA or ABA'C.".to_owned(),
            FormError::TooManySections(_) => format!("A form has at most {MAX_SECTIONS} sections."),
            FormError::TooShort { sections } => {
                format!("{sections} sections need at least {} notes.", sections * MIN_SECTION_NOTES)
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundSettings {
    pub soundfont: Option<PathBuf>,
    /// (bank, program)
    pub preset: Option<(u8, u8)>,
    /// `None` follows the system.
    pub output: Option<String>,
    /// In Hz; `None` is the device's own.
    pub sample_rate: Option<u32>,
    /// Frames asked for at a time; `None` is short, and longer after gaps.
    pub buffer_frames: Option<u32>,
    /// 0–1.
    pub volume: f32,
    pub is_muted: bool,
    pub has_reverb: bool,
    pub has_chorus: bool,
}

impl Default for SoundSettings {
    fn default() -> SoundSettings {
        SoundSettings {
            soundfont: None,
            preset: None,
            output: None,
            sample_rate: None,
            buffer_frames: None,
            volume: 0.8,
            is_muted: false,
            has_reverb: true,
            has_chorus: false,
        }
    }
}

/// MIDI ports, and call and response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MidiSettings {
    /// The port that takes are played on.
    pub output: Option<String>,
    /// Takes sound here too.
    pub has_local_sound: bool,
    /// The port that is listened to.
    pub input: Option<String>,
    /// What comes in sounds here.
    pub hears_input: bool,
    /// What is played is gone on with after a pause.
    pub is_answering: bool,
    /// The pause.
    pub pause_secs: f32,
    /// The notes of an answer.
    pub answer_notes: usize,
}

impl MidiSettings {
    /// What the MIDI thread needs to know of them.
    pub fn choice(&self) -> MidiChoice {
        MidiChoice {
            output: self.output.clone(),
            has_local_sound: self.has_local_sound,
            input: self.input.clone(),
            hears_input: self.hears_input,
            pause_secs: f64::from(self.pause_secs),
        }
    }
}

impl Default for MidiSettings {
    fn default() -> MidiSettings {
        MidiSettings {
            output: None,
            has_local_sound: false,
            input: None,
            hears_input: true,
            is_answering: false,
            pause_secs: 1.0,
            answer_notes: 60,
        }
    }
}

/// How WAV files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WavSettings {
    pub sample_rate: u32,
    /// 16 or 24.
    pub bits: u16,
    pub is_normalised: bool,
}

impl Default for WavSettings {
    fn default() -> WavSettings {
        WavSettings { sample_rate: 44_100, bits: 16, is_normalised: true }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            theme: Theme::System,
            form: Form::default(),
            sound: SoundSettings::default(),
            midi: MidiSettings::default(),
            checkpoint: None,
            device: DeviceChoice::Auto,
            save_folder: None,
            recent: VecDeque::new(),
            wav: WavSettings::default(),
            last_take: None,
            training_data: String::new(),
            training_run: String::new(),
        }
    }
}

impl Settings {
    /// Reads the settings; a missing or broken file gives the defaults (a broken one is logged).
    pub fn load(path: &Path) -> Settings {
        let Ok(text) = std::fs::read(path) else {
            return Settings::default();
        };
        serde_json::from_slice(&text).map(Settings::checked).unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "the settings cannot be read; starting with the defaults");
            Settings::default()
        })
    }

    /// # Errors
    /// If the file cannot be written; the old one is then unchanged.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_whole(path, &serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?)
    }

    /// Puts a path first among the recent files.
    pub fn remember(&mut self, path: &Path) {
        self.recent.retain(|p| p != path);
        self.recent.push_front(path.to_owned());
        self.recent.truncate(RECENT);
    }

    /// Clamps the values of a hand-edited file.
    fn checked(mut self) -> Settings {
        if let Some(typed) = self.form.typed_form.take() {
            self.form.type_form(typed);
        }
        let form = &mut self.form.settings;
        form.notes = form.notes.clamp(NOTES.start, NOTES.end);
        form.best_of = form.best_of.clamp(1, crate::generate::MAX_BEST_OF);
        let sampling = &mut form.sampling;
        sampling.guidance = in_range(sampling.guidance, GUIDANCE);
        sampling.temperature = in_range(sampling.temperature, TEMPERATURE);
        sampling.top_p = in_range(sampling.top_p, 0.5..1.0);
        sampling.memory = in_range(sampling.memory, MEMORY);
        form.recall = in_range(form.recall, RECALL);
        form.qualities.retain(|(_, amount)| amount.is_finite());
        form.qualities.iter_mut().for_each(|(_, amount)| *amount = in_range(*amount, QUALITY));
        self.midi.pause_secs = in_range(self.midi.pause_secs, PAUSE_SECS);
        self.midi.answer_notes = self.midi.answer_notes.clamp(ANSWER_NOTES.start, ANSWER_NOTES.end);
        let sound = &mut self.sound;
        sound.volume = in_range(sound.volume, 0.0..1.0);
        sound.sample_rate = sound.sample_rate.filter(|rate| SAMPLE_RATES.contains(rate));
        sound.buffer_frames = sound.buffer_frames.filter(|frames| BUFFERS.contains(frames));
        if !matches!(self.wav.bits, 16 | 24) {
            self.wav = WavSettings::default();
        }
        self
    }
}

fn in_range(value: f32, range: Range<f32>) -> f32 {
    if value.is_finite() { value.clamp(range.start, range.end) } else { range.start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_kept_and_survive_a_broken_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/settings.json");
        let mut settings = Settings { theme: Theme::Light, ..Settings::default() };
        settings.remember(Path::new("/a.mid"));
        settings.remember(Path::new("/b.mid"));
        settings.remember(Path::new("/a.mid"));
        assert_eq!(settings.recent, [PathBuf::from("/a.mid"), PathBuf::from("/b.mid")]);
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path), settings);
        std::fs::write(&path, b"{\"sound\": {\"volume\": 9000}, \"later\": 1}").unwrap();
        assert_eq!(Settings::load(&path).sound.volume, 1.0);
        std::fs::write(&path, b"{").unwrap();
        assert_eq!(Settings::load(&path), Settings::default());
    }

    #[test]
    fn what_cannot_be_a_form_is_told_in_a_sentence() {
        let mut form = Form::default();
        form.settings.notes = 100;
        assert_eq!(form.form_problem(), None);
        form.type_form("ABA".to_owned());
        assert_eq!((form.form_problem(), form.settings.form.to_string().as_str()), (None, "ABA"));
        form.type_form("ABACA".to_owned());
        assert_eq!(form.form_problem().as_deref(), Some("5 sections need at least 160 notes."));
        form.type_form("AB?".to_owned());
        assert_eq!(form.form_problem().as_deref(), Some("Write letters such as ABA or ABA'C."));
        assert_eq!(form.settings.form.to_string(), "ABACA", "the last one that could be read");
        form.type_form("A".repeat(33));
        assert_eq!(form.form_problem().as_deref(), Some("A form has at most 32 sections."));
    }

    #[test]
    fn hand_edited_memory_and_recall_come_into_range() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let text = r#"{"form": {"typed_form": "ABC", "settings": {"memory": 40.0, "recall": -1.0}}}"#;
        std::fs::write(&path, text).unwrap();
        let settings = Settings::load(&path).form.settings;
        assert_eq!((settings.sampling.memory, settings.recall), (MEMORY.end, 0.0));
        assert_eq!(settings.form.to_string(), "ABC");
        std::fs::write(&path, r#"{"form": {"settings": {"notes": 200, "guidance": 2.0}}}"#).unwrap();
        let settings = Settings::load(&path).form.settings;
        assert_eq!((settings.notes, settings.sampling.memory), (200, 1.0));
        assert_eq!(settings.form, generate::Form::Free);
    }
}
