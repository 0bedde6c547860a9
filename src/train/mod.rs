//! Training, for the window and the command line.

mod audition;
mod begin;
mod classifier;
mod conditioning;
mod config;
mod divergence;
mod event;
mod listener;
mod metrics;
mod optimizer;
mod prefetch;
mod probe;
mod rare;
mod run_dir;
mod schedule;
mod session;
mod settings;
mod status;
mod table;
mod tensorboard;
mod trainer;
mod validate;
mod watch;

use std::path::PathBuf;

pub use classifier::{
    Accuracy, ClassifierConfig, ClassifierEvent, ClassifierSummary, accuracy, labelled_segments, rank_of,
    train_classifier,
};
pub use config::TrainConfig;
pub use event::{TrainEvent, TrainSummary};
pub use metrics::{Column, Row, StepMetrics, ValidMetrics};
pub use optimizer::{Optimizer, Rates};
pub use probe::{Preflight, probe};
pub use rare::{RareComposer, RareConfig, RareStep, RareSummary, add_rare};
pub use run_dir::{RunDir, RunRequest};
pub use session::{RunPlan, train};
pub use settings::{Preset, SETTINGS, Setting};
pub use status::{RunPhase, RunStatus};
pub use table::{header, line};
pub use trainer::Trainer;
pub use validate::validate;
pub use watch::{Life, Look, RunWatch, WrittenTake};

use crate::data::CorpusError;
use crate::device::NoSuchDevice;
use crate::generate::GenerateError;
use crate::model::{CheckpointError, ModelError};

/// Why a run cannot start or continue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    #[error("this training configuration cannot be: {0}")]
    Config(String),
    #[error("the run folder cannot be used ({what}): {}", .path.display())]
    RunDir { what: String, path: PathBuf },
    #[error("the run cannot start from this model ({what}): {}", .path.display())]
    CannotStartFrom { what: String, path: PathBuf },
    #[error("a file of the run cannot be written: {}", .path.display())]
    Write { source: std::io::Error, path: PathBuf },
    #[error(
        "this corpus labels nobody whom the model does not know; prepare one with a lower --min-hours and --min-works"
    )]
    NobodyNew,
    #[error("stopped; nothing was written")]
    Stopped,
    #[error("the {split} split of this corpus has no labelled pieces; prepare it again with more music")]
    EmptySplit { split: &'static str },
    #[error(
        "the loss stopped being a number at step {step}; the checkpoint of step {kept} is kept. Resume with lower muon_rate and adam_rate"
    )]
    NotFinite { step: u64, kept: u64 },
    #[error(
        "the run diverged: at step {step} a note costs {nll:.1} nats, twice as much as guessing; the checkpoint of step {kept} is kept. Resume with lower muon_rate and adam_rate"
    )]
    Diverged { step: u64, nll: f64, kept: u64 },
    #[error("no take could be composed at this validation")]
    Audition(#[from] GenerateError),
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Device(#[from] NoSuchDevice),
}

impl TrainError {
    /// Is it a file that could not be written?
    pub(crate) fn is_write(&self) -> bool {
        matches!(self, TrainError::Write { .. } | TrainError::Checkpoint(CheckpointError::Write { .. }))
    }
}
