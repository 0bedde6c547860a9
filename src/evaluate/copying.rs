//! Copying: note sequences of a take that occur, in any key, in the training music.
//!
//! A sequence of n notes is compared by its n − 1 pitch intervals in the order of the tokens; timing and loudness are
//! ignored, so that another performance of the same notes is found too.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::data::Piece;
use crate::generate::sequence_hashes;
use crate::tokens::NoteToken;

/// Lengths of the sequences that are counted, in notes.
pub const LENGTHS: [usize; 3] = [9, 13, 17];
/// A sequence with more occurrences is a trill or a scale; only the first ones are used.
const MAX_PLACES: usize = 24;

/// All sequences of a corpus, for measuring; some hundred megabytes for MAESTRO. The file that ships is
/// [`crate::generate::CopyIndex`].
pub struct Sequences<'a> {
    pieces: Vec<&'a Piece>,
    /// Sorted hashes per length.
    known: Vec<Vec<u64>>,
    /// Occurrences of sequences of the shortest length: hash, piece, first note; sorted.
    places: Vec<(u64, u32, u32)>,
}

impl<'a> Sequences<'a> {
    pub fn new(pieces: Vec<&'a Piece>) -> Sequences<'a> {
        let mut known: Vec<Vec<u64>> = LENGTHS.iter().map(|_| Vec::new()).collect();
        let mut places = Vec::new();
        for (p, piece) in pieces.iter().enumerate() {
            for (known, &n) in known.iter_mut().zip(&LENGTHS) {
                known.extend(sequence_hashes(&piece.tokens, n));
            }
            let shortest = sequence_hashes(&piece.tokens, LENGTHS[0]);
            places.extend(shortest.into_iter().enumerate().map(|(i, h)| (h, p as u32, i as u32)));
        }
        for known in &mut known {
            known.sort_unstable();
            known.dedup();
        }
        places.sort_unstable();
        Sequences { pieces, known, places }
    }

    /// The number of known sequences of each length in `notes`: (known, all).
    fn count(&self, notes: &[NoteToken]) -> [(usize, usize); 3] {
        std::array::from_fn(|i| {
            let own = sequence_hashes(notes, LENGTHS[i]);
            (own.iter().filter(|h| self.known[i].binary_search(h).is_ok()).count(), own.len())
        })
    }

    /// The longest sequence of `notes` that occurs in one piece: its length in notes, and the piece. 0 if not even
    /// nine notes occur.
    fn longest(&self, notes: &[NoteToken]) -> (usize, Option<usize>) {
        let intervals = |t: &[NoteToken], i: usize| i32::from(t[i + 1].pitch) - i32::from(t[i].pitch);
        let mut best = (0, None);
        for (i, hash) in sequence_hashes(notes, LENGTHS[0]).into_iter().enumerate() {
            let first = self.places.partition_point(|p| p.0 < hash);
            let places = self.places[first..].iter().take_while(|p| p.0 == hash).take(MAX_PLACES);
            for &(_, piece, at) in places {
                let theirs = &self.pieces[piece as usize].tokens;
                let at = at as usize;
                let most = (notes.len() - i).min(theirs.len() - at) - 1;
                let same =
                    (0..most).take_while(|&k| intervals(notes, i + k) == intervals(theirs, at + k)).count();
                if same + 1 > best.0 && same + 1 >= LENGTHS[0] {
                    best = (same + 1, Some(piece as usize));
                }
            }
        }
        best
    }
}

/// How much of some takes occurs in the training music.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Copied {
    /// Share of the sequences of 9, 13 and 17 notes.
    pub shares: [f64; 3],
    /// Longest known sequence of a take in notes: mean and largest.
    pub longest_mean: f64,
    pub longest: usize,
    /// The piece with the longest one.
    pub longest_in: Option<String>,
    /// The three pieces that most takes share their longest sequence with, and the number of takes.
    pub nearest: Vec<(String, usize)>,
}

impl Copied {
    pub fn of<'a>(takes: impl IntoIterator<Item = &'a [NoteToken]>, training: &Sequences) -> Copied {
        let mut totals = [(0usize, 0usize); 3];
        let mut lengths = Vec::new();
        let mut best = (0, None);
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for take in takes {
            for (total, own) in totals.iter_mut().zip(training.count(take)) {
                *total = (total.0 + own.0, total.1 + own.1);
            }
            let (length, piece) = training.longest(take);
            lengths.push(length as f64);
            if let Some(piece) = piece {
                *votes.entry(piece).or_default() += 1;
            }
            if length > best.0 {
                best = (length, piece);
            }
        }
        let title = |p: usize| format!("{}: {}", training.pieces[p].composer_name, training.pieces[p].title);
        let mut nearest: Vec<(usize, usize)> = votes.into_iter().collect();
        nearest.sort_by_key(|&(piece, n)| (std::cmp::Reverse(n), piece));
        Copied {
            shares: totals.map(|(known, all)| known as f64 / all.max(1) as f64),
            longest_mean: super::stats::mean(&lengths),
            longest: best.0,
            longest_in: best.1.map(title),
            nearest: nearest.into_iter().take(3).map(|(piece, n)| (title(piece), n)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests_support::{melody, piece};

    #[test]
    fn a_transposed_quotation_is_found_and_measured() {
        let pieces = [piece("One", melody(1, 200)), piece("Two", melody(2, 200))];
        let training = Sequences::new(pieces.iter().collect());
        let mut take = melody(3, 60);
        // Twenty notes of the second piece, a third higher.
        for (t, s) in take[30..50].iter_mut().zip(&pieces[1].tokens[100..]) {
            t.pitch = s.pitch + 4;
        }
        let copied = Copied::of([take.as_slice()], &training);
        assert_eq!(copied.longest, 20);
        assert_eq!(copied.longest_in.as_deref(), Some("A Composer: Two"));
        // 60 notes have 52, 48 and 44 sequences; 20 copied notes have 12, 8 and 4.
        assert_eq!(copied.shares, [12.0 / 52.0, 8.0 / 48.0, 4.0 / 44.0]);
    }

    #[test]
    fn what_is_new_is_new() {
        let pieces = [piece("One", melody(1, 500))];
        let copied = Copied::of([melody(9, 300).as_slice()], &Sequences::new(pieces.iter().collect()));
        assert_eq!((copied.shares, copied.longest, copied.longest_in), ([0.0; 3], 0, None));
        let nothing = Copied::of([], &Sequences::new(pieces.iter().collect()));
        assert_eq!(nothing, Copied::default());
    }
}
