//! The timed notes and sustain pedal of one piece.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Note, Pitch};

/// A controller-64 value from which the dampers are off the strings.
pub const PEDAL_DOWN: u8 = 64;

/// The sustain pedal moves to `value` (0–127) at `time_secs`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PedalChange {
    pub time_secs: f64,
    pub value: u8,
}

impl PedalChange {
    pub fn is_down(&self) -> bool {
        self.value >= PEDAL_DOWN
    }
}

/// Notes sorted by onset, then pitch; pedal changes sorted by time. All times are finite and not negative.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    notes: Vec<Note>,
    pedal: Vec<PedalChange>,
}

impl Performance {
    /// Sorts what it is given; drops anything whose time is not finite, clamps negative times to zero.
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
        Performance { notes, pedal }
    }

    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub fn pedal(&self) -> &[PedalChange] {
        &self.pedal
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
            .filter_map(|n| {
                Some(Note {
                    pitch: n.pitch.transposed(semitones)?,
                    ..*n
                })
            })
            .collect();
        Performance::new(notes, self.pedal.clone())
    }

    /// The notes whose onset lies in `range` (seconds), moved so that the range begins at zero, with the pedal
    /// as it stood at its beginning.
    pub fn slice_secs(&self, range: Range<f64>) -> Performance {
        let inside = |t: f64| range.contains(&t);
        let notes = self
            .notes
            .iter()
            .filter(|n| inside(n.onset_secs))
            .map(|n| Note {
                onset_secs: n.onset_secs - range.start,
                ..*n
            })
            .collect();
        let before = self.pedal.partition_point(|p| p.time_secs <= range.start);
        let standing = before
            .checked_sub(1)
            .map(|i| PedalChange {
                time_secs: range.start,
                ..self.pedal[i]
            })
            .filter(PedalChange::is_down);
        let pedal = standing
            .into_iter()
            .chain(
                self.pedal[before..]
                    .iter()
                    .copied()
                    .filter(|p| inside(p.time_secs)),
            )
            .map(|p| PedalChange {
                time_secs: p.time_secs - range.start,
                ..p
            })
            .collect();
        Performance::new(notes, pedal)
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
    fn sorts_and_drops_what_has_no_time() {
        let p = Performance::new(
            vec![note(64, 1.0), note(60, 1.0), note(70, f64::NAN), note(50, -1.0)],
            vec![],
        );
        let numbers: Vec<u8> = p.notes().iter().map(|n| n.pitch.number()).collect();
        assert_eq!(numbers, [50, 60, 64]);
        assert_eq!(p.notes()[0].onset_secs, 0.0);
        assert_eq!(p.duration_secs(), 1.5);
    }

    #[test]
    fn slice_keeps_a_pedal_that_is_down() {
        let pedal = vec![
            PedalChange {
                time_secs: 0.5,
                value: 127,
            },
            PedalChange {
                time_secs: 2.5,
                value: 0,
            },
        ];
        let p = Performance::new(vec![note(60, 0.0), note(62, 2.0)], pedal);
        let slice = p.slice_secs(1.0..3.0);
        assert_eq!(slice.notes().len(), 1);
        assert_eq!(slice.notes()[0].onset_secs, 1.0);
        assert!(slice.is_pedal_down_at(0.0));
        assert!(!slice.is_pedal_down_at(1.6));
    }
}
