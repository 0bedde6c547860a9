//! A verb that is asked for, with all it needs to know, so that it can travel to the thread that owns the generator.

use std::sync::Arc;

use super::seam::Seam;
use super::take::MAX_NOTES;
use super::{GenerateError, GenerateRequest, Generator, Quality, verbs};
use crate::music::{ComposerId, Performance};
use crate::sampling::SamplingSettings;

/// Music that something is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub music: Arc<Performance>,
    /// The label it was composed under, where there is one; else the verbs take the composer whose music lies nearest.
    pub composer: Option<ComposerId>,
}

/// What to make of it; see [`verbs`].
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
    /// One of `steps` pieces on the way to another; step 0 is the source itself.
    Blend {
        with: Source,
        step: usize,
        steps: usize,
    },
}

/// One take to make of music that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct VerbRequest {
    pub source: Source,
    pub verb: Verb,
    pub seed: u64,
    pub sampling: SamplingSettings,
    /// Qualities of a variation, as [`GenerateRequest::qualities`].
    pub qualities: Vec<(Quality, f32)>,
    /// How a continuation goes on is chosen from so many; the other verbs have nothing to choose.
    pub best_of: usize,
}

impl VerbRequest {
    /// What the generator has to compose. Of a continuation the outcome still has to go through [`VerbRequest::seam`].
    ///
    /// # Errors
    /// Those of the verb; [`GenerateError::Steps`] for a step beyond the last.
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

    /// As [`VerbRequest::plan`], for every step of a blend: the two pieces are heard only once. Of another verb, the
    /// one request.
    ///
    /// # Errors
    /// Those of the verb.
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

    /// The composer of the take, as far as it is known before the model has heard the music.
    pub fn label(&self) -> Option<ComposerId> {
        match &self.verb {
            Verb::Vary { .. } => self.source.composer,
            Verb::Continue { composer, .. } => composer.or(self.source.composer),
            Verb::Restyle { to } => Some(*to),
            Verb::Blend { .. } => self.nearer().composer,
        }
    }

    /// About how many notes the take will have. A record may ask for any number; no take gets longer than
    /// [`MAX_NOTES`] more.
    pub fn expected_notes(&self) -> usize {
        let new_notes = match &self.verb {
            Verb::Continue { notes, .. } => (*notes).min(MAX_NOTES),
            Verb::Vary { .. } | Verb::Restyle { .. } | Verb::Blend { .. } => 0,
        };
        self.nearer().music.notes().len() + new_notes
    }

    /// The music that the take keeps most of: of a blend, whichever end is nearer.
    fn nearer(&self) -> &Source {
        match &self.verb {
            Verb::Blend { with, step, steps } if 2 * step >= *steps => with,
            _ => &self.source,
        }
    }

    /// Of a continuation: where the music's own notes end.
    pub fn seam(&self) -> Option<Seam<'_>> {
        matches!(self.verb, Verb::Continue { .. }).then(|| Seam::new(&self.source.music))
    }
}
