//! How music begins, goes on and ends: its first, middle and last 48 notes.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::pieces::Whole;
use crate::evaluate::Measured;
use crate::evaluate::stats::mean;
use crate::tokens::{NoteToken, duration_secs, gap_secs, velocity_value};

/// Notes of each place.
pub const EDGE: usize = 48;
/// Resamplings that the standard errors of medians come from.
const RESAMPLINGS: usize = 100;

/// A place in a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Opening,
    Middle,
    Ending,
}

impl Place {
    pub const ALL: [Place; 3] = [Place::Opening, Place::Middle, Place::Ending];

    pub fn name(self) -> &'static str {
        match self {
            Place::Opening => "opening",
            Place::Middle => "middle",
            Place::Ending => "ending",
        }
    }

    /// Up to 48 notes of that place.
    pub fn of(self, notes: &[NoteToken]) -> &[NoteToken] {
        let len = EDGE.min(notes.len());
        let start = match self {
            Place::Opening => 0,
            Place::Middle => (notes.len() - len) / 2,
            Place::Ending => notes.len() - len,
        };
        &notes[start..start + len]
    }
}

/// What is measured of a place: the order of its figures everywhere.
pub const FIGURES: [&str; 5] = ["notes/s", "duration, s", "velocity", "in chords", "pitch"];

/// Notes per second; geometric mean of the durations in seconds; mean velocity, 1–127; share of the notes that begin
/// together with another; mean pitch as a MIDI number. Zeros for fewer than two notes.
pub fn figures(notes: &[NoteToken]) -> [f64; 5] {
    let Some((_, before_last)) = notes.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        return [0.0; 5];
    };
    let secs: f64 = before_last.iter().map(|n| gap_secs(n.gap)).sum();
    let average = |of: fn(&NoteToken) -> f64| mean(&notes.iter().map(of).collect::<Vec<f64>>());
    let is_together = |i: usize| {
        let with_previous = i > 0 && notes[i - 1].gap == 0;
        with_previous || (i + 1 < notes.len() && notes[i].gap == 0)
    };
    let together = (0..notes.len()).filter(|i| is_together(*i)).count();
    [
        before_last.len() as f64 / secs.max(0.01),
        average(|n| duration_secs(n.duration).ln()).exp(),
        average(|n| f64::from(velocity_value(n.velocity))),
        together as f64 / notes.len() as f64,
        average(|n| f64::from(n.pitch) + 21.0),
    ]
}

/// Medians of the [`figures`] of one place over all pieces, composers weighing the same, with standard errors.
pub fn medians(pieces: &[Whole], place: Place) -> [Measured; 5] {
    let all: Vec<(usize, [f64; 5])> =
        pieces.iter().map(|w| (w.composer, figures(place.of(&w.notes)))).collect();
    let groups: Vec<&[(usize, [f64; 5])]> = all.chunk_by(|a, b| a.0 == b.0).collect();
    std::array::from_fn(|figure| {
        let own: Vec<Vec<f64>> =
            groups.iter().map(|group| group.iter().map(|(_, f)| f[figure]).collect()).collect();
        // Single pieces have no spread of their own: then the composers are drawn too.
        let drawn = if own.iter().all(|group| group.len() == 1) { vec![own.concat()] } else { own.clone() };
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let resampled: Vec<f64> = (0..RESAMPLINGS)
            .map(|_| {
                let draw = |group: &Vec<f64>| -> Vec<f64> {
                    group.iter().map(|_| group[rng.random_range(0..group.len())]).collect()
                };
                balanced_median(&drawn.iter().map(draw).collect::<Vec<_>>())
            })
            .collect();
        let centre = mean(&resampled);
        let squares: Vec<f64> = resampled.iter().map(|m| (m - centre).powi(2)).collect();
        Measured { value: balanced_median(&own), error: mean(&squares).sqrt() }
    })
}

/// The median of all values where every group weighs the same; 0 of nothing.
fn balanced_median(groups: &[Vec<f64>]) -> f64 {
    let weighted = groups.iter().flat_map(|group| {
        let weight = 1.0 / group.len() as f64;
        group.iter().map(move |&value| (value, weight))
    });
    let mut sorted: Vec<(f64, f64)> = weighted.collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = sorted.iter().map(|(_, w)| w).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (i, (value, weight)) in sorted.iter().enumerate() {
        below += weight;
        if (below - half).abs() < 1e-9 {
            return (value + sorted.get(i + 1).map_or(*value, |next| next.0)) / 2.0;
        }
        if below > half {
            return *value;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{duration_bin, gap_bin, velocity_bin};

    fn note(pitch: u8, gap: f64, duration: f64) -> NoteToken {
        NoteToken {
            pitch,
            velocity: velocity_bin(70),
            duration: duration_bin(duration),
            pedal: 0,
            gap: gap_bin(gap),
        }
    }

    #[test]
    fn figures_by_hand() {
        // A chord of two, a single note, and a last one whose gap is the next onset's business.
        let notes = [note(39, 0.0, 0.02), note(43, 0.1, 10.0), note(39, 0.2, 0.02), note(43, 3.0, 10.0)];
        let [density, duration, velocity, chords, pitch] = figures(&notes);
        assert!((density - 10.0).abs() < 1e-9);
        // √(0.02 · 10).
        assert!((duration - 0.2f64.sqrt()).abs() < 1e-9);
        // 70 lies in the bin 68–71, whose middle is 70; middle C is 60.
        assert_eq!((velocity, chords, pitch), (70.0, 0.5, 62.0));
        assert_eq!(figures(&notes[..1]), [0.0; 5]);
    }

    #[test]
    fn places_by_hand() {
        let notes: Vec<NoteToken> = (0..60).map(|i| note(i, 0.1, 0.1)).collect();
        let begins = |place: Place| place.of(&notes).first().map(|n| n.pitch);
        assert_eq!(Place::ALL.map(begins), [Some(0), Some(6), Some(12)]);
        assert_eq!(Place::Middle.of(&notes[..5]).len(), 5);
    }

    #[test]
    fn a_median_where_composers_weigh_the_same() {
        assert_eq!(balanced_median(&[vec![1.0, 2.0, 3.0]]), 2.0);
        assert_eq!(balanced_median(&[vec![1.0, 2.0]]), 1.5);
        // One value of 9 weighs as much as the four ones: half of the weight lies below or at 1.
        assert_eq!(balanced_median(&[vec![1.0; 4], vec![9.0]]), 5.0);
        assert_eq!(balanced_median(&[vec![1.0; 4], vec![9.0], vec![9.0]]), 9.0);
        assert_eq!(balanced_median(&[]), 0.0);
    }
}
