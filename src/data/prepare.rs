//! Prepares a data set as a corpus.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::listing::Reader;
use super::manifest::{Dataset, Entry};
use super::manifest_error::ManifestError;
use super::splits::{self, LabelRule, Listed};
use super::{ComposerReport, Corpus, Piece, Provenance, same_music};
use crate::music::{ComposerSet, Performance, midi};
use crate::progress::{Progress, StopFlag};
use crate::tokens::{self, EncodeReport, NoteToken};

/// Options for labels and splits; the default is that of the released checkpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct PrepareOptions {
    /// Hours of music that a composer needs for a label.
    pub min_hours: f64,
    /// Number of titles that a composer needs for a label.
    pub min_works: usize,
    /// Seed for choosing the held-out works.
    pub seed: u64,
}

impl Default for PrepareOptions {
    fn default() -> PrepareOptions {
        PrepareOptions { min_hours: 1.5, min_works: 5, seed: 0 }
    }
}

/// A file that was listed but could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub name: String,
    pub reason: String,
}

/// Report on a prepared data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PrepareReport {
    /// Labelled composers first, then by duration, longest first.
    pub composers: Vec<ComposerReport>,
    pub broken: Vec<Broken>,
    /// Remarks on how the list and the composers' names were read.
    pub remarks: Vec<String>,
    /// Notes outside the 88 keys or for drums.
    pub dropped_notes: usize,
    /// Notes that were cut off when their key was struck again.
    pub overlapping_notes: usize,
    /// What tokenising changed, over all pieces.
    pub encoding: EncodeReport,
}

/// Why no corpus could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("none of the {count} MIDI files could be read; the first: {first}")]
    NothingRead { count: usize, first: String },
    #[error("stopped; nothing was written")]
    Stopped,
}

/// A piece that has been read.
struct DecodedPiece {
    entry: usize,
    tokens: Vec<NoteToken>,
    secs: f64,
    dropped_notes: usize,
    overlapping_notes: usize,
    encoding: EncodeReport,
}

/// Reads every piece of a data set on all cores, labels the composers with enough music, and splits the works.
/// `on_progress` is called from several threads. The result depends only on the data set and the options.
///
/// # Errors
/// [`PrepareError::Stopped`] soon after `stop` is set; the others if nothing can be read. A few broken files are no
/// error: the report lists them.
pub fn prepare(
    dataset: &Path,
    options: &PrepareOptions,
    stop: &StopFlag,
    on_progress: impl Fn(Progress) + Sync,
) -> Result<(Corpus, PrepareReport), PrepareError> {
    on_progress(Progress { phase: "listing".into(), done: 0, total: None });
    let dataset = Dataset::open(dataset)?;
    let read = read_all(&dataset, stop, &on_progress)?;
    let (decoded, mut broken): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    let decoded: Vec<DecodedPiece> = decoded.into_iter().flatten().collect();
    let mut broken: Vec<Broken> = broken.drain(..).filter_map(Result::err).collect();
    let unusable = |(name, reason): &(String, String)| Broken { name: name.clone(), reason: reason.clone() };
    broken.extend(dataset.unusable.iter().map(unusable));
    if decoded.is_empty() {
        let first = broken.first().map_or_else(String::new, |b| format!("{}: {}", b.name, b.reason));
        return Err(PrepareError::NothingRead { count: dataset.entries.len(), first });
    }
    on_progress(Progress { phase: "comparing works".into(), done: 0, total: None });
    let mut report = PrepareReport { broken, remarks: dataset.remarks.clone(), ..PrepareReport::default() };
    for piece in &decoded {
        report.dropped_notes += piece.dropped_notes;
        report.overlapping_notes += piece.overlapping_notes;
        report.encoding.capped_silences += piece.encoding.capped_silences;
        report.encoding.cut_notes += piece.encoding.cut_notes;
        report.encoding.merged_notes += piece.encoding.merged_notes;
    }
    let corpus = assemble(&dataset, decoded, options);
    if stop.is_stopped() {
        return Err(PrepareError::Stopped);
    }
    report.composers = corpus.composer_reports();
    Ok((corpus, report))
}

/// In the order of the entries.
fn read_all(
    dataset: &Dataset,
    stop: &StopFlag,
    on_progress: &(impl Fn(Progress) + Sync),
) -> Result<Vec<Result<DecodedPiece, Broken>>, PrepareError> {
    let total = dataset.entries.len() as u64;
    let done = AtomicU64::new(0);
    let read_one = |reader: &mut Result<Reader, ManifestError>, (index, entry): (usize, &Entry)| {
        if stop.is_stopped() {
            return Err(PrepareError::Stopped);
        }
        let decoded = match reader {
            Ok(reader) => decode_piece(reader, index, entry),
            Err(error) => Err(error.to_string()),
        };
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        on_progress(Progress { phase: "reading".into(), done, total: Some(total) });
        Ok(decoded.map_err(|reason| Broken { name: entry.name.clone(), reason }))
    };
    dataset.entries.par_iter().enumerate().map_init(|| dataset.reader(), read_one).collect()
}

fn decode_piece(reader: &mut Reader, entry: usize, listed: &Entry) -> Result<DecodedPiece, String> {
    let bytes = reader.read(&listed.place).map_err(|e| e.to_string())?;
    let read = midi::read(&bytes).map_err(|e| e.to_string())?;
    if read.report.damaged_tracks > 0 {
        return Err("it breaks off before its end".to_owned());
    }
    let encoded = tokens::encode(&read.performance);
    Ok(DecodedPiece {
        entry,
        tokens: encoded.tokens,
        secs: sounding_secs(&read.performance),
        dropped_notes: read.report.out_of_range + read.report.drums,
        overlapping_notes: read.report.overlapping,
        encoding: encoded.report,
    })
}

/// From the first onset to the last key release.
fn sounding_secs(performance: &Performance) -> f64 {
    let first = performance.notes().first().map_or(0.0, |n| n.onset_secs);
    performance.notes().iter().map(|n| n.release_secs() - first).fold(0.0, f64::max)
}

fn assemble(dataset: &Dataset, decoded: Vec<DecodedPiece>, options: &PrepareOptions) -> Corpus {
    let listed: Vec<Listed> = decoded
        .iter()
        .map(|h| {
            let entry = &dataset.entries[h.entry];
            Listed { title: &entry.title, composer_name: &entry.composer_name, secs: h.secs }
        })
        .collect();
    let all_tokens: Vec<&[NoteToken]> = decoded.iter().map(|h| h.tokens.as_slice()).collect();
    let same_music = same_music::pairs(&all_tokens).into_iter().map(|k| (k.first, k.second));
    let mut groups = splits::group_works(&listed, same_music);
    let rule = LabelRule { min_hours: options.min_hours, min_works: options.min_works };
    let labelled = splits::labelled_composers(&listed, &mut groups, &rule);
    let split_of = splits::assign(&listed, &mut groups, &labelled, options.seed);
    let works = splits::work_names(&listed, &mut groups);
    let composers = ComposerSet::new(labelled);
    let pieces = decoded.into_iter().zip(works).zip(split_of).map(|((decoded, work), split)| {
        let entry = &dataset.entries[decoded.entry];
        let label = composers.iter().find(|(_, c)| c.name == entry.composer_name).map(|(id, _)| id);
        let (title, composer_name) = (entry.title.clone(), entry.composer_name.clone());
        Piece { title, work, composer_name, composer: label, split, tokens: decoded.tokens }
    });
    let pieces = pieces.collect();
    let provenance = Provenance {
        source: dataset.source.clone(),
        licence: dataset.licence.clone(),
        made_by: concat!("pastiche ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    Corpus { composers, pieces, provenance }
}
