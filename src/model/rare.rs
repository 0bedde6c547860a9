//! Composers of whom there is too little music to train with: a label of their own, added to a finished network.
//!
//! The network stays as it is. What is learned of such a composer is one row of the decoder's label table, and where
//! the posteriors of the music lie; both travel with the checkpoint as further tensors.

use tch::Tensor;

use super::checkpoint::{Checkpoint, CheckpointHeader};
use crate::music::ComposerSet;

const TABLE: &str = "rare.table";
const MEANS: &str = "rare.means";
const FACTORS: &str = "rare.factors";

/// The labels that were added to a network.
#[derive(Debug)]
pub struct RareLabels {
    pub composers: ComposerSet,
    /// `[m, d_model]`
    pub table: Tensor,
    /// `[m, d_latent]`: mean of the posteriors of each composer's segments.
    pub means: Tensor,
    /// `[m, d_latent, d_latent]`: lower-triangular factors of their covariances.
    pub factors: Tensor,
}

impl RareLabels {
    /// Those a checkpoint carries; `None` when it carries none that fit.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Option<RareLabels> {
        let header = &checkpoint.header;
        let (m, d) = (header.rare.len() as i64, header.config.d_latent as i64);
        let tensor = |name: &str, size: &[i64]| {
            let found = checkpoint.tensors.get(name).filter(|t| t.size() == size);
            found.map(Tensor::shallow_clone)
        };
        (m > 0).then_some(())?;
        Some(RareLabels {
            composers: header.rare.clone(),
            table: tensor(TABLE, &[m, header.config.d_model as i64])?,
            means: tensor(MEANS, &[m, d])?,
            factors: tensor(FACTORS, &[m, d, d])?,
        })
    }

    /// Puts them into a checkpoint, in place of any it has.
    pub fn put_into(self, checkpoint: &mut Checkpoint) {
        checkpoint.header.rare = self.composers;
        let tensors = [(TABLE, self.table), (MEANS, self.means), (FACTORS, self.factors)];
        checkpoint.tensors.extend(tensors.map(|(name, tensor)| (name.to_owned(), tensor)));
    }
}

impl CheckpointHeader {
    /// All composers there are labels for: those the network was trained with, then those that were added.
    pub fn all_composers(&self) -> ComposerSet {
        let names = self.composers.iter().chain(self.rare.iter());
        ComposerSet::new(names.map(|(_, composer)| composer.name.clone()))
    }
}
