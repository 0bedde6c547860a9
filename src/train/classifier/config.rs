//! Configuration and events of a classifier's training run.

use std::path::PathBuf;

use super::accuracy::Accuracy;
use serde::{Deserialize, Serialize};

use crate::classify::ClassifierKind;
use crate::train::TrainError;

/// Configuration of a classifier's training run; every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Length of the run.
    pub minutes: f64,
    /// Length in steps; the run ends when either is reached.
    pub max_steps: Option<u64>,
    /// Segments per step.
    pub batch_size: usize,
    /// Peak learning rate of the hidden matrices (Muon).
    pub muon_rate: f64,
    /// Peak learning rate of everything else (AdamW).
    pub adam_rate: f64,
    pub dropout: f64,
    pub label_smoothing: f64,
    /// Composers are drawn in proportion to their number of notes, to this power: 0 is fully balanced.
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
    /// The best settings for each; see `docs/experiments.md`. Their seeds differ, so that their mistakes do too.
    pub fn for_kind(kind: ClassifierKind) -> ClassifierConfig {
        match kind {
            ClassifierKind::Selector => ClassifierConfig {
                muon_rate: 0.015,
                adam_rate: 3e-3,
                dropout: 0.2,
                ..ClassifierConfig::default()
            },
            ClassifierKind::Judge => {
                ClassifierConfig { minutes: 2.0, batch_size: 64, seed: 23, ..ClassifierConfig::default() }
            }
        }
    }

    /// # Errors
    /// [`TrainError::Config`] names the invalid field.
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
        if [self.muon_rate, self.adam_rate, self.balance].iter().all(|v| v.is_finite() && *v >= 0.0) {
            Ok(())
        } else {
            wrong("muon_rate, adam_rate and balance must be numbers of at least 0")
        }
    }
}

/// An event of a classifier's run.
#[derive(Clone, Debug)]
pub enum ClassifierEvent {
    Started { kind: ClassifierKind, pieces: usize, parameters: usize },
    Stepped { step: u64, loss: f64, progress: f64, segments_per_sec: f64 },
    Validated { step: u64, accuracy: Accuracy },
    CheckpointSaved { step: u64, path: PathBuf },
}

/// The result of a classifier's run.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassifierSummary {
    pub step: u64,
    /// Validation accuracy of the checkpoint.
    pub best: Accuracy,
    pub checkpoint: PathBuf,
    pub stopped: bool,
}
