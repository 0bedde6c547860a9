//! Recordings: a performance rendered to a .wav, .flac or .ogg file, faster than it plays.

mod encode;
mod offline;
mod settings;

use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use settings::{AudioFormat, BitDepth, ExportError, ExportSettings, ExportSummary, SAMPLE_RATES};

use self::offline::Offline;
use super::soundfont::SoundFont;
use crate::files::Draft;
use crate::music::Performance;
use crate::progress::{Progress, StopFlag};

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
    let format = AudioFormat::from_path(path).ok_or_else(|| ExportError::UnknownFormat {
        path: path.to_owned(),
    })?;
    let range = range(&performance, settings)?;
    let file_error = |source| ExportError::Io {
        source,
        path: path.to_owned(),
    };
    // Made first, so that a folder without permission is not found out after a minute of rendering.
    let draft = Draft::begin(path).map_err(file_error)?;
    let mut offline = Offline::new(performance, sound_font, settings, range, stop, on_progress)?;
    if settings.is_normalised {
        offline.measure()?;
    }
    encode::encode(
        &mut offline,
        format,
        settings.bit_depth,
        BufWriter::new(draft.file()),
        path,
    )?;
    if offline.summary().peak == 0.0 {
        return Err(ExportError::Silent);
    }
    draft.finish().map_err(file_error)?;
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
