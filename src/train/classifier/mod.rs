//! Training the selector and the judge.

mod accuracy;
mod run;
mod sampler;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::Tensor;

pub use accuracy::{Accuracy, accuracy, labelled_segments, rank_of};

use self::run::Run;
use self::sampler::SegmentSampler;
use super::TrainError;
use crate::classify::{Classifier, ClassifierKind};
use crate::data::{Corpus, Split};
use crate::device::{DeviceChoice, device_name};
use crate::model::checkpoint::{TrainedOn, fingerprint};
use crate::progress::StopFlag;

const SEGMENT_LEN: usize = 256;
/// Validation segments per composer.
const VALIDATION_SEGMENTS: usize = 40;

/// A classifier's training run; every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Length of the run.
    pub minutes: f64,
    /// Its length in steps; whichever is reached first ends it.
    pub max_steps: Option<u64>,
    /// Segments per step.
    pub batch_size: usize,
    /// Peak learning rate of the hidden matrices (Muon).
    pub muon_rate: f64,
    /// Peak learning rate of everything else (AdamW).
    pub adam_rate: f64,
    pub dropout: f64,
    pub label_smoothing: f64,
    /// A composer is drawn in proportion to the notes there are of it, to this power: 0 is fully balanced.
    pub balance: f64,
    /// Validations over the run.
    pub validations: usize,
    /// Threads on a CPU; 0 lets libtorch choose.
    pub threads: usize,
    pub seed: u64,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        ClassifierConfig {
            minutes: 10.0,
            max_steps: None,
            batch_size: 32,
            muon_rate: 0.01,
            adam_rate: 2e-3,
            dropout: 0.3,
            label_smoothing: 0.1,
            balance: 0.3,
            validations: 12,
            threads: 0,
            seed: 11,
        }
    }
}

impl ClassifierConfig {
    /// What was best for each; see `docs/experiments.md`. Their seeds differ, so that their mistakes do.
    pub fn for_kind(kind: ClassifierKind) -> ClassifierConfig {
        match kind {
            ClassifierKind::Selector => ClassifierConfig {
                muon_rate: 0.015,
                adam_rate: 3e-3,
                dropout: 0.2,
                ..ClassifierConfig::default()
            },
            ClassifierKind::Judge => ClassifierConfig {
                minutes: 2.0,
                batch_size: 64,
                seed: 23,
                ..ClassifierConfig::default()
            },
        }
    }

    /// # Errors
    /// [`TrainError::Config`] says which field cannot be.
    pub fn validate(&self) -> Result<(), TrainError> {
        let wrong = |what: &str| Err(TrainError::Config(what.to_owned()));
        if !(self.minutes.is_finite() && self.minutes > 0.0) {
            return wrong("minutes must be a positive number");
        }
        if self.batch_size == 0 || self.batch_size > 65536 {
            return wrong("batch_size must lie between 1 and 65536");
        }
        if !(0.0..1.0).contains(&self.dropout) || !(0.0..1.0).contains(&self.label_smoothing) {
            return wrong("dropout and label_smoothing must lie between 0 and 1");
        }
        if self.validations == 0 {
            return wrong("validations must not be 0");
        }
        match [self.muon_rate, self.adam_rate, self.balance]
            .iter()
            .all(|v| v.is_finite() && *v >= 0.0)
        {
            true => Ok(()),
            false => wrong("muon_rate, adam_rate and balance must be numbers of at least 0"),
        }
    }
}

/// What a classifier's run tells whoever started it.
#[derive(Clone, Debug)]
pub enum ClassifierEvent {
    Started {
        kind: ClassifierKind,
        pieces: usize,
        parameters: usize,
    },
    Stepped {
        step: u64,
        loss: f64,
        progress: f64,
        segments_per_sec: f64,
    },
    Validated {
        step: u64,
        accuracy: Accuracy,
    },
    CheckpointSaved {
        step: u64,
        path: PathBuf,
    },
}

/// How a classifier's run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassifierSummary {
    pub step: u64,
    /// Validation accuracy of the checkpoint.
    pub best: Accuracy,
    pub checkpoint: PathBuf,
    pub stopped: bool,
}

/// Trains a classifier on the labelled pieces of a corpus and keeps the state of the best balanced validation
/// accuracy as `best.safetensors` in `run_dir`.
///
/// # Errors
/// Any [`TrainError`]; a folder that holds a run already is left alone.
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
        corpus: std::fs::read(corpus_path)
            .map(|b| fingerprint(&b))
            .unwrap_or_default(),
        ..TrainedOn::default()
    };
    tracing::info!("training the {} on {}", kind.name(), device_name(device));
    let parameters = classifier
        .vs
        .trainable_variables()
        .iter()
        .map(Tensor::numel)
        .sum();
    on_event(ClassifierEvent::Started {
        kind,
        pieces: sampler.pieces(),
        parameters,
    });
    let run = Run {
        config,
        sampler,
        held_out,
        checkpoint,
        run_dir,
    };
    run.go(classifier, stop, on_event)
}

/// A new run never overwrites an old one.
fn prepare_folder(
    run_dir: &Path,
    kind: ClassifierKind,
    config: &ClassifierConfig,
) -> Result<PathBuf, TrainError> {
    let wrong = |what: String| TrainError::RunDir {
        what,
        path: run_dir.to_owned(),
    };
    let checkpoint = run_dir.join("best.safetensors");
    if checkpoint.exists() {
        return Err(wrong("it holds a run already; choose another folder".to_owned()));
    }
    let write = |source| TrainError::Write {
        source,
        path: run_dir.to_owned(),
    };
    std::fs::create_dir_all(run_dir).map_err(write)?;
    let text = toml::to_string(config).map_err(|e| wrong(e.to_string()))?;
    let text = format!("# {}\n{text}", kind.name());
    crate::files::write_whole(&run_dir.join("config.toml"), text.as_bytes()).map_err(write)?;
    Ok(checkpoint)
}
