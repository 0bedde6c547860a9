//! What a run reports.

use std::path::PathBuf;

use serde::Serialize;

use super::{StepMetrics, TrainConfig, ValidMetrics};

/// An event of a run, in the order it happens. `pastiche train --json` prints each as a line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainEvent {
    Started {
        config: Box<TrainConfig>,
        from_step: u64,
        pieces: usize,
    },
    Stepped(StepMetrics),
    Validated(ValidMetrics),
    CheckpointSaved {
        step: u64,
        path: PathBuf,
    },
    /// A short take of the model as it is at this step.
    TakeWritten {
        step: u64,
        composer: String,
        path: PathBuf,
    },
    /// The state to resume from was written.
    StateSaved {
        step: u64,
    },
    /// Something went wrong that the run survives, such as a full disk.
    Warned {
        step: u64,
        message: String,
    },
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainSummary {
    pub step: u64,
    pub best_nll: Option<f64>,
    /// The best checkpoint.
    pub checkpoint: PathBuf,
    /// Was it stopped early?
    pub stopped: bool,
}
