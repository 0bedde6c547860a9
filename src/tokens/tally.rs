//! The tally of a segment: histograms of its notes.
//!
//! Networks that read notes one by one are slow to learn to count, so these histograms are a separate input. Each sums
//! to one and is stored as square roots, so that small shares still matter (Hellinger distance).

use super::{Field, NoteToken};

/// Intervals between consecutive notes are counted up to this many semitones, down and up.
const WIDEST: usize = 24;
const INTERVALS: usize = 2 * WIDEST + 1;
const CLASSES: usize = 12;
/// Gap bins are grouped into this many coarse ones, which are counted in pairs.
const COARSE_GAPS: usize = 8;
const LARGEST_CHORD: usize = 8;

/// Sizes of the histograms, in order: the five fields, pairs of pitch classes, intervals, pairs of gaps, chords.
const GROUPS: [usize; 9] = [
    Field::Pitch.size(),
    Field::Velocity.size(),
    Field::Duration.size(),
    Field::Pedal.size(),
    Field::Gap.size(),
    CLASSES * CLASSES,
    INTERVALS,
    COARSE_GAPS * COARSE_GAPS,
    LARGEST_CHORD,
];

/// Length of a tally.
pub const TALLY_LEN: usize = {
    let (mut sum, mut i) = (0, 0);
    while i < GROUPS.len() {
        sum += GROUPS[i];
        i += 1;
    }
    sum
};

/// The histograms of `notes`, concatenated: [`TALLY_LEN`] numbers. An end token is not counted.
pub fn tally(notes: &[NoteToken]) -> Vec<f32> {
    let end = notes.iter().position(|n| n.is_end()).unwrap_or(notes.len());
    let notes = &notes[..end];
    let mut groups: Vec<Vec<f32>> = GROUPS.iter().map(|&n| vec![0.0; n]).collect();
    for note in notes {
        for field in Field::ALL {
            groups[field.index()][usize::from(note.get(field)).min(field.size() - 1)] += 1.0;
        }
    }
    for pair in notes.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let class = |n: NoteToken| usize::from(n.pitch) % CLASSES;
        groups[5][class(a) * CLASSES + class(b)] += 1.0;
        let interval = i32::from(b.pitch) - i32::from(a.pitch);
        groups[6][(interval + WIDEST as i32).clamp(0, INTERVALS as i32 - 1) as usize] += 1.0;
        let coarse =
            |n: NoteToken| (usize::from(n.gap) * COARSE_GAPS / Field::Gap.size()).min(COARSE_GAPS - 1);
        groups[7][coarse(a) * COARSE_GAPS + coarse(b)] += 1.0;
    }
    for chord in notes.split_inclusive(|n| n.gap > 0) {
        groups[8][chord.len().min(LARGEST_CHORD) - 1] += 1.0;
    }
    for group in &mut groups {
        let sum: f32 = group.iter().sum::<f32>().max(1.0);
        group.iter_mut().for_each(|n| *n = (*n / sum).sqrt());
    }
    groups.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_histogram_sums_to_one_and_counts_what_is_there() {
        // C major broken, then as a chord: keys counted from the A at the bottom of the keyboard.
        let note = |pitch, gap| NoteToken { pitch, gap, ..NoteToken::default() };
        let notes = [note(39, 10), note(43, 10), note(46, 10), note(39, 0), note(43, 0), note(46, 20)];
        let counted = tally(&notes);
        assert_eq!(counted.len(), TALLY_LEN);
        let mut at = 0;
        for size in GROUPS {
            let sum: f32 = counted[at..at + size].iter().map(|v| v * v).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            at += size;
        }
        assert!((counted[39] - (2.0f32 / 6.0).sqrt()).abs() < 1e-6);
        // Three single notes and one chord of three.
        let chords = &counted[TALLY_LEN - LARGEST_CHORD..];
        assert!((chords[0] - 0.75f32.sqrt()).abs() < 1e-6 && (chords[2] - 0.5).abs() < 1e-6);
        // The end token is not counted, and an empty segment is allowed.
        let mut ended = notes.to_vec();
        ended.push(NoteToken::END);
        assert_eq!(tally(&ended), counted);
        assert_eq!(tally(&[]), vec![0.0; TALLY_LEN]);
    }
}
