//! A performance: notes and sustain pedal of a piece.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::markings::{scale_pedal, slice_pedal};
use super::pedal::PedalChange;
use super::{Markings, Note, Pitch};

/// Notes sorted by onset, then pitch; pedal changes sorted by time. All times are finite and not negative.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    notes: Vec<Note>,
    pedal: Vec<PedalChange>,
    #[serde(default, skip_serializing_if = "Markings::is_empty")]
    markings: Markings,
}

/// What remains of a note at a cut is dropped if it is shorter than this.
const SHORTEST_REST_SECS: f64 = 0.001;

impl Performance {
    /// Sorts notes and pedal; drops non-finite times and clamps negative ones to zero.
    pub fn new(mut notes: Vec<Note>, mut pedal: Vec<PedalChange>) -> Performance {
        notes.retain(|n| n.onset_secs.is_finite() && n.duration_secs.is_finite());
        pedal.retain(|p| p.time_secs.is_finite());
        for note in &mut notes {
            note.onset_secs = note.onset_secs.max(0.0);
            note.duration_secs = note.duration_secs.max(0.0);
        }
        for change in &mut pedal {
            change.time_secs = change.time_secs.max(0.0);
        }
        notes.sort_by(|a, b| a.onset_secs.total_cmp(&b.onset_secs).then(a.pitch.cmp(&b.pitch)));
        pedal.sort_by(|a, b| a.time_secs.total_cmp(&b.time_secs));
        Performance { notes, pedal, markings: Markings::default() }
    }

    /// Sets the markings.
    pub fn with_markings(self, markings: Markings) -> Performance {
        Performance { markings, ..self }
    }

    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub fn pedal(&self) -> &[PedalChange] {
        &self.pedal
    }

    /// The other pedals, the tempo and the metre, if the music comes from a file that has them.
    pub fn markings(&self) -> &Markings {
        &self.markings
    }

    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// The last key release or pedal change, in seconds from the beginning; 0 when empty.
    pub fn duration_secs(&self) -> f64 {
        let keys = self.notes.iter().map(Note::release_secs).fold(0.0, f64::max);
        self.pedal.last().map_or(keys, |p| keys.max(p.time_secs))
    }

    /// Is the sustain pedal down just after `time_secs`?
    pub fn is_pedal_down_at(&self, time_secs: f64) -> bool {
        let next = self.pedal.partition_point(|p| p.time_secs <= time_secs);
        next > 0 && self.pedal[next - 1].is_down()
    }

    /// Moves every note by `semitones`; notes that would leave the piano are dropped.
    pub fn transposed(&self, semitones: i32) -> Performance {
        let notes = self
            .notes
            .iter()
            .filter_map(|n| Some(Note { pitch: n.pitch.transposed(semitones)?, ..*n }))
            .collect();
        Performance::new(notes, self.pedal.clone()).with_markings(self.markings.clone())
    }

    /// The part within `range` (seconds), shifted to begin at zero. Keys and pedals that are down at its beginning are
    /// down from zero on; those still down at its end are released there.
    pub fn slice_secs(&self, range: Range<f64>) -> Performance {
        let is_cut = range.end < self.duration_secs();
        let notes = self.notes.iter().filter_map(|note| {
            let onset_secs = note.onset_secs.max(range.start);
            let release_secs = note.release_secs().min(range.end);
            let begins_inside = range.contains(&note.onset_secs);
            (begins_inside || release_secs - onset_secs >= SHORTEST_REST_SECS).then_some(Note {
                onset_secs: onset_secs - range.start,
                duration_secs: (release_secs - onset_secs).max(0.0),
                ..*note
            })
        });
        let pedal = slice_pedal(&self.pedal, &range, is_cut);
        Performance::new(notes.collect(), pedal).with_markings(self.markings.slice_secs(&range, is_cut))
    }

    /// The same music at `scale` times the tempo (a positive number), including its markings.
    pub fn at_tempo(&self, scale: f64) -> Performance {
        let notes = self.notes.iter().map(|note| Note {
            onset_secs: note.onset_secs / scale,
            duration_secs: note.duration_secs / scale,
            ..*note
        });
        let pedal = scale_pedal(&self.pedal, scale);
        Performance::new(notes.collect(), pedal).with_markings(self.markings.at_tempo(scale))
    }

    /// The lowest and highest pitch; `None` when empty.
    pub fn pitch_range(&self) -> Option<(Pitch, Pitch)> {
        let pitches = || self.notes.iter().map(|n| n.pitch);
        Some((pitches().min()?, pitches().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Velocity;

    fn note(number: u8, onset_secs: f64) -> Note {
        Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs: 0.5,
            velocity: Velocity::new(64).unwrap(),
        }
    }

    #[test]
    fn sorts_notes_and_drops_invalid_times() {
        let p =
            Performance::new(vec![note(64, 1.0), note(60, 1.0), note(70, f64::NAN), note(50, -1.0)], vec![]);
        let numbers: Vec<u8> = p.notes().iter().map(|n| n.pitch.number()).collect();
        assert_eq!(numbers, [50, 60, 64]);
        assert_eq!(p.notes()[0].onset_secs, 0.0);
        assert_eq!(p.duration_secs(), 1.5);
    }

    fn change(time_secs: f64, value: u8) -> PedalChange {
        PedalChange { time_secs, value }
    }

    #[test]
    fn a_slice_keeps_keys_and_pedals_that_are_down_at_its_ends() {
        let long = Note { duration_secs: 4.0, ..note(48, 0.0) };
        let notes = vec![long, note(60, 0.0), note(62, 2.0), note(64, 2.9), note(65, 3.2)];
        let whole = Performance::new(notes, vec![change(0.5, 127), change(3.5, 0)]);
        let part = whole.slice_secs(1.0..3.0);
        let spans: Vec<(u8, f64, f64)> =
            part.notes().iter().map(|n| (n.pitch.number(), n.onset_secs, n.release_secs())).collect();
        assert_eq!(spans, [(48, 0.0, 2.0), (62, 1.0, 1.5), (64, 1.9, 2.0)]);
        assert_eq!(part.pedal(), [change(0.0, 127), change(2.0, 0)]);
        assert_eq!(part.duration_secs(), 2.0);
        // Without an end, nothing is cut.
        let rest = whole.slice_secs(3.0..f64::INFINITY);
        assert_eq!((rest.notes().len(), rest.duration_secs()), (3, 1.0));
        assert_eq!(rest.pedal(), [change(0.0, 127), change(0.5, 0)]);
        assert!(whole.slice_secs(9.0..12.0).is_empty());
    }

    #[test]
    fn twice_as_fast_is_half_as_long() {
        let whole = Performance::new(vec![note(60, 1.0)], vec![change(2.0, 0)]);
        let fast = whole.at_tempo(2.0);
        assert_eq!((fast.notes()[0].onset_secs, fast.notes()[0].duration_secs), (0.5, 0.25));
        assert_eq!(fast.duration_secs(), 1.0);
    }
}
