//! How surprising notes are to the model, when all notes before them are known.

use std::ops::Range;

use tch::{Kind, Tensor, no_grad};

use super::Generator;
use super::generator::to_floats;
use crate::data::{Window, stack};
use crate::model::{Batch, IGNORED};
use crate::music::ComposerId;
use crate::tokens::{Field, Hint, Memory, NoteToken};

/// Passages judged side by side.
const BATCH: usize = 32;

/// Some notes of a piece.
#[derive(Clone, Debug)]
pub struct Passage<'a> {
    /// The whole piece, or as much as is known of it.
    pub tokens: &'a [NoteToken],
    /// The notes that are judged.
    pub judged: Range<usize>,
}

impl Generator {
    /// Negative log-likelihood in nats per note of the judged notes of each passage, every note before them being
    /// known when its turn comes (teacher forcing). The context is the model's own length of notes up to the last
    /// judged one, and what the piece before that suggests. `composer`: the label, `None` for nobody; `z`: `d_latent`
    /// numbers. NaN where no note is judged.
    pub fn surprise(&self, passages: &[Passage<'_>], composer: Option<ComposerId>, z: &[f32]) -> Vec<f64> {
        let label = self.label_of(composer);
        let windows: Vec<(Window, Range<usize>)> = passages.iter().map(|p| self.window(p, label)).collect();
        no_grad(|| windows.chunks(BATCH).flat_map(|part| self.surprise_of(part, z)).collect())
    }

    fn window(&self, passage: &Passage<'_>, label: i64) -> (Window, Range<usize>) {
        let Passage { tokens, judged } = passage;
        let end = judged.end.min(tokens.len());
        let start = end.saturating_sub(self.vae().config.context_len);
        let links = Memory::of(&tokens[..end]).into_links();
        let hint = |at: usize| -> Option<Hint> { links.get(at).copied().flatten()?.hint(tokens, at) };
        let window = Window {
            notes: tokens[start..end].to_vec(),
            hints: (start..end).map(hint).collect(),
            start,
            piece_len: tokens.len(),
            composer: Some(label as usize),
        };
        (window, judged.start.clamp(start, end) - start..end - start)
    }

    fn surprise_of(&self, part: &[(Window, Range<usize>)], z: &[f32]) -> Vec<f64> {
        let vae = self.vae();
        let windows: Vec<Window> = part.iter().map(|(window, _)| window.clone()).collect();
        let batch = stack(&windows, &[], &vae.config, vae.device(), || false);
        let n = windows.len() as i64;
        let z = Tensor::from_slice(z).view([1, -1]).expand([n, -1], false).to_device(vae.device());
        let has_z = Tensor::ones([n], (Kind::Float, vae.device()));
        let condition = vae.condition(&z, &batch.composer, &has_z);
        let sight = vae.config.context_len as i64;
        let trunk = vae.decoder.trunk(&batch.rows, &batch.secs, &batch.hints, &condition, sight);
        let per_note = self.per_note(&batch, trunk);
        let values = to_floats(&per_note);
        let rows = values.chunks(vae.config.context_len);
        rows.zip(part)
            .map(|(row, (_, judged))| {
                let own = &row[judged.clone()];
                own.iter().map(|v| f64::from(*v)).sum::<f64>() / own.len() as f64
            })
            .collect()
    }

    /// The nats of every note, `[B, T]`; 0 where there is none.
    fn per_note(&self, batch: &Batch, mut so_far: Tensor) -> Tensor {
        let mut total = Tensor::zeros_like(&batch.secs);
        for field in Field::ALL {
            let target = batch.targets.select(2, field.index() as i64);
            let is_there = target.ne(IGNORED).to_kind(Kind::Float);
            let value = target.clamp(0, field.size() as i64 - 1);
            let logits = self.vae().decoder.logits(field, &so_far, &batch.hints);
            let log_p = logits.log_softmax(-1, Kind::Float).gather(-1, &value.unsqueeze(-1), false);
            total -= log_p.squeeze_dim(-1) * is_there;
            so_far = self.vae().decoder.chosen(field, &so_far, &value, &batch.hints);
        }
        total
    }
}
