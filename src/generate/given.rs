//! Given notes, which a take keeps wholly or in part while the rest is composed around them.

use crate::tokens::{Field, NoteToken, Silences};

/// Which fields of a note are given, in the order of [`Field::ALL`].
pub type Kept = [bool; 5];

/// Every field of a note.
pub const WHOLE: Kept = [true; 5];

/// A score with gaps: note `i` of the take keeps the fields `kept[i]` of `notes[i]`, and the model fills in the others.
/// The take ends with the score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    pub notes: Vec<NoteToken>,
    /// Kept fields, one entry per note.
    pub kept: Vec<Kept>,
    /// Silences longer than a token can represent.
    pub silences: Silences,
    /// Standard deviation, in semitones, of newly composed pitches around the given ones; `None`: unrestricted.
    pub reach: Option<f32>,
}

impl Given {
    /// The value of a field in note `i`, if it is kept.
    pub fn value(&self, i: usize, field: Field) -> Option<u8> {
        let is_kept = self.kept.get(i).is_some_and(|kept| kept[field.index()]);
        self.notes.get(i).filter(|_| is_kept).map(|n| n.get(field))
    }

    /// Are all fields of note `i` kept?
    pub fn is_whole(&self, i: usize) -> bool {
        i < self.notes.len() && self.kept.get(i) == Some(&WHOLE)
    }

    /// The silences that the take keeps: the one before it, and those after notes whose gap is kept.
    pub fn kept_silences(&self) -> Silences {
        let mut silences = self.silences.clone();
        silences.rests.retain(|rest| self.value(rest.note, Field::Gap).is_some());
        silences
    }

    /// The highest pitch of note `i` that leaves room for the rest of its chord to rise to the kept notes.
    fn ceiling(&self, i: usize) -> i32 {
        let mut below = 0;
        for at in i..self.notes.len() {
            if let Some(pitch) = self.value(at, Field::Pitch) {
                return i32::from(pitch) - below;
            }
            if self.value(at, Field::Gap) != Some(0) {
                break;
            }
            below += 1;
        }
        i32::from(NoteToken::END_PITCH) - 1 - below
    }

    /// Masks the `logits` of note `i` that leave no room for the kept notes, and biases pitches towards the given one.
    /// `pitch` is the note's pitch, once chosen.
    pub fn bar(&self, i: usize, field: Field, pitch: u8, logits: &mut [f32]) {
        if i >= self.notes.len() {
            return;
        }
        match field {
            Field::Pitch => {
                logits[usize::from(NoteToken::END_PITCH)] = f32::NEG_INFINITY;
                let first_barred = (self.ceiling(i) + 1).max(1) as usize;
                if first_barred < logits.len() {
                    logits[first_barred..].fill(f32::NEG_INFINITY);
                }
                if let Some(reach) = self.reach {
                    let centre = f32::from(self.notes[i].pitch);
                    for (p, l) in logits.iter_mut().enumerate() {
                        *l -= 0.5 * ((p as f32 - centre) / reach).powi(2);
                    }
                }
            }
            Field::Gap if i32::from(pitch) >= self.ceiling(i + 1) => logits[0] = f32::NEG_INFINITY,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pitch: u8, gap: u8) -> NoteToken {
        NoteToken { pitch, gap, ..NoteToken::default() }
    }

    #[test]
    fn a_free_note_leaves_room_for_the_chord_above_it() {
        let mut given = Given {
            notes: vec![note(30, 0), note(40, 0), note(50, 9), note(20, 9)],
            kept: vec![WHOLE; 4],
            ..Given::default()
        };
        given.kept[0][0] = false;
        given.kept[1][0] = false;
        assert_eq!((given.ceiling(0), given.ceiling(1), given.ceiling(2)), (48, 49, 50));
        let mut logits = [0f32; 89];
        given.bar(0, Field::Pitch, 0, &mut logits);
        assert!(logits[48] == 0.0 && logits[49].is_infinite() && logits[88].is_infinite());
        assert!(given.is_whole(2) && !given.is_whole(0) && !given.is_whole(4));
    }

    #[test]
    fn a_free_gap_may_not_join_a_falling_step_into_a_chord() {
        let mut given =
            Given { notes: vec![note(50, 9), note(20, 9)], kept: vec![WHOLE; 2], ..Given::default() };
        given.kept[0][4] = false;
        let mut logits = [0f32; 64];
        given.bar(0, Field::Gap, 50, &mut logits);
        assert!(logits[0].is_infinite() && logits[1] == 0.0);
        logits[0] = 0.0;
        given.bar(0, Field::Gap, 19, &mut logits);
        assert_eq!(logits[0], 0.0);
    }

    #[test]
    fn rests_stay_where_the_time_to_the_next_note_is_kept() {
        use crate::tokens::Rest;

        let rest = |note| Rest { note, secs: 14.0 };
        let mut given = Given {
            notes: vec![note(30, 63), note(40, 63), note(50, 9)],
            kept: vec![WHOLE; 3],
            silences: Silences { lead_secs: 2.0, rests: vec![rest(0), rest(1)] },
            reach: None,
        };
        given.kept[0] = [false; 5];
        let kept = given.kept_silences();
        assert_eq!((kept.lead_secs, kept.rests), (2.0, vec![rest(1)]));
    }
}
