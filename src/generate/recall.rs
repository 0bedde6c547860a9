//! Brings a theme back: a pointer walks through the theme while the take is composed, and hints its next note.
//!
//! The memory needs a few matching notes before it hints; a recall starts by itself. Where the take strays from the
//! theme, the pointer looks for the place where the take rejoins it.

use std::ops::Range;

use crate::tokens::{Hint, MAX_MATCH, NoteToken};

/// How far ahead in the theme an unexpected note is looked for.
const LOOK_AHEAD: usize = 6;
/// Unexpected notes in a row after which the pointer moves on by itself.
const PATIENCE: usize = 2;

/// One return of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// The theme, as indices into the tokens of the take.
    theme: Range<usize>,
    /// The theme's next note.
    at: usize,
    strays: usize,
    /// Semitones from the theme to its return.
    shift: i8,
}

impl Recall {
    pub fn new(theme: Range<usize>, shift: i8) -> Recall {
        Recall { at: theme.start, theme, strays: 0, shift }
    }

    /// The theme's next note in the key of the return, as a hint for note `next` of the take. `None` when the theme is
    /// over or the note would leave the keyboard.
    pub fn hint(&self, tokens: &[NoteToken], next: usize) -> Option<Hint> {
        let note = *tokens.get(self.at).filter(|_| self.theme.contains(&self.at))?;
        let pitch = i32::from(note.pitch) + i32::from(self.shift);
        (0..i32::from(NoteToken::END_PITCH)).contains(&pitch).then_some(Hint {
            note: NoteToken { pitch: pitch as u8, ..note },
            matched: MAX_MATCH,
            distance: next.saturating_sub(self.at).max(1),
        })
    }

    /// Moves past the composed note.
    pub fn follow(&mut self, tokens: &[NoteToken], composed: NoteToken) {
        let is_it = |at: usize| {
            let expected = i32::from(tokens[at].pitch) + i32::from(self.shift);
            i32::from(composed.pitch) == expected
        };
        let end = self.theme.end.min(tokens.len());
        let found = (self.at..(self.at + LOOK_AHEAD).min(end)).find(|&at| is_it(at));
        if let Some(found) = found {
            self.at = found + 1;
            self.strays = 0;
            return;
        }
        self.strays += 1;
        if self.strays > PATIENCE {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(pitches: &[u8]) -> Vec<NoteToken> {
        let note = |&pitch: &u8| NoteToken { pitch, gap: 9, ..NoteToken::default() };
        pitches.iter().map(note).collect()
    }

    #[test]
    fn a_theme_is_hinted_note_by_note_in_its_new_key() {
        let tokens = notes(&[40, 44, 47, 52, 30, 31]);
        let mut recall = Recall::new(0..4, 5);
        for expected in [45, 49, 52, 57] {
            let hint = recall.hint(&tokens, 6).unwrap();
            assert_eq!(hint.note.pitch, expected);
            recall.follow(&tokens, hint.note);
        }
        assert_eq!(recall.hint(&tokens, 10), None, "the theme is over");
    }

    #[test]
    fn omitted_notes_are_skipped_and_ornaments_are_waited_for() {
        let tokens = notes(&[40, 44, 47, 52, 55, 59]);
        let mut recall = Recall::new(0..6, 0);
        let played = notes(&[40, 47, 60, 52]);
        let mut hinted = Vec::new();
        for &note in &played {
            recall.follow(&tokens, note);
            hinted.push(recall.hint(&tokens, 6).map(|h| h.note.pitch));
        }
        assert_eq!(hinted, [Some(44), Some(52), Some(52), Some(55)]);
    }

    #[test]
    fn the_pointer_moves_on_when_the_take_leaves_the_theme() {
        let tokens = notes(&[40, 44, 47]);
        let mut recall = Recall::new(0..3, 0);
        for _ in 0..8 {
            recall.follow(&tokens, notes(&[70])[0]);
        }
        assert_eq!(recall.hint(&tokens, 11), None);
    }

    #[test]
    fn notes_outside_the_keyboard_are_not_hinted() {
        let tokens = notes(&[85, 3]);
        assert_eq!(Recall::new(0..2, 5).hint(&tokens, 2), None);
        assert_eq!(Recall::new(1..2, -5).hint(&tokens, 2), None);
    }
}
