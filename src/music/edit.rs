//! Manual edits to some notes of a performance.

use std::collections::BTreeSet;

use super::{Note, Performance, Velocity};

/// Minimum duration of an edited note, in seconds.
const SHORTEST_SECS: f64 = 0.02;

/// An edit to some notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoteEdit {
    Delete,
    /// Later, or earlier if `secs` is negative, and higher or lower; never before the beginning of the music, and only
    /// as far as all the notes stay on the keyboard.
    Move {
        secs: f64,
        semitones: i32,
    },
    /// Multiplies the duration by `factor`.
    Stretch {
        factor: f64,
    },
    /// Louder, or softer if negative.
    Velocity {
        by: i32,
    },
}

impl Performance {
    /// Only the notes with the indices `notes`, after `edit`.
    pub fn changed(&self, notes: &BTreeSet<usize>, edit: NoteEdit) -> Vec<Note> {
        let own: Vec<&Note> = notes.iter().filter_map(|&i| self.notes().get(i)).collect();
        let change = within(edit, &own);
        own.into_iter().filter_map(change).collect()
    }

    /// Applies `edit` to the notes with the indices `notes`; returns the new music and the new indices of those notes.
    /// Everything else stays the same.
    pub fn edited(&self, notes: &BTreeSet<usize>, edit: NoteEdit) -> (Performance, BTreeSet<usize>) {
        let own: Vec<&Note> = notes.iter().filter_map(|&i| self.notes().get(i)).collect();
        let change = within(edit, &own);
        let changed = |(i, note): (usize, &Note)| {
            if notes.contains(&i) { change(note).map(|note| (note, true)) } else { Some((*note, false)) }
        };
        let mut all: Vec<(Note, bool)> = self.notes().iter().enumerate().filter_map(changed).collect();
        // The order of `Performance::new`.
        all.sort_by(|(a, _), (b, _)| a.onset_secs.total_cmp(&b.onset_secs).then(a.pitch.cmp(&b.pitch)));
        let places = all.iter().enumerate().filter(|(_, (_, is_own))| *is_own).map(|(i, _)| i).collect();
        let notes = all.into_iter().map(|(note, _)| note).collect();
        let edited = Performance::new(notes, self.pedal().to_vec());
        (edited.with_markings(self.markings().clone()), places)
    }
}

impl NoteEdit {
    /// Higher, or lower if negative.
    pub const fn transpose(semitones: i32) -> NoteEdit {
        NoteEdit::Move { secs: 0.0, semitones }
    }

    /// Later, or earlier if negative.
    pub const fn delay(secs: f64) -> NoteEdit {
        NoteEdit::Move { secs, semitones: 0 }
    }
}

/// The edit for a single note, limited so that all notes of `own` keep their distances.
fn within(edit: NoteEdit, own: &[&Note]) -> impl Fn(&Note) -> Option<Note> + use<> {
    let first_secs = own.iter().map(|n| n.onset_secs).fold(f64::INFINITY, f64::min);
    let shift_secs = match edit {
        NoteEdit::Move { secs, .. } if secs.is_finite() => secs.max(-first_secs),
        NoteEdit::Move { .. } | NoteEdit::Delete | NoteEdit::Stretch { .. } | NoteEdit::Velocity { .. } => {
            0.0
        }
    };
    let fits = |semitones: &i32| own.iter().all(|n| n.pitch.transposed(*semitones).is_some());
    let semitones = match edit {
        NoteEdit::Move { semitones: up @ 1.., .. } => (0..=up).rev().find(fits).unwrap_or(0),
        NoteEdit::Move { semitones: down, .. } => (down..=0).find(fits).unwrap_or(0),
        NoteEdit::Delete | NoteEdit::Stretch { .. } | NoteEdit::Velocity { .. } => 0,
    };
    move |note| match edit {
        NoteEdit::Delete => None,
        NoteEdit::Move { .. } => {
            let pitch = note.pitch.transposed(semitones)?;
            Some(Note { pitch, onset_secs: note.onset_secs + shift_secs, ..*note })
        }
        NoteEdit::Stretch { factor } => {
            let duration_secs = (note.duration_secs * factor).max(SHORTEST_SECS);
            Some(Note { duration_secs, ..*note })
        }
        NoteEdit::Velocity { by } => {
            let velocity = Velocity::clamped(i32::from(note.velocity.value()).saturating_add(by));
            Some(Note { velocity, ..*note })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{PedalChange, Pitch};

    fn music() -> Performance {
        let note = |number: u8, onset_secs| Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs: 0.5,
            velocity: Velocity::clamped(60),
        };
        let pedal = vec![PedalChange { time_secs: 0.2, value: 127 }];
        Performance::new(vec![note(60, 0.5), note(64, 1.0), note(106, 1.5), note(67, 2.0)], pedal)
    }

    fn edited(edit: NoteEdit) -> (Vec<(u8, f64)>, Vec<usize>, Performance) {
        let (music, places) = music().edited(&BTreeSet::from([1, 2]), edit);
        let notes = music.notes().iter().map(|n| (n.pitch.number(), n.onset_secs)).collect();
        (notes, places.into_iter().collect(), music)
    }

    #[test]
    fn chosen_notes_change_and_others_do_not() {
        let (notes, places, new) = edited(NoteEdit::Delete);
        assert_eq!((notes, places), (vec![(60, 0.5), (67, 2.0)], vec![]));
        assert_eq!(new.pedal(), music().pedal());
        let (notes, places, _) = edited(NoteEdit::delay(0.75));
        assert_eq!(notes, [(60, 0.5), (64, 1.75), (67, 2.0), (106, 2.25)]);
        assert_eq!(places, [1, 3], "the selection follows its notes");
        let (_, _, new) = edited(NoteEdit::Stretch { factor: 2.0 });
        assert_eq!(new.notes().iter().map(|n| n.duration_secs).collect::<Vec<_>>(), [0.5, 1.0, 1.0, 0.5]);
        let (_, _, new) = edited(NoteEdit::Velocity { by: 100 });
        let velocities: Vec<u8> = new.notes().iter().map(|n| n.velocity.value()).collect();
        assert_eq!(velocities, [60, 127, 127, 60]);
    }

    #[test]
    fn an_edit_stops_where_one_of_its_notes_reaches_a_limit() {
        let (notes, _, _) = edited(NoteEdit::transpose(12));
        assert_eq!(notes, [(60, 0.5), (66, 1.0), (108, 1.5), (67, 2.0)]);
        let (notes, _, _) = edited(NoteEdit::transpose(-1));
        assert_eq!(notes, [(60, 0.5), (63, 1.0), (105, 1.5), (67, 2.0)]);
        let (notes, places, _) = edited(NoteEdit::delay(-5.0));
        assert_eq!(notes, [(64, 0.0), (60, 0.5), (106, 0.5), (67, 2.0)]);
        assert_eq!(places, [0, 2]);
        let (notes, _, _) = edited(NoteEdit::delay(f64::NAN));
        assert_eq!(notes.len(), 4);
        let (notes, places, new) = edited(NoteEdit::Move { secs: 0.75, semitones: 1 });
        assert_eq!(notes, [(60, 0.5), (65, 1.75), (67, 2.0), (107, 2.25)]);
        let alone = music().changed(&BTreeSet::from([1, 2]), NoteEdit::Move { secs: 0.75, semitones: 1 });
        assert_eq!(alone, places.iter().map(|&i| new.notes()[i]).collect::<Vec<_>>());
        // An index that does not exist changes nothing.
        assert_eq!(music().edited(&BTreeSet::from([99]), NoteEdit::Delete).0, music());
    }
}
