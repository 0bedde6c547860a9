//! Memory hints as tensors: for each position, the earlier note that may be about to return.

use tch::{Device, Tensor};

use super::features::{HINT_COLUMNS, hint_rows, match_class};
use crate::tokens::{Field, Hint};

/// The hints of a batch of sequences.
#[derive(Debug)]
pub struct Hints {
    /// int64 `[B, T, HINT_COLUMNS]`: rows of the decoder's table of hints.
    pub rows: Tensor,
    /// int64 `[B, T, 5]`: the hinted value of each field, 0 without a hint.
    pub values: Tensor,
    /// int64 `[B, T]`: class of the match length, 0 without a hint.
    pub matched: Tensor,
    /// float `[B, T]`: strength of the pull towards the hinted values; 1 as trained, 0 without a hint.
    pub strength: Tensor,
}

impl Hints {
    /// From one hint per position, `b` sequences of `t` positions one after the other; `strength` per sequence.
    pub fn new(hints: &[Option<Hint>], strength: &[f32], t: usize, device: Device) -> Hints {
        let b = strength.len() as i64;
        let rows: Vec<i64> = hints.iter().flat_map(|h| hint_rows(h.as_ref())).collect();
        let values: Vec<i64> =
            hints.iter().flat_map(|h| h.map_or([0; 5], |h| h.note.to_array()).map(i64::from)).collect();
        let matched: Vec<i64> = hints.iter().map(|h| match_class(h.as_ref())).collect();
        let lean = |(i, h): (usize, &Option<Hint>)| if h.is_some() { strength[i / t.max(1)] } else { 0.0 };
        let strength: Vec<f32> = hints.iter().enumerate().map(lean).collect();
        let t = t as i64;
        Hints {
            rows: Tensor::from_slice(&rows).view([b, t, HINT_COLUMNS as i64]).to_device(device),
            values: Tensor::from_slice(&values).view([b, t, Field::ALL.len() as i64]).to_device(device),
            matched: Tensor::from_slice(&matched).view([b, t]).to_device(device),
            strength: Tensor::from_slice(&strength).view([b, t]).to_device(device),
        }
    }

    /// No hints.
    pub fn none(b: usize, t: usize, device: Device) -> Hints {
        Hints::new(&vec![None; b * t], &vec![0.0; b], t, device)
    }

    /// Applies `change` to every tensor.
    pub fn map(&self, change: impl Fn(&Tensor) -> Tensor) -> Hints {
        Hints {
            rows: change(&self.rows),
            values: change(&self.values),
            matched: change(&self.matched),
            strength: change(&self.strength),
        }
    }

    /// Drops the second dimension, of length 1.
    pub fn squeezed(&self) -> Hints {
        self.map(|t| t.squeeze_dim(1))
    }

    /// The hinted value of `field`: int64, the shape of `matched`.
    pub fn value(&self, field: Field) -> Tensor {
        self.values.select(-1, field.index() as i64)
    }

    /// Was the hinted pitch chosen? 0 without a hint, the class of the match if it was, one more than the last class
    /// if it was not. `pitches`: int64, the shape of `matched`.
    pub(super) fn outcome(&self, pitches: &Tensor) -> Tensor {
        let agrees = pitches.eq_tensor(&self.value(Field::Pitch));
        let refused = Tensor::full_like(&self.matched, super::features::MATCH_CLASSES);
        self.matched.where_self(&agrees.logical_or(&self.matched.eq(0)), &refused)
    }
}
