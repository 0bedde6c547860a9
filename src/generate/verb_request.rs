//! A verb with everything it needs, so that it can be sent to the thread that owns the generator.

use std::sync::Arc;

use super::seam::Seam;
use super::take::MAX_NOTES;
use super::{GenerateError, GenerateRequest, Generator, Quality, verbs};
use crate::music::{ComposerId, Performance};
use crate::sampling::SamplingSettings;

/// The music that a verb starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub music: Arc<Performance>,
    /// The composer it was composed for, if known; otherwise the verbs use the composer whose music is nearest.
    pub composer: Option<ComposerId>,
}

/// The operation; see [`verbs`].
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    Vary {
        amount: f32,
    },
    Continue {
        notes: usize,
        composer: Option<ComposerId>,
    },
    Restyle {
        to: ComposerId,
    },
    /// Piece number `step` of `steps` on the way to another; step 0 is the source itself.
    Blend {
        with: Source,
        step: usize,
        steps: usize,
    },
}

/// A take to make from existing music.
#[derive(Clone, Debug, PartialEq)]
pub struct VerbRequest {
    pub source: Source,
    pub verb: Verb,
    pub seed: u64,
    pub sampling: SamplingSettings,
    /// Qualities of a variation, as [`GenerateRequest::qualities`].
    pub qualities: Vec<(Quality, f32)>,
    /// Number of continuations to choose from; the other verbs ignore it.
    pub best_of: usize,
}

impl VerbRequest {
    /// The request to compose. The result of a continuation still has to pass through [`VerbRequest::seam`].
    ///
    /// # Errors
    /// Errors of the verb; [`GenerateError::Steps`] for a step beyond the last.
    pub fn plan(&self, generator: &Generator) -> Result<GenerateRequest, GenerateError> {
        let (source, seed) = (&self.source, self.seed);
        let music = &source.music;
        let request = match &self.verb {
            Verb::Vary { amount } => verbs::vary(generator, music, *amount, seed)?,
            Verb::Continue { notes, composer } => {
                verbs::continuation(generator, music, *notes, composer.or(source.composer), seed)?
            }
            Verb::Restyle { to } => verbs::restyle(generator, music, *to, seed)?,
            Verb::Blend { step, .. } => {
                let mut all = self.plan_blend(generator)?;
                return (*step < all.len()).then(|| all.swap_remove(*step)).ok_or(GenerateError::Steps);
            }
        };
        Ok(self.completed(request))
    }

    /// [`VerbRequest::plan`] for every step of a blend, encoding the two pieces only once. For other verbs, a single
    /// request.
    ///
    /// # Errors
    /// Errors of the verb.
    pub fn plan_blend(&self, generator: &Generator) -> Result<Vec<GenerateRequest>, GenerateError> {
        let Verb::Blend { with, steps, .. } = &self.verb else {
            return Ok(vec![self.plan(generator)?]);
        };
        let all = verbs::blend(generator, &self.source.music, &with.music, *steps, self.seed)?;
        let at = |step| VerbRequest {
            verb: Verb::Blend { with: with.clone(), step, steps: *steps },
            ..self.clone()
        };
        let numbered = all.into_iter().enumerate();
        Ok(numbered.map(|(step, request)| at(step).completed(request)).collect())
    }

    fn completed(&self, request: GenerateRequest) -> GenerateRequest {
        GenerateRequest {
            composer: self.label().or(request.composer),
            sampling: self.sampling,
            best_of: self.best_of,
            qualities: match self.verb {
                Verb::Vary { .. } => self.qualities.clone(),
                Verb::Continue { .. } | Verb::Restyle { .. } | Verb::Blend { .. } => Vec::new(),
            },
            ..request
        }
    }

    /// The composer of the take, as far as it is known before the music is encoded.
    pub fn label(&self) -> Option<ComposerId> {
        match &self.verb {
            Verb::Vary { .. } => self.source.composer,
            Verb::Continue { composer, .. } => composer.or(self.source.composer),
            Verb::Restyle { to } => Some(*to),
            Verb::Blend { .. } => self.nearer().composer,
        }
    }

    /// Approximate number of notes in the take. A record may hold any number, but a take gains at most [`MAX_NOTES`]
    /// notes.
    pub fn expected_notes(&self) -> usize {
        let new_notes = match &self.verb {
            Verb::Continue { notes, .. } => (*notes).min(MAX_NOTES),
            Verb::Vary { .. } | Verb::Restyle { .. } | Verb::Blend { .. } => 0,
        };
        self.nearer().music.notes().len() + new_notes
    }

    /// The music from which the take keeps the most notes: for a blend, the nearer end.
    fn nearer(&self) -> &Source {
        match &self.verb {
            Verb::Blend { with, step, steps } if 2 * step >= *steps => with,
            _ => &self.source,
        }
    }

    /// For a continuation: the seam between the original music and the new notes.
    pub fn seam(&self) -> Option<Seam<'_>> {
        matches!(self.verb, Verb::Continue { .. }).then(|| Seam::new(&self.source.music))
    }
}
