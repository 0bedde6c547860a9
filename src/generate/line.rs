//! A take that is being composed.

use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::given::Given;
use super::recall::Recall;
use super::recompose::filling::Filling;
use super::return_schedule::Return;
use crate::model::Tilt;
use crate::model::features::Place;
use crate::sampling::{SamplingSettings, standard_normal};
use crate::tokens::{Field, Hint, Memory, NoteToken, RecentRepetition};

/// Fraction of z's deviation from its mean that carries over to the next segment.
const Z_CARRY: f32 = 0.8;
/// Pull of a take whose repetition equals its target (`docs/experiments.md`).
const PULL: f32 = 2.6;
/// Repetitions of a figure before its pull declines, and how many more until the pull reaches 0.
const FREE_REPEATS: usize = 4;
const FADING_REPEATS: f32 = 8.0;
/// Notes that a long take remembers at least, about seven minutes: its tables stop growing, however long it gets.
const REMEMBERED_NOTES: usize = 4096;

/// A take that is being composed.
#[derive(Clone)]
pub struct Line {
    pub tokens: Vec<NoteToken>,
    /// Suggests the next token from the tokens so far, including the prompt.
    memory: Memory,
    /// How much the take has repeated itself recently.
    repetition: RecentRepetition,
    /// How much the composer's pieces repeat themselves.
    pub usual_repetition: f32,
    /// By label: what the logits are corrected by. Others, such as "none", have no correction.
    pub tilts: Arc<[Tilt]>,
    /// The hint before each token from `hints_from` on, and before the next one.
    hints: Vec<Option<Hint>>,
    hints_from: usize,
    /// The passages in which a theme returns, in order, in notes from the first new one.
    pub returns: Vec<Return>,
    /// The index of the return that the next note belongs to, and how far that return has come.
    recall: Option<(usize, Recall)>,
    /// Number of prompt tokens.
    pub begun_at: usize,
    /// Is the model given the true position in the piece? Otherwise it is told that it is in the middle.
    pub knows_its_place: bool,
    /// The labels of each segment with their shares; the last entry applies to all further segments. Label
    /// `n_composers` means "none".
    pub labels: Vec<Vec<(i64, f32)>>,
    /// The latent of each segment so far.
    pub z: Vec<Vec<f32>>,
    /// The mean that z wanders around.
    pub z_mean: Vec<f32>,
    /// The requested latents of the first segments, if any.
    pub z_path: Vec<Vec<f32>>,
    /// Notes to keep.
    pub given: Option<Arc<Given>>,
    /// The region to fill, if any.
    pub filling: Option<Filling>,
    pub settings: SamplingSettings,
    pub rng: Pcg64Mcg,
    /// Notes that it remembers at least; its tables hold at most twice as many.
    pub remembered: usize,
    /// Target length in tokens.
    pub wanted: usize,
    /// Maximum deviation from the target length, in tokens.
    pub slack: usize,
    /// Number of tokens that count. The rest are padding, because all lines of a batch grow in step.
    pub end: Option<usize>,
}

impl Line {
    pub fn new(seed: u64, label: i64, z: Vec<f32>, z_mean: Vec<f32>, settings: SamplingSettings) -> Line {
        Line {
            tokens: Vec::new(),
            memory: Memory::default(),
            repetition: RecentRepetition::default(),
            usual_repetition: 0.0,
            tilts: Arc::default(),
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

    /// The labels of the current segment with their shares.
    pub(super) fn labels(&self) -> &[(i64, f32)] {
        let at = self.z.len().min(self.labels.len());
        at.checked_sub(1).map_or(&[], |at| &self.labels[at])
    }

    /// Moves all its latents, those to come too.
    pub(super) fn shift(&mut self, by: &[f32]) {
        let all = self.z.iter_mut().chain(&mut self.z_path).chain(std::iter::once(&mut self.z_mean));
        all.for_each(|z| z.iter_mut().zip(by).for_each(|(z, by)| *z += by));
    }

    /// The correction of the present segment: those of its composers, by their shares.
    pub(super) fn tilt(&self) -> Tilt {
        Tilt::weighted(self.labels().iter().filter_map(|(label, share)| {
            let index = usize::try_from(*label).ok()?;
            self.tilts.get(index).map(|tilt| (*tilt, *share))
        }))
    }

    /// The position of note `i` that the model is given.
    ///
    /// Without a plan of latents, a take that is told it is at the beginning writes the slow, long-held notes of an
    /// opening and never leaves them (`docs/experiments.md`). It is therefore told that it is in the middle of a longer
    /// piece, until the end comes near.
    pub(super) fn place(&self, i: usize) -> Place {
        const MIDDLE: usize = 600;
        const ENDING: usize = 32;
        let left = self.wanted.saturating_sub(i);
        if self.knows_its_place {
            return Place { since_start: i, until_end: left };
        }
        Place { since_start: i + MIDDLE, until_end: if left < ENDING { left } else { left + MIDDLE } }
    }

    /// The take may not end before this many notes; it must end at [`Line::latest_end`].
    fn earliest_end(&self) -> usize {
        self.wanted.saturating_sub(self.slack)
    }

    fn latest_end(&self) -> usize {
        self.wanted + self.slack + 4
    }

    /// Adds the latent of the next segment: the requested one, or else a new one near the last.
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

    /// Masks what the token grammar or the length forbids: pitches rise within a chord, and the take may not end too
    /// early.
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
            // Nothing lies above the top key: the chord is over, whatever the gap said.
            if barred < end {
                logits[..barred].fill(f32::NEG_INFINITY);
            }
        }
        // The last note of a piece has no gap, so the end token may follow what looks like a chord.
        if n < self.earliest_end() || self.end.is_some() {
            logits[end] = f32::NEG_INFINITY;
        }
    }

    /// Sets the prompt: music to continue.
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

    /// Advances the current return past `note`, and begins or ends a return at the edge of its passage; a chord is
    /// finished first.
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

    /// The next note of the returning theme; `None` once the theme is over.
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

    /// The hint for the next note.
    pub(super) fn next_hint(&self) -> Option<Hint> {
        self.hints.last().copied().flatten()
    }

    /// How strongly the next note is pulled towards the hint: 1 as learned; below 0 the hint is avoided.
    ///
    /// Without control, a take either repeats nothing or loops, because repetition breeds repetition. So the take aims
    /// at the composer's own share of repeated patterns, times the memory setting. The pull grows as the share falls
    /// below that target and turns negative above twice the target. A figure that has already repeated in full gets no
    /// more than the learned pull, and less with each further repetition.
    pub(super) fn pull(&self) -> f32 {
        if let Some(strength) = self.current_return().and_then(|r| r.strength) {
            return strength;
        }
        let aim = self.settings.memory * self.usual_repetition;
        if aim <= 0.0 {
            return 0.0;
        }
        let pull = PULL * (2.0 - self.repetition.share() / aim);
        let repeats = self.next_hint().map_or(0, |hint| hint.matched / hint.distance);
        let limit = match repeats {
            0 => f32::INFINITY,
            _ => 1.0 - repeats.saturating_sub(FREE_REPEATS) as f32 / FADING_REPEATS,
        };
        pull.min(limit).max(-1.0)
    }

    /// Appends a drawn note; an end token, or reaching the latest end, ends the line.
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
        // A chord is not cut in two, unless it is larger than two hands can play.
        if n >= self.latest_end() && (note.gap > 0 || n >= self.latest_end() + 12) {
            self.end.get_or_insert(n);
        }
    }

    /// The value that a field of the next note must have, if that note is given or belongs to an exact return.
    pub(super) fn given_value(&self, field: Field) -> Option<u8> {
        if self.current_return().is_some_and(|r| r.strength.is_none()) {
            return self.recalled().map(|hint| hint.note.get(field));
        }
        if let Some(filling) = &self.filling {
            return filling.value(field);
        }
        self.given.as_ref().and_then(|g| g.value(self.tokens.len(), field))
    }

    /// Passes the pitch of the next note to the region. If the region has no use for it, the gap before it is drawn
    /// again: returns the old and the new gap, and another pitch has to be drawn.
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

    /// Fits a drawn note into the region.
    pub(super) fn settle(&mut self, note: NoteToken) -> NoteToken {
        self.filling.as_mut().map_or(note, |filling| filling.settle(note))
    }

    /// Is the next note given, or is the line finished?
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

    /// Only notes of the theme are forced: where the theme would leave the keyboard, a memory hint remains a hint.
    #[test]
    fn an_exact_return_forces_only_notes_of_its_theme() {
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
        assert!(over.next_hint().is_some(), "the memory has a hint for the next note");
        assert_eq!(over.given_value(Field::Pitch), None);
    }

    #[test]
    fn a_correction_follows_the_composers_of_each_segment() {
        let mut line = Line::new(1, 0, vec![0.0], vec![0.0], SamplingSettings::default());
        line.tilts = [Tilt([1.0, 0.0, 0.0]), Tilt([0.0, 2.0, -2.0])].into();
        line.labels = vec![vec![(0, 1.0)], vec![(0, 0.25), (1, 0.75)], vec![(2, 1.0)]];
        assert_eq!(line.tilt(), Tilt([1.0, 0.0, 0.0]));
        line.z.push(vec![0.0]);
        assert_eq!(line.tilt(), Tilt([0.25, 1.5, -1.5]));
        line.z.push(vec![0.0]);
        assert_eq!(line.tilt(), Tilt::default(), "nobody has no correction");
    }
}
