//! Measures composers that were added to a finished model: are their takes recognised?
//!
//! The judge that ships does not know them, so this needs one trained on a corpus in which they have a label.

use serde::Serialize;

use super::material::{HELD_OUT, check_composers, check_kind, real_segments, round_trip};
use super::{Copied, EvaluateError, EvaluateOptions, Sequences};
use crate::classify::{Classifier, ClassifierKind};
use crate::data::{Corpus, Split};
use crate::generate::{GenerateRequest, Generator};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::train::rank_of;

/// How often segments of a composer are recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RareHeard {
    pub segments: usize,
    pub top1: f64,
    pub top3: f64,
}

/// Figures of an added composer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RareRow {
    pub name: String,
    /// Real segments of works that neither judge nor label was trained on.
    pub real: RareHeard,
    pub takes: RareHeard,
    /// Share of the takes' 13-note sequences that occur in the training music.
    pub copied: f64,
}

impl RareRow {
    /// Do the takes pass? They must be recognised half as often as the real music, as for every other composer; twice
    /// as often as by chance; and copy no more than the limit for all models.
    pub fn passes(&self, composers: usize) -> bool {
        let chance = 1.0 / composers.max(1) as f64;
        self.takes.top1 >= self.real.top1 / 2.0 && self.takes.top1 >= 2.0 * chance && self.copied <= 0.015
    }
}

/// Measures every added composer, without selection.
///
/// # Errors
/// [`EvaluateError::Composers`] if judge and corpus have different composers; [`EvaluateError::Stopped`].
pub fn measure_rare(
    generator: &Generator,
    corpus: &Corpus,
    judge: &Classifier,
    options: &EvaluateOptions,
    stop: &StopFlag,
) -> Result<Vec<RareRow>, EvaluateError> {
    check_kind(judge.header.kind, ClassifierKind::Judge)?;
    check_composers("judge", judge.composers(), &corpus.composers)?;
    let training = Sequences::new(corpus.pieces.iter().filter(|p| p.split == Split::Train).collect());
    let real: Vec<_> =
        HELD_OUT.iter().flat_map(|&split| real_segments(corpus, split, options.notes, usize::MAX)).collect();
    let info = generator.info();
    let mut rows = Vec::new();
    for (id, composer) in info.composers.iter().filter(|(id, _)| info.is_rare(*id)) {
        let Some((label, _)) = corpus.composers.iter().find(|(_, c)| c.name == composer.name) else {
            continue;
        };
        let requests: Vec<GenerateRequest> = (0..options.takes).map(|i| request(options, id, i)).collect();
        let takes = generator.generate_batch(&requests, stop, &mut |_| {})?;
        if stop.is_stopped() {
            return Err(EvaluateError::Stopped);
        }
        let takes: Vec<_> = takes
            .iter()
            .map(|take| {
                let notes = round_trip(&take.tokens);
                notes[..notes.len().min(options.notes)].to_vec()
            })
            .collect();
        let own: Vec<_> =
            real.iter().filter(|(c, _)| *c == label.index()).map(|(_, notes)| notes.as_slice()).collect();
        let takes: Vec<_> = takes.iter().map(Vec::as_slice).collect();
        rows.push(RareRow {
            name: composer.name.clone(),
            real: heard(judge, label, &own),
            takes: heard(judge, label, &takes),
            copied: Copied::of(takes.iter().copied(), &training).shares[1],
        });
    }
    Ok(rows)
}

fn request(options: &EvaluateOptions, id: ComposerId, number: usize) -> GenerateRequest {
    GenerateRequest {
        notes: options.notes + options.notes / 8,
        sampling: options.sampling,
        ..GenerateRequest::new(Some(id), options.seed + 20_000_000 + number as u64)
    }
}

fn heard(judge: &Classifier, label: ComposerId, segments: &[crate::classify::Segment]) -> RareHeard {
    let ranks: Vec<usize> =
        judge.hear(segments).iter().map(|h| rank_of(label.index(), &h.probabilities)).collect();
    let share =
        |most: usize| ranks.iter().filter(|rank| **rank < most).count() as f64 / ranks.len().max(1) as f64;
    RareHeard { segments: segments.len(), top1: share(1), top3: share(3) }
}
