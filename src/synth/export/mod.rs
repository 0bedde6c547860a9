//! Recordings: a performance rendered to a .wav, .flac or .ogg file, faster than it plays.

mod encode;
mod offline;

use std::io::{self, BufWriter};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use self::offline::Offline;
use super::soundfont::SoundFont;
use super::voices::{VoiceSettings, Voices, VoicesError};
use crate::music::Performance;
use crate::progress::{Progress, StopFlag};

/// The sample rates on offer, in frames a second.
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

/// The kinds of file that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioFormat {
    Wav,
    Flac,
    /// Ogg Vorbis at about 190 kbit/s; it has no bit depth.
    Ogg,
}

impl AudioFormat {
    /// By the ending of the file name; `None` for any other.
    pub fn from_path(path: &Path) -> Option<AudioFormat> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "wav" | "wave" => Some(AudioFormat::Wav),
            "flac" => Some(AudioFormat::Flac),
            "ogg" | "oga" => Some(AudioFormat::Ogg),
            _ => None,
        }
    }
}

/// What to record, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportSettings {
    pub voices: VoiceSettings,
    pub bit_depth: BitDepth,
    /// Brings the highest peak to −1 dBFS; renders twice. Otherwise the level is that of the player at `gain`.
    pub is_normalised: bool,
    /// As [`super::Renderer::set_gain`]; without effect when normalised.
    pub gain: f32,
    /// As [`super::Renderer::set_tempo_scale`].
    pub tempo_scale: f64,
    /// Only this part, in seconds of the performance; `None` is the whole.
    pub range_secs: Option<Range<f64>>,
}

impl ExportSettings {
    /// The whole piece in 16 bits, as the player plays it.
    pub fn new(sample_rate: u32) -> ExportSettings {
        ExportSettings {
            voices: VoiceSettings::new(sample_rate),
            bit_depth: BitDepth::default(),
            is_normalised: false,
            gain: 1.0,
            tempo_scale: 1.0,
            range_secs: None,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExportSummary {
    /// Length with the release tail.
    pub secs: f64,
    /// Highest absolute sample, 0–1.
    pub peak: f32,
}

/// Why there is no recording. No half of one is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("there are no notes to record here; choose another range or piece")]
    NothingToRecord,
    #[error("a recording must end in .wav, .flac or .ogg: {}", path.display())]
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

/// Renders `performance` into the file `path`, whose ending chooses the [`AudioFormat`], with the ring of the last
/// notes. Written under a temporary name in the same folder and renamed at the end.
///
/// # Errors
/// See [`ExportError`]; whatever was at `path` before is then still there.
pub fn export(
    performance: Arc<Performance>,
    sound_font: &SoundFont,
    settings: &ExportSettings,
    path: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<ExportSummary, ExportError> {
    let build = || Voices::new(sound_font, &settings.voices);
    record(performance, build, settings, path, stop, on_progress)
}

/// [`export`] with voices built by `build`, once it is clear that there is something to record and a place for it.
fn record(
    performance: Arc<Performance>,
    build: impl FnOnce() -> Result<Voices, VoicesError>,
    settings: &ExportSettings,
    path: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<ExportSummary, ExportError> {
    let format = AudioFormat::from_path(path).ok_or_else(|| ExportError::UnknownFormat {
        path: path.to_owned(),
    })?;
    let range = range(&performance, settings)?;
    let file_error = |source| ExportError::Io {
        source,
        path: path.to_owned(),
    };
    // Made first, so that a folder without permission is not found out after a minute of rendering.
    let temporary = temporary_beside(path).map_err(file_error)?;
    let mut offline = Offline::new(performance, build()?, settings, range, stop, on_progress)?;
    if settings.is_normalised {
        offline.measure()?;
    }
    encode::encode(
        &mut offline,
        format,
        settings.bit_depth,
        BufWriter::new(temporary.as_file()),
        path,
    )?;
    if offline.summary().peak == 0.0 {
        return Err(ExportError::Silent);
    }
    // A full disk may only show when the last bytes leave the cache.
    temporary.as_file().sync_all().map_err(file_error)?;
    temporary.persist(path).map_err(|e| file_error(e.error))?;
    Ok(offline.summary())
}

/// The part to record, cut to the performance.
fn range(performance: &Performance, settings: &ExportSettings) -> Result<Range<f64>, ExportError> {
    let whole = 0.0..performance.duration_secs();
    let range = match &settings.range_secs {
        None => whole,
        Some(wanted) => wanted.start.max(0.0)..wanted.end.min(whole.end),
    };
    let sounds = |n: &crate::music::Note| n.onset_secs < range.end && n.release_secs() > range.start;
    match performance.notes().iter().any(sounds) {
        true => Ok(range),
        false => Err(ExportError::NothingToRecord),
    }
}

fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pastiche-").suffix(".part");
    // A temporary file is private by default; this one becomes the user's, so the umask shall decide.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, Pitch, Velocity};
    use crate::synth::{Playable, Preset};

    /// A loop shorter than the step at high keys: handed over as it is, the synthesizer reads past its samples.
    const BREAKING: &[u8] = include_bytes!("../../../tests/golden/soundfonts/short_loop.sf2");

    #[test]
    fn a_synthesizer_that_breaks_leaves_no_recording() {
        let low_and_high = [(60, 0.0), (108, 1.0)].map(|(pitch, onset_secs)| Note {
            pitch: Pitch::new(pitch).unwrap(),
            onset_secs,
            duration_secs: 0.9,
            velocity: Velocity::new(90).unwrap(),
        });
        let music = Arc::new(Performance::new(low_and_high.to_vec(), Vec::new()));
        let samples = rustysynth::SoundFont::new(&mut &*BREAKING).unwrap();
        let playable = Playable::unchecked(samples);
        let folder = tempfile::tempdir().unwrap();
        for (name, is_normalised) in [("a.wav", false), ("a.flac", false), ("a.ogg", true)] {
            let settings = ExportSettings {
                is_normalised,
                ..ExportSettings::new(48_000)
            };
            let preset = Preset {
                bank: 0,
                program: 0,
                name: "Grand".to_owned(),
            };
            let build = || Voices::unmeasured(&playable, preset, &settings.voices);
            let (path, stop) = (folder.path().join(name), StopFlag::new());
            let error = record(music.clone(), build, &settings, &path, &stop, &mut |_| {}).unwrap_err();
            assert!(
                matches!(error, ExportError::Broken { secs } if (0.9..1.2).contains(&secs)),
                "{error}"
            );
            assert!(error.to_string().contains("nothing was written"));
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "no file, nor half of one"
        );
    }
}
