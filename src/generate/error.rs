//! Errors of composing.

use super::form::FormError;
use super::take::{MAX_ALTERNATIVES, MAX_NOTES, MAX_STEPS};
use crate::device::NoSuchDevice;
use crate::model::{CheckpointError, ModelError};

/// Errors of composing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    #[error("this model has no composer number {0}")]
    NoSuchComposer(usize),
    #[error("the given latent has {given} dimensions, but the model needs {expected}")]
    LatentSize { given: usize, expected: usize },
    #[error("a latent holds a number that is not finite; choose another place")]
    LatentNotFinite,
    #[error("ask for between 1 and {most} notes", most = MAX_NOTES)]
    Length,
    #[error(
        "choosing between continuations needs the selector, which is missing beside this model; use best of 1"
    )]
    NoSelector,
    #[error(
        "this classifier is not a selector over the composers of this model; train one on the same corpus"
    )]
    NotItsSelector,
    #[error("there are no notes to continue from")]
    EmptyPrompt,
    #[error("ask for between 2 and {most} steps", most = MAX_STEPS)]
    Steps,
    #[error("the region holds no time or no keys; choose one within the {end_secs:.1} s of the music")]
    EmptyRegion { end_secs: f64 },
    #[error("ask for between 1 and {most} alternatives", most = MAX_ALTERNATIVES)]
    Alternatives,
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Device(#[from] NoSuchDevice),
}
