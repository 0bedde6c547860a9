//! The composers to imitate: one, or several with a share each.

use serde::{Deserialize, Serialize};

use crate::music::{ComposerError, ComposerId, ComposerSet};

/// Why something is not a mix of composers.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MixError {
    #[error("shares must be numbers from 0 up, and at least one of them above 0")]
    Weights,
    #[error("a share must be a number, as in chopin=0.6; this is none: {0}")]
    Share(String),
    #[error(transparent)]
    Composer(#[from] ComposerError),
}

/// Composers with shares above 0 that sum to 1; the heaviest first, each composer once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(ComposerId, f32)>", into = "Vec<(ComposerId, f32)>")]
pub struct Mix(Vec<(ComposerId, f32)>);

impl Mix {
    /// Scales the weights so that they sum to 1. Weights of one composer add up; those of 0 are left out.
    ///
    /// # Errors
    /// [`MixError::Weights`] if a weight is negative or not finite, or if none is above 0.
    pub fn new(weights: impl IntoIterator<Item = (ComposerId, f32)>) -> Result<Mix, MixError> {
        let mut merged: Vec<(ComposerId, f32)> = Vec::new();
        for (composer, weight) in weights {
            if !weight.is_finite() || weight < 0.0 {
                return Err(MixError::Weights);
            }
            match merged.iter_mut().find(|(id, _)| *id == composer) {
                Some((_, sum)) => *sum += weight,
                None => merged.push((composer, weight)),
            }
        }
        merged.retain(|(_, weight)| *weight > 0.0);
        let total: f32 = merged.iter().map(|(_, weight)| weight).sum();
        if merged.is_empty() || !total.is_finite() {
            return Err(MixError::Weights);
        }
        merged.iter_mut().for_each(|(_, weight)| *weight /= total);
        merged.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(Mix(merged))
    }

    /// Reads composers with their shares, such as `chopin=0.6,bach=0.4`; one without a share has the share 1.
    ///
    /// # Errors
    /// When a composer is not among `composers`, or a share is not a number, or as [`Mix::new`].
    pub fn parse(text: &str, composers: &ComposerSet) -> Result<Mix, MixError> {
        let part = |part: &str| {
            let (name, share) = part.split_once('=').unwrap_or((part, "1"));
            let share = share.trim().parse().map_err(|_| MixError::Share(part.trim().to_owned()))?;
            Ok((composers.find(name.trim())?, share))
        };
        let parts = text.split(',').filter(|p| !p.trim().is_empty()).map(part);
        Mix::new(parts.collect::<Result<Vec<_>, MixError>>()?)
    }

    /// One composer alone.
    pub fn of(composer: ComposerId) -> Mix {
        Mix(vec![(composer, 1.0)])
    }

    /// The heaviest first.
    pub fn shares(&self) -> &[(ComposerId, f32)] {
        &self.0
    }

    pub fn heaviest(&self) -> ComposerId {
        self.0.first().map_or(ComposerId(0), |(composer, _)| *composer)
    }

    /// The mix at `share` (0–1) of the way to `other`.
    pub fn towards(&self, other: &Mix, share: f32) -> Mix {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let own = self.0.iter().map(|(composer, weight)| (*composer, weight * (1.0 - share)));
        let others = other.0.iter().map(|(composer, weight)| (*composer, weight * share));
        Mix::new(own.chain(others)).unwrap_or_else(|_| self.clone())
    }

    /// Full names with their shares.
    pub fn named(&self, composers: &ComposerSet) -> Vec<(String, f32)> {
        let named = self.0.iter().filter_map(|(id, share)| Some((composers.get(*id)?.name.clone(), *share)));
        named.collect()
    }
}

impl TryFrom<Vec<(ComposerId, f32)>> for Mix {
    type Error = MixError;

    fn try_from(shares: Vec<(ComposerId, f32)>) -> Result<Mix, MixError> {
        Mix::new(shares)
    }
}

impl From<Mix> for Vec<(ComposerId, f32)> {
    fn from(mix: Mix) -> Self {
        mix.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_scaled_and_bad_ones_refused() {
        let [a, b] = [ComposerId(0), ComposerId(1)];
        let mix = Mix::new([(a, 1.0), (b, 2.0), (a, 1.0), (ComposerId(2), 0.0)]).unwrap();
        assert_eq!(mix.shares(), [(a, 0.5), (b, 0.5)]);
        assert_eq!(Mix::new([(a, 1.0), (b, 3.0)]).unwrap().heaviest(), b);
        for bad in
            [vec![], vec![(a, 0.0)], vec![(a, -1.0), (b, 2.0)], vec![(a, f32::NAN)], vec![(a, f32::INFINITY)]]
        {
            assert!(matches!(Mix::new(bad), Err(MixError::Weights)));
        }
    }

    #[test]
    fn between_two_composers_both_change() {
        let (a, b) = (Mix::of(ComposerId(0)), Mix::of(ComposerId(1)));
        assert_eq!(a.towards(&b, 0.25).shares(), [(ComposerId(0), 0.75), (ComposerId(1), 0.25)]);
        assert_eq!((a.towards(&b, 0.0), a.towards(&b, 1.0)), (a.clone(), b.clone()));
    }

    #[test]
    fn shares_are_read() {
        let composers = ComposerSet::new(["Johann Sebastian Bach", "Frédéric Chopin"].map(str::to_owned));
        let read = |text| Mix::parse(text, &composers);
        let (bach, chopin) = (ComposerId(0), ComposerId(1));
        assert_eq!(read("bach=1, chopin=3").unwrap().shares(), [(chopin, 0.75), (bach, 0.25)]);
        assert_eq!(read("chopin").unwrap(), Mix::of(chopin));
        assert!(matches!(read("bach=much"), Err(MixError::Share(_))));
        assert!(matches!(read("nobody=1"), Err(MixError::Composer(_))));
        assert!(read("").is_err() && serde_json::from_str::<Mix>("[]").is_err());
        assert_eq!(serde_json::from_str::<Mix>("[[1,2.0]]").unwrap(), Mix::of(chopin));
    }
}
