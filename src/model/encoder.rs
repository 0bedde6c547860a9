//! Tokens → posterior. The encoder never sees the composer label.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::ModelConfig;
use super::features::{NOTE_COLUMNS, NOTE_ROWS};
use super::transformer::{Attention, FeedForward, Linear, Mask, Rotary, norm};
use crate::tokens::TALLY_LEN;

/// q(z given x): a diagonal Gaussian per segment.
#[derive(Debug)]
pub struct Posterior {
    /// `[B, d_latent]`
    pub mean: Tensor,
    /// `[B, d_latent]`
    pub log_variance: Tensor,
}

impl Posterior {
    /// mean + σ·`noise`; `noise` is standard normal `[B, d_latent]`.
    pub fn sample(&self, noise: &Tensor) -> Tensor {
        &self.mean + (&self.log_variance * 0.5).exp() * noise
    }
}

#[derive(Debug)]
struct Block {
    attention: Attention,
    feed_forward: FeedForward,
}

/// A bidirectional transformer over patches of a few notes, pooled by learned queries, plus the tally of the segment:
/// histograms that a transformer takes long to learn to count.
#[derive(Debug)]
pub struct Encoder {
    patch_len: i64,
    head_dim: usize,
    table: Tensor,
    blocks: Vec<Block>,
    queries: Tensor,
    pool: Attention,
    mean: Linear,
    log_variance: Linear,
    /// `[d_latent]`
    log_variance_bias: Tensor,
    tally_hidden: Linear,
    tally_mean: Linear,
    tally_log_variance: Linear,
}

impl Encoder {
    pub fn new(vs: &Path, config: &ModelConfig) -> Encoder {
        let d = config.d_model;
        let rows = NOTE_ROWS * config.patch_len as i64;
        let blocks = (0..config.n_encoder_layers)
            .map(|i| {
                let vs = vs / "blocks" / i;
                Block {
                    attention: Attention::new(&(&vs / "attention"), d, config.n_heads),
                    feed_forward: FeedForward::new(&(&vs / "feed_forward"), d, config.d_ff),
                }
            })
            .collect();
        let pooled = d * config.n_queries;
        Encoder {
            patch_len: config.patch_len as i64,
            head_dim: config.head_dim(),
            table: vs.var("table", &[rows, d as i64], Init::Randn { mean: 0.0, stdev: 0.3 }),
            blocks,
            queries: vs.var(
                "queries",
                &[1, config.n_queries as i64, d as i64],
                Init::Randn { mean: 0.0, stdev: 1.0 },
            ),
            pool: Attention::new(&(vs / "pool"), d, config.n_heads),
            mean: Linear::new(vs, "mean", pooled, config.d_latent),
            log_variance: Linear::scaled(vs, "log_variance", pooled, config.d_latent, 0.1),
            log_variance_bias: vs.var("log_variance_bias", &[config.d_latent as i64], Init::Const(-1.0)),
            tally_hidden: Linear::new(vs, "tally_hidden", TALLY_LEN, 2 * d),
            tally_mean: Linear::scaled(vs, "tally_mean", 2 * d, config.d_latent, 0.3),
            tally_log_variance: Linear::scaled(vs, "tally_log_variance", 2 * d, config.d_latent, 0.1),
        }
    }

    /// `rows`: int64 `[B, context_len, NOTE_COLUMNS]` from [`super::features::note_rows`], hidden rows after the
    /// end; `is_present`: bool `[B, context_len / patch_len]`, false for patches after the end; `tallies`: float
    /// `[B, TALLY_LEN]` from [`crate::tokens::tally`].
    pub fn forward(&self, rows: &Tensor, is_present: &Tensor, tallies: &Tensor, compute: Kind) -> Posterior {
        let (b, t) = (rows.size()[0], rows.size()[1]);
        let patches = t / self.patch_len;
        let mut x = embed(&self.table, rows, patches, self.patch_len * NOTE_COLUMNS as i64).to_kind(compute); // [B, patches, d]
        let device = rows.device();
        let index = Tensor::arange(patches, (Kind::Float, device)).unsqueeze(0).expand([b, -1], false); // [B, patches]
        let rotary = Rotary::new(
            &(index * self.patch_len as f64),
            &Tensor::zeros([b, patches], (Kind::Float, device)),
            self.head_dim,
        );
        // 0 for patches of the segment, minus infinity for those after its end: [B, 1, 1, patches].
        let bias = Tensor::zeros([b, 1, 1, patches], (compute, device))
            .masked_fill(&is_present.logical_not().view([b, 1, 1, patches]), f64::NEG_INFINITY);
        for block in &self.blocks {
            let a = norm(&x);
            let q = block.attention.queries(&a, Some(&rotary));
            let kv = block.attention.keys_values(&a, Some(&rotary));
            x = &x + block.attention.attend(&q, &kv, Mask::Biased(&bias));
            x = &x + block.feed_forward.forward(&norm(&x));
        }
        let seed = self.queries.to_kind(compute).expand([b, -1, -1], false); // [B, n_queries, d]
        let q = self.pool.queries(&norm(&seed), None);
        let kv = self.pool.keys_values(&norm(&x), None);
        let pooled = norm(&(&seed + self.pool.attend(&q, &kv, Mask::Biased(&bias)))).reshape([b, -1]); // [B, n_queries · d]
        // Square roots of shares are small: scale them up.
        let counted = norm(&self.tally_hidden.forward(&(tallies.to_kind(compute) * 4.0))).relu(); // [B, 2 d]
        let mean = self.mean.forward(&pooled) + self.tally_mean.forward(&counted); // [B, d_latent]
        let log_variance = self.log_variance.forward(&pooled) + self.tally_log_variance.forward(&counted);
        Posterior {
            mean: mean.to_kind(Kind::Float) * 3.0,
            log_variance: (log_variance.to_kind(Kind::Float) + &self.log_variance_bias).clamp(-8.0, 2.0),
        }
    }
}

/// The sum of `columns` table rows per position: `rows` holds `B × positions × columns` indices; `[B, positions, d]`.
pub(crate) fn embed(table: &Tensor, rows: &Tensor, positions: i64, columns: i64) -> Tensor {
    let b = rows.size()[0];
    let count = b * positions;
    let offsets = Tensor::arange(count, (Kind::Int64, rows.device())) * columns;
    let flat = rows.reshape([-1]); // [B · positions · columns]
    let (sum, ..) = Tensor::embedding_bag(table, &flat, &offsets, false, 0, false, None::<Tensor>, false);
    sum.view([b, positions, -1])
}
