//! Short takes that a run writes at each validation, so that one hears it learn.

use std::fs;
use std::path::{Path, PathBuf};

use super::run_dir::TAKES;
use super::{RunDir, TrainConfig, TrainError};
use crate::data::{Corpus, Piece, Split};
use crate::device::DeviceChoice;
use crate::files;
use crate::generate::{GenerateRequest, Generator};
use crate::music::{ComposerId, ComposerSet, midi};
use crate::progress::StopFlag;

/// Length of a take in seconds.
const TAKE_SECS: f64 = 10.0;
/// Notes after which a take ends even if it is shorter.
const TAKE_NOTES: usize = 200;
/// All takes of a run have the same seed, so that they differ only by what the model has learned.
const SEED: u64 = 1;
/// Composers that are heard unless the configuration names others: those with the most music.
const USUAL_COMPOSERS: usize = 2;

/// The composers of the takes: those that the configuration names, or else those with the most training music.
///
/// # Errors
/// [`TrainError::Config`] for a composer who has no label in this corpus.
pub(super) fn composers_to_hear(
    config: &TrainConfig,
    corpus: &Corpus,
) -> Result<Vec<ComposerId>, TrainError> {
    let named = |name: &String| {
        corpus.composers.find(name).map_err(|e| TrainError::Config(format!("listen_to: {e}")))
    };
    if !config.listen_to.is_empty() {
        return config.listen_to.iter().map(named).collect();
    }
    let mut by_music: Vec<(f64, ComposerId)> = corpus
        .composers
        .iter()
        .map(|(id, _)| {
            let own = corpus.labelled(Split::Train).filter(|p| p.composer == Some(id));
            (own.map(Piece::duration_secs).sum(), id)
        })
        .collect();
    by_music.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(by_music.into_iter().take(USUAL_COMPOSERS).map(|(_, id)| id).collect())
}

/// Restores libtorch's number of threads: a generator uses one, for the whole process.
struct KeepThreads(i32);

impl Drop for KeepThreads {
    fn drop(&mut self) {
        tch::set_num_threads(self.0);
    }
}

/// Composes a short take of each composer with the model at `checkpoint` and writes them into the run's folder.
/// Returns the surnames and the files; fewer when it is stopped.
///
/// # Errors
/// Errors of reading the model and of writing the files.
pub(super) fn write_takes(
    run: &RunDir,
    checkpoint: &Path,
    step: u64,
    composers: &[ComposerId],
    set: &ComposerSet,
    stop: &StopFlag,
) -> Result<Vec<(String, PathBuf)>, TrainError> {
    let _threads = KeepThreads(tch::get_num_threads());
    let folder = run.path().join(TAKES);
    fs::create_dir_all(&folder).map_err(|source| TrainError::Write { source, path: folder })?;
    let generator = Generator::load(checkpoint, DeviceChoice::Cpu)?;
    let mut written = Vec::new();
    for &composer in composers {
        let is_long_enough = StopFlag::new();
        let request = GenerateRequest { notes: TAKE_NOTES, ..GenerateRequest::new(Some(composer), SEED) };
        let take = generator.generate(&request, &is_long_enough, &mut |part| {
            if part.ready_until_secs >= TAKE_SECS || stop.is_stopped() {
                is_long_enough.stop();
            }
        })?;
        if stop.is_abandoned() {
            break;
        }
        let surname = set.surname(composer).to_owned();
        let path = run.take(step, &surname);
        let title = format!("{surname}, step {step}");
        let music = take.performance.slice_secs(0.0..TAKE_SECS);
        let bytes = midi::write(&music, Some(&take.recipe.to_line()), Some(&title));
        files::write_whole(&path, &bytes)
            .map_err(|source| TrainError::Write { source, path: path.clone() })?;
        written.push((surname, path));
    }
    Ok(written)
}
