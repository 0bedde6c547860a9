//! Training the selector and the judge.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, Tensor};

use super::{Optimizer, Rates, TrainError};
use crate::classify::{Classifier, ClassifierKind, Segment};
use crate::data::{Corpus, Piece, Split, augment, fixed_windows};
use crate::device::{DeviceChoice, device_name, training_kind};
use crate::model::checkpoint::{TrainedOn, fingerprint};
use crate::progress::StopFlag;
use crate::tokens::{NoteToken, gap_secs};

const SEGMENT_LEN: usize = 256;
/// Validation segments per composer.
const VALIDATION_SEGMENTS: usize = 40;
const WARM_UP_STEPS: f64 = 50.0;
/// The last part of the run, in which the rates fall linearly to zero.
const DECAY_SHARE: f64 = 0.6;
const REPORT_EVERY: u64 = 20;
const BATCHES_AT_ONCE: usize = 8;

/// A classifier's training run; every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Length of the run.
    pub minutes: f64,
    /// Its length in steps; whichever is reached first ends it.
    pub max_steps: Option<u64>,
    /// Segments per step.
    pub batch_size: usize,
    /// Peak learning rate of the hidden matrices (Muon).
    pub muon_rate: f64,
    /// Peak learning rate of everything else (AdamW).
    pub adam_rate: f64,
    pub dropout: f64,
    pub label_smoothing: f64,
    /// A composer is drawn in proportion to the notes there are of it, to this power: 0 is fully balanced.
    pub balance: f64,
    /// Validations over the run.
    pub validations: usize,
    /// Threads on a CPU; 0 lets libtorch choose.
    pub threads: usize,
    pub seed: u64,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        ClassifierConfig {
            minutes: 10.0,
            max_steps: None,
            batch_size: 32,
            muon_rate: 0.01,
            adam_rate: 2e-3,
            dropout: 0.3,
            label_smoothing: 0.1,
            balance: 0.2,
            validations: 12,
            threads: 0,
            seed: 11,
        }
    }
}

impl ClassifierConfig {
    /// # Errors
    /// [`TrainError::Config`] says which field cannot be.
    pub fn validate(&self) -> Result<(), TrainError> {
        let wrong = |what: &str| Err(TrainError::Config(what.to_owned()));
        if !(self.minutes.is_finite() && self.minutes > 0.0) {
            return wrong("minutes must be a positive number");
        }
        if self.batch_size == 0 || self.batch_size > 65536 {
            return wrong("batch_size must lie between 1 and 65536");
        }
        if !(0.0..1.0).contains(&self.dropout) || !(0.0..1.0).contains(&self.label_smoothing) {
            return wrong("dropout and label_smoothing must lie between 0 and 1");
        }
        if self.validations == 0 {
            return wrong("validations must not be 0");
        }
        match [self.muon_rate, self.adam_rate, self.balance]
            .iter()
            .all(|v| v.is_finite() && *v >= 0.0)
        {
            true => Ok(()),
            false => wrong("muon_rate, adam_rate and balance must be numbers of at least 0"),
        }
    }
}

/// How well a classifier names segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    pub segments: usize,
    pub top1: f64,
    /// Mean over the composers of the share named right.
    pub balanced: f64,
    pub top3: f64,
}

impl Accuracy {
    /// `outcomes`: the true composer, and the composers' probabilities.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = (usize, &'a [f32])>, n_composers: usize) -> Accuracy {
        let mut right = vec![(0usize, 0usize); n_composers];
        let mut top3 = 0;
        for (truth, probabilities) in outcomes {
            let rank = rank_of(truth, probabilities);
            right[truth].0 += 1;
            right[truth].1 += usize::from(rank == 0);
            top3 += usize::from(rank < 3);
        }
        let segments: usize = right.iter().map(|r| r.0).sum();
        let heard: Vec<f64> = right
            .iter()
            .filter(|r| r.0 > 0)
            .map(|r| r.1 as f64 / r.0 as f64)
            .collect();
        let share = |n: usize| n as f64 / segments.max(1) as f64;
        Accuracy {
            segments,
            top1: share(right.iter().map(|r| r.1).sum()),
            balanced: heard.iter().sum::<f64>() / heard.len().max(1) as f64,
            top3: share(top3),
        }
    }
}

/// How many others are likelier than `truth`.
pub fn rank_of(truth: usize, probabilities: &[f32]) -> usize {
    let own = probabilities.get(truth).copied().unwrap_or(0.0);
    probabilities
        .iter()
        .enumerate()
        .filter(|&(k, &p)| p > own || (p == own && k < truth))
        .count()
}

/// What a classifier's run tells whoever started it.
#[derive(Clone, Debug)]
pub enum ClassifierEvent {
    Started {
        kind: ClassifierKind,
        pieces: usize,
        parameters: usize,
    },
    Stepped {
        step: u64,
        loss: f64,
        progress: f64,
        segments_per_sec: f64,
    },
    Validated {
        step: u64,
        accuracy: Accuracy,
    },
    CheckpointSaved {
        step: u64,
        path: PathBuf,
    },
}

/// How a classifier's run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassifierSummary {
    pub step: u64,
    /// Validation accuracy of the checkpoint.
    pub best: Accuracy,
    pub checkpoint: PathBuf,
    pub stopped: bool,
}

/// Trains a classifier on the labelled pieces of a corpus and keeps the state of the best balanced validation
/// accuracy as `best.safetensors` in `run_dir`.
///
/// # Errors
/// Any [`TrainError`]; a folder that holds a run already is left alone.
pub fn train_classifier(
    kind: ClassifierKind,
    corpus_path: &Path,
    run_dir: &Path,
    config: &ClassifierConfig,
    device: DeviceChoice,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(ClassifierEvent),
) -> Result<ClassifierSummary, TrainError> {
    config.validate()?;
    let corpus = Corpus::load(corpus_path)?;
    let device = device.resolve()?;
    let sampler =
        SegmentSampler::new(&corpus, config.balance).ok_or(TrainError::EmptySplit { split: "training" })?;
    let held_out = labelled_segments(&corpus, Split::Validation, VALIDATION_SEGMENTS);
    if held_out.is_empty() {
        return Err(TrainError::EmptySplit { split: "validation" });
    }
    let checkpoint = prepare_folder(run_dir, kind, config)?;
    if config.threads > 0 {
        tch::set_num_threads(config.threads.min(256) as i32);
    }
    tch::manual_seed(config.seed as i64);
    let mut classifier = Classifier::new(kind, &corpus.composers, device);
    classifier.header.trained_on = TrainedOn {
        source: corpus.provenance.source.clone(),
        licence: corpus.provenance.licence.clone(),
        corpus: std::fs::read(corpus_path)
            .map(|b| fingerprint(&b))
            .unwrap_or_default(),
        ..TrainedOn::default()
    };
    tracing::info!("training the {} on {}", kind.name(), device_name(device));
    let parameters = classifier
        .vs
        .trainable_variables()
        .iter()
        .map(Tensor::numel)
        .sum();
    on_event(ClassifierEvent::Started {
        kind,
        pieces: sampler.pieces(),
        parameters,
    });
    let run = Run {
        config,
        sampler,
        held_out,
        checkpoint,
        run_dir,
    };
    run.go(classifier, stop, on_event)
}

/// A new run never overwrites an old one.
fn prepare_folder(
    run_dir: &Path,
    kind: ClassifierKind,
    config: &ClassifierConfig,
) -> Result<PathBuf, TrainError> {
    let wrong = |what: String| TrainError::RunDir {
        what,
        path: run_dir.to_owned(),
    };
    let checkpoint = run_dir.join("best.safetensors");
    if checkpoint.exists() {
        return Err(wrong("it holds a run already; choose another folder".to_owned()));
    }
    let write = |source| TrainError::Write {
        source,
        path: run_dir.to_owned(),
    };
    std::fs::create_dir_all(run_dir).map_err(write)?;
    let text = toml::to_string(config).map_err(|e| wrong(e.to_string()))?;
    let text = format!("# {}\n{text}", kind.name());
    crate::files::write_whole(&run_dir.join("config.toml"), text.as_bytes()).map_err(write)?;
    Ok(checkpoint)
}

/// Up to `per_composer` segments of each composer with their labels, always the same.
pub fn labelled_segments(corpus: &Corpus, split: Split, per_composer: usize) -> Vec<(usize, Vec<NoteToken>)> {
    fixed_windows(corpus, split, per_composer, SEGMENT_LEN)
        .into_iter()
        .filter_map(|w| {
            let notes: Vec<NoteToken> = w.notes.into_iter().filter(|n| !n.is_end()).collect();
            w.composer.filter(|_| !notes.is_empty()).map(|c| (c, notes))
        })
        .collect()
}

/// The accuracy of `classifier` on labelled segments.
pub fn accuracy(classifier: &Classifier, segments: &[(usize, Vec<NoteToken>)]) -> Accuracy {
    let parts: Vec<Segment> = segments.iter().map(|(_, notes)| notes.as_slice()).collect();
    let heard = classifier.hear(&parts);
    let outcomes = segments
        .iter()
        .zip(&heard)
        .map(|((truth, _), h)| (*truth, h.probabilities.as_slice()));
    Accuracy::of(outcomes, classifier.composers().len())
}

struct Run<'a> {
    config: &'a ClassifierConfig,
    sampler: SegmentSampler<'a>,
    held_out: Vec<(usize, Vec<NoteToken>)>,
    checkpoint: PathBuf,
    run_dir: &'a Path,
}

impl Run<'_> {
    fn go(
        &self,
        mut classifier: Classifier,
        stop: &StopFlag,
        on_event: &mut dyn FnMut(ClassifierEvent),
    ) -> Result<ClassifierSummary, TrainError> {
        let mut rng = Pcg64Mcg::seed_from_u64(self.config.seed);
        let mut optimizer = Optimizer::new(&classifier.vs, training_kind(classifier.vs.device()));
        let begun = Instant::now();
        let (mut step, mut validations, mut best) = (0u64, 0usize, None::<Accuracy>);
        let mut losses = Tensor::zeros([], (Kind::Float, classifier.vs.device()));
        let mut since = Instant::now();
        let mut batches = self.draw_batches(&mut rng);
        loop {
            let by_time = begun.elapsed().as_secs_f64() / (self.config.minutes * 60.0);
            let by_steps = self
                .config
                .max_steps
                .map_or(0.0, |n| step as f64 / n.max(1) as f64);
            let progress = by_time.max(by_steps).min(1.0);
            let is_over = progress >= 1.0 || stop.is_stopped();
            if step > 0 && (is_over || progress * self.config.validations as f64 > (validations + 1) as f64) {
                validations += 1;
                let accuracy = accuracy(&classifier, &self.held_out);
                on_event(ClassifierEvent::Validated { step, accuracy });
                self.log(
                    "validation.csv",
                    "step,top1,balanced,top3",
                    &[step as f64, accuracy.top1, accuracy.balanced, accuracy.top3],
                )?;
                if best.is_none_or(|b| accuracy.balanced > b.balanced) {
                    best = Some(accuracy);
                    classifier.header.balanced_accuracy = Some(accuracy.balanced);
                    classifier.header.trained_on.step = step;
                    classifier.header.trained_on.notes_seen =
                        step * (self.config.batch_size * SEGMENT_LEN) as u64;
                    classifier.save(&self.checkpoint)?;
                    on_event(ClassifierEvent::CheckpointSaved {
                        step,
                        path: self.checkpoint.clone(),
                    });
                }
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
                    return Err(TrainError::NotFinite {
                        step,
                        kept: classifier.header.trained_on.step,
                    });
                }
                let segments_per_sec =
                    REPORT_EVERY as f64 * self.config.batch_size as f64 / since.elapsed().as_secs_f64();
                since = Instant::now();
                self.log(
                    "log.csv",
                    "step,loss,progress,segments_per_sec",
                    &[step as f64, loss, progress, segments_per_sec],
                )?;
                on_event(ClassifierEvent::Stepped {
                    step,
                    loss,
                    progress,
                    segments_per_sec,
                });
            }
        }
        Ok(ClassifierSummary {
            step,
            best: best.unwrap_or_default(),
            checkpoint: self.checkpoint.clone(),
            stopped: stop.is_stopped(),
        })
    }

    /// Some batches' worth of segments, those of like duration together so that little is padding.
    fn draw_batches(&self, rng: &mut Pcg64Mcg) -> Vec<Vec<(usize, Vec<NoteToken>)>> {
        let count = BATCHES_AT_ONCE * self.config.batch_size;
        let mut drawn: Vec<(usize, Vec<NoteToken>)> = (0..count).map(|_| self.sampler.draw(rng)).collect();
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
        Rates {
            muon: self.config.muon_rate * factor,
            adam: self.config.adam_rate * factor,
        }
    }

    fn step(
        &self,
        classifier: &Classifier,
        optimizer: &mut Optimizer,
        drawn: &[(usize, Vec<NoteToken>)],
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
        let row = values
            .iter()
            .map(|v| format!("{}", (v * 1e4).round() / 1e4))
            .collect::<Vec<_>>()
            .join(",");
        let line = if is_new {
            format!("{header}\n{row}\n")
        } else {
            format!("{row}\n")
        };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        opened
            .and_then(|mut f| f.write_all(line.as_bytes()))
            .map_err(|source| TrainError::Write { source, path })
    }
}

/// Draws training segments: a composer, then a piece by its length, then a place in it.
struct SegmentSampler<'a> {
    /// Per composer with music: its label, and its pieces with the running sum of their lengths.
    groups: Vec<(usize, Vec<(usize, &'a Piece)>)>,
    /// Running sum of the composers' weights.
    weights: Vec<f64>,
}

impl<'a> SegmentSampler<'a> {
    fn new(corpus: &'a Corpus, balance: f64) -> Option<SegmentSampler<'a>> {
        let mut groups = Vec::new();
        let mut weights = Vec::new();
        let mut total = 0.0;
        for (id, _) in corpus.composers.iter() {
            let mut sum = 0;
            let pieces: Vec<(usize, &Piece)> = corpus
                .pieces
                .iter()
                .filter(|p| p.split == Split::Train && p.composer == Some(id) && !p.tokens.is_empty())
                .map(|p| {
                    sum += p.tokens.len();
                    (sum, p)
                })
                .collect();
            if !pieces.is_empty() {
                total += (sum as f64).powf(balance);
                weights.push(total);
                groups.push((id.index(), pieces));
            }
        }
        (!groups.is_empty()).then_some(SegmentSampler { groups, weights })
    }

    fn pieces(&self) -> usize {
        self.groups.iter().map(|(_, pieces)| pieces.len()).sum()
    }

    /// A label and an augmented segment.
    fn draw(&self, rng: &mut impl Rng) -> (usize, Vec<NoteToken>) {
        let at = rng.random_range(0.0..self.weights.last().copied().unwrap_or(1.0));
        let (label, pieces) = &self.groups[self
            .weights
            .partition_point(|w| *w <= at)
            .min(self.groups.len() - 1)];
        let at = rng.random_range(0..pieces.last().map_or(1, |(sum, _)| *sum));
        let (_, piece) = pieces[pieces
            .partition_point(|(sum, _)| *sum <= at)
            .min(pieces.len() - 1)];
        let start = rng.random_range(0..=piece.tokens.len().saturating_sub(SEGMENT_LEN));
        let end = (start + SEGMENT_LEN).min(piece.tokens.len());
        let mut notes = piece.tokens[start..end].to_vec();
        augment(&mut notes, rng);
        (*label, notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_by_hand() {
        let outcomes: Vec<(usize, Vec<f32>)> = vec![
            (0, vec![0.7, 0.1, 0.1, 0.1]), // right
            (0, vec![0.2, 0.5, 0.2, 0.1]), // second
            (0, vec![0.1, 0.2, 0.3, 0.4]), // fourth
            (1, vec![0.1, 0.6, 0.2, 0.1]), // right
        ];
        let a = Accuracy::of(outcomes.iter().map(|(t, p)| (*t, p.as_slice())), 4);
        assert_eq!(
            a,
            Accuracy {
                segments: 4,
                top1: 0.5,
                balanced: (1.0 / 3.0 + 1.0) / 2.0,
                top3: 0.75
            }
        );
    }

    #[test]
    fn ties_are_broken_one_way() {
        assert_eq!(
            (0..3).map(|k| rank_of(k, &[0.3, 0.3, 0.4])).collect::<Vec<_>>(),
            [1, 2, 0]
        );
    }
}
