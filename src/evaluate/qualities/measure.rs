//! Does a take get more of a quality when it is asked for more, and is it still heard as its composer?

use super::fit::{Fitted, fit};
use crate::classify::Classifier;
use crate::data::Corpus;
use crate::evaluate::EvaluateError;
use crate::generate::{DEFAULT_BEST_OF, Direction, GenerateRequest, Generator, Qualities, Quality, Take};
use crate::music::ComposerId;
use crate::progress::StopFlag;

/// Steps that are tried, in differences between real segments one standard deviation apart.
const GAINS: [f32; 3] = [1.5, 2.5, 4.0];
/// Takes side by side in one batch.
const BATCH: usize = 24;

/// How much is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityOptions {
    /// Notes of a take.
    pub notes: usize,
    /// Seeds for each composer, for the choice of the step and, others, for the measurement.
    pub tuning_seeds: u64,
    pub seeds: u64,
}

impl Default for QualityOptions {
    fn default() -> Self {
        QualityOptions { notes: 128, tuning_seeds: 1, seeds: 3 }
    }
}

/// One take for each composer and seed.
struct Trials<'a> {
    generator: &'a Generator,
    judge: &'a Classifier,
    options: &'a QualityOptions,
    composers: Vec<ComposerId>,
    seeds: std::ops::Range<u64>,
    /// As they are without a quality.
    plain: Vec<Take>,
}

/// What trials of one quality showed.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    rises: f32,
    stays: f32,
    change: f32,
    trials: usize,
}

impl Shown {
    /// 1 where it is just good enough to be offered.
    fn score(&self) -> f32 {
        (self.rises / 0.9).min(self.stays / 0.8)
    }
}

/// Fits a direction for each quality to the training split, chooses its step with some seeds, and measures it with
/// others. `on_row` hears of each quality when it is measured.
///
/// # Errors
/// [`EvaluateError::EmptySplit`] without enough labelled music, [`EvaluateError::Stopped`], or what composing says.
pub fn measure_qualities(
    generator: &mut Generator,
    judge: &Classifier,
    corpus: &Corpus,
    options: &QualityOptions,
    stop: &StopFlag,
    on_row: &mut dyn FnMut(&Direction),
) -> Result<Qualities, EvaluateError> {
    let fitted = fit(generator, corpus, stop).ok_or(EvaluateError::EmptySplit("training"))?;
    let hash = generator.info().hash.clone();
    let all: Vec<ComposerId> = generator.info().labelled.iter().map(|(id, _)| id).collect();
    let every_other: Vec<ComposerId> = all.iter().copied().step_by(2).collect();
    let tuning = plain(generator, options, &every_other, 0..options.tuning_seeds, stop)?;
    let first = 1000;
    let measured = plain(generator, options, &all, first..first + options.seeds, stop)?;
    let mut qualities = Qualities { checkpoint: hash, directions: Vec::new() };
    for (quality, fitted) in Quality::ALL.into_iter().zip(&fitted) {
        let mut best: Option<(Shown, Direction)> = None;
        for gain in GAINS {
            let direction = direction(quality, fitted, gain);
            generator.set_qualities(alone(&direction));
            let trials = Trials {
                generator,
                judge,
                options,
                composers: every_other.clone(),
                seeds: 0..options.tuning_seeds,
                plain: tuning.clone(),
            };
            let shown = trials.run(&direction, fitted.deviation, stop)?;
            tracing::info!(?quality, gain, ?shown, "tuning");
            if best.as_ref().is_none_or(|(best, _)| shown.score() > best.score()) {
                best = Some((shown, direction));
            }
        }
        let Some((_, mut direction)) = best else { continue };
        generator.set_qualities(alone(&direction));
        let trials = Trials {
            generator,
            judge,
            options,
            composers: all.clone(),
            seeds: first..first + options.seeds,
            plain: measured.clone(),
        };
        let shown = trials.run(&direction, fitted.deviation, stop)?;
        (direction.rises, direction.stays) = (shown.rises, shown.stays);
        (direction.change, direction.trials) = (shown.change, shown.trials);
        on_row(&direction);
        qualities.directions.push(direction);
    }
    Ok(qualities)
}

fn alone(direction: &Direction) -> Qualities {
    Qualities { checkpoint: String::new(), directions: vec![direction.clone()] }
}

fn direction(quality: Quality, fitted: &Fitted, gain: f32) -> Direction {
    Direction {
        quality,
        step: fitted.step.iter().map(|v| *v as f32 * gain).collect(),
        gain,
        explained: fitted.explained as f32,
        rises: 0.0,
        stays: 0.0,
        change: 0.0,
        trials: 0,
    }
}

fn request(generator: &Generator, options: &QualityOptions, id: ComposerId, seed: u64) -> GenerateRequest {
    GenerateRequest {
        notes: options.notes,
        best_of: if generator.info().can_choose { DEFAULT_BEST_OF } else { 1 },
        ..GenerateRequest::new(Some(id), seed)
    }
}

fn plain(
    generator: &Generator,
    options: &QualityOptions,
    composers: &[ComposerId],
    seeds: std::ops::Range<u64>,
    stop: &StopFlag,
) -> Result<Vec<Take>, EvaluateError> {
    let requests: Vec<GenerateRequest> = composers
        .iter()
        .flat_map(|&id| seeds.clone().map(move |seed| (id, seed)))
        .map(|(id, seed)| request(generator, options, id, seed))
        .collect();
    compose(generator, &requests, stop)
}

fn compose(
    generator: &Generator,
    requests: &[GenerateRequest],
    stop: &StopFlag,
) -> Result<Vec<Take>, EvaluateError> {
    let mut takes = Vec::with_capacity(requests.len());
    for part in requests.chunks(BATCH) {
        takes.extend(generator.generate_batch(part, stop, &mut |_| {})?);
        if stop.is_stopped() {
            return Err(EvaluateError::Stopped);
        }
    }
    Ok(takes)
}

impl Trials<'_> {
    fn run(&self, direction: &Direction, deviation: f64, stop: &StopFlag) -> Result<Shown, EvaluateError> {
        let at = |amount: f32| -> Result<Vec<Take>, EvaluateError> {
            let asked = self.composers.iter().flat_map(|&id| self.seeds.clone().map(move |seed| (id, seed)));
            let requests: Vec<GenerateRequest> = asked
                .map(|(id, seed)| GenerateRequest {
                    qualities: vec![(direction.quality, amount)],
                    ..request(self.generator, self.options, id, seed)
                })
                .collect();
            compose(self.generator, &requests, stop)
        };
        let (less, more) = (at(-1.0)?, at(1.0)?);
        let heard = |takes: &[Take]| -> Vec<usize> {
            let notes: Vec<_> = takes.iter().map(|take| take.tokens.as_slice()).collect();
            self.judge.classify_many(&notes).iter().map(|p| likeliest(p)).collect()
        };
        let value = |take: &Take| direction.quality.measure(&take.tokens);
        let (before, lower, higher) = (heard(&self.plain), heard(&less), heard(&more));
        let n = self.plain.len();
        let rises = (0..n)
            .filter(|&i| value(&less[i]) < value(&self.plain[i]) && value(&self.plain[i]) < value(&more[i]));
        let stays = (0..n).map(|i| usize::from(lower[i] == before[i]) + usize::from(higher[i] == before[i]));
        let change: f64 = (0..n).map(|i| value(&more[i]) - value(&less[i])).sum::<f64>() / n.max(1) as f64;
        Ok(Shown {
            rises: rises.count() as f32 / n.max(1) as f32,
            stays: stays.sum::<usize>() as f32 / (2 * n).max(1) as f32,
            change: (change / deviation) as f32,
            trials: n,
        })
    }
}

fn likeliest(probabilities: &[f32]) -> usize {
    let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(i, _)| i)
}
