//! Labels for composers with too little music to train with, added to a finished network.
//!
//! The network does not change. For each such composer, one row of the decoder's label table is learned and a
//! Gaussian is fitted to the posteriors of the music; the checkpoint holds both as further tensors.

use tch::Tensor;

use super::checkpoint::{Checkpoint, CheckpointHeader};
use crate::music::ComposerSet;

const TABLE: &str = "rare.table";
const MEANS: &str = "rare.means";
const FACTORS: &str = "rare.factors";

/// The added labels.
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
    /// The labels of a checkpoint; `None` if it has none that fit.
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

    /// Puts the labels into a checkpoint, replacing any that it has.
    pub fn put_into(self, checkpoint: &mut Checkpoint) {
        checkpoint.header.rare = self.composers;
        let tensors = [(TABLE, self.table), (MEANS, self.means), (FACTORS, self.factors)];
        checkpoint.tensors.extend(tensors.map(|(name, tensor)| (name.to_owned(), tensor)));
    }
}

impl CheckpointHeader {
    /// All composers with a label: those the network was trained with, then the added ones.
    pub fn all_composers(&self) -> ComposerSet {
        let names = self.composers.iter().chain(self.rare.iter());
        ComposerSet::new(names.map(|(_, composer)| composer.name.clone()))
    }
}
