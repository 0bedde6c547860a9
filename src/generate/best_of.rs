//! Best of N: a take continues with the best of several continuations.
//!
//! The first chunk is composed once, so that the sound starts at once. Every later chunk is composed N times side by
//! side, and the continuation that the selector finds most like the composer is kept. A continuation that shares a
//! sequence of notes with the training music is kept only if all of them do.

use std::path::{Path, PathBuf};

use tch::Device;

use super::GenerateError;
use super::copy_index::{CopyIndex, SURE_NOTES};
use super::info::CheckpointInfo;
use super::line::Line;
use super::lines::Lines;
use super::mix::Mix;
use super::take::GenerateRequest;
use crate::classify::{Classifier, Segment};
use crate::paths;

/// Notes per chunk: about five seconds.
pub const CHUNK: usize = 64;
/// Default number of continuations to choose from; see `docs/experiments.md`.
pub const DEFAULT_BEST_OF: usize = 4;
/// Maximum number of continuations to choose from.
pub const MAX_BEST_OF: usize = 8;
/// Notes that the selector hears: the continuation and the notes before it.
const HEARD: usize = 256;
const SELECTOR: &str = "selector.safetensors";
const COPIES: &str = "copies.index";

/// A file that belongs to a checkpoint: beside it, or else among the files that ship.
pub fn beside_or_shipped(checkpoint: &Path, name: &str) -> Option<PathBuf> {
    let own = checkpoint.parent().map(Path::to_owned);
    own.into_iter().chain(paths::checkpoint_dirs()).map(|folder| folder.join(name)).find(|path| path.exists())
}

/// The selector of a checkpoint; `None`, and a line in the log, if there is none.
pub(super) fn selector_for(checkpoint: &Path, device: Device) -> Option<Classifier> {
    Classifier::read(&beside_or_shipped(checkpoint, SELECTOR)?, device)
        .inspect_err(|error| tracing::warn!(%error, "no selector"))
        .ok()
}

/// The copy index of a checkpoint; `None`, and a line in the log, if there is none.
pub(super) fn copies_for(checkpoint: &Path) -> Option<CopyIndex> {
    CopyIndex::load(&beside_or_shipped(checkpoint, COPIES)?)
        .inspect_err(|error| tracing::warn!(%error, "takes are not checked for copies"))
        .ok()
}

/// Does a mix contain a composer that the selector does not know?
fn has_rare(mix: &Mix, info: &CheckpointInfo) -> bool {
    mix.shares().iter().any(|(id, _)| info.is_rare(*id))
}

/// Selection in a batch of takes.
pub(super) struct Choices<'a> {
    selector: Option<&'a Classifier>,
    copies: Option<&'a CopyIndex>,
    /// Continuations to choose from.
    of: usize,
    /// Current number of lines per take.
    per_take: usize,
    /// Notes of the prompt.
    begun_at: usize,
}

impl<'a> Choices<'a> {
    /// # Errors
    /// [`GenerateError::NoSelector`].
    pub fn new(
        (selector, copies): (Option<&'a Classifier>, Option<&'a CopyIndex>),
        info: &CheckpointInfo,
        requests: &[GenerateRequest],
        begun_at: usize,
    ) -> Result<Choices<'a>, GenerateError> {
        // With notes given in part, or a composer that the selector does not know, there is nothing to choose by.
        let of = |r: &GenerateRequest| match (&r.given, r.composer) {
            (None, Some(id)) if !info.is_rare(id) && !r.mixes.iter().any(|mix| has_rare(mix, info)) => {
                r.best_of.clamp(1, MAX_BEST_OF)
            }
            _ => 1,
        };
        let of = requests.iter().map(of).min().unwrap_or(1);
        if of > 1 && selector.is_none() {
            return Err(GenerateError::NoSelector);
        }
        Ok(Choices { selector, copies, of, per_take: 1, begun_at })
    }

    /// Call after every step: once a chunk is complete, keeps the best line of each take. Returns whether the notes of
    /// each take's first line are final.
    pub fn settle(&mut self, lines: &mut Lines) -> bool {
        if self.of == 1 {
            return true;
        }
        let is_done = lines.is_done();
        let composed = lines.lines.first().map_or(0, |l| l.tokens.len()) - self.begun_at;
        if !composed.is_multiple_of(CHUNK) && !is_done {
            return self.per_take == 1;
        }
        let winners = self.winners(&lines.lines);
        let copies = if is_done { 1 } else { self.of };
        lines.regroup(&winners.iter().flat_map(|&w| std::iter::repeat_n(w, copies)).collect::<Vec<_>>());
        self.per_take = copies;
        true
    }

    /// One line per take, the best so far: for when composing is stopped inside a chunk.
    pub fn finish(&mut self, lines: &mut Lines) {
        if self.per_take > 1 {
            let winners = self.winners(&lines.lines);
            lines.regroup(&winners);
            self.per_take = 1;
        }
    }

    /// The index of the best line of each take.
    fn winners(&self, lines: &[Line]) -> Vec<usize> {
        let takes = lines.len() / self.per_take;
        let Some(selector) = self.selector.filter(|_| self.per_take > 1) else {
            return (0..takes).map(|t| t * self.per_take).collect();
        };
        let tails: Vec<Segment> =
            lines.iter().map(|l| &l.heard()[l.heard().len().saturating_sub(HEARD)..]).collect();
        let heard = selector.hear(&tails);
        // Of a mix: the geometric mean of the probabilities, each counted by its share.
        let likeness = |i: &usize| -> f32 {
            let own = lines[*i].labels().iter();
            own.map(|(label, share)| heard[*i].probabilities[*label as usize].powf(*share)).product()
        };
        let is_new = |line: &Line| {
            let notes = line.heard();
            let latest = &notes[notes.len().saturating_sub(CHUNK + SURE_NOTES)..];
            self.copies.is_none_or(|index| index.check(latest).share == 0.0)
        };
        let is_new: Vec<bool> = lines.iter().map(is_new).collect();
        (0..takes)
            .filter_map(|t| {
                let own = t * self.per_take..(t + 1) * self.per_take;
                own.max_by(|a, b| is_new[*a].cmp(&is_new[*b]).then(likeness(a).total_cmp(&likeness(b))))
            })
            .collect()
    }
}
