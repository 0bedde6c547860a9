//! Draws training segments for a classifier.

use rand::{Rng, RngExt};

use super::accuracy::SEGMENT_LEN;
use crate::data::{Corpus, Piece, Split, augment};
use crate::tokens::NoteToken;

/// Draws training segments: a composer, then a piece by its length, then a place in it.
pub(super) struct SegmentSampler<'a> {
    /// Per composer with music: its label, and its pieces with the running sum of their lengths.
    groups: Vec<(usize, Vec<(usize, &'a Piece)>)>,
    /// Running sum of the composers' weights.
    weights: Vec<f64>,
}

impl<'a> SegmentSampler<'a> {
    pub(super) fn new(corpus: &'a Corpus, balance: f64) -> Option<SegmentSampler<'a>> {
        let mut groups = Vec::new();
        let mut weights = Vec::new();
        let mut total = 0.0;
        for (id, _) in corpus.composers.iter() {
            let mut sum = 0;
            let pieces: Vec<(usize, &Piece)> = corpus
                .pieces
                .iter()
                .filter(|p| p.split == Split::Train && p.composer == Some(id) && !p.tokens.is_empty())
                .map(|p| {
                    sum += p.tokens.len();
                    (sum, p)
                })
                .collect();
            if !pieces.is_empty() {
                total += (sum as f64).powf(balance);
                weights.push(total);
                groups.push((id.index(), pieces));
            }
        }
        (!groups.is_empty()).then_some(SegmentSampler { groups, weights })
    }

    pub(super) fn pieces(&self) -> usize {
        self.groups.iter().map(|(_, pieces)| pieces.len()).sum()
    }

    /// A label and an augmented segment.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> (usize, Vec<NoteToken>) {
        let at = rng.random_range(0.0..self.weights.last().copied().unwrap_or(1.0));
        let (label, pieces) =
            &self.groups[self.weights.partition_point(|w| *w <= at).min(self.groups.len() - 1)];
        let at = rng.random_range(0..pieces.last().map_or(1, |(sum, _)| *sum));
        let (_, piece) = pieces[pieces.partition_point(|(sum, _)| *sum <= at).min(pieces.len() - 1)];
        let start = rng.random_range(0..=piece.tokens.len().saturating_sub(SEGMENT_LEN));
        let end = (start + SEGMENT_LEN).min(piece.tokens.len());
        let mut notes = piece.tokens[start..end].to_vec();
        augment(&mut notes, &mut [], rng);
        (*label, notes)
    }
}
