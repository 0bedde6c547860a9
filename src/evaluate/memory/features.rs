//! What a classifier hears in music: figures of pitch, time and velocity, each with a name in words.

use super::prepared::{Heard, correlation, deviation, entropy, share};
use super::theme_return::returned_share;
use crate::evaluate::stats::{cosine, mean};
use crate::tokens::repeated_share;

/// A figure's name in words, and how it is found.
pub type Feature = (&'static str, fn(&Heard) -> f64);

/// All features.
pub const FEATURES: &[Feature] = &[
    // Memory.
    ("patterns of 4 intervals heard before", |h| repeated_share::<4>(h.notes).unwrap_or(0.0)),
    ("patterns of 8 intervals heard before", |h| repeated_share::<8>(h.notes).unwrap_or(0.0)),
    ("themes that return", |h| returned_share(h.notes, h.notes).unwrap_or(0.0)),
    ("rhythms of 4 gaps heard before", rhythms_heard_before),
    ("pitches among the last 8 notes", |h| recent(&h.pitches, 8)),
    ("pitches among the last 24 notes", |h| recent(&h.pitches, 24)),
    ("bass notes struck again at once", |h| recent(&h.bass, 1)),
    ("bass notes among the last 4 bass notes", |h| recent(&h.bass, 4)),
    ("top notes struck again at once", |h| recent(&h.tops, 1)),
    ("top notes among the last 4 top notes", |h| recent(&h.tops, 4)),
    // Pitch.
    ("mean pitch", |h| mean(&h.pitches)),
    ("spread of pitches", |h| deviation(&h.pitches)),
    ("size of steps", |h| mean(&h.intervals.iter().map(|i| i.abs()).collect::<Vec<_>>())),
    ("steps of one or two semitones", |h| share(&h.intervals, |i| (1.0..=2.0).contains(&i.abs()))),
    ("steps of an octave", |h| share(&h.intervals, |i| i.abs() == 12.0)),
    ("notes struck again at once", |h| share(&h.intervals, |i| *i == 0.0)),
    ("steps that go on in the same direction", same_direction),
    ("variety of steps", |h| entropy(h.intervals.iter().map(|i| *i as i64))),
    ("size of steps of the top line", |h| mean(&steps(&h.tops))),
    ("small steps of the top line", |h| share(&steps(&h.tops), |s| (1.0..=2.0).contains(s))),
    ("size of steps of the bass", |h| mean(&steps(&h.bass))),
    ("variety of pitch classes", |h| entropy(h.pitches.iter().map(|p| *p as i64 % 12))),
    ("how well one key fits 32 notes", |h| mean(&h.classes.iter().map(key_fit).collect::<Vec<_>>())),
    ("pitch classes in common with the 32 notes before", neighbours_alike),
    ("semitone clashes in chords", clashes),
    ("octaves in chords", |h| share(&h.chord_intervals, |i| *i == 12.0)),
    ("notes per chord", |h| mean(&h.chord_sizes)),
    ("single notes", |h| share(&h.chord_sizes, |n| *n == 1.0)),
    // Time.
    ("density", |h| (h.notes.len() as f64 / h.secs.max(0.1)).ln()),
    ("durations", |h| mean(&h.log_durations)),
    ("spread of durations", |h| deviation(&h.log_durations)),
    ("change of duration from note to note", |h| mean(&steps(&h.log_durations))),
    ("spread of gaps", |h| deviation(&h.log_gaps)),
    ("variety of gaps", |h| entropy(h.notes.iter().map(|n| i64::from(n.gap)))),
    ("gaps as long as the one before", |h| share(&steps(&h.log_gaps), |s| *s < 0.1)),
    ("change of gap from note to note", |h| mean(&steps(&h.log_gaps))),
    ("gaps under 40 ms", |h| share(&h.log_gaps, |g| *g < 0.035f64.ln())),
    ("gaps over half a second", |h| share(&h.log_gaps, |g| *g > 0.5f64.ln())),
    ("rhythmic periodicity", |h| h.periodicity()),
    ("keys held at once", |h| h.log_durations.iter().map(|d| d.exp()).sum::<f64>() / h.secs.max(0.1)),
    ("durations that follow the gaps", |h| correlation(&h.log_durations, &h.log_next_gaps)),
    // Velocity.
    ("velocity", |h| mean(&h.velocities)),
    ("spread of velocities", |h| deviation(&h.velocities)),
    ("change of velocity from note to note", |h| mean(&steps(&h.velocities))),
    ("slow changes of loudness", |h| deviation(&averages(&h.velocities, 32))),
    ("louder top notes", |h| mean(&h.top_accents)),
    ("velocities that follow the pitch", |h| correlation(&h.pitches, &h.velocities)),
];

/// One value per feature, all finite.
pub fn features(heard: &Heard) -> Vec<f64> {
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    FEATURES.iter().map(|(_, of)| finite(of(heard))).collect()
}

/// Share of the values that are among the `back` values before them.
fn recent(values: &[f64], back: usize) -> f64 {
    let is_recent = |i: &usize| values[i.saturating_sub(back)..*i].contains(&values[*i]);
    let n = values.len().saturating_sub(1).max(1);
    (1..values.len()).filter(is_recent).count() as f64 / n as f64
}

fn steps(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect()
}

fn averages(values: &[f64], of: usize) -> Vec<f64> {
    values.chunks_exact(of).map(mean).collect()
}

/// Gaps between onsets are told apart by about a quarter of their length.
fn rhythms_heard_before(heard: &Heard) -> f64 {
    let coarse: Vec<i64> = heard.log_gaps.iter().map(|g| (g / 0.22).round() as i64).collect();
    let mut known = std::collections::HashSet::new();
    let patterns: Vec<&[i64]> = coarse.windows(4).collect();
    share(&patterns, |p| !known.insert(*p))
}

fn same_direction(heard: &Heard) -> f64 {
    let pairs: Vec<(f64, f64)> = heard.intervals.windows(2).map(|p| (p[0], p[1])).collect();
    share(&pairs, |(a, b)| a * b > 0.0)
}

fn clashes(heard: &Heard) -> f64 {
    share(&heard.chord_intervals, |i| matches!(*i as i64 % 12, 1 | 11))
}

fn neighbours_alike(heard: &Heard) -> f64 {
    let alike = heard.classes.windows(2).map(|pair| cosine(&pair[0], &pair[1]));
    mean(&alike.collect::<Vec<_>>())
}

/// The highest correlation of counts of pitch classes with the profile of a major or minor key (Krumhansl 1990).
fn key_fit(classes: &[f64; 12]) -> f64 {
    const MAJOR: [f64; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
    const MINOR: [f64; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
    let fit = |profile: &[f64; 12], tonic: usize| {
        let turned: Vec<f64> = (0..12).map(|class| profile[(class + 12 - tonic) % 12]).collect();
        correlation(classes, &turned)
    };
    let fits = (0..12).flat_map(|tonic| [fit(&MAJOR, tonic), fit(&MINOR, tonic)]);
    fits.fold(-1.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{NoteToken, duration_bin, gap_bin};

    fn feature(name: &str, notes: &[NoteToken]) -> f64 {
        let (_, of) = FEATURES.iter().find(|(n, _)| *n == name).unwrap();
        of(&Heard::new(notes))
    }

    /// C major triads in the right hand over a C that is struck again and again, one chord every half second.
    fn chords() -> Vec<NoteToken> {
        let note = |pitch: u8, gap: f64| NoteToken {
            pitch,
            velocity: if pitch == 46 { 20 } else { 15 },
            duration: duration_bin(0.5),
            pedal: 0,
            gap: gap_bin(gap),
        };
        (0..16).flat_map(|_| [note(15, 0.0), note(39, 0.0), note(43, 0.0), note(46, 0.5)]).collect()
    }

    #[test]
    fn features_by_hand() {
        let notes = chords();
        assert_eq!(feature("notes per chord", &notes), 4.0);
        assert_eq!(feature("single notes", &notes), 0.0);
        assert_eq!(feature("bass notes struck again at once", &notes), 1.0);
        assert_eq!(feature("top notes among the last 4 top notes", &notes), 1.0);
        assert_eq!(feature("semitone clashes in chords", &notes), 0.0);
        // The top note is in bin 20, the mean of the others in 15: five bins of four.
        assert_eq!(feature("louder top notes", &notes), 20.0);
        assert_eq!(feature("gaps as long as the one before", &notes), 1.0);
        assert!(feature("how well one key fits 32 notes", &notes) > 0.7);
        // 63 intervals, of which 16 go 24 up, 16 go 4 up, 16 go 3 up and 15 go 31 down; none is an octave.
        let size = (16.0 * 24.0 + 16.0 * 4.0 + 16.0 * 3.0 + 15.0 * 31.0) / 63.0;
        assert!((feature("size of steps", &notes) - size).abs() < 1e-9);
        assert_eq!(feature("steps of an octave", &notes), 0.0);
        // Every four intervals come again after the first four patterns.
        assert!((feature("patterns of 4 intervals heard before", &notes) - 56.0 / 60.0).abs() < 1e-9);
        // 16 chords have 15 gaps between them and 12 rhythms of four; all but the first were there before.
        assert!((feature("rhythms of 4 gaps heard before", &notes) - 11.0 / 12.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_and_one_note_have_finite_features() {
        for n in [0, 1, 2, 5] {
            let all = features(&Heard::new(&chords()[..n]));
            assert_eq!(all.len(), FEATURES.len());
            assert!(all.iter().all(|v| v.is_finite()), "{n}: {all:?}");
        }
    }
}
