//! The music to measure: real segments, in halves without a common work, and takes.

use std::collections::BTreeMap;

use crate::classify::{ClassifierKind, Segment};
use crate::data::{Corpus, Piece, Split};
use crate::music::ComposerSet;
use crate::tokens::{NoteToken, decode, encode};

use super::EvaluateError;

/// A segment with the index of its composer.
pub type Labelled = (usize, Vec<NoteToken>);

/// The composers of the project that this one builds on, some of whom may have too little music.
const ORIGINAL: [&str; 12] = [
    "Debussy",
    "Liszt",
    "Schubert",
    "Chopin",
    "Handel",
    "Bach",
    "Brahms",
    "Haydn",
    "Beethoven",
    "Tchaikovsky",
    "Schumann",
    "Mozart",
];

/// Indices of the labelled composers in [`ORIGINAL`], and the surnames of those without a label.
pub fn original_composers(composers: &ComposerSet) -> (Vec<usize>, Vec<String>) {
    let index =
        |surname: &str| composers.iter().find(|(_, c)| c.surname() == surname).map(|(id, _)| id.index());
    let there = ORIGINAL.iter().filter_map(|s| index(s)).collect();
    let missing = ORIGINAL.iter().filter(|s| index(s).is_none()).map(|s| (*s).to_owned()).collect();
    (there, missing)
}

/// The notes of labelled segments.
pub fn parts(segments: &[Labelled]) -> Vec<Segment<'_>> {
    segments.iter().map(|(_, notes)| notes.as_slice()).collect()
}

/// # Errors
/// [`EvaluateError::Composers`] if `found` is not `expected`.
pub fn check_composers(
    what: &'static str,
    found: &ComposerSet,
    expected: &ComposerSet,
) -> Result<(), EvaluateError> {
    if found == expected {
        return Ok(());
    }
    let names = |set: &ComposerSet| set.iter().map(|(_, c)| c.surname()).collect::<Vec<_>>().join(", ");
    Err(EvaluateError::Composers { what, found: names(found), expected: names(expected) })
}

/// # Errors
/// [`EvaluateError::WrongClassifier`] if it is the other one.
pub fn check_kind(found: ClassifierKind, expected: ClassifierKind) -> Result<(), EvaluateError> {
    if found == expected {
        Ok(())
    } else {
        Err(EvaluateError::WrongClassifier { expected: expected.name(), found: found.name() })
    }
}

/// Decodes and encodes tokens again, as happens to takes.
pub fn round_trip(notes: &[NoteToken]) -> Vec<NoteToken> {
    encode(&decode(notes)).tokens
}

/// Up to `most` whole segments of `len` notes from `pieces`, evenly spread.
fn spread<'a>(pieces: impl IntoIterator<Item = &'a Piece>, len: usize, most: usize) -> Vec<&'a [NoteToken]> {
    let all: Vec<&[NoteToken]> = pieces.into_iter().flat_map(|p| p.tokens.chunks_exact(len)).collect();
    let n = most.min(all.len());
    (0..n).map(|i| all[(2 * i + 1) * all.len() / (2 * n)]).collect()
}

fn works<'a>(corpus: &'a Corpus, composer: usize, splits: &[Split]) -> Vec<(usize, Vec<&'a Piece>)> {
    let mut by_work: BTreeMap<&str, Vec<&Piece>> = BTreeMap::new();
    for piece in &corpus.pieces {
        if piece.composer.is_some_and(|c| c.index() == composer) && splits.contains(&piece.split) {
            by_work.entry(&piece.work).or_default().push(piece);
        }
    }
    let length = |pieces: &[&Piece]| pieces.iter().map(|p| p.tokens.len()).sum();
    let mut out: Vec<(usize, Vec<&Piece>)> = by_work.into_values().map(|p| (length(&p), p)).collect();
    out.sort_by_key(|(notes, _)| std::cmp::Reverse(*notes));
    out
}

/// The splits that no model is trained on.
pub const HELD_OUT: [Split; 2] = [Split::Validation, Split::Test];

/// Works of each composer in some splits, each with up to `per_work` segments.
pub fn works_with_segments(
    corpus: &Corpus,
    splits: &[Split],
    len: usize,
    per_work: usize,
) -> Vec<(usize, Vec<Vec<NoteToken>>)> {
    let composers = 0..corpus.composers.len();
    composers
        .flat_map(|k| works(corpus, k, splits).into_iter().map(move |(_, p)| (k, p)))
        .map(|(k, pieces)| {
            (k, spread(pieces, len, per_work).into_iter().map(<[_]>::to_vec).collect::<Vec<_>>())
        })
        .filter(|(_, segments)| !segments.is_empty())
        .collect()
}

/// Two equal halves of real held-out music without a work in common: per composer up to `most` segments in each.
pub fn real_halves(corpus: &Corpus, len: usize, most: usize) -> (Vec<Labelled>, Vec<Labelled>) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for k in 0..corpus.composers.len() {
        let mut halves: [(usize, Vec<&Piece>); 2] = [(0, Vec::new()), (0, Vec::new())];
        for (notes, pieces) in works(corpus, k, &HELD_OUT) {
            let lesser = usize::from(halves[0].0 > halves[1].0);
            halves[lesser].0 += notes;
            halves[lesser].1.extend(pieces);
        }
        let [a, b] = halves.map(|(_, pieces)| pieces);
        let n =
            [&a, &b].map(|half| half.iter().map(|p| p.tokens.len() / len).sum::<usize>()).into_iter().min();
        let n = n.unwrap_or(0).min(most);
        let labelled = |pieces: Vec<&Piece>| {
            spread(pieces.iter().copied(), len, n).into_iter().map(|s| (k, round_trip(s))).collect::<Vec<_>>()
        };
        first.extend(labelled(a));
        second.extend(labelled(b));
    }
    (first, second)
}

/// Up to `most` whole segments of each composer in a split, as they come back from the tokenizer.
pub fn real_segments(corpus: &Corpus, split: Split, len: usize, most: usize) -> Vec<Labelled> {
    let of = |k: usize| {
        let pieces = corpus.labelled(split).filter(move |p| p.composer.is_some_and(|c| c.index() == k));
        spread(pieces, len, most).into_iter().map(move |s| (k, round_trip(s)))
    };
    (0..corpus.composers.len()).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ComposerId;

    fn corpus() -> Corpus {
        let piece = |work: &str, split, notes: usize| Piece {
            title: work.to_owned(),
            work: work.to_owned(),
            composer_name: "A Bach".to_owned(),
            composer: Some(ComposerId(0)),
            split,
            tokens: (0..notes)
                .map(|i| NoteToken {
                    pitch: 40 + (work.len() + i) as u8 % 20,
                    gap: 10,
                    ..NoteToken::default()
                })
                .collect(),
        };
        Corpus {
            composers: ComposerSet::new(["A Bach", "B Ligeti"].map(str::to_owned)),
            pieces: vec![
                piece("a", Split::Test, 100),
                piece("bb", Split::Validation, 70),
                piece("ccc", Split::Test, 40),
                piece("dddd", Split::Train, 400),
            ],
            ..Corpus::default()
        }
    }

    #[test]
    fn halves_are_equal_and_share_no_work() {
        let (a, b) = real_halves(&corpus(), 10, 100);
        // 100 notes on one side, 70 and 40 on the other: ten segments each.
        assert_eq!((a.len(), b.len()), (10, 10));
        assert!(a.iter().all(|s| !b.contains(s)));
        let (a, b) = real_halves(&corpus(), 10, 3);
        assert_eq!((a.len(), b.len()), (3, 3));
    }

    #[test]
    fn originals_are_found_and_missed() {
        let (there, missing) = original_composers(&corpus().composers);
        assert_eq!((there, missing.len()), (vec![0], 11));
    }

    #[test]
    fn segments_come_from_their_split() {
        let corpus = corpus();
        assert_eq!(real_segments(&corpus, Split::Train, 100, 9).len(), 4);
        assert_eq!(
            works_with_segments(&corpus, &HELD_OUT, 10, 5).iter().map(|(_, s)| s.len()).collect::<Vec<_>>(),
            [5, 5, 4]
        );
    }

    #[test]
    fn other_composers_are_an_error_that_names_them() {
        let other = ComposerSet::new(["C Cage".to_owned()]);
        let error = check_composers("judge", &other, &corpus().composers).unwrap_err().to_string();
        assert!(error.contains("judge") && error.contains("Cage") && error.contains("Ligeti"), "{error}");
    }
}
