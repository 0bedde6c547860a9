//! One take while it grows.

use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::given::Given;
use super::recall::Recall;
use super::recompose::filling::Filling;
use super::returns::Return;
use crate::model::features::Place;
use crate::sampling::{SamplingSettings, standard_normal};
use crate::tokens::{Field, Hint, Memory, NoteToken, RecentRepetition};

/// How much of the deviation of z from its mean survives a change of segment.
const Z_CARRY: f32 = 0.8;
/// The pull of a take whose repetition equals its aim (`docs/experiments.md`).
const PULL: f32 = 2.6;
/// Rounds of a figure before its pull declines, and the further rounds until the pull reaches 0.
const FREE_ROUNDS: usize = 4;
const TIRING_ROUNDS: f32 = 8.0;
/// Notes that a long take remembers at least: about seven minutes. So its tables stop growing, however long it gets.
const REMEMBERED_NOTES: usize = 4096;

/// One take while it grows.
#[derive(Clone)]
pub struct Line {
    pub tokens: Vec<NoteToken>,
    /// What the tokens so far, a prompt's among them, suggest as the next one.
    memory: Memory,
    /// How much it has repeated itself of late.
    repetition: RecentRepetition,
    /// How much the composer's pieces do.
    pub usual_repetition: f32,
    /// What was hinted before each token from `hints_from` on, and before the next one.
    hints: Vec<Option<Hint>>,
    hints_from: usize,
    /// The passages in which a theme comes back, in order, counted from the first new note.
    pub returns: Vec<Return>,
    /// The return that the next note belongs to, by its number, and how far it has come.
    recall: Option<(usize, Recall)>,
    /// Tokens of a prompt.
    pub begun_at: usize,
    /// Is the model told where in the piece it is? Else it is told that it is in the middle.
    pub knows_its_place: bool,
    /// The labels of each segment and their shares, the last ones holding to the end; label `n_composers` is "none".
    pub labels: Vec<Vec<(i64, f32)>>,
    /// The latent of each segment so far.
    pub z: Vec<Vec<f32>>,
    /// What z wanders around.
    pub z_mean: Vec<f32>,
    /// The latents of the first segments, where they were asked for.
    pub z_path: Vec<Vec<f32>>,
    /// Notes to keep.
    pub given: Option<Arc<Given>>,
    /// The region that it fills, if it fills one.
    pub filling: Option<Filling>,
    pub settings: SamplingSettings,
    pub rng: Pcg64Mcg,
    /// Notes that it remembers at least; its tables hold at most twice as many.
    pub remembered: usize,
    /// Tokens at which it should end.
    pub wanted: usize,
    /// By how many it may miss that.
    pub slack: usize,
    /// Tokens that count. What comes after them is there only because all lines of a batch grow in step.
    pub end: Option<usize>,
}

impl Line {
    pub fn new(seed: u64, label: i64, z: Vec<f32>, z_mean: Vec<f32>, settings: SamplingSettings) -> Line {
        Line {
            tokens: Vec::new(),
            memory: Memory::default(),
            repetition: RecentRepetition::default(),
            usual_repetition: 0.0,
            hints: vec![None],
            hints_from: 0,
            returns: Vec::new(),
            recall: None,
            begun_at: 0,
            knows_its_place: false,
            labels: vec![vec![(label, 1.0)]],
            z: vec![z],
            z_mean,
            z_path: Vec::new(),
            given: None,
            filling: None,
            settings,
            rng: Pcg64Mcg::seed_from_u64(seed),
            remembered: REMEMBERED_NOTES,
            wanted: 0,
            slack: 0,
            end: None,
        }
    }

    /// The labels of the present segment and their shares.
    pub(super) fn labels(&self) -> &[(i64, f32)] {
        let at = self.z.len().min(self.labels.len());
        at.checked_sub(1).map_or(&[], |at| &self.labels[at])
    }

    /// Moves all its latents, those to come too.
    pub(super) fn shift(&mut self, by: &[f32]) {
        let all = self.z.iter_mut().chain(&mut self.z_path).chain(std::iter::once(&mut self.z_mean));
        all.for_each(|z| z.iter_mut().zip(by).for_each(|(z, by)| *z += by));
    }

    /// Where note `i` stands, as the model is told.
    ///
    /// Without a plan of latents that leads on from a beginning, a take that is told that it begins writes the slow,
    /// long-held notes of openings and keeps to them (`docs/experiments.md`). It is told that it is in the middle
    /// of a longer piece then, until the end comes near.
    pub(super) fn place(&self, i: usize) -> Place {
        const MIDDLE: usize = 600;
        const ENDING: usize = 32;
        let left = self.wanted.saturating_sub(i);
        if self.knows_its_place {
            return Place { since_start: i, until_end: left };
        }
        Place { since_start: i + MIDDLE, until_end: if left < ENDING { left } else { left + MIDDLE } }
    }

    /// Before this many notes a take may not end; it must at [`Line::latest_end`].
    fn earliest_end(&self) -> usize {
        self.wanted.saturating_sub(self.slack)
    }

    fn latest_end(&self) -> usize {
        self.wanted + self.slack + 4
    }

    /// The latent of the next segment: the one asked for, else a new one near the last.
    pub(super) fn wander(&mut self) {
        if let Some(next) = self.z_path.get(self.z.len()) {
            self.z_mean.clone_from(next);
            self.z.push(next.clone());
            return;
        }
        let noise = (1.0 - Z_CARRY * Z_CARRY).sqrt() * 0.7;
        let Some(last) = self.z.last() else { return };
        let next = last
            .iter()
            .zip(&self.z_mean)
            .map(|(z, m)| m + Z_CARRY * (z - m) + noise * standard_normal(&mut self.rng))
            .collect();
        self.z.push(next);
    }

    /// Bars what the token grammar or the length forbids: in a chord, pitches rise; the end has its time.
    pub(super) fn bar(&self, field: Field, logits: &mut [f32]) {
        if field != Field::Pitch {
            return;
        }
        let end = usize::from(NoteToken::END_PITCH);
        let n = self.tokens.len();
        let previous = self.tokens.last();
        let in_chord = previous.is_some_and(|p| p.gap == 0);
        if let Some(previous) = previous.filter(|_| in_chord) {
            let barred = usize::from(previous.pitch) + 1;
            // The top key has nothing above it: then the chord is over, whatever the gap said.
            if barred < end {
                logits[..barred].fill(f32::NEG_INFINITY);
            }
        }
        // The last note of a piece has no gap, so the end may well follow what looks like a chord.
        if n < self.earliest_end() || self.end.is_some() {
            logits[end] = f32::NEG_INFINITY;
        }
    }

    /// Music to go on from.
    pub(super) fn begin_with(&mut self, tokens: Vec<NoteToken>) {
        self.memory = Memory::of(&tokens);
        tokens.iter().for_each(|&note| self.repetition.hear(note));
        self.hints = (0..=tokens.len()).map(|i| self.memory.hint(i)).collect();
        self.begun_at = tokens.len();
        self.wanted += tokens.len();
        self.tokens = tokens;
    }

    fn append(&mut self, note: NoteToken) {
        self.tokens.push(note);
        self.memory.push(note);
        self.repetition.count(note);
        self.follow(note);
        self.memory.keep(self.remembered);
        let hint = self.recalled().or_else(|| self.memory.next_hint());
        self.hints.push(hint);
        if self.hints.len() > 2 * self.remembered {
            self.hints.drain(..self.remembered);
            self.hints_from += self.remembered;
        }
    }

    /// Moves the return that the take is in past `note`, or begins or ends one where its passage does; a chord is not
    /// broken off for it.
    fn follow(&mut self, note: NoteToken) {
        if let Some((_, recall)) = &mut self.recall {
            recall.follow(&self.tokens, note);
        }
        let next = self.tokens.len() - self.begun_at;
        let due = self.returns.iter().position(|r| r.notes.contains(&next));
        let current = self.recall.as_ref().map(|(number, _)| *number);
        if due == current || note.gap == 0 {
            return;
        }
        let begun_at = self.begun_at;
        self.recall = due.map(|number| {
            let Return { theme, shift, .. } = &self.returns[number];
            let theme = theme.start + begun_at..theme.end + begun_at;
            (number, Recall::new(theme, *shift))
        });
    }

    /// The next note of the theme that is returning; `None` once the theme is over.
    fn recalled(&self) -> Option<Hint> {
        let (_, recall) = self.recall.as_ref()?;
        recall.hint(&self.tokens, self.tokens.len())
    }

    /// The return that the next note belongs to.
    fn current_return(&self) -> Option<&Return> {
        self.recall.as_ref().map(|(number, _)| &self.returns[*number])
    }

    /// What was remembered for note `i`; `None` too where that was long ago.
    pub(super) fn hint(&self, i: usize) -> Option<Hint> {
        self.hints.get(i.checked_sub(self.hints_from)?).copied().flatten()
    }

    /// Entries in the tables that are there to compose the next note; the tokens are the take itself.
    #[cfg(test)]
    pub fn table_len(&self) -> usize {
        self.memory.len() + self.hints.len() + self.repetition.len()
    }

    /// What is remembered for the next note.
    pub(super) fn next_hint(&self) -> Option<Hint> {
        self.hints.last().copied().flatten()
    }

    /// How far the next note leans towards it: 1 as the network learned it; below 0 it avoids it.
    ///
    /// Without control, a take either repeats nothing or loops: repetition breeds repetition. So the take aims at the
    /// composer's own share of repeated patterns, times the memory setting. The pull grows as the share falls below
    /// that aim and turns negative above twice the aim. A figure that has repeated in full gets no more pull than the
    /// network learned, and less with every further round.
    pub(super) fn pull(&self) -> f32 {
        if let Some(strength) = self.current_return().and_then(|r| r.strength) {
            return strength;
        }
        let aim = self.settings.memory * self.usual_repetition;
        if aim <= 0.0 {
            return 0.0;
        }
        let pull = PULL * (2.0 - self.repetition.share() / aim);
        let rounds = self.next_hint().map_or(0, |hint| hint.matched / hint.distance);
        let most = match rounds {
            0 => f32::INFINITY,
            _ => 1.0 - rounds.saturating_sub(FREE_ROUNDS) as f32 / TIRING_ROUNDS,
        };
        pull.min(most).max(-1.0)
    }

    /// Takes one drawn note; an end token, or the latest end, ends the line.
    pub(super) fn push(&mut self, note: NoteToken) {
        if note.is_end() {
            self.end.get_or_insert(self.tokens.len());
            let filler = self.tokens.last().copied().unwrap_or_default();
            self.append(NoteToken { gap: 1, ..filler });
            return;
        }
        self.append(note);
        let n = self.tokens.len();
        if let Some(filling) = &self.filling {
            if filling.is_done() {
                self.end.get_or_insert(n);
            }
            return;
        }
        if self.given.is_some() {
            if n >= self.wanted {
                self.end.get_or_insert(n);
            }
            return;
        }
        // A chord is not cut in two, unless it is longer than hands can play.
        if n >= self.latest_end() && (note.gap > 0 || n >= self.latest_end() + 12) {
            self.end.get_or_insert(n);
        }
    }

    /// The value a field of the next note must have, if it is given or returns note for note.
    pub(super) fn given_value(&self, field: Field) -> Option<u8> {
        if self.current_return().is_some_and(|r| r.strength.is_none()) {
            return self.recalled().map(|hint| hint.note.get(field));
        }
        if let Some(filling) = &self.filling {
            return filling.value(field);
        }
        self.given.as_ref().and_then(|g| g.value(self.tokens.len(), field))
    }

    /// Takes in the pitch of the next note. Where the region has no use for it, the gap before it changes: returns
    /// the gap that there was and the new one, after which another pitch has to be drawn.
    pub(super) fn refuse(&mut self, pitch: u8) -> Option<[u8; 2]> {
        let filling = self.filling.as_mut()?;
        if filling.choose(pitch) {
            return None;
        }
        let new = filling.draw_gap(&self.settings, &mut self.rng);
        if filling.is_done() {
            self.end.get_or_insert(self.tokens.len());
        }
        let last = self.tokens.last_mut()?;
        let old = std::mem::replace(&mut last.gap, new);
        Some([old, new])
    }

    /// A drawn note as it fits into the region.
    pub(super) fn settle(&mut self, note: NoteToken) -> NoteToken {
        self.filling.as_mut().map_or(note, |filling| filling.settle(note))
    }

    /// Is the next note given, or is none wanted any more?
    pub(super) fn needs_no_choice(&self) -> bool {
        let is_given = |g: &Arc<Given>| g.is_whole(self.tokens.len());
        self.end.is_some() || self.given.as_ref().is_some_and(is_given)
    }

    /// The tokens that count.
    pub fn heard(&self) -> &[NoteToken] {
        &self.tokens[..self.end.unwrap_or(self.tokens.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the theme is returned note for note: where it would leave the keyboard, what the memory suggests is a hint
    /// like any other.
    #[test]
    fn an_exact_return_forces_notes_of_its_theme_and_no_others() {
        let line = |shift| {
            let mut line = Line::new(1, 0, vec![0.0], vec![0.0], SamplingSettings::default());
            line.wanted = 20;
            line.returns = vec![Return { notes: 8..12, theme: 0..4, shift, strength: None }];
            for pitch in [80, 82, 85, 84, 80, 82, 85, 84] {
                line.push(NoteToken { pitch, gap: 9, ..NoteToken::default() });
            }
            line
        };
        assert_eq!(line(-5).given_value(Field::Pitch), Some(75));
        let over = line(12);
        assert!(over.next_hint().is_some(), "the memory knows how this goes on");
        assert_eq!(over.given_value(Field::Pitch), None);
    }
}
