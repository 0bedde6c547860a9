//! The whole measurement, in order.

use std::time::Instant;

use super::adherence::{Adherence, Outcome};
use super::material::{self, Labelled, check_composers, check_kind, parts, real_segments, round_trip};
use super::options::EvaluateOptions;
use super::{
    AdherenceRow, Copied, EvaluateError, LabelSwap, Report, Sequences, cost, gates, latent, likeness,
    measure_memory,
};
use crate::classify::{Classifier, ClassifierKind, Heard};
use crate::data::{Corpus, Split, fixed_windows};
use crate::generate::{GenerateRequest, Generator};
use crate::music::ComposerId;
use crate::progress::{Progress, StopFlag};
use crate::train::validate;

/// Batch size of composing.
const BATCH: usize = 140;
/// Latents decoded with every label.
const SWAPPED_LATENTS: usize = 8;

/// Held-out windows per composer for the NLL.
const NLL_WINDOWS: usize = 12;

struct Evaluation<'a> {
    generator: &'a Generator,
    corpus: &'a Corpus,
    judge: &'a Classifier,
    options: &'a EvaluateOptions,
    stop: &'a StopFlag,
    on_progress: &'a mut dyn FnMut(Progress),
    composed_notes: usize,
    composing_secs: f64,
}

/// Measures a model with a judge and, for best-of-N, the generator's selector. On the same machine, the same files and
/// options give the same report, except for the times.
///
/// # Errors
/// Any [`EvaluateError`]; [`EvaluateError::Stopped`] once `stop` is set.
pub fn evaluate(
    generator: &Generator,
    corpus: &Corpus,
    judge: &Classifier,
    options: &EvaluateOptions,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Report, EvaluateError> {
    let composers = &generator.info().labelled;
    check_kind(judge.header.kind, ClassifierKind::Judge)?;
    check_composers("corpus", &corpus.composers, composers)?;
    check_composers("judge", judge.composers(), composers)?;
    if options.takes < 2 || options.notes < 32 || options.best_of == 0 {
        return Err(EvaluateError::Options);
    }
    let (composed_notes, composing_secs) = (0, 0.0);
    Evaluation { generator, corpus, judge, options, stop, on_progress, composed_notes, composing_secs }.run()
}

impl Evaluation<'_> {
    fn run(mut self) -> Result<Report, EvaluateError> {
        let begun = Instant::now();
        let options = self.options;
        let real = real_segments(self.corpus, Split::Test, options.notes, usize::MAX);
        if real.is_empty() {
            return Err(EvaluateError::EmptySplit("test"));
        }
        self.say("latent space", 0, None)?;
        let mut latent = latent::measure(self.generator, self.corpus)?;
        self.say("timing", 0, None)?;
        let mut cost =
            cost::measure(self.generator, options.notes, options.seed, options.sampling, self.stop)?;
        let nll_fields = self.held_out_nll();
        let takes = self.compose(1)?;
        let chosen = match self.generator.selector() {
            Some(_) if options.best_of > 1 => Some(self.compose(options.best_of)?),
            _ => None,
        };
        latent.swap = self.swap_labels()?;
        self.say("listening", 0, None)?;
        let adherence = self.adherence(&real, &takes, chosen.as_deref());
        let likeness = likeness::measure(self.judge, self.corpus, &takes, options)?;
        self.say("looking for copies", 0, None)?;
        let (copied, unseen_works) = self.copied(&takes);
        let memory = match options.long_takes {
            0 => None,
            _ => Some(measure_memory(self.generator, self.corpus, options, self.stop, self.on_progress)?),
        };
        cost.batch_notes_per_sec = self.composed_notes as f64 / self.composing_secs.max(1e-9);
        cost.peak_memory_mb = cost::peak_memory_mb();
        let info = self.generator.info();
        let lost = adherence[1].all.lost(&adherence[0].all, &info.labelled);
        let mut report = Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            checkpoint: info.hash.clone(),
            judge: self.judge.hash.clone(),
            selector: self.generator.selector().map(|s| s.hash.clone()),
            corpus: self.corpus.provenance.source.clone(),
            composers: info.labelled.iter().map(|(_, c)| c.surname().to_owned()).collect(),
            too_little_music: material::original_composers(&info.labelled).1,
            options: options.clone(),
            minutes: begun.elapsed().as_secs_f64() / 60.0,
            adherence,
            lost,
            latent,
            likeness,
            copied,
            unseen_works,
            cost,
            nll_fields,
            memory,
            gates: Vec::new(),
        };
        report.gates = gates::gates(&report);
        Ok(report)
    }

    /// Nats per note by field; `None` if it was stopped.
    fn held_out_nll(&self) -> Option<[f64; 5]> {
        let len = self.generator.vae().config.context_len;
        let windows = fixed_windows(self.corpus, Split::Test, NLL_WINDOWS, len);
        validate(self.generator.vae(), &windows, 0, self.stop).map(|metrics| metrics.nll_fields)
    }

    fn say(&mut self, phase: &'static str, done: usize, total: Option<usize>) -> Result<(), EvaluateError> {
        (self.on_progress)(Progress {
            phase: phase.into(),
            done: done as u64,
            total: total.map(|t| t as u64),
        });
        if self.stop.is_stopped() { Err(EvaluateError::Stopped) } else { Ok(()) }
    }

    fn request(&self, composer: usize, seed: u64) -> GenerateRequest {
        GenerateRequest {
            notes: self.options.notes + self.options.notes / 8,
            sampling: self.options.sampling,
            ..GenerateRequest::new(Some(ComposerId(composer as u8)), seed)
        }
    }

    /// The takes of all composers, each cut to the length that is judged. The seeds do not depend on `best_of`, so
    /// that takes differ only by the selection.
    fn compose(&mut self, best_of: usize) -> Result<Vec<Labelled>, EvaluateError> {
        let k = self.corpus.composers.len();
        let seed = |composer: usize, i: usize| self.options.seed + (composer * 10_000 + i) as u64;
        let requests: Vec<(usize, GenerateRequest)> = (0..self.options.takes)
            .flat_map(|i| (0..k).map(move |c| (c, i)))
            .map(|(c, i)| {
                let request = self.request(c, seed(c, i));
                (c, GenerateRequest { best_of, ..request })
            })
            .collect();
        let phase = match best_of {
            1 => "composing",
            _ => "composing with a choice",
        };
        self.compose_all(phase, &requests)
    }

    fn compose_all(
        &mut self,
        phase: &'static str,
        requests: &[(usize, GenerateRequest)],
    ) -> Result<Vec<Labelled>, EvaluateError> {
        let mut out = Vec::with_capacity(requests.len());
        let lines_per_take = requests.first().map_or(1, |(_, r)| r.best_of);
        for part in requests.chunks((BATCH / lines_per_take).max(1)) {
            self.say(phase, out.len(), Some(requests.len()))?;
            let begun = Instant::now();
            let batch: Vec<GenerateRequest> = part.iter().map(|(_, r)| r.clone()).collect();
            let takes = self.generator.generate_batch(&batch, self.stop, &mut |_| {})?;
            if lines_per_take == 1 {
                self.composing_secs += begun.elapsed().as_secs_f64();
                self.composed_notes += takes.iter().map(|t| t.tokens.len()).sum::<usize>();
            }
            out.extend(part.iter().zip(takes).map(|((c, _), take)| {
                let notes = round_trip(&take.tokens);
                (*c, notes[..notes.len().min(self.options.notes)].to_vec())
            }));
        }
        self.say(phase, out.len(), Some(requests.len()))?;
        Ok(out)
    }

    fn adherence(
        &self,
        real: &[Labelled],
        takes: &[Labelled],
        chosen: Option<&[Labelled]>,
    ) -> Vec<AdherenceRow> {
        let k = self.corpus.composers.len();
        let all: Vec<usize> = (0..k).collect();
        let (original, _) = material::original_composers(&self.corpus.composers);
        let row = |name: &str, outcomes: Vec<Outcome>| AdherenceRow {
            name: name.to_owned(),
            all: Adherence::of(&outcomes, k, &all),
            original: Adherence::of(&outcomes, k, &original),
        };
        let outcomes = |segments: &[Labelled], by: &Classifier| -> Vec<Outcome> {
            let heard = by.hear(&parts(segments));
            segments.iter().zip(heard).map(|((c, _), h)| (*c, h.probabilities)).collect()
        };
        let mut rows = vec![
            row("real held-out", outcomes(real, self.judge)),
            row("takes, N = 1", outcomes(takes, self.judge)),
        ];
        if let Some(selector) = self.generator.selector() {
            if let Some(chosen) = chosen {
                let name = format!("takes, best of {}", self.options.best_of);
                rows.push(row(&name, outcomes(chosen, self.judge)));
            }
            rows.push(row("selector: real", outcomes(real, selector)));
            rows.push(row("selector: N = 1", outcomes(takes, selector)));
        }
        rows
    }

    /// The latents of a few real segments, each decoded with every label.
    fn swap_labels(&mut self) -> Result<LabelSwap, EvaluateError> {
        let k = self.corpus.composers.len();
        let real = real_segments(self.corpus, Split::Test, self.options.notes, 1);
        let step = (real.len() / SWAPPED_LATENTS).max(1);
        let sources: Vec<&Labelled> = real.iter().step_by(step).take(SWAPPED_LATENTS).collect();
        let z = latent::posterior_means(self.generator, sources.iter().map(|(_, notes)| notes.as_slice()))?;
        let mut requests = Vec::new();
        let mut origins = Vec::new();
        for (i, (z, (source, _))) in z.into_iter().zip(&sources).enumerate() {
            for label in 0..k {
                let seed = self.options.seed + 7_000_000 + i as u64;
                requests.push((label, GenerateRequest { z: Some(z.clone()), ..self.request(label, seed) }));
                origins.push(*source);
            }
        }
        let takes = self.compose_all("one latent, every label", &requests)?;
        let heard = self.judge.hear(&parts(&takes));
        let named = |h: &Heard, who: usize| crate::train::rank_of(who, &h.probabilities) == 0;
        let as_label = takes.iter().zip(&heard).filter(|((label, _), h)| named(h, *label)).count();
        let others: Vec<(usize, &Heard)> = takes
            .iter()
            .zip(&origins)
            .zip(&heard)
            .filter(|(((label, _), source), _)| label != *source)
            .map(|((_, source), h)| (*source, h))
            .collect();
        let as_source = others.iter().filter(|(source, h)| named(h, *source)).count();
        Ok(LabelSwap {
            takes: takes.len(),
            heard_as_label: as_label as f64 / takes.len().max(1) as f64,
            heard_as_source: as_source as f64 / others.len().max(1) as f64,
        })
    }

    fn copied(&self, takes: &[Labelled]) -> (Copied, Copied) {
        let training = self.corpus.pieces.iter().filter(|p| p.split == Split::Train).collect();
        let training = Sequences::new(training);
        let unseen = real_segments(self.corpus, Split::Test, self.options.notes, self.options.takes);
        (Copied::of(parts(takes), &training), Copied::of(parts(&unseen), &training))
    }
}
