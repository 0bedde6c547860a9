//! Memory: the note that followed the last time the most recent intervals occurred.
//!
//! A decoder small enough to train on a CPU does not learn to copy from its context, so the look-up is done for it,
//! over the whole piece rather than one context window. Before each note, the longest earlier passage that ends with
//! the same intervals is found, and the note that followed it becomes a [`Hint`]. Matching intervals is independent of
//! key: a phrase that returns a tone higher is hinted a tone higher.

use std::collections::HashMap;

use super::NoteToken;

/// Successive intervals that must match before there is a hint, and those of the second, more reliable table.
const SHORT: usize = 3;
const LONG: usize = 6;
/// Matches are measured up to this many intervals.
pub const MAX_MATCH: usize = 64;
/// A passage that matched for this many intervals is not dropped at the first different note: performers strike the
/// keys of a chord in another order, leave a note out, or add one. With the following rules, chosen on real music, a
/// match that strayed and came back predicts the next pitch as often as an unbroken match of the same length
/// (`docs/experiments.md`).
const FOLLOWED: usize = LONG;
/// How far ahead in the earlier passage an unexpected note is looked for.
const LOOK_AHEAD: usize = 6;
/// Maximum notes in a row that are missing from the earlier passage.
const PATIENCE: u8 = 2;
/// A stray divides the length of a match by the first number; each correct note after it adds the second.
const STRAY_DIVIDES_BY: usize = 4;
const REGAINED: usize = 2;
/// Bits of one [`step`]; `LONG` of them fit into a key.
const STEP_BITS: u32 = 10;

/// An earlier note that may be about to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The earlier note, transposed to the key of the present passage.
    pub note: NoteToken,
    /// Number of equal intervals before it, 3–[`MAX_MATCH`]; lower if the passages differ in between.
    pub matched: usize,
    /// Notes since it was heard, at least 1.
    pub distance: usize,
}

/// The source of a hint: independent of key, tempo and loudness, so that it stays valid when a piece is augmented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index of the earlier note; at least 1.
    source: u32,
    matched: u8,
    /// Semitones from the earlier passage to this one.
    shift: i8,
}

impl Link {
    /// The hint for note `at` of `notes`; `None` where the transposed pitch would leave the keyboard.
    pub fn hint(self, notes: &[NoteToken], at: usize) -> Option<Hint> {
        let source = self.source as usize;
        let pitch = i32::from(notes[source].pitch) + i32::from(self.shift);
        (0..i32::from(NoteToken::END_PITCH)).contains(&pitch).then_some(Hint {
            note: NoteToken { pitch: pitch as u8, ..notes[source] },
            matched: usize::from(self.matched),
            distance: at - source,
        })
    }
}

/// The earlier passage that is being followed.
#[derive(Clone, Copy, Debug)]
struct Followed {
    link: Link,
    /// The longest match before the first stray; `None` if every interval has matched so far.
    before_stray: Option<u8>,
    /// Notes in a row that are missing from the earlier passage.
    strays: u8,
}

impl Followed {
    fn unbroken(link: Link) -> Followed {
        Followed { link, before_stray: None, strays: 0 }
    }

    /// Where the earlier passage continues after the last of `notes`; `None` if it is dropped.
    fn advance(self, notes: &[NoteToken]) -> Option<Followed> {
        let last = notes.len() - 1;
        let Followed { link, before_stray, strays } = self;
        let source = link.source as usize;
        let is_expected =
            |at: usize| i32::from(notes[at].pitch) + i32::from(link.shift) == i32::from(notes[last].pitch);
        let matched = usize::from(link.matched);
        let go_on = |source: usize, matched: usize| Link {
            source: source as u32 + 1,
            matched: matched.min(MAX_MATCH) as u8,
            ..link
        };
        match before_stray {
            None if step(notes, source) == step(notes, last) => {
                return Some(Followed::unbroken(go_on(source, matched + 1)));
            }
            Some(longest) if is_expected(source) => {
                let matched = (matched + REGAINED).min(longest.into());
                return Some(Followed { link: go_on(source, matched), before_stray, strays: 0 });
            }
            None if matched < FOLLOWED => return None,
            None | Some(_) => {}
        }
        if strays >= PATIENCE {
            return None;
        }
        let end = (source + LOOK_AHEAD).min(last);
        let found = (source..end).find(|&at| is_expected(at));
        let left = (matched / STRAY_DIVIDES_BY).max(SHORT);
        let link = match found {
            Some(at) => go_on(at, left),
            None => Link { matched: left as u8, ..link },
        };
        let before_stray = before_stray.max(Some(matched as u8));
        Some(Followed { link, before_stray, strays: strays + u8::from(found.is_none()) })
    }
}

/// The notes of a piece so far, and where each passage last occurred. Costs two table look-ups per note.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    notes: Vec<NoteToken>,
    followed: Option<Followed>,
    /// One per note, and one for the next note once there are any notes.
    links: Vec<Option<Link>>,
    /// From the latest intervals to the index of the note that followed them; the newest occurrence wins.
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
        self.notes.push(note);
        let next = self.notes.len() as u32;
        let key = |order: usize| key(&self.notes, order);
        let continued = self.followed.and_then(|followed| followed.advance(&self.notes));
        let (short_key, long_key) = (key(SHORT), key(LONG));
        let newest = long_key
            .and_then(|k| self.long.get(&k))
            .or_else(|| short_key.and_then(|k| self.short.get(&k)))
            .map(|&source| Followed::unbroken(self.link_to(source)));
        // Keep following the current passage, unless a newer one matches as well.
        self.followed =
            [continued, newest].into_iter().flatten().max_by_key(|f| (f.link.matched, f.link.source));
        self.links.push(self.followed.map(|f| f.link));
        short_key.and_then(|k| self.short.insert(k, next));
        long_key.and_then(|k| self.long.insert(k, next));
    }

    /// The link from the next note to note `source`, before which the same intervals occurred.
    fn link_to(&self, source: u32) -> Link {
        let (last, before) = (self.notes.len() - 1, source as usize - 1);
        let is_same = |back: &usize| step(&self.notes, before - back) == step(&self.notes, last - back);
        // The first note has no interval before it.
        let matched = (0..MAX_MATCH.min(before)).take_while(is_same).count() as u8;
        // Pitches are 0–87.
        let shift = self.notes[last].pitch as i8 - self.notes[before].pitch as i8;
        Link { source, matched, shift }
    }

    /// The hint before note `at`, which may be one past the last; notes from `at` on make no difference.
    pub fn hint(&self, at: usize) -> Option<Hint> {
        self.links.get(at).copied().flatten()?.hint(&self.notes, at)
    }

    /// What is known before the note to come.
    pub fn next_hint(&self) -> Option<Hint> {
        self.hint(self.notes.len())
    }

    /// Once there are twice `latest` notes, forgets all but the `latest`: a take of any length needs no more room.
    pub fn keep(&mut self, latest: usize) {
        if latest > 0 && self.notes.len() >= 2 * latest {
            *self = Memory::of(&self.notes[self.notes.len() - latest..]);
        }
    }

    /// Notes that are remembered.
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// One link per note, and one for the note after the last.
    pub fn into_links(self) -> Vec<Option<Link>> {
        self.links
    }
}

/// The step from the note before `at` to note `at` (at least 1): its interval, and whether both belong to one chord.
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
        // After its end comes what followed it the first time.
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

    /// The earlier passage is not lost through an extra key, an omitted one or a wrong one.
    #[test]
    fn a_passage_is_followed_through_slips() {
        let again = |change: fn(&mut Vec<u8>)| {
            let mut pitches: Vec<u8> = PHRASE.iter().map(|p| p + 5).collect();
            change(&mut pitches);
            let mut notes = phrase(0);
            notes.push(note(80, 9));
            notes.extend(pitches.iter().map(|&p| note(p, 9)));
            let memory = Memory::of(&notes);
            let hint_of_last = memory.hint(notes.len() - 1).unwrap();
            (hint_of_last.note.pitch, hint_of_last.matched, *pitches.last().unwrap())
        };
        // The eighth note of the phrase follows its first six intervals.
        let (unbroken, whole, wanted) = again(|_| {});
        assert_eq!((unbroken, whole), (wanted, 10));
        let left_out = |p: &mut Vec<u8>| {
            p.remove(8);
        };
        let slips: [fn(&mut Vec<u8>); 3] = [|p| p.insert(8, 70), left_out, |p| p[8] = 20];
        for slip in slips {
            let (pitch, matched, wanted) = again(slip);
            assert_eq!(pitch, wanted);
            assert!((3..10).contains(&matched), "a slip makes the match less reliable: {matched}");
        }
        // Three notes in a row that are not in the phrase start another passage.
        let notes: Vec<NoteToken> = [phrase(0), vec![note(80, 9)], phrase(5)[..8].to_vec()].concat();
        let lost = [notes, [3, 17, 6].map(|p| note(p, 9)).to_vec()].concat();
        assert_eq!(Memory::of(&lost).hint(lost.len()), None);
    }

    #[test]
    fn transposing_a_piece_transposes_its_hints_and_nothing_else() {
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
    fn notes_outside_the_keyboard_are_not_hinted() {
        let mut notes: Vec<NoteToken> = [40, 42, 45, 44, 60].map(|p| note(p, 9)).to_vec();
        notes.extend([78, 80, 83, 82].map(|p| note(p, 9)));
        assert_eq!(Memory::of(&notes).hint(9), None);
    }

    #[test]
    fn the_longer_match_wins_over_the_newer_one() {
        let mut notes = phrase(0);
        // The last three intervals of the phrase, with a different continuation.
        notes.extend([46, 43, 50, 41, 80].map(|p| note(p, 9)));
        notes.extend(phrase(0));
        notes.pop();
        let hint = Memory::of(&notes).hint(notes.len()).unwrap();
        assert_eq!(hint.note.pitch, 47);
        assert!(hint.matched >= 8);
    }
}
