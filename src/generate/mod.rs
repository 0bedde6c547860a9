//! Composing: a request becomes a take, note by note.

mod choose;
mod encode;
mod generator;
mod given;
mod growing;
mod info;
mod line;
mod lines;
mod request;
mod seam;
mod stream;
mod take;
mod verb_request;
pub mod verbs;

pub use choose::{CHUNK, DEFAULT_BEST_OF, MOST_BEST_OF, beside_or_shipped};
pub use generator::Generator;
pub use given::{Given, Kept};
pub use growing::Growing;
pub use info::CheckpointInfo;
pub use request::Request;
pub use seam::{Seam, splice};
pub use take::{GenerateRequest, Recipe, StreamedNotes, Take};
pub use verb_request::{Source, Verb, VerbRequest};

use crate::device::NoSuchDevice;
use crate::model::{CheckpointError, ModelError};

/// Why nothing can be composed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    #[error("this model has no composer number {0}")]
    NoSuchComposer(usize),
    #[error("the given latent has {given} dimensions, the model {expected}")]
    LatentSize { given: usize, expected: usize },
    #[error("ask for between 1 and {most} notes", most = take::MAX_NOTES)]
    Length,
    #[error(
        "choosing between continuations needs the selector, which is not beside this model; ask for the best of 1"
    )]
    NoSelector,
    #[error(
        "this classifier is not a selector over the composers of this model; train one on the same corpus"
    )]
    NotItsSelector,
    #[error("there are no notes to go on from")]
    EmptyPrompt,
    #[error("ask for between 2 and {most} steps", most = verbs::MAX_STEPS)]
    Steps,
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Device(#[from] NoSuchDevice),
}
