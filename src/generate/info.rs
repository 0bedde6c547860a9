//! What is known of a loaded checkpoint.

use std::path::PathBuf;
use std::sync::Arc;

use crate::latent_map::LatentMap;
use crate::model::TrainedOn;
use crate::music::{ComposerId, ComposerSet};

/// What a window shows of a checkpoint.
#[derive(Clone, Debug)]
pub struct CheckpointInfo {
    pub path: PathBuf,
    pub hash: String,
    /// All composers there are labels for.
    pub composers: ComposerSet,
    /// The first of them: those the network was trained with. The others were added, from little music.
    pub labelled: ComposerSet,
    pub trained_on: TrainedOn,
    pub parameters: usize,
    /// The device in use, for people.
    pub device: String,
    pub d_latent: usize,
    /// Notes that one z describes.
    pub segment_len: usize,
    pub map: Option<Arc<LatentMap>>,
    /// Is there a selector to choose with?
    pub can_choose: bool,
}

impl CheckpointInfo {
    /// Was this composer added to the finished network, from little music?
    pub fn is_rare(&self, id: ComposerId) -> bool {
        id.index() >= self.labelled.len()
    }
}
