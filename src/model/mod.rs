//! The network: a transformer VAE with one Gaussian of its prior per composer.

mod aggregate;
mod calibration;
pub mod checkpoint;
mod config;
mod decoder;
pub(crate) mod encoder;
pub mod features;
mod hints;
mod loss;
mod plan;
mod prior;
mod rare;
pub mod transformer;
mod vae;

pub use aggregate::AggregatedPosterior;
pub use calibration::{TILTED, Tilt, mean_quantities};
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointHeader, TrainedOn};
pub use config::ModelConfig;
pub use decoder::{Cache, Condition, Decoder};
pub use encoder::{Encoder, Posterior};
pub use hints::Hints;
pub use loss::{ElboTerms, LossWeights};
pub use plan::LatentPlan;
pub use prior::MixturePrior;
pub use rare::RareLabels;
pub use vae::{Batch, Conditioning, IGNORED, Vae};

/// Why a network cannot be built or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("this model configuration cannot be: {0}")]
    Config(String),
    #[error("libtorch failed: {0}")]
    Torch(#[from] tch::TchError),
}
