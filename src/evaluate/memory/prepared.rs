//! Prepares music for the features: separates it into top and bass lines, chords and times.

use std::collections::HashMap;
use std::hash::Hash;

use crate::evaluate::stats::mean;
use crate::tokens::{NoteToken, duration_secs, gap_secs, velocity_value};

/// The lowest notes of chords count as bass up to the F below middle C.
const BASS_BELOW: u8 = 32;
/// Periodicity is looked for in this much music, on a grid of 20 ms, in periods of 0.16–2 s.
const PERIODIC_SECS: f64 = 60.0;
const GRID_SECS: f64 = 0.02;
const PERIODS: std::ops::RangeInclusive<usize> = 8..=100;

/// Some music, taken apart. Pitches are key numbers, velocities MIDI's, times logarithms of seconds.
#[derive(Debug)]
pub struct Heard<'a> {
    pub notes: &'a [NoteToken],
    /// From the first onset to the last.
    pub secs: f64,
    pub pitches: Vec<f64>,
    pub velocities: Vec<f64>,
    /// From each note to the next, in semitones.
    pub intervals: Vec<f64>,
    /// The lowest note of each chord or single note that lies in the bass.
    pub bass: Vec<f64>,
    /// The highest note of each chord or single note.
    pub tops: Vec<f64>,
    /// Notes that begin together.
    pub chord_sizes: Vec<f64>,
    /// Between all pairs of notes that begin together, in semitones.
    pub chord_intervals: Vec<f64>,
    /// By how much the top note of a chord is louder than the mean of the others.
    pub top_accents: Vec<f64>,
    pub log_durations: Vec<f64>,
    /// Of each note: the gap to the next onset, whichever note of a chord it is.
    pub log_next_gaps: Vec<f64>,
    /// Between successive onsets; those of a chord count once.
    pub log_gaps: Vec<f64>,
    /// Counts of the pitch classes of each 32 notes.
    pub classes: Vec<[f64; 12]>,
    onsets: Vec<f64>,
}

impl<'a> Heard<'a> {
    /// `notes` without an end token.
    pub fn new(notes: &'a [NoteToken]) -> Heard<'a> {
        let pitches: Vec<f64> = notes.iter().map(|n| f64::from(n.pitch)).collect();
        let mut heard = Heard {
            notes,
            secs: 0.0,
            velocities: notes.iter().map(|n| f64::from(velocity_value(n.velocity))).collect(),
            intervals: pitches.windows(2).map(|p| p[1] - p[0]).collect(),
            pitches,
            bass: Vec::new(),
            tops: Vec::new(),
            chord_sizes: Vec::new(),
            chord_intervals: Vec::new(),
            top_accents: Vec::new(),
            log_durations: notes.iter().map(|n| duration_secs(n.duration).ln()).collect(),
            log_next_gaps: Vec::new(),
            log_gaps: Vec::new(),
            classes: notes.chunks_exact(32).map(class_counts).collect(),
            onsets: Vec::new(),
        };
        for chord in notes.split_inclusive(|n| n.gap > 0) {
            heard.add_chord(chord);
        }
        // The gap of the last note leads to nothing.
        heard.log_gaps.pop();
        heard.secs = heard.onsets.last().copied().unwrap_or(0.0);
        heard
    }

    fn add_chord(&mut self, chord: &[NoteToken]) {
        let (Some(lowest), Some((top, others))) = (chord.first(), chord.split_last()) else {
            return;
        };
        let begins = self.secs;
        self.onsets.push(begins);
        self.secs += gap_secs(top.gap);
        let log_gap = gap_secs(top.gap).max(0.005).ln();
        self.log_gaps.push(log_gap);
        self.log_next_gaps.extend(chord.iter().map(|_| log_gap));
        if lowest.pitch < BASS_BELOW {
            self.bass.push(f64::from(lowest.pitch));
        }
        self.tops.push(f64::from(top.pitch));
        self.chord_sizes.push(chord.len() as f64);
        for (i, low) in chord.iter().enumerate() {
            let above = chord[i + 1..].iter();
            self.chord_intervals.extend(above.map(|high| f64::from(high.pitch) - f64::from(low.pitch)));
        }
        if !others.is_empty() {
            let rest: Vec<f64> = others.iter().map(|n| f64::from(velocity_value(n.velocity))).collect();
            self.top_accents.push(f64::from(velocity_value(top.velocity)) - mean(&rest));
        }
    }

    /// The highest autocorrelation (−1 to 1) of the onsets over periods of 0.16–2 s.
    pub fn periodicity(&self) -> f64 {
        let len = (self.secs.min(PERIODIC_SECS) / GRID_SECS) as usize + 1;
        let mut train = vec![0.0; len];
        for onset in self.onsets.iter().filter(|o| **o < PERIODIC_SECS) {
            let at = (onset / GRID_SECS).round() as usize;
            // A pianist's beat is not exact: an onset also counts, by half, one step early and late.
            for (place, weight) in [(at.wrapping_sub(1), 0.5), (at, 1.0), (at + 1, 0.5)] {
                if let Some(cell) = train.get_mut(place) {
                    *cell += weight;
                }
            }
        }
        let centre = mean(&train);
        train.iter_mut().for_each(|v| *v -= centre);
        let energy: f64 = train.iter().map(|v| v * v).sum();
        let at = |period: usize| -> f64 {
            let later = train.iter().skip(period);
            later.zip(&train).map(|(a, b)| a * b).sum::<f64>()
        };
        if energy <= 0.0 {
            return 0.0;
        }
        PERIODS.map(at).fold(0.0, f64::max) / energy
    }
}

fn class_counts(notes: &[NoteToken]) -> [f64; 12] {
    let mut counts = [0.0; 12];
    notes.iter().for_each(|n| counts[usize::from(n.pitch) % 12] += 1.0);
    counts
}

/// Share (0–1) of the values for which `is` holds; 0 of nothing.
pub fn share<T>(values: &[T], is: impl FnMut(&T) -> bool) -> f64 {
    let mut is = is;
    values.iter().filter(|v| is(v)).count() as f64 / values.len().max(1) as f64
}

/// Standard deviation; 0 of nothing.
pub fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    mean(&values.iter().map(|v| (v - centre).powi(2)).collect::<Vec<_>>()).sqrt()
}

/// Entropy of the values in nats.
pub fn entropy<T: Hash + Eq>(values: impl Iterator<Item = T>) -> f64 {
    let mut counts: HashMap<T, f64> = HashMap::new();
    let mut n = 0.0;
    for value in values {
        *counts.entry(value).or_default() += 1.0;
        n += 1.0;
    }
    // Summed in order of size, so that the same music gives the same figure to the last bit.
    let mut counts: Vec<f64> = counts.into_values().collect();
    counts.sort_by(f64::total_cmp);
    -counts.iter().map(|c| c / n * (c / n).ln()).sum::<f64>()
}

/// Pearson's correlation of two rows of equal length; 0 where one does not vary.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a), mean(b));
    let products: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let squares = |v: &[f64], m: f64| v.iter().map(|x| (x - m).powi(2)).sum::<f64>();
    let scale = (squares(a, ma) * squares(b, mb)).sqrt();
    if scale > 0.0 { products / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::gap_bin;

    #[test]
    fn statistics_by_hand() {
        assert_eq!(deviation(&[1.0, 3.0]), 1.0);
        assert!((entropy([1, 1, 2, 2].into_iter()) - 2f64.ln()).abs() < 1e-12);
        assert!((correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]) - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
        assert_eq!(share(&[1, 2, 3, 4], |v| *v > 1), 0.75);
    }

    #[test]
    fn an_even_beat_is_periodic_and_chance_is_not() {
        let notes = |gap: &dyn Fn(usize) -> f64| -> Vec<NoteToken> {
            (0..100).map(|i| NoteToken { gap: gap_bin(gap(i)), ..NoteToken::default() }).collect()
        };
        let even = notes(&|_| 0.3);
        let mut state = 1u32;
        let chance: Vec<f64> = (0..100)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                0.05 + f64::from(state >> 16) / 65_536.0 * 0.5
            })
            .collect();
        let uneven = notes(&|i| chance[i]);
        let (even, uneven) = (Heard::new(&even).periodicity(), Heard::new(&uneven).periodicity());
        assert!(even > 0.9 && uneven < 0.4, "{even} {uneven}");
    }
}
