//! Augmentation: transposition, tempo and loudness.

use rand::{Rng, RngExt};

use crate::tokens::{Hint, NoteToken, gap_bin, gap_secs};

/// Semitones: one shift for each of the twelve keys.
const TRANSPOSE: std::ops::RangeInclusive<i32> = -5..=6;
/// Tempo factor, as a natural logarithm: ± 15 %.
const LOG_TEMPO: f64 = 0.15;
/// Spacing of the duration bins, as a natural logarithm.
const LOG_DURATION_BIN: f64 = 0.09865;

/// Transposes a window and changes its tempo and loudness, including its hints. An end token is unchanged.
pub fn augment(notes: &mut [NoteToken], hints: &mut [Option<Hint>], rng: &mut impl Rng) {
    let (low, high) =
        notes.iter().filter(|n| !n.is_end()).fold((87, 0), |(l, h), n| (l.min(n.pitch), h.max(n.pitch)));
    let shift = rng.random_range(TRANSPOSE);
    let fits = low <= high && i32::from(low) + shift >= 0 && i32::from(high) + shift <= 87;
    let shift = if fits { shift } else { 0 };
    let louder: i32 = rng.random_range(-1..=1);
    let log_stretch = rng.random_range(-LOG_TEMPO..LOG_TEMPO);
    let stretch = log_stretch.exp();
    let velocity = |n: &NoteToken| (i32::from(n.velocity) + louder).clamp(0, 31) as u8;
    let duration = |n: &NoteToken, dither: f64| {
        let bins = f64::from(n.duration) + log_stretch / LOG_DURATION_BIN + dither;
        bins.round().clamp(0.0, 63.0) as u8
    };
    for n in notes.iter_mut().filter(|n| !n.is_end()) {
        n.pitch = (i32::from(n.pitch) + shift) as u8;
        n.velocity = velocity(n);
        n.duration = duration(n, rng.random_range(-0.5..0.5));
        n.gap = stretched_gap(n.gap, stretch, rng.random_range(-0.005..0.005));
    }
    for hint in hints {
        *hint = hint.and_then(|h| {
            let pitch = i32::from(h.note.pitch) + shift;
            let note = NoteToken {
                pitch: pitch as u8,
                velocity: velocity(&h.note),
                duration: duration(&h.note, 0.0),
                pedal: h.note.pedal,
                gap: stretched_gap(h.note.gap, stretch, 0.0),
            };
            (0..=87).contains(&pitch).then_some(Hint { note, ..h })
        });
    }
}

/// A chord stays a chord. Short gaps are dithered by up to half a grid step (`dither_secs`), so that the tempo is right
/// on average.
fn stretched_gap(gap: u8, stretch: f64, dither_secs: f64) -> u8 {
    if gap == 0 {
        return 0;
    }
    let secs = gap_secs(gap) * stretch;
    let dither = if secs < 0.24 { dither_secs } else { 0.0 };
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
            notes.push(NoteToken::END);
            let hint = |n: &NoteToken| Hint { note: *n, matched: 3, distance: 1 };
            let mut hints: Vec<Option<Hint>> = before.iter().map(|n| Some(hint(n))).collect();
            augment(&mut notes, &mut hints, &mut rng);
            assert!(notes[64].is_end());
            for (a, hint) in notes.iter().zip(&hints) {
                // Hints change like notes, except for the dither.
                let hinted = hint.unwrap().note;
                assert_eq!(
                    (a.pitch, a.velocity, a.gap == 0),
                    (hinted.pitch, hinted.velocity, hinted.gap == 0)
                );
                assert!(a.duration.abs_diff(hinted.duration) <= 1);
            }
            for (a, b) in notes.iter().zip(&before) {
                assert!(a.is_valid());
                assert_eq!(a.gap == 0, b.gap == 0);
                assert_eq!(a.pedal, b.pedal);
            }
        }
    }
}
