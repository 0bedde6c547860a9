//! Facts about a loaded checkpoint.

use std::path::PathBuf;
use std::sync::Arc;

use super::quality::Quality;
use crate::latent_map::{LatentMap, Plane};
use crate::model::{Tilt, TrainedOn};
use crate::music::{ComposerId, ComposerSet};

/// Facts about a loaded checkpoint, for the window and the command line.
#[derive(Clone, Debug)]
pub struct CheckpointInfo {
    pub path: PathBuf,
    pub hash: String,
    /// All composers with a label.
    pub composers: ComposerSet,
    /// The composers that the network was trained with; they come first in `composers`. The others were added later,
    /// from little music.
    pub labelled: ComposerSet,
    pub trained_on: TrainedOn,
    /// See [`CheckpointHeader::notes_per_sec`](crate::model::CheckpointHeader).
    pub(super) notes_per_sec: Vec<f32>,
    /// See [`CheckpointHeader::repetition`](crate::model::CheckpointHeader).
    pub(super) repetition: Vec<f32>,
    /// As [`CheckpointHeader::tilts`](crate::model::CheckpointHeader).
    pub(super) tilts: Vec<Tilt>,
    pub parameters: usize,
    /// The device in use, as text.
    pub device: String,
    pub d_latent: usize,
    /// Notes per segment, each of which has its own z.
    pub segment_len: usize,
    pub map: Option<Arc<LatentMap>>,
    /// The map projected on its principal components, after [`CheckpointInfo::add_principal`].
    pub principal: Option<Arc<LatentMap>>,
    /// Does the checkpoint have a selector?
    pub can_choose: bool,
    /// Qualities that can be asked for.
    pub qualities: Vec<Quality>,
}

impl CheckpointInfo {
    /// Also projects the map on its principal components, which takes time that the command line need not spend.
    pub fn add_principal(&mut self) {
        let wheel = self.map.as_ref().filter(|map| map.plane == Plane::Wheel);
        self.principal = wheel.and_then(|map| map.principal()).map(Arc::new);
    }

    /// The map on `plane`, or the only one there is.
    pub fn map_on(&self, plane: Plane) -> Option<&Arc<LatentMap>> {
        let principal = self.principal.as_ref().filter(|_| plane == Plane::Principal);
        principal.or(self.map.as_ref())
    }

    /// Was this composer added later, from little music?
    pub fn is_rare(&self, id: ComposerId) -> bool {
        id.index() >= self.labelled.len()
    }

    /// How much a composer's pieces repeat themselves: the share of patterns of four intervals that occurred shortly
    /// before. Without a composer, or for checkpoints without that figure, the average of all music.
    pub fn repetition(&self, composer: Option<ComposerId>) -> f32 {
        let own = composer.and_then(|id| self.repetition.get(id.index())).copied();
        own.filter(|share| *share > 0.0).unwrap_or(USUAL_REPETITION)
    }

    /// Expected notes per second of a take: the composer's average or, without a composer, the average of all music.
    pub fn notes_per_sec(&self, composer: Option<ComposerId>) -> f64 {
        notes_per_sec(&self.notes_per_sec, composer)
    }
}

/// The mean of 14 composers (`pastiche evaluate`, real held-out pieces).
const USUAL_REPETITION: f32 = 0.112;
/// For checkpoints without that figure, measured on 32 takes of eight composers: 16,004 notes in 1,625 seconds.
const USUAL_NOTES_PER_SEC: f64 = 9.85;

fn notes_per_sec(paces: &[f32], composer: Option<ComposerId>) -> f64 {
    let own = composer.and_then(|id| paces.get(id.index()));
    let known = |paces: &mut dyn Iterator<Item = f32>| {
        // Harmonic mean, because times add up.
        let (count, secs) =
            paces.filter(|p| *p > 0.0).fold((0.0, 0.0), |(n, s), p| (n + 1.0, s + 1.0 / f64::from(p)));
        (count > 0.0).then(|| count / secs)
    };
    let own = known(&mut own.copied().into_iter());
    own.or_else(|| known(&mut paces.iter().copied())).unwrap_or(USUAL_NOTES_PER_SEC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_take_is_as_dense_as_its_composer() {
        let paces = [6.0, 12.0, 0.0];
        let of = |id| notes_per_sec(&paces, id);
        assert_eq!(of(Some(ComposerId(0))), 6.0);
        assert_eq!(of(Some(ComposerId(1))), 12.0);
        // 12 notes of each composer: 24 notes in three seconds.
        assert_eq!((of(Some(ComposerId(2))), of(None)), (8.0, 8.0));
        assert_eq!(notes_per_sec(&[], Some(ComposerId(0))), USUAL_NOTES_PER_SEC);
    }
}
