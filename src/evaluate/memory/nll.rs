//! How surprising given notes are to the model.

use std::ops::Range;

use tch::{Kind, Tensor, no_grad};

use crate::data::{Window, stack};
use crate::generate::Generator;
use crate::model::{Conditioning, IGNORED};
use crate::tokens::{Hint, Memory, NoteToken};

/// Notes that are taken to stand before and after: the model is told that it is in the middle of a piece.
const MARGIN: usize = 600;

/// Negative log-likelihood in nats per note of the notes `range` of each row, all other notes being known when their
/// turn comes (teacher forcing); the mean over the rows. Label and latent are those of the rows themselves: `composer`
/// and what the encoder hears in the whole row. Rows are equally long; `None` when they are longer than the model's
/// context or there are none.
pub fn nll_of(
    generator: &Generator,
    composer: usize,
    rows: &[Vec<NoteToken>],
    range: Range<usize>,
) -> Option<f64> {
    let vae = generator.vae();
    let (context, len) = (vae.config.context_len, rows.first()?.len());
    if len > context || range.end > len {
        return None;
    }
    let windows: Vec<Window> = rows
        .iter()
        .map(|notes| Window {
            notes: notes.clone(),
            hints: hints(notes),
            start: MARGIN,
            piece_len: len + 2 * MARGIN,
            composer: Some(composer),
        })
        .collect();
    let n = windows.len() as i64;
    no_grad(|| {
        let batch = stack(&windows, &[], &vae.config, vae.device(), || false);
        for other in [0..range.start, range.end..context] {
            let rest = batch.targets.narrow(1, other.start as i64, other.len() as i64);
            let _ = rest.shallow_clone().fill_(IGNORED);
        }
        let given = Conditioning {
            has_z: Tensor::ones([n], (Kind::Float, vae.device())),
            label: batch.composer.shallow_clone(),
            sight: context as i64,
            noise: Tensor::zeros([n, vae.config.d_latent as i64], (Kind::Float, vae.device())),
        };
        let z = vae.encode(&batch).mean;
        let fields = vae.reconstruction(&batch, &z, &given);
        Some(fields.iter().map(|nll| nll.double_value(&[])).sum())
    })
}

/// The hint before each note of the row.
fn hints(notes: &[NoteToken]) -> Vec<Option<Hint>> {
    let memory = Memory::of(notes);
    (0..notes.len()).map(|at| memory.hint(at)).collect()
}
