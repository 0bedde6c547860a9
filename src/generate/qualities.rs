//! Directions of the latent space in which music gets more or less of a quality: a file beside the checkpoint.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::quality::Quality;
use crate::files::write_whole;

/// A quality is offered only if it rises with its slider in this share of the trials, and the judge's composer stays in
/// that share.
const MIN_RISES: f32 = 0.9;
const MIN_STAYS: f32 = 0.8;

/// The direction of one quality, and what moving along it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    pub quality: Quality,
    /// Added to every latent of a take for one standard deviation more: `d_latent` numbers.
    pub step: Vec<f32>,
    /// How many times that is the difference between real segments one standard deviation apart.
    pub gain: f32,
    /// The share of the variance within composers that the latent explains in held-out segments.
    pub explained: f32,
    /// The share of trials, 0–1, in which the measured quality is least at −1, more at 0 and most at +1.
    pub rises: f32,
    /// The share of takes at −1 and +1 whose composer by the judge is that of the take at 0.
    pub stays: f32,
    /// The mean change of the measured quality from −1 to +1, in standard deviations.
    pub change: f32,
    pub trials: usize,
}

impl Direction {
    pub fn is_offered(&self) -> bool {
        self.rises >= MIN_RISES && self.stays >= MIN_STAYS
    }
}

/// The directions of one checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Qualities {
    /// The hash of the checkpoint that they belong to.
    pub checkpoint: String,
    pub directions: Vec<Direction>,
}

impl Qualities {
    /// `models/chopin.safetensors` → `models/chopin.qualities.json`
    pub fn path_beside(checkpoint: &Path) -> PathBuf {
        checkpoint.with_extension("qualities.json")
    }

    /// Those beside a checkpoint. None, and a line in the log, if the file cannot be read, belongs to another
    /// checkpoint or has latents of another size.
    pub(super) fn beside(checkpoint: &Path, hash: &str, d_latent: usize) -> Qualities {
        let path = Qualities::path_beside(checkpoint);
        let Ok(bytes) = std::fs::read(&path) else {
            return Qualities::default();
        };
        let read = serde_json::from_slice::<Qualities>(&bytes);
        let is_sound = |d: &Direction| d.step.len() == d_latent && d.step.iter().all(|v| v.is_finite());
        match read {
            Ok(own) if own.checkpoint == hash && own.directions.iter().all(is_sound) => return own,
            Ok(_) => tracing::warn!(path = %path.display(), "these qualities belong to another checkpoint"),
            Err(error) => tracing::warn!(%error, path = %path.display(), "these qualities cannot be read"),
        }
        Qualities::default()
    }

    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, &serde_json::to_vec_pretty(self)?)
    }

    /// The qualities that move reliably and leave the composer.
    pub fn offered(&self) -> Vec<Quality> {
        self.directions.iter().filter(|d| d.is_offered()).map(|d| d.quality).collect()
    }

    /// What is to be added to the latents for these amounts, in standard deviations; `None` if that is nothing.
    /// Qualities without a direction are left out.
    pub(super) fn shift(&self, asked: &[(Quality, f32)]) -> Option<Vec<f32>> {
        let mut sum: Option<Vec<f32>> = None;
        for (quality, amount) in asked.iter().filter(|(_, amount)| amount.is_finite() && *amount != 0.0) {
            let Some(direction) = self.directions.iter().find(|d| d.quality == *quality) else { continue };
            let sum = sum.get_or_insert_with(|| vec![0.0; direction.step.len()]);
            sum.iter_mut().zip(&direction.step).for_each(|(sum, step)| *sum += amount * step);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction(quality: Quality, step: Vec<f32>, rises: f32) -> Direction {
        Direction { quality, step, gain: 1.0, explained: 0.5, rises, stays: 0.9, change: 2.0, trials: 10 }
    }

    #[test]
    fn only_those_of_the_same_checkpoint_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("a.safetensors");
        let all = vec![
            direction(Quality::Loud, vec![1.0, 0.0], 0.95),
            direction(Quality::Major, vec![0.0, 1.0], 0.5),
        ];
        let own = Qualities { checkpoint: "abc".to_owned(), directions: all };
        own.write(&Qualities::path_beside(&checkpoint)).unwrap();
        let read = |hash, d| Qualities::beside(&checkpoint, hash, d);
        assert_eq!(read("abc", 2), own);
        assert_eq!(own.offered(), [Quality::Loud]);
        for (hash, d) in [("abd", 2), ("abc", 3)] {
            assert_eq!(read(hash, d), Qualities::default());
        }
        std::fs::write(Qualities::path_beside(&checkpoint), b"{").unwrap();
        assert_eq!(read("abc", 2), Qualities::default());
    }

    #[test]
    fn shifts_add_up() {
        let directions = vec![
            direction(Quality::Loud, vec![1.0, 0.0], 1.0),
            direction(Quality::High, vec![0.5, 2.0], 1.0),
        ];
        let own = Qualities { checkpoint: String::new(), directions };
        assert_eq!(own.shift(&[(Quality::Loud, 2.0), (Quality::High, -1.0)]), Some(vec![1.5, -2.0]));
        assert_eq!(own.shift(&[(Quality::Loud, 0.0), (Quality::Wild, 1.0), (Quality::High, f32::NAN)]), None);
    }
}
