//! Runs that begin with the weights of another model.

use super::{TrainConfig, TrainError};
use crate::data::Corpus;
use crate::model::Checkpoint;

/// The model that a run starts from; `None` for random weights, and for a run that is resumed from its own state.
///
/// # Errors
/// If the model cannot be read, or has other composers or another network.
pub(super) fn from(
    config: &TrainConfig,
    has_state: bool,
    corpus: &Corpus,
) -> Result<Option<Checkpoint>, TrainError> {
    let Some(path) = config.from.as_ref().filter(|_| !has_state) else { return Ok(None) };
    let begun = Checkpoint::read(path)?;
    fits(&begun, config, corpus)?;
    Ok(Some(begun))
}

/// Checks that a run over `corpus` can start from the weights of `begun`.
fn fits(begun: &Checkpoint, config: &TrainConfig, corpus: &Corpus) -> Result<(), TrainError> {
    let wrong = |what: String| Err(TrainError::CannotStartFrom { what, path: begun.path.clone() });
    if begun.header.composers != corpus.composers {
        return wrong("its composers are not those of this corpus".to_owned());
    }
    if begun.header.config != config.model {
        return wrong(format!("its network has {}", begun.header.config.differences(&config.model)));
    }
    Ok(())
}
