//! Self-similarity: which moments of a piece resemble which others, as a picture of time against time.

use serde::{Deserialize, Serialize};

use super::theme_return::{BLOCK, PitchCounts};
use crate::tokens::{NoteToken, gap_secs};

/// Moments of a picture, along each side.
pub const SIDE: usize = 64;

/// A square picture of a piece: the cell at row `i` and column `j` says how alike the moments `i` and `j` are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfSimilarity {
    /// What it is a picture of.
    pub title: String,
    /// Length of the music in seconds; the moments are spaced evenly over it.
    pub secs: f64,
    /// [`SIDE`]² values row by row, two hexadecimal digits each: 0–255 for 0–1, the share of pitches that 32 notes
    /// around each of the two moments have in common under the best transposition of ± 6 semitones.
    pub cells: String,
}

impl SelfSimilarity {
    /// `None` when there are fewer than 32 notes.
    pub fn of(title: &str, notes: &[NoteToken]) -> Option<SelfSimilarity> {
        let last = notes.len().checked_sub(BLOCK)?;
        let mut secs = 0.0;
        let mut onsets = Vec::with_capacity(notes.len());
        for note in notes {
            onsets.push(secs);
            secs += gap_secs(note.gap);
        }
        let moments: Vec<PitchCounts> = (0..SIDE)
            .map(|i| {
                let time = secs * (i as f64 + 0.5) / SIDE as f64;
                let centre = onsets.partition_point(|o| *o <= time);
                let start = centre.saturating_sub(BLOCK / 2).min(last);
                PitchCounts::of(&notes[start..start + BLOCK])
            })
            .collect();
        let cells = moments.iter().flat_map(|a| moments.iter().map(|b| shade(a, b)));
        Some(SelfSimilarity {
            title: title.to_owned(),
            secs,
            cells: cells.map(|shade| format!("{shade:02x}")).collect(),
        })
    }

    /// The values of `cells`, [`SIDE`]² of them; what a damaged report lacks or spells wrong is 0.
    pub fn shades(&self) -> Vec<u8> {
        let digits = self.cells.as_bytes();
        (0..SIDE * SIDE)
            .map(|i| {
                let pair = digits.get(2 * i..2 * i + 2);
                let text = pair.and_then(|p| std::str::from_utf8(p).ok());
                text.and_then(|t| u8::from_str_radix(t, 16).ok()).unwrap_or(0)
            })
            .collect()
    }
}

/// Transposing one way round or the other gives nearly, not always exactly, the same; the picture is symmetric.
fn shade(a: &PitchCounts, b: &PitchCounts) -> u8 {
    let common = a.common(b).max(b.common(a)).min(BLOCK as u32);
    (common * 255 / BLOCK as u32) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_in_three_parts_shows_its_return() {
        // 128 notes on four keys, 128 on one other key, and the first part again; all equally spaced.
        let pitch = |i: usize| if i / 128 == 1 { 36 } else { [30, 33, 35, 41][i % 4] };
        let notes: Vec<NoteToken> =
            (0..384).map(|i| NoteToken { pitch: pitch(i), gap: 10, ..NoteToken::default() }).collect();
        let picture = SelfSimilarity::of("A B A", &notes).unwrap();
        assert!((picture.secs - 38.4).abs() < 1e-6);
        let shades = picture.shades();
        let at = |row: usize, column: usize| shades[row * SIDE + column];
        // Moments 0–21 are the first part, 22–42 the middle, 43–63 the last.
        assert_eq!((at(10, 10), at(10, 54), at(30, 31)), (255, 255, 255));
        // One key against four: moved to any of them, a quarter of the strokes are in common.
        assert_eq!((at(10, 32), at(32, 54)), (63, 63));
        assert!((0..SIDE).all(|i| (0..SIDE).all(|j| at(i, j) == at(j, i))));
        assert!(SelfSimilarity::of("short", &notes[..31]).is_none());
    }

    #[test]
    fn a_damaged_picture_is_dark_and_not_a_panic() {
        let picture = SelfSimilarity { title: String::new(), secs: 1.0, cells: "ffz€".to_owned() };
        assert_eq!(picture.shades()[..3], [255, 0, 0]);
    }
}
