//! One take while it grows.

use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::given::Given;
use crate::model::features::Place;
use crate::sampling::{SamplingSettings, standard_normal};
use crate::tokens::{Field, Memory, NoteToken};

/// How much of the deviation of z from its mean survives a change of segment.
const Z_CARRY: f32 = 0.8;

/// One take while it grows.
#[derive(Clone)]
pub struct Line {
    pub tokens: Vec<NoteToken>,
    /// What the tokens so far, a prompt's among them, suggest as the next one.
    pub memory: Memory,
    /// The label, `n_composers` for none.
    pub label: i64,
    /// The latent of each segment so far.
    pub z: Vec<Vec<f32>>,
    /// What z wanders around.
    pub z_mean: Vec<f32>,
    /// The latents of the first segments, where they were asked for.
    pub z_path: Vec<Vec<f32>>,
    /// Notes to keep.
    pub given: Option<Arc<Given>>,
    pub settings: SamplingSettings,
    pub rng: Pcg64Mcg,
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
            label,
            z: vec![z],
            z_mean,
            z_path: Vec::new(),
            given: None,
            settings,
            rng: Pcg64Mcg::seed_from_u64(seed),
            wanted: 0,
            slack: 0,
            end: None,
        }
    }

    /// Where note `i` stands, as the model is told: in the middle of a longer piece, until the end comes near.
    ///
    /// Told the truth, the model writes the slow, long-held beginnings of pieces and then keeps to them: notes twice
    /// as long as in real music, and fewer of them (`docs/experiments.md`).
    pub(super) fn place(&self, i: usize) -> Place {
        const MIDDLE: usize = 600;
        const ENDING: usize = 32;
        let left = self.wanted.saturating_sub(i);
        Place {
            since_start: i + MIDDLE,
            until_end: if left < ENDING { left } else { left + MIDDLE },
        }
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
        self.tokens = tokens;
    }

    fn append(&mut self, note: NoteToken) {
        self.tokens.push(note);
        self.memory.push(note);
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

    /// The value a field of the next note must have, if it is given.
    pub(super) fn given_value(&self, field: Field) -> Option<u8> {
        self.given
            .as_ref()
            .and_then(|g| g.value(self.tokens.len(), field))
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
