//! Recordings: a performance rendered to a .wav, .flac, .ogg or .mp3 file, faster than it plays.

mod encode;
mod mp3;
mod offline;
mod settings;

use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use settings::{AudioFormat, BitDepth, ExportError, ExportSettings, ExportSummary, SAMPLE_RATES};

use self::offline::Offline;
use super::soundfont::SoundFont;
use super::voices::{Voices, VoicesError};
use crate::files::Draft;
use crate::music::Performance;
use crate::progress::{Progress, StopFlag};

/// Renders `performance` to the file `path`, whose extension chooses the [`AudioFormat`], including the decay of the
/// last notes.
///
/// # Errors
/// See [`ExportError`]; an old file at `path` is then unchanged.
pub fn export(
    performance: Arc<Performance>,
    sound_font: &SoundFont,
    settings: &ExportSettings,
    path: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<ExportSummary, ExportError> {
    let settings = settings.suited_to(format_of(path)?);
    let build = || Voices::new(sound_font, &settings.voices);
    record(performance, build, &settings, path, stop, on_progress)
}

/// [`export`] with voices from `build`, called once the range and the file have been checked.
fn record(
    performance: Arc<Performance>,
    build: impl FnOnce() -> Result<Voices, VoicesError>,
    settings: &ExportSettings,
    path: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<ExportSummary, ExportError> {
    let format = format_of(path)?;
    let range = range(&performance, settings)?;
    let file_error = |source| ExportError::Io { source, path: path.to_owned() };
    // Created first, so that missing permissions show before a minute of rendering.
    let draft = Draft::begin(path).map_err(file_error)?;
    let mut offline = Offline::new(performance, build()?, settings, range, stop, on_progress)?;
    if settings.is_normalised {
        offline.measure()?;
    }
    encode::encode(&mut offline, format, settings, BufWriter::new(draft.file()), path)?;
    if offline.summary().peak == 0.0 {
        return Err(ExportError::Silent);
    }
    draft.finish().map_err(file_error)?;
    Ok(offline.summary())
}

fn format_of(path: &Path) -> Result<AudioFormat, ExportError> {
    AudioFormat::from_path(path).ok_or_else(|| ExportError::UnknownFormat { path: path.to_owned() })
}

/// The range to record, clipped to the performance.
fn range(performance: &Performance, settings: &ExportSettings) -> Result<Range<f64>, ExportError> {
    let whole = 0.0..performance.duration_secs();
    let range = match &settings.range_secs {
        None => whole,
        Some(wanted) => wanted.start.max(0.0)..wanted.end.min(whole.end),
    };
    let sounds = |n: &crate::music::Note| n.onset_secs < range.end && n.release_secs() > range.start;
    if performance.notes().iter().any(sounds) { Ok(range) } else { Err(ExportError::NothingToRecord) }
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
        for (name, is_normalised) in [("a.wav", false), ("a.flac", false), ("a.ogg", true), ("a.mp3", false)]
        {
            let settings = ExportSettings { is_normalised, ..ExportSettings::new(48_000) };
            let preset = Preset { bank: 0, program: 0, name: "Grand".to_owned() };
            let build = || Voices::unmeasured(&playable, preset, &settings.voices);
            let (path, stop) = (folder.path().join(name), StopFlag::new());
            let error = record(music.clone(), build, &settings, &path, &stop, &mut |_| {}).unwrap_err();
            assert!(matches!(error, ExportError::Broken { secs } if (0.9..1.2).contains(&secs)), "{error}");
            assert!(error.to_string().contains("nothing was written"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file, nor half of one");
    }
}
