//! The configuration of a training run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::model::ModelConfig;

/// The configuration of a training run, as in its TOML file; every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// The length of the run in minutes, including earlier parts of a resumed run.
    pub minutes: Option<f64>,
    /// The length of the run in steps; it ends when either is reached.
    pub max_steps: Option<u64>,
    /// A checkpoint with the same composers whose weights the run starts from; without it, random ones.
    pub from: Option<PathBuf>,
    /// A selector that hears what the decoder writes and asks for the right composer; only with `heard_as_weight`.
    pub selector: Option<PathBuf>,
    /// Weight of the selector's cross-entropy.
    pub heard_as_weight: f64,
    /// Windows per step.
    pub batch_size: usize,
    /// Further windows per step for the encoder alone, which costs a tenth of decoding them: it learns the composers
    /// from more music than the decoder has time for.
    pub heard_windows: usize,
    /// Peak learning rate of the hidden matrices (Muon).
    pub muon_rate: f64,
    /// Peak learning rate of everything else (AdamW).
    pub adam_rate: f64,
    /// Final KL weight.
    pub kl_weight: f64,
    /// KL per dimension without cost.
    pub free_bits_nats: f64,
    pub label_weight: f64,
    pub bag_weight: f64,
    /// Steps between two validations; each is followed by a checkpoint.
    pub validate_every: u64,
    /// Composers of the short takes that each validation writes, by name; empty: the two with the most music.
    pub listen_to: Vec<String>,
    /// Models of the latest validations to keep, besides the best one.
    pub keep_checkpoints: usize,
    /// Threads for matrix products on a CPU; 0 lets libtorch choose.
    pub threads: usize,
    pub seed: u64,
    pub model: ModelConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            minutes: None,
            max_steps: None,
            from: None,
            selector: None,
            heard_as_weight: 0.0,
            batch_size: 16,
            heard_windows: 64,
            muon_rate: 0.02,
            adam_rate: 3e-3,
            kl_weight: 0.5,
            free_bits_nats: 0.5,
            label_weight: 8.0,
            bag_weight: 0.5,
            validate_every: 250,
            listen_to: Vec::new(),
            keep_checkpoints: 5,
            threads: 0,
            seed: 1,
            model: ModelConfig::default(),
        }
    }
}

impl TrainConfig {
    /// # Errors
    /// [`TrainError::Config`] names the invalid field and says why.
    pub fn validate(&self) -> Result<(), TrainError> {
        let wrong = |what: &str| Err(TrainError::Config(what.to_owned()));
        if self.batch_size == 0 || self.batch_size > 65536 {
            return wrong("batch_size must lie between 1 and 65536");
        }
        if self.heard_windows > 65536 {
            return wrong("heard_windows must be at most 65536");
        }
        if self.minutes.is_some_and(|m| !m.is_finite() || m <= 0.0) {
            return wrong("minutes must be a positive number");
        }
        if self.minutes.is_none() && self.max_steps.is_none() {
            return wrong("say how long to train: minutes or max_steps");
        }
        if (self.heard_as_weight > 0.0) != self.selector.is_some() {
            return wrong("selector and heard_as_weight go together");
        }
        if self.validate_every == 0 {
            return wrong("validate_every must not be 0");
        }
        if self.keep_checkpoints == 0 || self.keep_checkpoints > 100_000 {
            return wrong("keep_checkpoints must lie between 1 and 100000");
        }
        for (name, value) in [
            ("muon_rate", self.muon_rate),
            ("adam_rate", self.adam_rate),
            ("kl_weight", self.kl_weight),
            ("free_bits_nats", self.free_bits_nats),
            ("label_weight", self.label_weight),
            ("bag_weight", self.bag_weight),
            ("heard_as_weight", self.heard_as_weight),
        ] {
            if !value.is_finite() || value < 0.0 {
                return Err(TrainError::Config(format!("{name} must be a number of at least 0")));
            }
        }
        self.model.validate().map_err(TrainError::from)
    }
}
