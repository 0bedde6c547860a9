//! Settings, results and errors of recordings.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::synth::voice_settings::VoiceSettings;
use crate::synth::voices::VoicesError;

/// The sample rates to choose from, in Hz.
pub const SAMPLE_RATES: [u32; 3] = [44_100, 48_000, 96_000];

/// Integer sample sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BitDepth {
    /// As on a CD; dithered.
    #[default]
    Sixteen,
    TwentyFour,
}

impl BitDepth {
    pub fn bits(self) -> u16 {
        match self {
            BitDepth::Sixteen => 16,
            BitDepth::TwentyFour => 24,
        }
    }
}

/// The audio formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioFormat {
    Wav,
    Flac,
    /// Ogg Vorbis at about 190 kbit/s; it has no bit depth.
    Ogg,
    /// MPEG-1 Layer III at 256 kbit/s, at most 48 kHz; it has no bit depth.
    Mp3,
}

impl AudioFormat {
    /// By file extension; `None` for any other.
    pub fn from_path(path: &Path) -> Option<AudioFormat> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "wav" | "wave" => Some(AudioFormat::Wav),
            "flac" => Some(AudioFormat::Flac),
            "ogg" | "oga" => Some(AudioFormat::Ogg),
            "mp3" => Some(AudioFormat::Mp3),
            _ => None,
        }
    }

    pub fn has_bit_depth(self) -> bool {
        match self {
            AudioFormat::Wav | AudioFormat::Flac => true,
            AudioFormat::Ogg | AudioFormat::Mp3 => false,
        }
    }

    /// The sample rate to record at, in Hz, where `wanted` is asked for: MP3 knows only a few.
    pub fn sample_rate(self, wanted: u32) -> u32 {
        match (self, wanted) {
            (AudioFormat::Mp3, 32_000 | 44_100) => wanted,
            (AudioFormat::Mp3, _) => 48_000,
            (AudioFormat::Wav | AudioFormat::Flac | AudioFormat::Ogg, _) => wanted,
        }
    }
}

/// Settings of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportSettings {
    pub voices: VoiceSettings,
    pub bit_depth: BitDepth,
    /// Brings the highest peak to −1 dBFS; renders twice. Otherwise the level is that of the player at `gain`.
    pub is_normalised: bool,
    /// See [`crate::synth::Renderer::set_gain`]; without effect if normalised.
    pub gain: f32,
    /// See [`crate::synth::Renderer::set_tempo_scale`].
    pub tempo_scale: f64,
    /// Only this part, in seconds of the performance; `None` is the whole.
    pub range_secs: Option<Range<f64>>,
    /// For the tag of an .ogg or .mp3.
    pub title: Option<String>,
}

impl ExportSettings {
    /// The whole piece in 16 bits, at the player's level.
    pub fn new(sample_rate: u32) -> ExportSettings {
        ExportSettings {
            voices: VoiceSettings::new(sample_rate),
            bit_depth: BitDepth::default(),
            is_normalised: false,
            gain: 1.0,
            tempo_scale: 1.0,
            range_secs: None,
            title: None,
        }
    }

    /// With a sample rate that `format` has.
    pub fn suited_to(&self, format: AudioFormat) -> ExportSettings {
        let mut settings = self.clone();
        settings.voices.sample_rate = format.sample_rate(self.voices.sample_rate);
        settings
    }
}

/// The result of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExportSummary {
    /// Length including the decay.
    pub secs: f64,
    /// Highest absolute sample, 0–1.
    pub peak: f32,
}

/// Why a recording failed. No partial file is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("there are no notes to record here; choose another range or piece")]
    NothingToRecord,
    #[error("a recording must end in .wav, .flac, .ogg or .mp3: {}", path.display())]
    UnknownFormat { path: PathBuf },
    #[error("a WAV file holds at most 4 GB, and this would be longer; choose .flac, a lower rate or a part: {}", path.display())]
    TooLong { path: PathBuf },
    #[error("stopped; nothing was written")]
    Stopped,
    #[error("the recording is silent: the SoundFont has no sound for these notes; choose another SoundFont")]
    Silent,
    #[error(
        "the synthesizer failed {secs:.1} s into the piece; nothing was written; choose another SoundFont"
    )]
    Broken { secs: f64 },
    #[error("{0}")]
    Voices(#[from] VoicesError),
    #[error("could not write the recording: {source}: {}", path.display())]
    Io { source: io::Error, path: PathBuf },
    #[error("could not encode the recording: {detail}: {}", path.display())]
    Encode { detail: String, path: PathBuf },
}

impl ExportError {
    /// An error of writing the file.
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> ExportError + '_ {
        |source| ExportError::Io { source, path: path.to_owned() }
    }

    /// An error of an encoder.
    pub(super) fn encode(path: &Path, error: &dyn std::fmt::Display) -> ExportError {
        ExportError::Encode { detail: error.to_string(), path: path.to_owned() }
    }
}
