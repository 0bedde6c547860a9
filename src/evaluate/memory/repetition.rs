//! Repetition: how many of a piece's interval patterns were heard shortly before.

use std::collections::HashMap;

use crate::tokens::NoteToken;

/// A pattern counts as a repetition if the same one began at most this many notes earlier.
const MEMORY_NOTES: usize = 256;

/// Share (0–1) of the patterns of `N` successive intervals that also began within the last 256 notes, in any
/// key. Intervals lie between successive notes of the token row, so a chord gives the intervals between its notes.
/// `None` when `notes` are too few for a pattern.
pub fn repeated_share<const N: usize>(notes: &[NoteToken]) -> Option<f64> {
    let intervals: Vec<i8> = notes.windows(2).map(|pair| pair[1].pitch as i8 - pair[0].pitch as i8).collect();
    let mut latest: HashMap<[i8; N], usize> = HashMap::new();
    let (mut patterns, mut repeated) = (0usize, 0usize);
    for (at, pattern) in intervals.array_windows::<N>().enumerate() {
        patterns += 1;
        let previous = latest.insert(*pattern, at);
        repeated += usize::from(previous.is_some_and(|p| at - p <= MEMORY_NOTES));
    }
    (patterns > 0).then(|| repeated as f64 / patterns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(pitches: &[u8]) -> Vec<NoteToken> {
        pitches.iter().map(|&pitch| NoteToken { pitch, gap: 10, ..NoteToken::default() }).collect()
    }

    #[test]
    fn a_transposed_repetition_counts() {
        // Intervals 2 2 1 2 · 3 · 2 2 1 2: six patterns of four, of which only the last was there before.
        let figure = notes(&[40, 42, 44, 45, 47, 50, 52, 54, 55, 57]);
        assert_eq!(repeated_share::<4>(&figure), Some(1.0 / 6.0));
        assert_eq!(repeated_share::<8>(&figure), Some(0.0));
        assert_eq!(repeated_share::<4>(&figure[..4]), None);
    }

    #[test]
    fn what_was_heard_too_long_ago_is_forgotten() {
        // Rising intervals never form a pattern twice; the figure in front comes again after `between` notes.
        let again_after = |between: usize| {
            let mut pitches = vec![10u8, 12, 11, 13, 12];
            // A zigzag whose widths grow from 3 to 40, so that all its patterns differ.
            pitches.extend((0..between).map(|i| if i % 2 == 0 { 12 } else { 15 + (i / 2 % 38) as u8 }));
            let own = repeated_share::<4>(&notes(&pitches)).unwrap() * (pitches.len() - 4) as f64;
            let start = pitches.len();
            pitches.extend([60, 62, 61, 63, 62]);
            let all = repeated_share::<4>(&notes(&pitches)).unwrap() * (pitches.len() - 4) as f64;
            (start, (all - own).round() as usize)
        };
        // The zigzag has a period of 76 notes, so the seam may repeat too; the figure itself makes the difference.
        let (near, found) = again_after(200);
        assert_eq!((near, found), (205, 1));
        let (far, found) = again_after(260);
        assert_eq!((far, found), (265, 0));
    }
}
