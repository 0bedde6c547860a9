//! The loaded checkpoint.

use std::path::PathBuf;
use std::sync::Arc;

use crate::generate::{CheckpointInfo, Mix, Place, Quality};
use crate::jobs::JobId;
use crate::music::{Composer, ComposerId, ComposerSet};
use crate::takes::{ComposeSettings, Step};

/// The loaded checkpoint, the one being loaded, and the last failure.
#[derive(Debug, Default)]
pub struct ModelState {
    pub ready: Option<Arc<CheckpointInfo>>,
    pub loading: Option<(JobId, PathBuf)>,
    pub failure: Option<(PathBuf, String)>,
    /// Checkpoints in the standard places.
    pub found: Vec<PathBuf>,
}

impl ModelState {
    pub fn composers(&self) -> Option<&ComposerSet> {
        self.ready.as_ref().map(|info| &info.composers)
    }

    /// Finds a composer in the loaded checkpoint by name.
    pub fn composer(&self, name: &str) -> Option<(ComposerId, &Composer)> {
        self.composers()?.iter().find(|(_, c)| c.name == name)
    }

    /// The mix of these composers; `None` if one of them is unknown to the loaded checkpoint.
    pub fn mix(&self, parts: &[(String, f32)]) -> Option<Mix> {
        let shares = parts.iter().map(|(name, share)| Some((self.composer(name)?.0, *share)));
        Mix::new(shares.collect::<Option<Vec<_>>>()?).ok()
    }

    /// The places of a walk; `None` if one of them means nothing to the loaded checkpoint.
    pub fn places(&self, walk: &[Step]) -> Option<Vec<Place>> {
        let d_latent = self.ready.as_ref()?.d_latent;
        let place = |step: &Step| {
            let mix = self.mix(&step.mix)?;
            (step.z.len() == d_latent).then(|| Place { z: step.z.clone(), mix })
        };
        walk.iter().map(place).collect()
    }

    /// The qualities of these settings that the loaded checkpoint offers.
    pub fn qualities(&self, settings: &ComposeSettings) -> Vec<(Quality, f32)> {
        let offered = self.ready.as_ref().map_or(&[][..], |info| &info.qualities);
        let asked = settings.qualities.iter().filter(|(q, amount)| offered.contains(q) && *amount != 0.0);
        asked.copied().collect()
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

    /// How many continuations to choose from. A take that was made with a selector can be made again without one, but
    /// will not be quite the same.
    pub fn best_of(&self, settings: &ComposeSettings) -> usize {
        if self.ready.as_ref().is_some_and(|info| info.can_choose) { settings.best_of } else { 1 }
    }
}
