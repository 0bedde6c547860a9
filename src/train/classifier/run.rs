//! The training loop of a classifier.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::{Kind, Reduction, Tensor};

use super::accuracy::{Accuracy, SEGMENT_LEN, accuracy};
use super::config::{ClassifierConfig, ClassifierEvent, ClassifierSummary};
use super::sampler::SegmentSampler;
use crate::classify::{Classifier, Segment};
use crate::device::training_kind;
use crate::progress::StopFlag;
use crate::tokens::{NoteToken, gap_secs};
use crate::train::{Optimizer, Rates, TrainError};

const WARM_UP_STEPS: f64 = 50.0;
/// The share of the run, at its end, in which the rates fall linearly to zero.
const DECAY_SHARE: f64 = 0.6;
const REPORT_EVERY: u64 = 20;
const BATCHES_AT_ONCE: usize = 8;

/// A labelled segment.
type Example = (usize, Vec<NoteToken>);

pub(super) struct Run<'a> {
    pub(super) config: &'a ClassifierConfig,
    pub(super) sampler: SegmentSampler<'a>,
    pub(super) held_out: Vec<Example>,
    pub(super) checkpoint: PathBuf,
    pub(super) run_dir: &'a Path,
}

impl Run<'_> {
    pub(super) fn go(
        &self,
        mut classifier: Classifier,
        stop: &StopFlag,
        on_event: &mut dyn FnMut(ClassifierEvent),
    ) -> Result<ClassifierSummary, TrainError> {
        let mut rng = Pcg64Mcg::seed_from_u64(self.config.seed);
        let mut optimizer = Optimizer::new(&classifier.vs, training_kind(classifier.vs.device()));
        let begun = Instant::now();
        let (mut step, mut validations, mut best) = (0u64, 0usize, None);
        let mut losses = Tensor::zeros([], (Kind::Float, classifier.vs.device()));
        let mut since = Instant::now();
        let mut batches = self.draw_batches(&mut rng);
        loop {
            let progress = self.progress(step, begun.elapsed().as_secs_f64());
            let is_over = progress >= 1.0 || stop.is_stopped();
            if step > 0 && (is_over || progress * self.config.validations as f64 > (validations + 1) as f64) {
                validations += 1;
                self.validate(&mut classifier, step, &mut best, on_event)?;
                since = Instant::now();
            }
            if is_over {
                break;
            }
            let batch = batches.pop().unwrap_or_default();
            if batches.is_empty() {
                batches = self.draw_batches(&mut rng);
            }
            losses += self.step(&classifier, &mut optimizer, &batch, self.rates(step, progress));
            step += 1;
            if step.is_multiple_of(REPORT_EVERY) {
                let loss = losses.double_value(&[]) / REPORT_EVERY as f64;
                let _ = losses.zero_();
                if !loss.is_finite() {
                    return Err(TrainError::NotFinite { step, kept: classifier.header.trained_on.step });
                }
                let segments = REPORT_EVERY as f64 * self.config.batch_size as f64;
                let segments_per_sec = segments / since.elapsed().as_secs_f64();
                since = Instant::now();
                let row = [step as f64, loss, progress, segments_per_sec];
                self.log("log.csv", "step,loss,progress,segments_per_sec", &row)?;
                on_event(ClassifierEvent::Stepped { step, loss, progress, segments_per_sec });
            }
        }
        Ok(ClassifierSummary {
            step,
            best: best.unwrap_or_default(),
            checkpoint: self.checkpoint.clone(),
            stopped: stop.is_stopped(),
        })
    }

    /// Progress of the run, 0–1.
    fn progress(&self, step: u64, elapsed_secs: f64) -> f64 {
        let by_time = elapsed_secs / (self.config.minutes * 60.0);
        let by_steps = self.config.max_steps.map_or(0.0, |n| step as f64 / n.max(1) as f64);
        by_time.max(by_steps).min(1.0)
    }

    /// Validates, and saves if it is better than `best`.
    fn validate(
        &self,
        classifier: &mut Classifier,
        step: u64,
        best: &mut Option<Accuracy>,
        on_event: &mut dyn FnMut(ClassifierEvent),
    ) -> Result<(), TrainError> {
        let accuracy = accuracy(classifier, &self.held_out);
        on_event(ClassifierEvent::Validated { step, accuracy });
        let row = [step as f64, accuracy.top1, accuracy.balanced, accuracy.top3];
        self.log("validation.csv", "step,top1,balanced,top3", &row)?;
        if best.is_none_or(|b| accuracy.balanced > b.balanced) {
            *best = Some(accuracy);
            classifier.header.balanced_accuracy = Some(accuracy.balanced);
            classifier.header.trained_on.step = step;
            classifier.header.trained_on.notes_seen = step * (self.config.batch_size * SEGMENT_LEN) as u64;
            classifier.save(&self.checkpoint)?;
            on_event(ClassifierEvent::CheckpointSaved { step, path: self.checkpoint.clone() });
        }
        Ok(())
    }

    /// Several batches of segments, sorted by duration to avoid padding.
    fn draw_batches(&self, rng: &mut Pcg64Mcg) -> Vec<Vec<Example>> {
        let count = BATCHES_AT_ONCE * self.config.batch_size;
        let mut drawn: Vec<Example> = (0..count).map(|_| self.sampler.draw(rng)).collect();
        drawn.sort_by_cached_key(|(_, notes)| {
            (notes.iter().map(|n| gap_secs(n.gap)).sum::<f64>() * 100.0) as u64
        });
        let mut batches: Vec<_> = drawn.chunks(self.config.batch_size).map(<[_]>::to_vec).collect();
        for i in (1..batches.len()).rev() {
            batches.swap(i, rng.random_range(0..=i));
        }
        batches
    }

    fn rates(&self, step: u64, progress: f64) -> Rates {
        let factor =
            ((step + 1) as f64 / WARM_UP_STEPS).min(1.0) * ((1.0 - progress) / DECAY_SHARE).clamp(0.0, 1.0);
        Rates { muon: self.config.muon_rate * factor, adam: self.config.adam_rate * factor }
    }

    fn step(
        &self,
        classifier: &Classifier,
        optimizer: &mut Optimizer,
        drawn: &[Example],
        rates: Rates,
    ) -> Tensor {
        let segments: Vec<Segment> = drawn.iter().map(|(_, notes)| notes.as_slice()).collect();
        let labels: Vec<i64> = drawn.iter().map(|(label, _)| *label as i64).collect();
        let labels = Tensor::from_slice(&labels).to_device(classifier.vs.device());
        let features = classifier.forward_features(&segments, self.config.dropout);
        let logits = classifier.forward_logits(&features, self.config.dropout);
        let loss = logits.cross_entropy_loss(
            &labels,
            None::<Tensor>,
            Reduction::Mean,
            -100,
            self.config.label_smoothing,
        );
        loss.backward();
        let _norm = optimizer.step(rates);
        loss.detach()
    }

    fn log(&self, name: &str, header: &str, values: &[f64]) -> Result<(), TrainError> {
        let path = self.run_dir.join(name);
        let is_new = !path.exists();
        let row = values.iter().map(|v| format!("{}", (v * 1e4).round() / 1e4)).collect::<Vec<_>>().join(",");
        let line = if is_new { format!("{header}\n{row}\n") } else { format!("{row}\n") };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        opened
            .and_then(|mut f| f.write_all(line.as_bytes()))
            .map_err(|source| TrainError::Write { source, path })
    }
}
