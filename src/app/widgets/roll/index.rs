//! An index to find the notes and pedal of a time range without looking at all of them.

use std::ops::Range;

use crate::music::{Note, Performance, Pitch};

/// Notes per block: small enough to skip well, large enough that 100,000 notes have few blocks.
const BLOCK: usize = 64;

/// A time span with the sustain pedal at `value` (1–127).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PedalSpan {
    pub from_secs: f64,
    pub to_secs: f64,
    pub value: u8,
}

/// The index of a performance. Rebuilt when the performance changes.
#[derive(Clone, Debug, Default)]
pub struct NoteIndex {
    /// The latest key release in each block.
    block_release_secs: Vec<f64>,
    pedal: Vec<PedalSpan>,
    pub pitches: Option<(Pitch, Pitch)>,
    pub duration_secs: f64,
}

impl NoteIndex {
    pub fn new(performance: &Performance) -> NoteIndex {
        let block_release_secs = performance
            .notes()
            .chunks(BLOCK)
            .map(|block| block.iter().map(Note::release_secs).fold(0.0, f64::max))
            .collect();
        let duration_secs = performance.duration_secs();
        let ends = performance.pedal().iter().skip(1).map(|p| p.time_secs);
        let pedal = performance
            .pedal()
            .iter()
            .zip(ends.chain([duration_secs]))
            .filter(|(p, _)| p.value > 0)
            .map(|(p, to_secs)| PedalSpan { from_secs: p.time_secs, to_secs, value: p.value })
            .collect();
        NoteIndex { block_release_secs, pedal, pitches: performance.pitch_range(), duration_secs }
    }

    /// The notes held at some time within `range` (seconds), with their indices in `notes`, which must be the notes
    /// that this index was built from.
    pub fn notes_in<'a>(
        &'a self,
        notes: &'a [Note],
        range: Range<f64>,
    ) -> impl Iterator<Item = (usize, &'a Note)> + 'a {
        let end = notes.partition_point(|n| n.onset_secs <= range.end);
        let start = range.start;
        self.block_release_secs
            .iter()
            .enumerate()
            .take(end.div_ceil(BLOCK))
            .filter(move |(_, release)| **release >= start)
            .flat_map(move |(block, _)| block * BLOCK..((block + 1) * BLOCK).min(end))
            .map(|i| (i, &notes[i]))
            .filter(move |(_, n)| n.release_secs() >= start)
    }

    /// The notes whose key is down at `secs`.
    pub fn sounding<'a>(
        &'a self,
        notes: &'a [Note],
        secs: f64,
    ) -> impl Iterator<Item = (usize, &'a Note)> + 'a {
        self.notes_in(notes, secs..secs).filter(move |(_, n)| n.release_secs() > secs)
    }

    /// The pedal spans that overlap `range` (seconds).
    pub fn pedal_in(&self, range: Range<f64>) -> &[PedalSpan] {
        let from = self.pedal.partition_point(|p| p.to_secs < range.start);
        let to = self.pedal.partition_point(|p| p.from_secs <= range.end);
        &self.pedal[from.min(to)..to]
    }

    /// The note at a place: of those of this pitch within `slack_secs`, the last to begin.
    pub fn note_at(&self, notes: &[Note], secs: f64, pitch: Pitch, slack_secs: f64) -> Option<usize> {
        self.notes_in(notes, secs - slack_secs..secs).filter(|(_, n)| n.pitch == pitch).map(|(i, _)| i).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{PedalChange, Velocity};

    fn note(number: u8, onset_secs: f64, duration_secs: f64) -> Note {
        Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs,
            velocity: Velocity::new(64).unwrap(),
        }
    }

    /// A bass note held for nearly everything, and a thousand short ones above it.
    fn performance() -> Performance {
        let mut notes: Vec<Note> =
            (0..1000).map(|i| note(60 + (i % 12) as u8, f64::from(i) * 0.1, 0.08)).collect();
        notes.push(note(30, 0.5, 90.0));
        let pedal = [(1.0, 127), (2.0, 0), (4.0, 40), (5.0, 100), (6.0, 0)];
        let pedal = pedal.map(|(time_secs, value)| PedalChange { time_secs, value }).to_vec();
        Performance::new(notes, pedal)
    }

    #[test]
    fn finds_the_same_notes_as_looking_at_all() {
        let p = performance();
        let index = NoteIndex::new(&p);
        for range in [0.0..5.0, 49.95..50.3, 95.0..200.0, 40.0..40.0, -3.0..-1.0] {
            let found: Vec<usize> = index.notes_in(p.notes(), range.clone()).map(|(i, _)| i).collect();
            let all = p.notes().iter().enumerate();
            let expected: Vec<usize> = all
                .filter(|(_, n)| n.onset_secs <= range.end && n.release_secs() >= range.start)
                .map(|(i, _)| i)
                .collect();
            assert_eq!(found, expected, "{range:?}");
        }
    }

    #[test]
    fn a_long_note_still_sounds_at_the_end() {
        let p = performance();
        let index = NoteIndex::new(&p);
        let pitches: Vec<u8> = index.sounding(p.notes(), 80.09).map(|(_, n)| n.pitch.number()).collect();
        assert_eq!(pitches, [30]);
        assert_eq!(index.sounding(p.notes(), 95.0).filter(|(_, n)| n.pitch.number() == 30).count(), 0);
    }

    #[test]
    fn pedal_spans_keep_half_pedal_and_skip_the_rests() {
        let index = NoteIndex::new(&performance());
        let spans: Vec<(f64, f64, u8)> =
            index.pedal_in(0.0..100.0).iter().map(|s| (s.from_secs, s.to_secs, s.value)).collect();
        assert_eq!(spans, [(1.0, 2.0, 127), (4.0, 5.0, 40), (5.0, 6.0, 100)]);
        assert_eq!(index.pedal_in(2.5..3.5).len(), 0);
        assert_eq!(index.pedal_in(4.5..4.6).len(), 1);
    }

    #[test]
    fn the_later_of_two_notes_is_hit() {
        let p = Performance::new(vec![note(60, 0.0, 2.0), note(60, 1.0, 2.0), note(61, 1.0, 1.0)], vec![]);
        let index = NoteIndex::new(&p);
        let c4 = Pitch::new(60).unwrap();
        assert_eq!(index.note_at(p.notes(), 1.5, c4, 0.0), Some(1));
        assert_eq!(index.note_at(p.notes(), 0.5, c4, 0.0), Some(0));
        assert_eq!(index.note_at(p.notes(), 3.05, c4, 0.0), None);
        assert_eq!(index.note_at(p.notes(), 3.05, c4, 0.1), Some(1));
    }

    #[test]
    fn empty_is_empty() {
        let index = NoteIndex::new(&Performance::default());
        assert_eq!(index.notes_in(&[], 0.0..10.0).count(), 0);
        assert!(index.pedal_in(0.0..1.0).is_empty());
    }
}
