//! A classifier (selector or judge) and its file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

use super::judge::Judge;
use super::profile::{PROFILE_LEN, profile};
use super::selector::{PATCH, Selector};
use super::soft::SoftNotes;
use crate::model::checkpoint::{self, CheckpointError, FORMAT, TrainedOn};
use crate::model::features::{NOTE_COLUMNS, note_rows};
use crate::music::ComposerSet;
use crate::tokens::{NoteToken, TALLY_LEN, tally};

/// Notes per segment.
const SEGMENT_LEN: usize = 256;
/// Segments per batch.
const BATCH: usize = 32;

/// Selector or judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassifierKind {
    Selector,
    Judge,
}

impl ClassifierKind {
    pub fn name(self) -> &'static str {
        match self {
            ClassifierKind::Selector => "selector",
            ClassifierKind::Judge => "judge",
        }
    }
}

/// The description in a classifier's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifierHeader {
    pub kind: ClassifierKind,
    pub format: u32,
    /// Sizes of the token fields.
    pub vocabulary: Vec<usize>,
    pub composers: ComposerSet,
    pub trained_on: TrainedOn,
    /// Balanced accuracy on validation segments: the share named right, averaged over the composers.
    pub balanced_accuracy: Option<f64>,
}

enum Network {
    Selector(Selector),
    Judge(Judge),
}

/// A segment: at most 256 consecutive notes.
pub type Segment<'a> = &'a [NoteToken];

/// The segments of a take: all whole ones of 256 notes, or the whole take if it is shorter.
pub fn segments(notes: &[NoteToken]) -> Vec<Segment<'_>> {
    let end = notes.iter().position(|n| n.is_end()).unwrap_or(notes.len());
    let notes = &notes[..end];
    match notes.len() {
        0 => Vec::new(),
        n if n < SEGMENT_LEN => vec![notes],
        _ => notes.chunks_exact(SEGMENT_LEN).collect(),
    }
}

/// A trained or new classifier; owns its variables.
pub struct Classifier {
    pub vs: VarStore,
    pub header: ClassifierHeader,
    /// The first 12 hexadecimal digits of the file's SHA-256; empty when it has none.
    pub hash: String,
    network: Network,
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classifier")
            .field("header", &self.header)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Classifier {
    /// Random weights from torch's own generator.
    pub fn new(kind: ClassifierKind, composers: &ComposerSet, device: Device) -> Classifier {
        let vs = VarStore::new(device);
        let n = composers.len() as i64;
        let network = match kind {
            ClassifierKind::Selector => Network::Selector(Selector::new(&vs.root(), n)),
            ClassifierKind::Judge => Network::Judge(Judge::new(&vs.root(), n)),
        };
        let header = ClassifierHeader {
            kind,
            format: FORMAT,
            vocabulary: checkpoint::vocabulary(),
            composers: composers.clone(),
            trained_on: TrainedOn::default(),
            balanced_accuracy: None,
        };
        Classifier { vs, header, hash: String::new(), network }
    }

    /// Reads a selector or a judge.
    ///
    /// # Errors
    /// Any [`CheckpointError`] except `Write`; the file of a composing model is refused.
    pub fn read(path: &Path, device: Device) -> Result<Classifier, CheckpointError> {
        let file = checkpoint::read_file(path, &["selector", "judge"], |h: &ClassifierHeader| {
            let other = |what| CheckpointError::OtherVersion { what, path: path.to_owned() };
            checkpoint::check_vocabulary(h.format, &h.vocabulary).map_err(other)
        })?;
        let mut out = Classifier::new(file.header.kind, &file.header.composers, device);
        checkpoint::fill_variables(&out.vs, &file.tensors, path)?;
        out.header = file.header;
        out.hash = file.hash;
        Ok(out)
    }

    /// Writes it in half precision.
    ///
    /// # Errors
    /// [`CheckpointError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        checkpoint::write_file(path, &self.header, &self.vs.variables(), true)
    }

    pub fn composers(&self) -> &ComposerSet {
        &self.header.composers
    }

    /// Features of the last hidden layer: `[B, F]`, differentiable. `dropout` is 0 except in training.
    pub fn forward_features(&self, segments: &[Segment], dropout: f64) -> Tensor {
        let device = self.vs.device();
        match &self.network {
            Network::Selector(selector) => {
                let (rows, present) = token_rows(segments, device);
                let tallies: Vec<f32> = segments.iter().flat_map(|s| tally(s)).collect();
                let tallies = Tensor::from_slice(&tallies).view([-1, TALLY_LEN as i64]).to_device(device);
                selector.features(&rows, &present, &tallies, dropout)
            }
            Network::Judge(judge) => {
                let profiles: Vec<f32> = segments.iter().flat_map(|s| profile(s)).collect();
                let profiles = Tensor::from_slice(&profiles).view([-1, PROFILE_LEN as i64]).to_device(device);
                judge.features(&profiles, dropout)
            }
        }
    }

    /// Logits `[B, composers]` of notes that are not decided yet, differentiable; `None` for a judge, which nothing is
    /// trained with.
    pub fn hear_soft(&self, notes: &SoftNotes) -> Option<Tensor> {
        match &self.network {
            Network::Selector(selector) => Some(selector.logits(&selector.soft_features(notes), 0.0)),
            Network::Judge(_) => None,
        }
    }

    /// Features to logits, `[B, composers]`.
    pub fn forward_logits(&self, features: &Tensor, dropout: f64) -> Tensor {
        match &self.network {
            Network::Selector(selector) => selector.logits(features, dropout),
            Network::Judge(judge) => judge.logits(features, dropout),
        }
    }

    /// Composer probabilities and features of each segment.
    pub fn hear(&self, segments: &[Segment]) -> Vec<Heard> {
        let mut order: Vec<usize> = (0..segments.len()).collect();
        // Batches segments of similar length, to avoid padding.
        order.sort_by_key(|&i| segments[i].iter().map(|n| usize::from(n.gap)).sum::<usize>());
        let mut out = vec![Heard::default(); segments.len()];
        no_grad(|| {
            for part in order.chunks(BATCH) {
                let chosen: Vec<Segment> = part.iter().map(|&i| segments[i]).collect();
                let features = self.forward_features(&chosen, 0.0);
                let probabilities = self.forward_logits(&features, 0.0).softmax(1, Kind::Float);
                for (row, &i) in part.iter().enumerate() {
                    out[i] = Heard {
                        probabilities: to_vec(&probabilities, row),
                        features: to_vec(&features, row),
                    };
                }
            }
        });
        out
    }

    /// The probability of each composer, averaged over the segments of `notes`; uniform if there are none.
    pub fn classify(&self, notes: &[NoteToken]) -> Vec<f32> {
        self.classify_many(&[notes]).pop().unwrap_or_default()
    }

    /// [`Classifier::classify`] for many takes at once.
    pub fn classify_many(&self, takes: &[&[NoteToken]]) -> Vec<Vec<f32>> {
        let parts: Vec<Vec<Segment>> = takes.iter().map(|t| segments(t)).collect();
        let heard = self.hear(&parts.concat());
        let mut rest = heard.as_slice();
        let n = self.composers().len();
        parts
            .iter()
            .map(|part| {
                let (own, after) = rest.split_at(part.len());
                rest = after;
                let mean = |k: usize| own.iter().map(|h| h.probabilities[k]).sum::<f32>() / own.len() as f32;
                if own.is_empty() { vec![1.0 / n.max(1) as f32; n] } else { (0..n).map(mean).collect() }
            })
            .collect()
    }
}

/// A classifier's output for one segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// By composer, summing to 1.
    pub probabilities: Vec<f32>,
    /// Features of the last hidden layer.
    pub features: Vec<f32>,
}

fn to_vec(rows: &Tensor, row: usize) -> Vec<f32> {
    let row = rows.get(row as i64).to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut out = vec![0f32; row.numel()];
    row.copy_data(&mut out, row.numel());
    out
}

/// int64 `[B, T, NOTE_COLUMNS]` and float `[B, T / PATCH]`.
fn token_rows(segments: &[Segment], device: Device) -> (Tensor, Tensor) {
    let mut rows = Vec::with_capacity(segments.len() * SEGMENT_LEN * NOTE_COLUMNS);
    let mut present = Vec::with_capacity(segments.len() * SEGMENT_LEN / PATCH);
    for segment in segments {
        for i in 0..SEGMENT_LEN {
            rows.extend(note_rows(segment.get(i).copied(), i % PATCH));
            if i % PATCH == 0 {
                present.push(if i == 0 || i < segment.len() { 1f32 } else { 0.0 });
            }
        }
    }
    let b = segments.len() as i64;
    (
        Tensor::from_slice(&rows).view([b, SEGMENT_LEN as i64, NOTE_COLUMNS as i64]).to_device(device),
        Tensor::from_slice(&present).view([b, -1]).to_device(device),
    )
}
