//! Qualities as directions of the latent space: fitted to real segments, and measured on takes.

mod fit;
mod measure;

pub use measure::{QualityOptions, measure_qualities};
