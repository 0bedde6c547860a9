//! Small changes that leave the music what it is: another key, another tempo, a little louder.

use rand::{Rng, RngExt};

use crate::tokens::{NoteToken, gap_bin, gap_secs};

/// Semitones: enough to reach every key once.
const TRANSPOSE: std::ops::RangeInclusive<i32> = -5..=6;
/// Tempo factor, as a natural logarithm: ± 15 %.
const LOG_TEMPO: f64 = 0.15;
/// Duration bins are spaced by this much, as a natural logarithm.
const LOG_DURATION_BIN: f64 = 0.09865;

/// Transposes, stretches and shades the notes of one window, all of them alike.
pub fn augment(notes: &mut [NoteToken], rng: &mut impl Rng) {
    let (low, high) = notes
        .iter()
        .fold((87, 0), |(l, h), n| (l.min(n.pitch), h.max(n.pitch)));
    let shift = rng.random_range(TRANSPOSE);
    if low <= high && i32::from(low) + shift >= 0 && i32::from(high) + shift <= 87 {
        for n in notes.iter_mut() {
            n.pitch = (i32::from(n.pitch) + shift) as u8;
        }
    }
    let louder: i32 = rng.random_range(-1..=1);
    let log_stretch = rng.random_range(-LOG_TEMPO..LOG_TEMPO);
    let stretch = log_stretch.exp();
    for n in notes.iter_mut() {
        n.velocity = (i32::from(n.velocity) + louder).clamp(0, 31) as u8;
        let bins = log_stretch / LOG_DURATION_BIN + rng.random_range(-0.5..0.5);
        n.duration = (f64::from(n.duration) + bins).round().clamp(0.0, 63.0) as u8;
        n.gap = stretched_gap(n.gap, stretch, rng);
    }
}

/// A chord stays a chord; other gaps are rounded at random so that the tempo is right on average.
fn stretched_gap(gap: u8, stretch: f64, rng: &mut impl Rng) -> u8 {
    if gap == 0 {
        return 0;
    }
    let secs = gap_secs(gap) * stretch;
    let dither = if secs < 0.24 {
        rng.random_range(-0.005..0.005)
    } else {
        0.0
    };
    gap_bin(secs + dither).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn stays_valid_and_keeps_chords() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        for round in 0..200u8 {
            let mut notes: Vec<NoteToken> = (0..64u8)
                .map(|i| NoteToken {
                    pitch: i.wrapping_add(round) % 88,
                    velocity: i % 32,
                    duration: i,
                    pedal: i % 3,
                    gap: (i % 2) * i,
                })
                .collect();
            let before = notes.clone();
            augment(&mut notes, &mut rng);
            for (a, b) in notes.iter().zip(&before) {
                assert!(a.is_valid());
                assert_eq!(a.gap == 0, b.gap == 0);
                assert_eq!(a.pedal, b.pedal);
            }
        }
    }
}
