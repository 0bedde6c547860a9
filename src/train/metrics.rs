//! The metrics of a run.

use serde::{Deserialize, Serialize};

/// Means over the steps since the last report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    pub step: u64,
    pub notes_seen: u64,
    /// The training loss, nats per note.
    pub loss: f64,
    /// Reconstruction, nats per note, all fields.
    pub nll: f64,
    /// In the order of [`crate::tokens::Field::ALL`].
    pub nll_fields: [f64; 5],
    /// KL to the own component, nats per segment.
    pub kl_nats: f64,
    pub kl_weight: f64,
    pub label_loss: f64,
    pub learning_rate: f64,
    pub grad_norm: f64,
    pub notes_per_sec: f64,
    pub elapsed_secs: f64,
    pub eta_secs: Option<f64>,
}

/// Measured on fixed windows of the validation split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValidMetrics {
    pub step: u64,
    pub nll: f64,
    pub nll_fields: [f64; 5],
    /// NLL with another segment's z minus NLL with its own, nats per note.
    pub shuffled_z_gap: f64,
    /// NLL with another composer's label minus NLL with the right one, nats per note.
    pub wrong_label_gap: f64,
    pub kl_nats: f64,
    /// Dimensions of z with more than 0.1 nats of KL.
    pub active_dims: usize,
    /// Share of segments whose posterior mean is most likely under its own composer's component.
    pub nearest_component: f64,
}
