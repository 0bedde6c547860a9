//! The selector: a recurrent network over note tokens and their tally.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::soft::SoftNotes;
use crate::model::encoder::embed;
use crate::model::features::{NOTE_COLUMNS, NOTE_ROWS};
use crate::model::transformer::{Linear, norm};
use crate::tokens::TALLY_LEN;

const WIDTH: i64 = 128;
const LAYERS: usize = 2;
/// Size of the layer over the tally.
const COUNTED: i64 = 128;
/// Notes per step.
pub const PATCH: usize = 2;

/// Two bidirectional GRU layers (Cho et al. 2014) with a weighted mean over the notes; beside them, a layer over the
/// tally of the segment.
pub struct Selector {
    table: Tensor,
    /// Per layer and direction: input and hidden weights, input and hidden biases.
    gates: Vec<Tensor>,
    attention: Linear,
    counted: Linear,
    out: Linear,
    out_bias: Tensor,
}

impl Selector {
    pub fn new(vs: &Path, n_composers: i64) -> Selector {
        let mut gates = Vec::new();
        for layer in 0..LAYERS {
            let n_in = if layer == 0 { WIDTH } else { 2 * WIDTH };
            for direction in ["forward", "backward"] {
                let vs = vs / format!("layer{layer}") / direction;
                let normal = |n: i64| Init::Randn { mean: 0.0, stdev: (n as f64).powf(-0.5) };
                gates.push(vs.var("input", &[3 * WIDTH, n_in], normal(n_in)));
                gates.push(vs.var("hidden", &[3 * WIDTH, WIDTH], normal(WIDTH)));
                gates.push(vs.var("input_bias_table", &[3 * WIDTH], Init::Const(0.0)));
                gates.push(vs.var("hidden_bias_table", &[3 * WIDTH], Init::Const(0.0)));
            }
        }
        Selector {
            table: vs.var("table", &[NOTE_ROWS * PATCH as i64, WIDTH], Init::Randn { mean: 0.0, stdev: 0.3 }),
            gates,
            attention: Linear::scaled(vs, "attention_table", 2 * WIDTH as usize, 1, 0.3),
            counted: Linear::new(vs, "counted", TALLY_LEN, COUNTED as usize),
            out: Linear::scaled(vs, "out_table", (2 * WIDTH + COUNTED) as usize, n_composers as usize, 0.3),
            out_bias: vs.var("out_bias_table", &[n_composers], Init::Const(0.0)),
        }
    }

    /// `rows`: int64 `[B, T, NOTE_COLUMNS]` from [`crate::model::features::note_rows`]; `present`: float
    /// `[B, T / PATCH]`; `tallies`: float `[B, TALLY_LEN]`. Returns `[B, 2 WIDTH + COUNTED]`.
    pub fn features(&self, rows: &Tensor, present: &Tensor, tallies: &Tensor, dropout: f64) -> Tensor {
        let x = embed(&self.table, rows, present.size()[1], (PATCH * NOTE_COLUMNS) as i64);
        self.features_of(&x, present, tallies, dropout)
    }

    /// [`Selector::features`] of notes that are not decided yet, without dropout.
    pub fn soft_features(&self, notes: &SoftNotes) -> Tensor {
        let x = notes.embed(&self.table, PATCH); // [B, steps, WIDTH]
        self.features_of(&x, &notes.present_patches(PATCH), &notes.tallies(), 0.0)
    }

    /// Of embedded notes, `[B, steps, WIDTH]`.
    fn features_of(&self, x: &Tensor, present: &Tensor, tallies: &Tensor, dropout: f64) -> Tensor {
        let b = present.size()[0];
        let is_training = dropout > 0.0;
        let x = x.dropout(dropout * 0.5, is_training);
        let start = Tensor::zeros([2 * LAYERS as i64, b, WIDTH], (Kind::Float, x.device()));
        // cuDNN keeps what a backward pass needs only in training.
        let needs_gradient = is_training || x.requires_grad();
        let (x, _) = x.gru(&start, &self.gates, true, LAYERS as i64, dropout, needs_gradient, true, true); // [B, steps, 2 WIDTH]
        let absent = present.eq(0.0);
        let weights = self
            .attention
            .forward(&x.tanh())
            .squeeze_dim(2)
            .masked_fill(&absent, -1e9)
            .softmax(1, Kind::Float); // [B, steps]
        let heard = (x * weights.unsqueeze(2)).sum_dim_intlist([1i64].as_slice(), false, Kind::Float); // [B, 2 WIDTH]
        // Square roots of shares are small: scale them up.
        let tallies = (tallies * 4.0).dropout(dropout * 0.5, is_training);
        let counted = norm(&self.counted.forward(&tallies)).relu(); // [B, COUNTED]
        Tensor::cat(&[heard, counted], 1) // [B, 2 WIDTH + COUNTED]
    }

    /// Features to logits `[B, composers]`.
    pub fn logits(&self, features: &Tensor, dropout: f64) -> Tensor {
        self.out.forward(&features.dropout(dropout, dropout > 0.0)) + &self.out_bias
    }
}
