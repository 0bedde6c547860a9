//! Second hearing: a phrase, then its beginning again. Does the model know how it goes on?

use super::nll::nll_of;
use super::pieces::Whole;
use crate::evaluate::material::round_trip;
use crate::generate::Generator;
use crate::tokens::NoteToken;

/// Notes of a phrase.
const PHRASE: usize = 96;
/// Notes of it that are heard again before the model has to go on.
const CUE: usize = 40;
/// Notes that are judged.
const JUDGED: usize = 40;
/// A pitch may come this many notes too early or too late.
const NEAR: usize = 3;
/// Phrases begin at this note of a piece or later.
const FIRST_START: usize = 128;
/// The control is the music this many notes after the judged notes' first hearing.
const ELSEWHERE: usize = 200;
/// The transposition of the second hearing, in semitones.
pub const WHOLE_TONE: u8 = 2;

/// A phrase of a held-out piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    pub composer: usize,
    /// 96 of them.
    notes: Vec<NoteToken>,
    /// Other pitches of the same piece, as many as are judged.
    elsewhere: Vec<u8>,
}

impl Phrase {
    /// The phrase of `piece` that begins at note `start`. `None` when it would begin, go on or end inside a chord,
    /// is too high to be transposed, or is not the same after a round trip through the tokens.
    fn cut(piece: &Whole, start: usize) -> Option<Phrase> {
        let notes = piece.notes.get(start..start + PHRASE)?.to_vec();
        let from = start + CUE + ELSEWHERE;
        let elsewhere = piece.notes.get(from..from + JUDGED)?;
        let ends_chord = |note: &NoteToken| note.gap > 0;
        let is_cut_well = piece.notes[..start].last().is_none_or(ends_chord)
            && ends_chord(&notes[CUE - 1])
            && ends_chord(&notes[PHRASE - 1]);
        let is_in_range = notes.iter().all(|n| n.pitch + WHOLE_TONE < NoteToken::END_PITCH);
        if !is_cut_well || !is_in_range {
            return None;
        }
        let phrase = Phrase {
            composer: piece.composer,
            notes,
            elsewhere: elsewhere.iter().map(|n| n.pitch).collect(),
        };
        let survives = |up: u8| {
            let prompt = phrase.prompt(up);
            pitches(&round_trip(&prompt)) == pitches(&prompt)
        };
        (survives(0) && survives(WHOLE_TONE)).then_some(phrase)
    }

    /// The phrase, then its first 40 notes again, `up` semitones higher: 136 notes.
    pub fn prompt(&self, up: u8) -> Vec<NoteToken> {
        let mut notes = self.twice(up);
        notes.truncate(PHRASE + CUE);
        notes
    }

    /// The whole phrase twice, the second time `up` semitones higher: 192 notes.
    pub fn twice(&self, up: u8) -> Vec<NoteToken> {
        let again = self.notes.iter().map(|n| NoteToken { pitch: n.pitch + up, ..*n });
        self.notes.iter().copied().chain(again).collect()
    }

    /// Of the 40 notes that follow the first hearing of the cue, the share whose pitch, `up` semitones higher, is
    /// composed after its second hearing, at most three notes too early or late.
    pub fn share_known(&self, composed: &[NoteToken], up: u8) -> f64 {
        let expected = &self.notes[CUE..CUE + JUDGED];
        share_near(&pitches(expected), composed, up)
    }

    /// As [`Phrase::share_known`], of pitches that stand elsewhere in the piece: what chance gives.
    pub fn share_by_chance(&self, composed: &[NoteToken]) -> f64 {
        share_near(&self.elsewhere, composed, 0)
    }
}

fn pitches(notes: &[NoteToken]) -> Vec<u8> {
    notes.iter().map(|n| n.pitch).collect()
}

fn share_near(expected: &[u8], composed: &[NoteToken], up: u8) -> f64 {
    let composed = pitches(&composed[..composed.len().min(expected.len())]);
    let is_near = |i: usize, pitch: u8| {
        let from = i.saturating_sub(NEAR).min(composed.len());
        let to = (i + NEAR + 1).min(composed.len());
        composed[from..to].contains(&pitch)
    };
    let known = expected.iter().enumerate().filter(|(i, p)| is_near(*i, **p + up));
    known.count() as f64 / expected.len().max(1) as f64
}

/// Up to `per_composer` phrases of each composer, evenly spread over `pieces`, which are sorted by composer.
pub fn phrases(pieces: &[Whole], per_composer: usize) -> Vec<Phrase> {
    let of_piece = |piece: &Whole| -> Vec<Phrase> {
        let starts = (FIRST_START..piece.notes.len()).step_by(ELSEWHERE);
        starts.filter_map(|start| (start..start + PHRASE).find_map(|s| Phrase::cut(piece, s))).collect()
    };
    pieces
        .chunk_by(|a, b| a.composer == b.composer)
        .flat_map(|own| {
            let all: Vec<Phrase> = own.iter().flat_map(of_piece).collect();
            let n = per_composer.min(all.len());
            (0..n).map(|i| all[(2 * i + 1) * all.len() / (2 * n)].clone()).collect::<Vec<_>>()
        })
        .collect()
}

/// NLL of one composer's phrases in nats per note: at the first hearing, at the second, and at a second one a whole
/// tone higher. `None` when the model's context is too short for two hearings.
pub fn hearings(generator: &Generator, composer: usize, own: &[&Phrase]) -> Option<[f64; 3]> {
    let twice = |up: u8| -> Vec<Vec<NoteToken>> { own.iter().map(|p| p.twice(up)).collect() };
    let (same, higher) = (twice(0), twice(WHOLE_TONE));
    let (first, second) = (0..PHRASE, PHRASE..2 * PHRASE);
    Some([
        nll_of(generator, composer, &same, first)?,
        nll_of(generator, composer, &same, second.clone())?,
        nll_of(generator, composer, &higher, second)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pitch: u8, gap: u8) -> NoteToken {
        NoteToken { pitch, gap, duration: 10, ..NoteToken::default() }
    }

    fn piece(notes: Vec<NoteToken>) -> Whole {
        Whole { title: String::new(), composer: 0, work: 0, notes }
    }

    #[test]
    fn a_perfect_memory_knows_everything_and_pitches_may_be_a_little_late() {
        let music = piece((0..500).map(|i| note(20 + (i * 7 % 50) as u8, 10)).collect());
        let phrase = Phrase::cut(&music, 128).unwrap();
        assert_eq!(phrase.prompt(0).len(), 136);
        assert_eq!(phrase.prompt(2)[96].pitch, phrase.notes[0].pitch + 2);
        let goes_on = &phrase.notes[40..80];
        assert_eq!(phrase.share_known(goes_on, 0), 1.0);
        let higher: Vec<NoteToken> = goes_on.iter().map(|n| note(n.pitch + 2, 10)).collect();
        assert_eq!(phrase.share_known(&higher, 2), 1.0);
        // Three notes late: the last three never come. The row repeats a pitch only after 50 notes.
        let late = &phrase.notes[37..77];
        assert_eq!(phrase.share_known(late, 0), 37.0 / 40.0);
        assert_eq!(phrase.share_known(&phrase.notes[36..76], 0), 0.0);
        assert_eq!(phrase.share_known(&[], 0), 0.0);
        // 200 notes later the row of 50 pitches stands where it was, so here chance is certainty.
        assert_eq!(phrase.share_by_chance(goes_on), 1.0);
    }

    #[test]
    fn phrases_are_not_cut_inside_a_chord_or_out_of_the_keyboard() {
        let mut notes: Vec<NoteToken> = (0..700).map(|i| note(20 + (i * 7 % 50) as u8, 10)).collect();
        // Notes 167 and 168 begin together.
        (notes[167].pitch, notes[167].gap, notes[168].pitch) = (30, 0, 40);
        let music = piece(notes.clone());
        assert!(Phrase::cut(&music, 128).is_none(), "its cue would end inside the chord");
        assert!(Phrase::cut(&music, 168).is_none(), "it would begin inside the chord");
        assert!(Phrase::cut(&music, 129).is_some());
        notes[140].pitch = 86;
        assert!(Phrase::cut(&piece(notes), 129).is_none());
        // Places are looked for every 200 notes from 128 on; at 528 the control would lie beyond the end.
        assert_eq!(phrases(&[music], 9).len(), 2);
    }
}
