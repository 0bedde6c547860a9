//! Training the selector and the judge.

mod accuracy;
mod config;
mod run;
mod sampler;

use std::path::{Path, PathBuf};

use tch::Tensor;

pub use accuracy::{Accuracy, accuracy, labelled_segments, rank_of};
pub use config::{ClassifierConfig, ClassifierEvent, ClassifierSummary};

use self::run::Run;
use self::sampler::SegmentSampler;
use super::TrainError;
use crate::classify::{Classifier, ClassifierKind};
use crate::data::{Corpus, Split};
use crate::device::{DeviceChoice, device_name};
use crate::model::checkpoint::{TrainedOn, fingerprint};
use crate::progress::StopFlag;

/// Validation segments per composer.
const VALIDATION_SEGMENTS: usize = 40;

/// Trains a classifier on the labelled pieces of a corpus and keeps the state of the best balanced validation
/// accuracy as `best.safetensors` in `run_dir`.
///
/// # Errors
/// Any [`TrainError`]; a folder that already holds a run is left unchanged.
pub fn train_classifier(
    kind: ClassifierKind,
    corpus_path: &Path,
    run_dir: &Path,
    config: &ClassifierConfig,
    device: DeviceChoice,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(ClassifierEvent),
) -> Result<ClassifierSummary, TrainError> {
    config.validate()?;
    let corpus = Corpus::load(corpus_path)?;
    let device = device.resolve()?;
    let sampler =
        SegmentSampler::new(&corpus, config.balance).ok_or(TrainError::EmptySplit { split: "training" })?;
    let held_out = labelled_segments(&corpus, Split::Validation, VALIDATION_SEGMENTS);
    if held_out.is_empty() {
        return Err(TrainError::EmptySplit { split: "validation" });
    }
    let checkpoint = prepare_folder(run_dir, kind, config)?;
    if config.threads > 0 {
        tch::set_num_threads(config.threads.min(256) as i32);
    }
    tch::manual_seed(config.seed as i64);
    let mut classifier = Classifier::new(kind, &corpus.composers, device);
    classifier.header.trained_on = TrainedOn {
        source: corpus.provenance.source.clone(),
        licence: corpus.provenance.licence.clone(),
        corpus: std::fs::read(corpus_path).map(|b| fingerprint(&b)).unwrap_or_default(),
        ..TrainedOn::default()
    };
    tracing::info!("training the {} on {}", kind.name(), device_name(device));
    let parameters = classifier.vs.trainable_variables().iter().map(Tensor::numel).sum();
    on_event(ClassifierEvent::Started { kind, pieces: sampler.pieces(), parameters });
    let run = Run { config, sampler, held_out, checkpoint, run_dir };
    run.go(classifier, stop, on_event)
}

/// A new run never overwrites an old one.
fn prepare_folder(
    run_dir: &Path,
    kind: ClassifierKind,
    config: &ClassifierConfig,
) -> Result<PathBuf, TrainError> {
    let wrong = |what: String| TrainError::RunDir { what, path: run_dir.to_owned() };
    let checkpoint = run_dir.join("best.safetensors");
    if checkpoint.exists() {
        return Err(wrong("it holds a run already; choose another folder".to_owned()));
    }
    let write = |source| TrainError::Write { source, path: run_dir.to_owned() };
    std::fs::create_dir_all(run_dir).map_err(write)?;
    let text = toml::to_string(config).map_err(|e| wrong(e.to_string()))?;
    let text = format!("# {}\n{text}", kind.name());
    crate::files::write_whole(&run_dir.join("config.toml"), text.as_bytes()).map_err(write)?;
    Ok(checkpoint)
}
