//! The building blocks of encoder and decoder: linear maps, norms, rotary positions, attention, feed-forward.
//!
//! As measured in `docs/experiments.md`, query/key normalisation, squared ReLU (Primer, arXiv 2109.08668) and
//! zero-initialised output maps let the Muon optimiser run at a high learning rate.

use tch::nn::{Init, Path};
use tch::{Device, Kind, Tensor};

/// A linear map without bias, `[.., n_in] -> [.., n_out]`.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
}

impl Linear {
    /// Normal weights of variance 1 / `n_in`.
    pub fn new(vs: &Path, name: &str, n_in: usize, n_out: usize) -> Linear {
        Linear::scaled(vs, name, n_in, n_out, 1.0)
    }

    /// [`Linear::new`] with the weights multiplied by `gain`; with 0 the map starts at zero.
    pub fn scaled(vs: &Path, name: &str, n_in: usize, n_out: usize, gain: f64) -> Linear {
        let dims = [n_out as i64, n_in as i64];
        let init = match gain {
            0.0 => Init::Const(0.0),
            _ => Init::Randn { mean: 0.0, stdev: gain / (n_in as f64).sqrt() },
        };
        Linear { weight: vs.var(name, &dims, init) }
    }

    /// Computes in the kind of `x`: cast the input for bf16.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        if x.kind() == self.weight.kind() {
            x.linear(&self.weight, None::<Tensor>)
        } else {
            x.linear(&self.weight.to_kind(x.kind()), None::<Tensor>)
        }
    }
}

/// Layer normalisation over the last dimension, without parameters.
pub fn norm(x: &Tensor) -> Tensor {
    let width = x.size().last().copied().unwrap_or(1);
    x.layer_norm([width], None::<Tensor>, None::<Tensor>, 1e-5, true)
}

/// Normalisation whose scale and shift come from a condition: adaptive layer norm as in DiT (arXiv 2212.09748).
/// `x`: `[B, T, d]`; `scale`, `shift`: `[B, 1, d]`.
pub fn adaptive_norm(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Tensor {
    shift.addcmul(&norm(x), &(scale + 1.0))
}

/// Rotary angles (RoFormer, arXiv 2104.09864): half of each head turns with the index of the note and half with
/// its onset in seconds, so that attention can ask for "four notes ago" as well as for "one beat ago".
#[derive(Debug)]
pub struct Rotary {
    cos: Tensor,
    sin: Tensor,
}

impl Rotary {
    /// `index`, `secs`: `[B, T]` floats. The angles are `[B, 1, T, head_dim / 2]`.
    pub fn new(index: &Tensor, secs: &Tensor, head_dim: usize) -> Rotary {
        let half = (head_dim / 4) as i64;
        let device = index.device();
        let ladder = |slowest: f64, fastest: f64| {
            let ramp = Tensor::linspace(fastest.ln(), slowest.ln(), half, (Kind::Float, device));
            (ramp.exp() * std::f64::consts::TAU).unsqueeze(0).unsqueeze(0) // [1, 1, head_dim / 4]
        };
        // Turns per note, and per second: periods from a few notes to a whole segment, from a fast run to a phrase.
        let by_index = index.unsqueeze(-1) * ladder(1.0 / 1024.0, 1.0 / 6.0); // [B, T, head_dim / 4]
        let by_time = secs.unsqueeze(-1) * ladder(1.0 / 60.0, 1.0 / 0.15); // [B, T, head_dim / 4]
        let angles = Tensor::cat(&[by_index, by_time], -1).unsqueeze(1); // [B, 1, T, head_dim / 2]
        Rotary { cos: angles.cos(), sin: angles.sin() }
    }

    /// Rotates `x`: `[B, heads, T, head_dim]`.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let parts = x.chunk(2, -1);
        let (a, b) = (&parts[0], &parts[1]);
        let (cos, sin) = (self.cos.to_kind(x.kind()), self.sin.to_kind(x.kind()));
        Tensor::cat(&[a * &cos - b * &sin, a * &sin + b * &cos], -1) // [B, heads, T, head_dim]
    }
}

/// Which positions a query may see.
#[derive(Clone, Copy)]
pub enum Mask<'a> {
    /// All of them.
    Full,
    /// This many: itself and those just before it; with as many queries as keys.
    Last(i64),
    /// All, with this added to the scores: broadcast to `[B, heads, T, keys]`, minus infinity to mask a position.
    Biased(&'a Tensor),
}

/// Keys and values of one layer, `[B, heads, T, head_dim]`.
#[derive(Debug)]
pub struct KeysValues {
    pub keys: Tensor,
    pub values: Tensor,
}

/// Multi-head attention with normalised queries and keys.
#[derive(Debug)]
pub struct Attention {
    n_heads: i64,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    /// Per-channel gain of the normalised queries: how sharply to attend.
    query_gain: Tensor,
}

impl Attention {
    pub fn new(vs: &Path, d_model: usize, n_heads: usize) -> Attention {
        Attention {
            n_heads: n_heads as i64,
            query: Linear::new(vs, "query", d_model, d_model),
            key: Linear::new(vs, "key", d_model, d_model),
            value: Linear::new(vs, "value", d_model, d_model),
            out: Linear::scaled(vs, "out", d_model, d_model, 0.0),
            query_gain: vs.var("query_gain", &[(d_model / n_heads) as i64], Init::Const(1.5)),
        }
    }

    fn heads(&self, x: &Tensor) -> Tensor {
        let (b, t, d) = (x.size()[0], x.size()[1], x.size()[2]);
        x.view([b, t, self.n_heads, d / self.n_heads]).transpose(1, 2) // [B, heads, T, head_dim]
    }

    /// `x`: `[B, T, d]` to queries `[B, heads, T, head_dim]`.
    pub fn queries(&self, x: &Tensor, rotary: Option<&Rotary>) -> Tensor {
        let q = norm(&self.heads(&self.query.forward(x))) * self.query_gain.to_kind(x.kind());
        rotary.map_or_else(|| q.shallow_clone(), |r| r.apply(&q))
    }

    /// `x`: `[B, T, d]`.
    pub fn keys_values(&self, x: &Tensor, rotary: Option<&Rotary>) -> KeysValues {
        let k = norm(&self.heads(&self.key.forward(x)));
        let keys = rotary.map_or_else(|| k.shallow_clone(), |r| r.apply(&k));
        KeysValues { keys, values: self.heads(&self.value.forward(x)) }
    }

    /// `queries`: `[B, heads, T, head_dim]`; returns `[B, T, d]`.
    pub fn attend(&self, queries: &Tensor, memory: &KeysValues, mask: Mask) -> Tensor {
        let (b, t) = (queries.size()[0], queries.size()[2]);
        let mixed = if queries.device() == Device::Cpu {
            mix_on_cpu(queries, memory, mask)
        } else {
            mix_fused(queries, memory, mask)
        };
        self.out.forward(&mixed.transpose(1, 2).reshape([b, t, -1])) // [B, T, d]
    }
}

/// Queries of a causal window that are scored together on a CPU.
const BLOCK: i64 = 128;

/// Attention as products and a softmax. libtorch's fused CPU attention is two to ten times slower backward in
/// bfloat16 at these sizes (`cargo bench --bench train`). A long causal window is done in blocks of queries, each
/// with no more keys than it may see. Returns `[B, heads, T, head_dim]`.
fn mix_on_cpu(queries: &Tensor, memory: &KeysValues, mask: Mask) -> Tensor {
    let t = queries.size()[2];
    let scaled = queries / (queries.size()[3] as f64).sqrt();
    let mix = |q: &Tensor, k: &Tensor, v: &Tensor, bias: Option<&Tensor>| {
        let mut scores = q.matmul(&k.transpose(2, 3)); // [B, heads, queries, keys]
        if let Some(bias) = bias {
            scores += bias;
        }
        scores.softmax(-1, None).matmul(v) // [B, heads, queries, head_dim]
    };
    match mask {
        Mask::Full => mix(&scaled, &memory.keys, &memory.values, None),
        Mask::Biased(bias) => mix(&scaled, &memory.keys, &memory.values, Some(bias)),
        Mask::Last(sight) => {
            let blocks: Vec<Tensor> = (0..t)
                .step_by(BLOCK as usize)
                .map(|start| {
                    let end = (start + BLOCK).min(t);
                    let first = (start + 1 - sight).max(0);
                    let part = |x: &Tensor, from: i64| x.narrow(2, from, end - from);
                    let bias = causal_bias(start..end, first, sight, (scaled.kind(), scaled.device()));
                    mix(
                        &part(&scaled, start),
                        &part(&memory.keys, first),
                        &part(&memory.values, first),
                        Some(&bias),
                    )
                })
                .collect();
            Tensor::cat(&blocks, 2) // [B, heads, T, head_dim]
        }
    }
}

/// [`mix_on_cpu`] with libtorch's fused kernels.
fn mix_fused(queries: &Tensor, memory: &KeysValues, mask: Mask) -> Tensor {
    let t = queries.size()[2];
    let options = (queries.kind(), queries.device());
    let bias = match mask {
        Mask::Last(sight) if sight < t => Some(causal_bias(0..t, 0, sight, options)),
        Mask::Biased(bias) => Some(bias.shallow_clone()),
        Mask::Full | Mask::Last(_) => None,
    };
    let is_causal = bias.is_none() && matches!(mask, Mask::Last(_));
    Tensor::scaled_dot_product_attention(
        queries,
        &memory.keys,
        &memory.values,
        bias.as_ref(),
        0.0,
        is_causal,
        None,
        false,
    )
}

/// 0 where a query may see a key, minus infinity elsewhere, `[queries, keys]`; the keys are `first..queries.end`.
fn causal_bias(queries: std::ops::Range<i64>, first: i64, sight: i64, options: (Kind, Device)) -> Tensor {
    let (rows, columns) = (queries.end - queries.start, queries.end - first);
    // Query i of the block stands at column i + own.
    let own = queries.start - first;
    let barred = Tensor::full([rows, columns], f64::NEG_INFINITY, options);
    let later = barred.triu(own + 1);
    if sight > own + rows { later } else { later + barred.tril(own - sight) }
}

/// Two maps with a squared ReLU between them.
#[derive(Debug)]
pub struct FeedForward {
    up: Linear,
    down: Linear,
}

impl FeedForward {
    pub fn new(vs: &Path, d_model: usize, d_ff: usize) -> FeedForward {
        FeedForward {
            up: Linear::new(vs, "up", d_model, d_ff),
            down: Linear::scaled(vs, "down", d_ff, d_model, 0.0),
        }
    }

    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.down.forward(&self.up.forward(x).relu().square())
    }
}
