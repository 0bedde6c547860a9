//! Means over composers, each with the same weight.

use serde::{Deserialize, Serialize};

use crate::evaluate::Measured;
use crate::evaluate::stats::mean;

/// A mean over composers of the means over their pieces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balanced {
    /// With its standard error, which assumes that pieces are independent and have the same spread for every composer.
    /// If no composer has two pieces, the composers are treated as a random sample.
    pub mean: Measured,
    /// By composer; `None` where there was no piece.
    pub by_composer: Vec<Option<f64>>,
}

impl Balanced {
    /// Of one value per piece, each with the index of its composer (below `n_composers`).
    pub fn of(values: &[(usize, f64)], n_composers: usize) -> Balanced {
        let mut groups: Vec<Vec<f64>> = vec![Vec::new(); n_composers];
        for &(composer, value) in values {
            groups[composer].push(value);
        }
        let by_composer: Vec<Option<f64>> =
            groups.iter().map(|group| (!group.is_empty()).then(|| mean(group))).collect();
        let means: Vec<f64> = by_composer.iter().flatten().copied().collect();
        let squares: f64 = groups
            .iter()
            .zip(&by_composer)
            .flat_map(|(group, own)| group.iter().map(move |v| (v - own.unwrap_or(*v)).powi(2)))
            .sum();
        let freedom = values.len() - means.len();
        let sizes = groups.iter().filter(|g| !g.is_empty());
        let shares: f64 = sizes.map(|g| 1.0 / g.len() as f64).sum();
        let error = match freedom {
            0 => Measured::averaged(&means).error,
            _ => (squares / freedom as f64 * shares).sqrt() / means.len().max(1) as f64,
        };
        Balanced { mean: Measured { value: mean(&means), error }, by_composer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composers_weigh_the_same_however_many_pieces_they_have() {
        let b = Balanced::of(&[(0, 1.0), (0, 2.0), (0, 3.0), (2, 10.0)], 3);
        assert_eq!(b.by_composer, [Some(2.0), None, Some(10.0)]);
        assert_eq!(b.mean.value, 6.0);
        // Variance within: 2 over 2 degrees of freedom; times 1/3 + 1; over two composers.
        assert!((b.mean.error - (4.0f64 / 3.0).sqrt() / 2.0).abs() < 1e-12);
        assert_eq!(Balanced::of(&[], 2).mean, Measured::default());
        // One piece each: the variance between 1 and 3 is 2, over two composers.
        assert_eq!(Balanced::of(&[(0, 1.0), (1, 3.0)], 2).mean.error, 1.0);
    }
}
