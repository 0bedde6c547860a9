//! What a listener remembers: the note that followed the last time the latest intervals were heard.
//!
//! A decoder of a size that trains on a CPU does not learn to copy from its context, so the look-up is done for it,
//! over the whole piece rather than one context window. Before each note, the longest earlier passage that ends with
//! the same intervals is found, and the note that followed it becomes a [`Hint`]. Intervals make the match independent
//! of the key: a phrase that returns a tone higher is hinted a tone higher.

use std::collections::HashMap;

use super::NoteToken;

/// Successive intervals that must match before there is a hint, and those of the more reliable second table.
const SHORT: usize = 3;
const LONG: usize = 6;
/// Matches are measured up to this many intervals.
pub const MAX_MATCH: usize = 64;
/// Bits of one [`step`]; `LONG` of them fit into a key.
const STEP_BITS: u32 = 10;

/// An earlier note that may be about to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The earlier note, in the key of the present passage.
    pub note: NoteToken,
    /// Intervals before it that are the same, 3–[`MAX_MATCH`].
    pub matched: usize,
    /// Notes since it was heard, at least 1.
    pub distance: usize,
}

/// Where a hint comes from: independent of key, tempo and loudness, so it can be kept for a piece that is augmented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index of the earlier note; at least 1.
    source: u32,
    matched: u8,
}

impl Link {
    /// The hint for note `at` of `notes`; `None` where the transposed pitch would leave the keyboard.
    pub fn hint(self, notes: &[NoteToken], at: usize) -> Option<Hint> {
        let source = self.source as usize;
        let pitch_before = |i: usize| i32::from(notes[i - 1].pitch);
        let shift = pitch_before(at) - pitch_before(source);
        let pitch = i32::from(notes[source].pitch) + shift;
        (0..i32::from(NoteToken::END_PITCH)).contains(&pitch).then_some(Hint {
            note: NoteToken { pitch: pitch as u8, ..notes[source] },
            matched: usize::from(self.matched),
            distance: at - source,
        })
    }
}

/// The notes of a piece so far, and where each passage was heard last. Costs two table look-ups per note.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    notes: Vec<NoteToken>,
    /// Per note, and for the one to come: one more than `notes`, once there are any.
    links: Vec<Option<Link>>,
    /// From the last intervals to the index of the note that followed them; the newest place wins.
    short: HashMap<u64, u32>,
    long: HashMap<u64, u32>,
}

impl Memory {
    /// Remembers all of `notes`.
    pub fn of(notes: &[NoteToken]) -> Memory {
        let mut memory = Memory::default();
        notes.iter().for_each(|&note| memory.push(note));
        memory
    }

    /// Remembers one more note.
    pub fn push(&mut self, note: NoteToken) {
        if self.links.is_empty() {
            self.links.push(None);
        }
        let predicted = self.links.last().copied().flatten();
        self.notes.push(note);
        let next = self.notes.len() as u32;
        let key = |order: usize| key(&self.notes, order);
        let continued = predicted.filter(|link| {
            step(&self.notes, link.source as usize) == step(&self.notes, self.notes.len() - 1)
        });
        let continued = continued.map(|link| Link {
            source: link.source + 1,
            matched: (usize::from(link.matched) + 1).min(MAX_MATCH) as u8,
        });
        let (short_key, long_key) = (key(SHORT), key(LONG));
        let newest = long_key
            .and_then(|k| self.long.get(&k))
            .or_else(|| short_key.and_then(|k| self.short.get(&k)))
            .map(|&source| Link { source, matched: self.match_len(source as usize) });
        // The passage that is being followed goes on being followed, unless a newer one matches as well.
        let best = [continued, newest].into_iter().flatten().max_by_key(|link| (link.matched, link.source));
        self.links.push(best);
        short_key.and_then(|k| self.short.insert(k, next));
        long_key.and_then(|k| self.long.insert(k, next));
    }

    /// Intervals before note `source` that are those before the note to come.
    fn match_len(&self, source: usize) -> u8 {
        let end = self.notes.len();
        let is_same =
            |back: &usize| step(&self.notes, source - 1 - back) == step(&self.notes, end - 1 - back);
        // The first note has no interval before it.
        (0..MAX_MATCH.min(source - 1)).take_while(is_same).count() as u8
    }

    /// What was known before note `at`, which may be one past the last; notes from `at` on make no difference.
    pub fn hint(&self, at: usize) -> Option<Hint> {
        self.links.get(at).copied().flatten()?.hint(&self.notes, at)
    }

    /// Per note, and for the one after the last.
    pub fn into_links(self) -> Vec<Option<Link>> {
        self.links
    }
}

/// The way from the note before `at` to note `at`, which is at least 1: its interval, and whether both are one chord.
fn step(notes: &[NoteToken], at: usize) -> u64 {
    let (from, to) = (notes[at - 1], notes[at]);
    let interval = i32::from(to.pitch) - i32::from(from.pitch) + 256;
    (interval as u64) << 1 | u64::from(from.gap == 0)
}

/// The last `order` steps as one number; `None` where there are fewer.
fn key(notes: &[NoteToken], order: usize) -> Option<u64> {
    let end = notes.len();
    (end > order).then(|| (end - order..end).fold(0, |key, at| key << STEP_BITS | step(notes, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pitch: u8, gap: u8) -> NoteToken {
        NoteToken { pitch, velocity: pitch % 32, duration: 20, pedal: 1, gap }
    }

    /// Pitches without any repeated run of three intervals.
    const PHRASE: [u8; 12] = [40, 42, 45, 44, 49, 37, 38, 46, 43, 50, 41, 47];

    fn phrase(shift: u8) -> Vec<NoteToken> {
        PHRASE.iter().map(|p| note(p + shift, 9)).collect()
    }

    #[test]
    fn a_phrase_heard_again_is_hinted_from_its_fifth_note_on() {
        let mut notes = phrase(0);
        notes.push(note(80, 9));
        notes.extend(phrase(0));
        let memory = Memory::of(&notes);
        let hints: Vec<Option<u8>> =
            (0..=notes.len()).map(|i| memory.hint(i).map(|h| h.note.pitch)).collect();
        // Thirteen new notes, then four whose intervals fill the short key, then the rest of the phrase.
        assert!(hints[..17].iter().all(Option::is_none), "{hints:?}");
        for (i, hint) in hints.iter().enumerate().skip(17).take(8) {
            assert_eq!(*hint, Some(PHRASE[i - 13]), "note {i}");
        }
        // After its end follows what followed then.
        assert_eq!(hints[25], Some(80));
        let hint = memory.hint(20).unwrap();
        assert_eq!((hint.distance, hint.matched), (13, 6));
        assert_eq!(hint.note, notes[7]);
    }

    #[test]
    fn a_transposed_phrase_is_hinted_in_its_own_key() {
        let mut notes = phrase(0);
        notes.push(note(80, 9));
        notes.extend(phrase(5));
        let memory = Memory::of(&notes);
        for i in 17..25 {
            let hint = memory.hint(i).unwrap();
            assert_eq!(hint.note.pitch, PHRASE[i - 13] + 5);
            assert_eq!(hint.note.velocity, PHRASE[i - 13] % 32, "only the pitch moves");
        }
    }

    #[test]
    fn transposing_all_of_it_transposes_the_hints_and_nothing_else() {
        let mut notes = phrase(0);
        notes.extend(phrase(3));
        notes.extend(phrase(0));
        let up: Vec<NoteToken> = notes.iter().map(|n| NoteToken { pitch: n.pitch + 7, ..*n }).collect();
        let (a, b) = (Memory::of(&notes), Memory::of(&up));
        for i in 0..=notes.len() {
            let moved =
                a.hint(i).map(|h| Hint { note: NoteToken { pitch: h.note.pitch + 7, ..h.note }, ..h });
            assert_eq!(moved, b.hint(i));
        }
        assert_eq!(a.into_links(), b.into_links());
    }

    #[test]
    fn a_growing_take_has_the_hints_of_the_finished_one() {
        let notes: Vec<NoteToken> =
            (0..400u32).map(|i| note(40 + (i * i % 7 + i / 50 % 3) as u8, (i % 3) as u8)).collect();
        let whole = Memory::of(&notes);
        let mut growing = Memory::default();
        for (i, &note) in notes.iter().enumerate() {
            assert_eq!(growing.hint(i), whole.hint(i), "before note {i}");
            growing.push(note);
        }
        assert!((0..400).filter(|&i| whole.hint(i).is_some()).count() > 200);
    }

    #[test]
    fn a_chord_is_not_the_same_as_its_notes_one_by_one() {
        let broken: Vec<NoteToken> = PHRASE.iter().map(|&p| note(p, 9)).collect();
        let mut notes = broken;
        notes.push(note(80, 9));
        notes.extend(PHRASE.iter().map(|&p| note(p, 0)));
        let memory = Memory::of(&notes);
        assert!((0..=notes.len()).all(|i| memory.hint(i).is_none()));
    }

    #[test]
    fn what_would_leave_the_keyboard_is_no_hint() {
        let mut notes: Vec<NoteToken> = [40, 42, 45, 44, 60].map(|p| note(p, 9)).to_vec();
        notes.extend([78, 80, 83, 82].map(|p| note(p, 9)));
        assert_eq!(Memory::of(&notes).hint(9), None);
    }

    #[test]
    fn the_longer_match_wins_over_the_newer_one() {
        let mut notes = phrase(0);
        // The last three intervals of the phrase, differently continued.
        notes.extend([46, 43, 50, 41, 80].map(|p| note(p, 9)));
        notes.extend(phrase(0));
        notes.pop();
        let hint = Memory::of(&notes).hint(notes.len()).unwrap();
        assert_eq!(hint.note.pitch, 47);
        assert!(hint.matched >= 8);
    }
}
