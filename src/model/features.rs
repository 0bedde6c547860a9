//! Notes as indices into the embedding tables.

use crate::tokens::{Field, Hint, NoteToken};

/// Rows of the decoder's table by column: five fields of the note before (each with a row for "hidden"), its pitch
/// class and octave, and two for the place in the piece.
pub const INPUT_COLUMNS: usize = 9;
/// The encoder's columns per note: five fields, pitch class and octave.
pub const NOTE_COLUMNS: usize = 7;

const HIDDEN_PITCH: i64 = 89;
const START_PITCH: i64 = 90;
const SINCE_BINS: i64 = 11;
const UNTIL_BINS: i64 = 8;

/// Rows per column, in order.
const SIZES: [i64; INPUT_COLUMNS] = [91, 33, 65, 4, 65, 13, 10, SINCE_BINS, UNTIL_BINS];

const fn offsets() -> [i64; INPUT_COLUMNS] {
    let mut out = [0; INPUT_COLUMNS];
    let mut i = 1;
    while i < INPUT_COLUMNS {
        out[i] = out[i - 1] + SIZES[i - 1];
        i += 1;
    }
    out
}

const OFFSETS: [i64; INPUT_COLUMNS] = offsets();
/// Rows of the decoder's table.
pub const INPUT_ROWS: i64 = OFFSETS[INPUT_COLUMNS - 1] + SIZES[INPUT_COLUMNS - 1];
/// Rows of one note in the encoder's table.
pub const NOTE_ROWS: i64 = OFFSETS[NOTE_COLUMNS - 1] + SIZES[NOTE_COLUMNS - 1];

/// What the decoder sees of the previous note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// There is none: the window starts here.
    Start,
    /// There is one, but it is hidden from the model.
    Hidden,
    Note(NoteToken),
}

/// The position of a note in its piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Notes before it.
    pub since_start: usize,
    /// Notes from it to the end.
    pub until_end: usize,
}

impl Place {
    /// Classes 0, 1, 2–3, 4–7 … 512 and more: fine at the beginning of a piece, coarse in its middle.
    fn since_bin(self) -> i64 {
        i64::from((self.since_start + 1).min(1 << 10).ilog2()).min(SINCE_BINS - 1)
    }

    /// Classes below 8, below 16 … 512 and more: coarse, so that the model chooses the exact end itself.
    fn until_bin(self) -> i64 {
        i64::from((self.until_end / 4).clamp(1, 1 << 10).ilog2()).min(UNTIL_BINS - 1)
    }
}

fn note_columns(note: NoteToken) -> [i64; NOTE_COLUMNS] {
    let [pitch, velocity, duration, pedal, gap] = note.to_array().map(i64::from);
    // Key 0 is an A: class 0 is C and octaves change at C.
    let (class, octave) = if note.is_end() { (12, 9) } else { ((pitch + 9) % 12, (pitch + 9) / 12) };
    [pitch, velocity, duration, pedal, gap, class, octave]
}

fn hidden_columns(pitch: i64) -> [i64; NOTE_COLUMNS] {
    let hidden = |field: Field| field.size() as i64;
    [pitch, hidden(Field::Velocity), hidden(Field::Duration), hidden(Field::Pedal), hidden(Field::Gap), 12, 9]
}

/// Rows of the decoder's table for one step.
pub fn input_rows(previous: Previous, place: Place) -> [i64; INPUT_COLUMNS] {
    let note = match previous {
        Previous::Start => hidden_columns(START_PITCH),
        Previous::Hidden => hidden_columns(HIDDEN_PITCH),
        Previous::Note(token) => note_columns(token),
    };
    let mut rows = [0; INPUT_COLUMNS];
    rows[..NOTE_COLUMNS].copy_from_slice(&note);
    rows[NOTE_COLUMNS] = place.since_bin();
    rows[NOTE_COLUMNS + 1] = place.until_bin();
    std::array::from_fn(|i| rows[i] + OFFSETS[i])
}

/// Rows of the encoder's table for a note at position `in_patch` of its patch; `None` after the end of the segment.
pub fn note_rows(note: Option<NoteToken>, in_patch: usize) -> [i64; NOTE_COLUMNS] {
    let columns = note.map_or_else(|| hidden_columns(HIDDEN_PITCH), note_columns);
    std::array::from_fn(|i| columns[i] + OFFSETS[i] + in_patch as i64 * NOTE_ROWS)
}

/// Columns of a hint: the five fields of the earlier note, match length, and age; row 0 of each is "no hint".
pub const HINT_COLUMNS: usize = 7;
/// Classes of match lengths, "no hint" among them.
pub const MATCH_CLASSES: i64 = 8;
const DISTANCE_CLASSES: i64 = 17;

const HINT_SIZES: [i64; HINT_COLUMNS] = [89, 33, 65, 4, 65, MATCH_CLASSES, DISTANCE_CLASSES];

const HINT_OFFSETS: [i64; HINT_COLUMNS] = {
    let mut out = [0; HINT_COLUMNS];
    let mut i = 1;
    while i < HINT_COLUMNS {
        out[i] = out[i - 1] + HINT_SIZES[i - 1];
        i += 1;
    }
    out
};
/// Rows of the decoder's table of hints.
pub const HINT_ROWS: i64 = HINT_OFFSETS[HINT_COLUMNS - 1] + HINT_SIZES[HINT_COLUMNS - 1];

/// The class of a match: 1 for 3 intervals, 2 for 4–5, 3 for 6–8, 4 for 9–12, 5 for 13–24, 6 for 25–48, 7 for more; 0
/// without a hint.
pub fn match_class(hint: Option<&Hint>) -> i64 {
    hint.map_or(0, |hint| match hint.matched {
        0..=3 => 1,
        4..=5 => 2,
        6..=8 => 3,
        9..=12 => 4,
        13..=24 => 5,
        25..=48 => 6,
        _ => 7,
    })
}

/// Rows of the decoder's table of hints for one step.
pub fn hint_rows(hint: Option<&Hint>) -> [i64; HINT_COLUMNS] {
    let Some(found) = hint else {
        return HINT_OFFSETS;
    };
    let [pitch, velocity, duration, pedal, gap] = found.note.to_array().map(|v| i64::from(v) + 1);
    let distance = 1 + i64::from(found.distance.clamp(1, 1 << (DISTANCE_CLASSES - 2)).ilog2());
    let columns = [pitch, velocity, duration, pedal, gap, match_class(hint), distance];
    std::array::from_fn(|i| columns[i] + HINT_OFFSETS[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_hint_lies_in_its_own_column() {
        let highest = NoteToken { pitch: 87, velocity: 31, duration: 63, pedal: 2, gap: 63 };
        for (note, matched, distance) in [(NoteToken::default(), 3, 1), (highest, 64, 1_000_000)] {
            let hint = Hint { note, matched, distance };
            for (i, row) in hint_rows(Some(&hint)).iter().enumerate() {
                let own = HINT_OFFSETS[i] + 1..HINT_OFFSETS[i] + HINT_SIZES[i];
                assert!(own.contains(row), "column {i} row {row}");
            }
        }
        assert_eq!(hint_rows(None), HINT_OFFSETS);
    }

    #[test]
    fn every_row_lies_in_its_own_column() {
        let extremes = [
            Previous::Start,
            Previous::Hidden,
            Previous::Note(NoteToken::default()),
            Previous::Note(NoteToken::END),
            Previous::Note(NoteToken { pitch: 87, velocity: 31, duration: 63, pedal: 2, gap: 63 }),
        ];
        for previous in extremes {
            for notes in [0, 1, 7, 8, 600, 1_000_000] {
                let rows = input_rows(previous, Place { since_start: notes, until_end: notes });
                for (i, row) in rows.iter().enumerate() {
                    assert!((OFFSETS[i]..OFFSETS[i] + SIZES[i]).contains(row), "column {i} row {row}");
                }
            }
        }
        assert!(note_rows(None, 3).iter().all(|&r| r < 4 * NOTE_ROWS));
    }

    #[test]
    fn place_bins_grow_with_distance() {
        let until = |n| Place { since_start: 0, until_end: n }.until_bin();
        assert_eq!([0, 7, 8, 15, 16, 511, 512, 9999].map(until), [0, 0, 1, 1, 2, 6, 7, 7]);
        let since = |n| Place { since_start: n, until_end: 0 }.since_bin();
        assert_eq!([0, 1, 2, 3, 6, 7, 5000].map(since), [0, 1, 1, 2, 2, 3, 10]);
    }
}
