//! The checkpoint as the window knows it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::generate::CheckpointInfo;
use crate::jobs::JobId;
use crate::music::{Composer, ComposerId, ComposerSet};
use crate::takes::ComposeSettings;

/// The checkpoint in use, the one on its way, and what went wrong with the last.
#[derive(Debug, Default)]
pub struct ModelState {
    pub ready: Option<Arc<CheckpointInfo>>,
    pub loading: Option<(JobId, PathBuf)>,
    pub failure: Option<(PathBuf, String)>,
    /// Checkpoints found in the usual places.
    pub found: Vec<PathBuf>,
}

impl ModelState {
    pub fn composers(&self) -> Option<&ComposerSet> {
        self.ready.as_ref().map(|info| &info.composers)
    }

    /// The composer of this name in the loaded checkpoint.
    pub fn composer(&self, name: &str) -> Option<(ComposerId, &Composer)> {
        self.composers()?.iter().find(|(_, c)| c.name == name)
    }

    /// Why nothing can be composed now, in words for a tooltip.
    pub fn cannot_compose(&self) -> Option<&'static str> {
        match self {
            ModelState { ready: Some(_), .. } => None,
            ModelState { loading: Some(_), .. } => Some("The checkpoint is still loading."),
            ModelState { failure: Some(_), .. } => {
                Some("The checkpoint could not be loaded; choose another one.")
            }
            _ => Some("There is no checkpoint yet; choose or train one."),
        }
    }

    /// From how many continuations to choose. A take of a time when there was a selector can be made again without
    /// one, if not quite the same.
    pub fn best_of(&self, settings: &ComposeSettings) -> usize {
        match self.ready.as_ref().is_some_and(|info| info.can_choose) {
            true => settings.best_of,
            false => 1,
        }
    }
}
