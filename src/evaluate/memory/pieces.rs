//! The whole pieces and takes that memory and form are measured on.

use std::collections::BTreeMap;

use crate::data::{Corpus, Split};
use crate::evaluate::material::{HELD_OUT, round_trip};
use crate::tokens::NoteToken;

/// A piece must have this many notes to be measured.
pub const MIN_NOTES: usize = 1024;

/// A whole piece or take.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    pub title: String,
    /// Index among the labelled composers.
    pub composer: usize,
    /// Pieces of one work share a number; every take has its own.
    pub work: usize,
    pub notes: Vec<NoteToken>,
}

/// All held-out pieces of at least [`MIN_NOTES`] notes, sorted by composer and work.
pub fn held_out(corpus: &Corpus) -> Vec<Whole> {
    pieces_of(corpus, &HELD_OUT, MIN_NOTES)
}

/// All labelled pieces of at least `min_notes` notes, training pieces among them, sorted by composer and work.
pub fn of_all_splits(corpus: &Corpus, min_notes: usize) -> Vec<Whole> {
    pieces_of(corpus, &Split::ALL, min_notes)
}

fn pieces_of(corpus: &Corpus, splits: &[Split], min_notes: usize) -> Vec<Whole> {
    let mut works: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut out = Vec::new();
    for &split in splits {
        for piece in corpus.labelled(split).filter(|p| p.tokens.len() >= min_notes) {
            let Some(composer) = piece.composer.map(|c| c.index()) else {
                continue;
            };
            let number = works.len();
            out.push(Whole {
                title: format!("{}: {}", piece.composer_name, piece.title),
                composer,
                work: *works.entry((composer, &piece.work)).or_insert(number),
                notes: round_trip(&piece.tokens),
            });
        }
    }
    out.sort_by_key(|w| (w.composer, w.work));
    out
}

/// Up to `most` pieces of each composer, evenly spread over those of `pieces`, which are sorted by composer.
pub fn spread(pieces: &[Whole], most: usize) -> Vec<&Whole> {
    pieces
        .chunk_by(|a, b| a.composer == b.composer)
        .flat_map(|own| {
            let n = most.min(own.len());
            (0..n).map(move |i| &own[(2 * i + 1) * own.len() / (2 * n)])
        })
        .collect()
}

/// Equally many pieces of each composer from two sets that are sorted by composer.
pub fn balanced_pairs<'a>(a: &'a [Whole], b: &'a [Whole]) -> (Vec<&'a Whole>, Vec<&'a Whole>) {
    let of = |pieces: &'a [Whole], composer: usize| {
        let start = pieces.partition_point(|w| w.composer < composer);
        let end = pieces.partition_point(|w| w.composer <= composer);
        &pieces[start..end]
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for composer in 0..=a.last().map_or(0, |w| w.composer) {
        let (a, b) = (of(a, composer), of(b, composer));
        let n = a.len().min(b.len());
        left.extend(spread(a, n));
        right.extend(spread(b, n));
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(composer: usize, work: usize) -> Whole {
        Whole { title: String::new(), composer, work, notes: Vec::new() }
    }

    #[test]
    fn pairs_are_balanced_by_composer() {
        let a: Vec<Whole> = (0..5).map(|i| whole(0, i)).chain([whole(1, 9)]).collect();
        let b = [whole(0, 20), whole(0, 21), whole(1, 22), whole(1, 23), whole(2, 24)];
        let (left, right) = balanced_pairs(&a, &b);
        let of = |set: &[&Whole]| set.iter().map(|w| (w.composer, w.work)).collect::<Vec<_>>();
        assert_eq!(of(&left), [(0, 1), (0, 3), (1, 9)]);
        assert_eq!(of(&right), [(0, 20), (0, 21), (1, 23)]);
        assert!(balanced_pairs(&[], &b).0.is_empty());
    }
}
