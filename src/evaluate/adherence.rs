//! Adherence: how often music is recognised as its composer's.

use serde::{Deserialize, Serialize};

use super::stats::{mean, share_error};
use crate::music::ComposerSet;
use crate::train::rank_of;

/// A value with its standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub value: f64,
    pub error: f64,
}

impl Measured {
    /// Mean and standard error of independent values; an error of 0 for fewer than two.
    pub fn averaged(values: &[f64]) -> Measured {
        let (value, n) = (mean(values), values.len() as f64);
        let squares: f64 = values.iter().map(|v| (v - value).powi(2)).sum();
        Measured { value, error: (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt() }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ± {:.3}", self.value, self.error)
    }
}

/// How well a classifier names a set of music. Standard errors assume independent segments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adherence {
    pub segments: usize,
    pub top1: Measured,
    /// Mean over the composers of the share named right.
    pub balanced: Measured,
    pub top3: Measured,
    pub balanced_top3: Measured,
    /// Share named right, by composer; `None` without music.
    pub recall: Vec<Option<f64>>,
    /// Row: true composer; column: named composer; shares of the row.
    pub confusion: Vec<Vec<f64>>,
    /// Entropy of the named composers divided by its maximum: 1 if all are named equally often.
    pub named_entropy: f64,
}

/// A judged segment or take: its composer, and the probabilities of all composers.
pub type Outcome = (usize, Vec<f32>);

impl Adherence {
    /// Over the composers in `among` only: music of others is left out, and they cannot be named.
    pub fn of(outcomes: &[Outcome], n_composers: usize, among: &[usize]) -> Adherence {
        let mut named = vec![vec![0usize; n_composers]; n_composers];
        let mut in_three = vec![0usize; n_composers];
        for (truth, probabilities) in outcomes.iter().filter(|(truth, _)| among.contains(truth)) {
            let kept: Vec<f32> =
                (0..n_composers).map(|k| if among.contains(&k) { probabilities[k] } else { -1.0 }).collect();
            let best = (0..n_composers).find(|&k| rank_of(k, &kept) == 0).unwrap_or(0);
            named[*truth][best] += 1;
            in_three[*truth] += usize::from(rank_of(*truth, &kept) < 3);
        }
        let sizes: Vec<usize> = named.iter().map(|row| row.iter().sum()).collect();
        let total: usize = sizes.iter().sum();
        let pooled = |hits: usize| {
            let value = hits as f64 / total.max(1) as f64;
            Measured { value, error: share_error(value, total) }
        };
        let right: Vec<usize> = (0..n_composers).map(|k| named[k][k]).collect();
        Adherence {
            segments: total,
            top1: pooled(right.iter().sum()),
            balanced: balanced(&right, &sizes),
            top3: pooled(in_three.iter().sum()),
            balanced_top3: balanced(&in_three, &sizes),
            recall: (0..n_composers)
                .map(|k| (sizes[k] > 0).then(|| right[k] as f64 / sizes[k] as f64))
                .collect(),
            named_entropy: named_entropy(&named, &sizes, among.len()),
            confusion: named
                .iter()
                .zip(&sizes)
                .map(|(row, &n)| row.iter().map(|&c| c as f64 / n.max(1) as f64).collect())
                .collect(),
        }
    }

    /// Composers named right less than half as often as in their `real` music.
    pub fn lost(&self, real: &Adherence, composers: &ComposerSet) -> Vec<String> {
        composers
            .iter()
            .filter(|(id, _)| match (self.recall.get(id.index()), real.recall.get(id.index())) {
                (Some(Some(own)), Some(Some(real))) => *own < real / 2.0,
                _ => false,
            })
            .map(|(_, c)| c.surname().to_owned())
            .collect()
    }
}

fn balanced(hits: &[usize], sizes: &[usize]) -> Measured {
    let shares: Vec<(f64, usize)> =
        hits.iter().zip(sizes).filter(|(_, n)| **n > 0).map(|(h, n)| (*h as f64 / *n as f64, *n)).collect();
    let k = shares.len().max(1) as f64;
    let variance: f64 = shares.iter().map(|(p, n)| share_error(*p, *n).powi(2)).sum();
    Measured { value: shares.iter().map(|s| s.0).sum::<f64>() / k, error: variance.sqrt() / k }
}

/// The mean over composers, regardless of how much music they have.
fn named_entropy(named: &[Vec<usize>], sizes: &[usize], among: usize) -> f64 {
    let heard = sizes.iter().filter(|n| **n > 0).count().max(1) as f64;
    let share = |k: usize| -> f64 {
        named
            .iter()
            .zip(sizes)
            .filter(|(_, n)| **n > 0)
            .map(|(row, n)| row[k] as f64 / *n as f64)
            .sum::<f64>()
            / heard
    };
    let entropy: f64 = (0..named.len()).map(share).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
    if among > 1 { entropy / (among as f64).ln() } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Vec<Outcome> {
        vec![
            (0, vec![0.6, 0.2, 0.1, 0.1]),
            (0, vec![0.1, 0.6, 0.2, 0.1]), // own is last but one: tie with 3 goes to 0, so third
            (1, vec![0.0, 0.9, 0.1, 0.0]),
            (3, vec![0.5, 0.3, 0.2, 0.0]), // fourth
        ]
    }

    #[test]
    fn by_hand() {
        let a = Adherence::of(&outcomes(), 4, &[0, 1, 2, 3]);
        assert_eq!((a.segments, a.top1.value, a.top3.value), (4, 0.5, 0.75));
        assert_eq!(a.balanced.value, (0.5 + 1.0 + 0.0) / 3.0);
        assert_eq!(a.top1.error, 0.25);
        // Only the first composer's share is uncertain: √(0.25 / 2) / 3.
        assert!((a.balanced.error - 0.125f64.sqrt() / 3.0).abs() < 1e-12);
        assert_eq!(a.recall, [Some(0.5), Some(1.0), None, Some(0.0)]);
        assert_eq!(a.confusion[0], [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(a.confusion[3], [1.0, 0.0, 0.0, 0.0]);
        // Named: (0.5, 0.5), (0, 1), (1, 0): half and half of two out of four.
        assert!((a.named_entropy - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_subset_leaves_the_others_out() {
        let a = Adherence::of(&outcomes(), 4, &[0, 2, 3]);
        assert_eq!(a.segments, 3);
        // The second is now named 2, the fourth still 0.
        assert_eq!(a.confusion[0], [0.5, 0.0, 0.5, 0.0]);
        assert_eq!(a.top3.value, 1.0);
    }

    #[test]
    fn lost_composers_are_named() {
        let composers = ComposerSet::new(["A One", "B Two"].map(str::to_owned));
        let real = Adherence { recall: vec![Some(0.8), Some(0.5)], ..Adherence::default() };
        let own = Adherence { recall: vec![Some(0.39), Some(0.25)], ..Adherence::default() };
        assert_eq!(own.lost(&real, &composers), ["One"]);
    }
}
