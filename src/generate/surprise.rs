//! How surprising notes are to the model, given all notes before them.

use std::ops::Range;

use tch::{Kind, Tensor, no_grad};

use super::Generator;
use super::latents::to_floats;
use crate::data::{Window, stack};
use crate::model::Conditioning;
use crate::music::ComposerId;
use crate::tokens::{Memory, NoteToken};

/// Passages evaluated per batch.
const BATCH: usize = 32;

/// A range of notes within a piece.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    /// The whole piece, or as much of it as is known.
    pub tokens: &'a [NoteToken],
    /// The notes to evaluate.
    pub judged: Range<usize>,
}

impl Generator {
    /// Negative log-likelihood of the judged notes of each passage, in nats per note, with every earlier note known
    /// (teacher forcing). The context is the model's context length up to the last judged note, plus the memory hints
    /// from the piece before it. `composer` is the label, `None` for no label; `z` holds `d_latent` numbers. NaN where
    /// no note is judged.
    pub fn surprise(&self, passages: &[Passage<'_>], composer: Option<ComposerId>, z: &[f32]) -> Vec<f64> {
        let label = self.label_of(composer);
        let (windows, judged): (Vec<Window>, Vec<Range<usize>>) =
            passages.iter().map(|p| self.window(p, label)).unzip();
        let parts = windows.chunks(BATCH).zip(judged.chunks(BATCH));
        no_grad(|| parts.flat_map(|(windows, judged)| self.surprise_of(windows, judged, z)).collect())
    }

    fn window(&self, passage: &Passage<'_>, label: i64) -> (Window, Range<usize>) {
        let Passage { tokens, judged } = passage;
        let end = judged.end.min(tokens.len());
        let start = end.saturating_sub(self.vae().config.context_len);
        let memory = Memory::of(&tokens[..end]);
        let window = Window {
            notes: tokens[start..end].to_vec(),
            hints: (start..end).map(|at| memory.hint(at)).collect(),
            start,
            piece_len: tokens.len(),
            composer: Some(label as usize),
        };
        (window, judged.start.clamp(start, end) - start..end - start)
    }

    fn surprise_of(&self, windows: &[Window], judged: &[Range<usize>], z: &[f32]) -> Vec<f64> {
        let vae = self.vae();
        let batch = stack(windows, &[], &vae.config, vae.device(), || false);
        let n = windows.len() as i64;
        let float = (Kind::Float, vae.device());
        let given = Conditioning {
            has_z: Tensor::ones([n], float),
            label: batch.composer.shallow_clone(),
            sight: vae.config.context_len as i64,
            noise: Tensor::zeros([n, vae.config.d_latent as i64], float),
        };
        let z = Tensor::from_slice(z).view([1, -1]).expand([n, -1], false).to_device(vae.device());
        let nats = to_floats(&vae.nats_per_note(&batch, &z, &given));
        let rows = nats.chunks(vae.config.context_len).zip(judged);
        rows.map(|(row, judged)| {
            let own = &row[judged.clone()];
            own.iter().map(|v| f64::from(*v)).sum::<f64>() / own.len() as f64
        })
        .collect()
    }
}
