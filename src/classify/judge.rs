//! Convolutions over a piano roll.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::roll::{CHANNELS, ROWS, STRIDE};
use crate::model::transformer::{Linear, norm};

/// Keys one window of the first layer sees, and by how many it moves.
const WINDOW: i64 = 18;
const HOP: i64 = 4;
const STEM: i64 = 24;
const WIDTH: i64 = 96;
const HIDDEN: i64 = 192;
const DILATIONS: [i64; 3] = [1, 2, 4];
/// Numbers in the last layer before the composers.
pub const FEATURES: i64 = 128;

struct Block {
    dilation: i64,
    up: Linear,
    down: Linear,
}

/// A window of 18 keys × 4 frames slides over the roll; then convolutions in time with growing reach; then mean and
/// spread over the segment.
pub struct Judge {
    /// `[STEM, CHANNELS, STRIDE, WINDOW]`
    stem: Tensor,
    stem_bias: Tensor,
    merge: Linear,
    blocks: Vec<Block>,
    features: Linear,
    out: Linear,
    out_bias: Tensor,
}

impl Judge {
    pub fn new(vs: &Path, n_composers: i64) -> Judge {
        let windows = (ROWS as i64 - WINDOW + 2).div_euclid(HOP) + 1;
        let size = |n: i64| n as usize;
        Judge {
            stem: vs.var(
                "stem",
                &[STEM, CHANNELS as i64, STRIDE as i64, WINDOW],
                Init::Randn { mean: 0.0, stdev: 2.0 / (WINDOW as f64 * STRIDE as f64 * CHANNELS as f64).sqrt() },
            ),
            stem_bias: vs.var("stem_bias_table", &[STEM], Init::Const(0.0)),
            merge: Linear::new(vs, "merge", size(windows * STEM), size(WIDTH)),
            blocks: DILATIONS
                .iter()
                .enumerate()
                .map(|(i, &dilation)| {
                    let vs = vs / "blocks" / i;
                    Block {
                        dilation,
                        up: Linear::new(&vs, "up", size(3 * WIDTH), size(HIDDEN)),
                        down: Linear::scaled(&vs, "down", size(HIDDEN), size(WIDTH), 0.0),
                    }
                })
                .collect(),
            features: Linear::new(vs, "features", size(2 * WIDTH), size(FEATURES)),
            out: Linear::scaled(vs, "out_table", size(FEATURES), size(n_composers), 0.3),
            out_bias: vs.var("out_bias_table", &[n_composers], Init::Const(0.0)),
        }
    }

    /// `roll`: `[B, frames, ROWS, CHANNELS]`, `present`: `[B, frames / STRIDE]`; see [`super::Roll::stack`]. Returns
    /// `[B, FEATURES]`. `dropout` is 0 except while training.
    pub fn features(&self, roll: &Tensor, present: &Tensor, compute: Kind, dropout: f64) -> Tensor {
        let (b, steps) = (roll.size()[0], present.size()[1]);
        // Two empty rows above, so that the windows cover every key.
        let padded = roll.to_kind(compute).constant_pad_nd([0, 0, 0, 2]).permute([0, 3, 1, 2]);
        let bias = self.stem_bias.to_kind(compute);
        let stem = padded.conv2d(&self.stem.to_kind(compute), Some(bias), [STRIDE as i64, HOP], [0, 0], [1, 1], 1).relu();
        let stem = stem.permute([0, 2, 3, 1]).reshape([b, steps, -1]);
        let mask = present.unsqueeze(2).to_kind(compute);
        let mut x = norm(&self.merge.forward(&drop_channels(&stem, dropout * 0.5))) * &mask;
        for block in &self.blocks {
            let hidden = block.up.forward(&neighbours(&norm(&x), &mask, block.dilation)).relu().square();
            x = (&x + block.down.forward(&drop_channels(&hidden, dropout))) * &mask;
        }
        let x = norm(&x).to_kind(Kind::Float);
        let mask = present.unsqueeze(2);
        let counted = mask.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        let mean = (&x * &mask).sum_dim_intlist([1i64].as_slice(), false, Kind::Float) / &counted;
        let spread = ((&x - mean.unsqueeze(1)).square() * &mask).sum_dim_intlist([1i64].as_slice(), false, Kind::Float) / &counted;
        let pooled = Tensor::cat(&[mean, (spread + 1e-4).sqrt()], 1).dropout(dropout, dropout > 0.0);
        self.features.forward(&pooled).relu()
    }

    /// `[B, FEATURES]` to logits `[B, composers]`.
    pub fn logits(&self, features: &Tensor, dropout: f64) -> Tensor {
        self.out.forward(&features.dropout(dropout, dropout > 0.0)) + &self.out_bias
    }
}

/// Each step beside those `dilation` before and after it: `[B, T, W]` to `[B, T, 3 W]`.
fn neighbours(x: &Tensor, mask: &Tensor, dilation: i64) -> Tensor {
    let x = x * mask;
    let steps = x.size()[1];
    let padded = x.constant_pad_nd([0, 0, dilation, dilation]);
    Tensor::cat(&[padded.narrow(1, 0, steps), x, padded.narrow(1, 2 * dilation, steps)], 2)
}

/// Silences a share of the channels for a whole segment: `[B, T, W]`, one draw for all T.
fn drop_channels(x: &Tensor, share: f64) -> Tensor {
    if share == 0.0 {
        return x.shallow_clone();
    }
    let (b, width) = (x.size()[0], x.size()[2]);
    let kept = Tensor::ones([b, 1, width], (Kind::Float, x.device())).dropout(share, true);
    x * kept.to_kind(x.kind())
}
