//! Resolves overlapping notes of the same key.

use crate::music::{Note, Pitch};

/// Notes of the same key closer than this are merged: no hand repeats a key that fast, but doubled tracks do.
const DOUBLE_SECS: f64 = 0.001;

/// What [`settle`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    pub overlapping: usize,
    pub doubled: usize,
}

/// A note, and whether its key is held to its end even if another voice strikes it in the meantime.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub note: Note,
    pub is_held: bool,
}

/// Lengthens notes of a key that another voice holds: the key is released when the last voice releases it.
pub(super) fn hold_keys(strokes: &mut [Stroke]) {
    strokes.sort_by(|a, b| a.note.onset_secs.total_cmp(&b.note.onset_secs));
    let mut held_until = [0f64; Pitch::COUNT];
    for stroke in strokes {
        let until = &mut held_until[stroke.note.pitch.key_index()];
        let release_secs = stroke.note.release_secs();
        if *until > release_secs {
            stroke.note.duration_secs = *until - stroke.note.onset_secs;
        }
        if stroke.is_held {
            *until = until.max(release_secs);
        }
    }
}

/// Sorts notes by onset, then pitch. A note ends where its key is struck again; strokes within a millisecond are merged
/// into one with the first onset, the greatest velocity and the last release.
pub(super) fn settle(notes: &mut Vec<Note>) -> Settled {
    notes.sort_by(|a, b| a.onset_secs.total_cmp(&b.onset_secs).then(a.pitch.cmp(&b.pitch)));
    let mut settled = Settled::default();
    let mut last_of_key: [Option<usize>; Pitch::COUNT] = [None; Pitch::COUNT];
    let mut kept: usize = 0;
    for i in 0..notes.len() {
        let note = notes[i];
        let last = &mut last_of_key[note.pitch.key_index()];
        if let Some(before) = last.map(|l| &mut notes[l]) {
            if note.onset_secs - before.onset_secs < DOUBLE_SECS {
                before.velocity = before.velocity.max(note.velocity);
                before.duration_secs = before.release_secs().max(note.release_secs()) - before.onset_secs;
                settled.doubled += 1;
                continue;
            }
            if before.release_secs() > note.onset_secs {
                before.duration_secs = note.onset_secs - before.onset_secs;
                settled.overlapping += 1;
            }
        }
        *last = Some(kept);
        notes[kept] = note;
        kept += 1;
    }
    notes.truncate(kept);
    settled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Velocity;

    fn note(number: u8, onset_secs: f64, duration_secs: f64, velocity: i32) -> Note {
        Note {
            pitch: Pitch::LOWEST.transposed(i32::from(number) - 21).unwrap(),
            onset_secs,
            duration_secs,
            velocity: Velocity::clamped(velocity),
        }
    }

    #[test]
    fn a_key_struck_again_ends_its_note() {
        let mut notes = vec![note(60, 1.0, 0.5, 50), note(60, 0.0, 2.0, 60), note(62, 0.5, 2.0, 60)];
        assert_eq!(settle(&mut notes), Settled { overlapping: 1, doubled: 0 });
        assert_eq!(notes.iter().map(|n| n.duration_secs).collect::<Vec<_>>(), [1.0, 2.0, 0.5]);
    }

    #[test]
    fn a_key_that_one_voice_holds_stays_down() {
        let stroke = |note, is_held| Stroke { note, is_held };
        let releases = |mut strokes: Vec<Stroke>| {
            hold_keys(&mut strokes);
            let mut notes: Vec<Note> = strokes.iter().map(|s| s.note).collect();
            settle(&mut notes);
            notes.iter().map(Note::release_secs).collect::<Vec<_>>()
        };
        let held = |is_held| {
            vec![
                stroke(note(60, 0.0, 4.0, 64), is_held),
                stroke(note(60, 1.0, 0.25, 64), true),
                stroke(note(60, 2.0, 0.5, 64), true),
                stroke(note(60, 5.0, 0.5, 64), true),
            ]
        };
        assert_eq!(releases(held(true)), [1.0, 2.0, 4.0, 5.5]);
        // An unreleased note does not hold its key.
        assert_eq!(releases(held(false)), [1.0, 1.25, 2.5, 5.5]);
    }

    #[test]
    fn doubled_tracks_are_merged() {
        let mut notes = vec![
            note(60, 0.0, 1.0, 50),
            note(60, 0.0, 2.0, 40),
            note(60, 0.0005, 0.5, 90),
            note(60, 3.0, 1.0, 9),
        ];
        assert_eq!(settle(&mut notes), Settled { overlapping: 0, doubled: 2 });
        assert_eq!(notes, [note(60, 0.0, 2.0, 90), note(60, 3.0, 1.0, 9)]);
    }
}
