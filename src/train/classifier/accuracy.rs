//! The accuracy of a classifier.

use serde::{Deserialize, Serialize};

use crate::classify::{Classifier, Segment};
use crate::data::{Corpus, Split, fixed_windows};
use crate::tokens::NoteToken;

/// Notes per segment.
pub(super) const SEGMENT_LEN: usize = 256;

/// The accuracy of a classifier on segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    pub segments: usize,
    pub top1: f64,
    /// Mean over the composers of the share named right.
    pub balanced: f64,
    pub top3: f64,
}

impl Accuracy {
    /// `outcomes`: the true composer, and the composers' probabilities.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = (usize, &'a [f32])>, n_composers: usize) -> Accuracy {
        let mut right = vec![(0usize, 0usize); n_composers];
        let mut top3 = 0;
        for (truth, probabilities) in outcomes {
            let rank = rank_of(truth, probabilities);
            right[truth].0 += 1;
            right[truth].1 += usize::from(rank == 0);
            top3 += usize::from(rank < 3);
        }
        let segments: usize = right.iter().map(|r| r.0).sum();
        let heard: Vec<f64> = right.iter().filter(|r| r.0 > 0).map(|r| r.1 as f64 / r.0 as f64).collect();
        let share = |n: usize| n as f64 / segments.max(1) as f64;
        Accuracy {
            segments,
            top1: share(right.iter().map(|r| r.1).sum()),
            balanced: heard.iter().sum::<f64>() / heard.len().max(1) as f64,
            top3: share(top3),
        }
    }
}

/// The number of composers more likely than `truth`.
pub fn rank_of(truth: usize, probabilities: &[f32]) -> usize {
    let own = probabilities.get(truth).copied().unwrap_or(0.0);
    probabilities.iter().enumerate().filter(|&(k, &p)| p > own || (p == own && k < truth)).count()
}

/// Up to `per_composer` segments of each composer with their labels; deterministic.
pub fn labelled_segments(corpus: &Corpus, split: Split, per_composer: usize) -> Vec<(usize, Vec<NoteToken>)> {
    fixed_windows(corpus, split, per_composer, SEGMENT_LEN)
        .into_iter()
        .filter_map(|w| {
            let notes: Vec<NoteToken> = w.notes.into_iter().filter(|n| !n.is_end()).collect();
            w.composer.filter(|_| !notes.is_empty()).map(|c| (c, notes))
        })
        .collect()
}

/// The accuracy of `classifier` on labelled segments.
pub fn accuracy(classifier: &Classifier, segments: &[(usize, Vec<NoteToken>)]) -> Accuracy {
    let parts: Vec<Segment> = segments.iter().map(|(_, notes)| notes.as_slice()).collect();
    let heard = classifier.hear(&parts);
    let outcomes = segments.iter().zip(&heard).map(|((truth, _), h)| (*truth, h.probabilities.as_slice()));
    Accuracy::of(outcomes, classifier.composers().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_by_hand() {
        let outcomes: Vec<(usize, Vec<f32>)> = vec![
            (0, vec![0.7, 0.1, 0.1, 0.1]), // right
            (0, vec![0.2, 0.5, 0.2, 0.1]), // second
            (0, vec![0.1, 0.2, 0.3, 0.4]), // fourth
            (1, vec![0.1, 0.6, 0.2, 0.1]), // right
        ];
        let a = Accuracy::of(outcomes.iter().map(|(t, p)| (*t, p.as_slice())), 4);
        assert_eq!(a, Accuracy { segments: 4, top1: 0.5, balanced: (1.0 / 3.0 + 1.0) / 2.0, top3: 0.75 });
    }

    #[test]
    fn ties_are_broken_one_way() {
        assert_eq!((0..3).map(|k| rank_of(k, &[0.3, 0.3, 0.4])).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
