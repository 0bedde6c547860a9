//! Alternatives for a region, composed side by side.

use std::ops::Range;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::no_grad;

use super::filling::Filling;
use super::join::join;
use super::region::Region;
use super::score::{Keep, Score};
use crate::generate::line::Line;
use crate::generate::lines::Lines;
use crate::generate::surprise::Passage;
use crate::generate::take::MAX_ALTERNATIVES;
use crate::generate::verbs::mixed;
use crate::generate::{DEFAULT_RECALL, Form, GenerateError, Generator, Recipe, Source, Take};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::sampling::SamplingSettings;
use crate::tokens::encode;

/// Default number of candidates for each alternative.
pub const DEFAULT_CANDIDATES: usize = 4;
/// Number of notes after the region by which candidates are ranked.
const RANKED_BY: usize = 16;
/// Makes the seeds of an alternative's candidates; the first candidate has the alternative's own seed.
const CANDIDATE_SEEDS: u64 = 0x9e37_79b9_7f4a_7c15;

/// A region to recompose.
#[derive(Clone, Debug, PartialEq)]
pub struct Recompose {
    pub source: Source,
    pub region: Region,
    /// The composer to imitate; `None`: the source's composer, or else the one whose music is nearest.
    pub composer: Option<ComposerId>,
    /// Closeness to the old notes, 0–1: the share of chords to keep, and the weight of the old latent.
    pub closeness: f32,
    /// Keeps onsets, durations and pedal; only pitch and velocity change.
    pub keep_rhythm: bool,
    /// Parts of the music in which no new note may begin; existing notes there are kept.
    pub locked: Vec<Region>,
    /// Number of alternatives.
    pub count: usize,
    /// Number of candidates for each alternative; the one that leads best to the following music is kept.
    pub candidates: usize,
    /// Alternative `i` has the seed `seed + i`.
    pub seed: u64,
    pub sampling: SamplingSettings,
}

impl Recompose {
    /// Recomposes all notes of `region` in the style of the piece itself.
    pub fn new(source: Source, region: Region, seed: u64) -> Recompose {
        Recompose {
            source,
            region,
            composer: None,
            closeness: 0.0,
            keep_rhythm: false,
            locked: Vec::new(),
            count: 1,
            candidates: DEFAULT_CANDIDATES,
            seed,
            sampling: SamplingSettings::default(),
        }
    }
}

/// The whole piece with one new version of the region.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    pub take: Take,
    /// Number of new notes.
    pub new_notes: usize,
    /// How surprising the first notes after the region are, in nats per note; `None` if no notes follow.
    pub surprise_nats: Option<f64>,
}

/// The label and the latents for a region.
struct Manner {
    composer: ComposerId,
    z_path: Vec<Vec<f32>>,
}

impl Generator {
    /// New versions of a region; the rest of the music stays exactly the same. `on_note` is called with the number of
    /// notes in the longest candidate. If `stop` is set, composing ends early and nothing is returned. The same request
    /// gives the same alternatives on the same build, device and checkpoint.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`], [`GenerateError::EmptyRegion`], [`GenerateError::NoSuchComposer`],
    /// [`GenerateError::Alternatives`].
    pub fn recompose(
        &self,
        request: &Recompose,
        stop: &StopFlag,
        on_note: &mut dyn FnMut(usize),
    ) -> Result<Vec<Alternative>, GenerateError> {
        if !(1..=MAX_ALTERNATIVES).contains(&request.count) {
            return Err(GenerateError::Alternatives);
        }
        let region = request.region.within(&request.source.music)?;
        let seeds = (0..request.count as u64).map(|i| request.seed.wrapping_add(i));
        let scores: Vec<(u64, Arc<Score>)> =
            seeds.map(|seed| (seed, Arc::new(request.score(&region, seed)))).collect();
        let mut lines = Vec::new();
        let mut manners = Vec::new();
        let nearest = self.nearest_composer(&self.encode_windows(&scores[0].1.tokens)?);
        for (seed, score) in &scores {
            let manner = self.manner(request, score, nearest, *seed)?;
            lines.extend((0..request.candidates()).map(|i| {
                self.region_line(request, score, &manner, seed ^ (i as u64).wrapping_mul(CANDIDATE_SEEDS))
            }));
            manners.push(manner);
        }
        let lines = no_grad(|| fill(self, lines, stop, on_note));
        if stop.is_stopped() {
            return Ok(Vec::new());
        }
        let candidates = lines.chunks(request.candidates()).zip(manners).zip(&scores);
        Ok(candidates
            .map(|((own, manner), (seed, score))| self.best(request, &region, score, &manner, (*seed, own)))
            .collect())
    }

    /// The label and latents for the region. `closeness` interpolates between the latent of the surrounding music and
    /// those of the region itself. `nearest` is the composer whose music is most like the piece.
    fn manner(
        &self,
        request: &Recompose,
        score: &Score,
        nearest: ComposerId,
        seed: u64,
    ) -> Result<Manner, GenerateError> {
        let (len, tokens) = (self.info().segment_len, &score.tokens);
        let composer = request.composer.or(request.source.composer).unwrap_or(nearest);
        if composer.index() >= self.info().composers.len() {
            return Err(GenerateError::NoSuchComposer(composer.index()));
        }
        let (half, Range { start, end }) = (len / 2, score.inside.clone());
        let around: Vec<_> = tokens[start.saturating_sub(half)..start]
            .iter()
            .chain(&tokens[end..tokens.len().min(end + half)])
            .copied()
            .collect();
        let is_alone = around.is_empty();
        let around = if is_alone {
            let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x616c_6f6e);
            self.draw_latent(composer.index(), &mut rng)
        } else {
            self.encode_tokens(&around)?.swap_remove(0)
        };
        let first = score.before.len().saturating_sub(half);
        let mut z_path = Vec::new();
        for from in (first..end.max(first + 1)).step_by(half.max(1)) {
            let own =
                self.encode_tokens(&tokens[from.min(tokens.len() - 1)..tokens.len().min(from + len)])?;
            z_path.push(mixed(&around, &own[0], request.closeness()));
        }
        if nearest != composer && !is_alone {
            z_path = self.carry(&z_path, nearest, composer)?;
        }
        Ok(Manner { composer, z_path })
    }

    fn region_line(&self, request: &Recompose, score: &Arc<Score>, manner: &Manner, seed: u64) -> Line {
        let z = manner.z_path.first().cloned().unwrap_or_default();
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let label = self.label_of(Some(manner.composer));
        let mut line = Line::new(rng.random(), label, z.clone(), z, request.sampling.clamped());
        line.z_path.clone_from(&manner.z_path);
        line.usual_repetition = self.info().repetition(Some(manner.composer));
        line.knows_its_place = true;
        line.wanted = score.tokens.len() - score.before.len();
        line.begin_with(score.before.clone());
        let filling = Filling::new(score.clone());
        line.end = filling.is_done().then_some(line.tokens.len());
        line.filling = Some(filling);
        line
    }

    /// The candidate for one alternative that leads best to the following music.
    fn best(
        &self,
        request: &Recompose,
        region: &Region,
        score: &Score,
        manner: &Manner,
        (seed, own): (u64, &[Line]),
    ) -> Alternative {
        let music = &request.source.music;
        let filled = |line: &Line| {
            let placed = line.filling.as_ref().map_or(&[][..], |f| &f.placed);
            let performance = join(music, region, score, placed);
            let tokens = encode(&performance).tokens;
            (performance, tokens, placed.len())
        };
        let mut all: Vec<_> = own.iter().map(filled).collect();
        let follow = score.tokens.len() - score.inside.end;
        let passages = all.iter().map(|(_, tokens, _)| {
            let from = tokens.len().saturating_sub(follow);
            Passage { tokens, judged: from..tokens.len().min(from + RANKED_BY) }
        });
        let z = own.first().and_then(|line| line.z.last()).cloned().unwrap_or_default();
        let surprises = match follow {
            0 => Vec::new(),
            _ => self.surprise(&passages.collect::<Vec<_>>(), Some(manner.composer), &z),
        };
        let least_surprising = surprises.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        let (at, surprise_nats) = least_surprising.map_or((0, None), |(i, nats)| (i, Some(*nats)));
        let (performance, tokens, new_notes) = all.swap_remove(at);
        let recipe = Recipe {
            mixes: Vec::new(),
            composer: self.info().composers.get(manner.composer).map(|c| c.name.clone()),
            seed,
            notes: new_notes,
            sampling: request.sampling.clamped(),
            form: Form::default(),
            recall: DEFAULT_RECALL,
            best_of: request.candidates(),
            z: own[at].z.clone(),
            qualities: Vec::new(),
            prompt_notes: 0,
            checkpoint: self.info().hash.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Alternative {
            take: Take { performance, tokens, recipe, is_partial: false },
            new_notes,
            surprise_nats,
        }
    }
}

impl Recompose {
    fn closeness(&self) -> f32 {
        if self.closeness.is_finite() { self.closeness.clamp(0.0, 1.0) } else { 0.0 }
    }

    fn candidates(&self) -> usize {
        self.candidates.clamp(1, MAX_ALTERNATIVES)
    }

    fn score(&self, region: &Region, seed: u64) -> Score {
        let keep = Keep { closeness: self.closeness(), rhythm: self.keep_rhythm };
        Score::new(&self.source.music, region, keep, &self.locked, seed)
    }
}

/// Composes until every line has filled its region.
fn fill(
    generator: &Generator,
    lines: Vec<Line>,
    stop: &StopFlag,
    on_note: &mut dyn FnMut(usize),
) -> Vec<Line> {
    let begun_at = lines.first().map_or(0, |l| l.tokens.len());
    let mut lines = Lines::new(generator.vae(), lines);
    while !lines.is_done() && !stop.is_stopped() {
        lines.step();
        on_note(lines.lines.first().map_or(0, |l| l.tokens.len() - begun_at));
    }
    lines.lines
}
