//! How much a piece repeats itself: the share of interval patterns that were heard shortly before.

use std::collections::{HashMap, VecDeque};

use super::NoteToken;

/// A pattern is a repetition if the same one began at most this many notes earlier.
pub const REPETITION_NOTES: usize = 256;

/// Patterns in the table before those that began too long ago are removed.
const MAX_PATTERNS: usize = 4 * REPETITION_NOTES;

/// Finds the patterns of `N` successive intervals that also began within the last 256 notes, in any key, as a piece
/// grows. Intervals are taken between successive note tokens, so a chord contributes the intervals between its notes.
#[derive(Clone, Debug)]
pub struct Repetition<const N: usize> {
    latest: HashMap<[i8; N], usize>,
    /// The last intervals, newest last.
    intervals: [i8; N],
    pitch: u8,
    notes: usize,
}

impl<const N: usize> Default for Repetition<N> {
    fn default() -> Self {
        Repetition { latest: HashMap::new(), intervals: [0; N], pitch: 0, notes: 0 }
    }
}

impl<const N: usize> Repetition<N> {
    /// Adds a note. Was the pattern that ends with it heard before? `None` before there are `N` intervals.
    pub fn push(&mut self, note: NoteToken) -> Option<bool> {
        self.intervals.rotate_left(1);
        if let Some(last) = self.intervals.last_mut() {
            // Pitches are 0–88.
            *last = note.pitch as i8 - self.pitch as i8;
        }
        self.pitch = note.pitch;
        self.notes += 1;
        let at = self.notes.checked_sub(N + 1)?;
        let before = self.latest.insert(self.intervals, at);
        if self.latest.len() > MAX_PATTERNS {
            self.latest.retain(|_, begun| at - *begun <= REPETITION_NOTES);
        }
        Some(before.is_some_and(|before| at - before <= REPETITION_NOTES))
    }
}

/// Share (0–1) of a piece's patterns of `N` intervals that are repetitions; `None` when `notes` are too few for one.
pub fn repeated_share<const N: usize>(notes: &[NoteToken]) -> Option<f64> {
    let mut repetition = Repetition::<N>::default();
    let found: Vec<bool> = notes.iter().filter_map(|&note| repetition.push(note)).collect();
    let repeated = found.iter().filter(|is_repeated| **is_repeated).count();
    (!found.is_empty()).then(|| repeated as f64 / found.len() as f64)
}

/// How much a growing take has repeated itself recently.
#[derive(Clone, Debug, Default)]
pub struct RecentRepetition {
    patterns: Repetition<4>,
    /// Of the last 256 counted notes: was the pattern that ended there a repetition?
    recent: VecDeque<bool>,
    repeated: usize,
}

impl RecentRepetition {
    /// Adds a note that does not count, such as a prompt note.
    pub fn hear(&mut self, note: NoteToken) {
        self.patterns.push(note);
    }

    /// Adds a note that counts.
    pub fn count(&mut self, note: NoteToken) {
        let is_repeated = self.patterns.push(note) == Some(true);
        self.recent.push_back(is_repeated);
        self.repeated += usize::from(is_repeated);
        if self.recent.len() > REPETITION_NOTES && self.recent.pop_front() == Some(true) {
            self.repeated -= 1;
        }
    }

    /// Patterns and notes in its tables.
    pub fn len(&self) -> usize {
        self.patterns.latest.len() + self.recent.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Share (0–1) of the last 256 notes that ended a repeated pattern; with fewer notes, the missing ones count as
    /// new.
    pub fn share(&self) -> f32 {
        self.repeated as f32 / REPETITION_NOTES as f32
    }
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
    fn patterns_from_too_long_ago_do_not_count() {
        // Rising intervals never form a pattern twice; the figure before them returns after `between` notes.
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

    #[test]
    fn a_take_is_judged_by_its_latest_notes() {
        let mut recent = RecentRepetition::default();
        for i in 0..300u32 {
            recent.count(notes(&[40 + (i % 2) as u8])[0]);
        }
        assert_eq!(recent.share(), 1.0);
        // Growing widths: no pattern occurs twice.
        for i in 0..128u8 {
            recent.count(notes(&[if i % 2 == 0 { 10 } else { 12 + i / 2 }])[0]);
        }
        assert!((recent.share() - 0.5).abs() < 0.02, "{}", recent.share());
        let mut prompted = RecentRepetition::default();
        (0..300u32).for_each(|i| prompted.hear(notes(&[40 + (i % 2) as u8])[0]));
        assert_eq!(prompted.share(), 0.0);
        prompted.count(notes(&[40])[0]);
        assert_eq!(prompted.share(), 1.0 / 256.0);
    }
}
