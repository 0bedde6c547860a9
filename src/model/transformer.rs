//! The parts both halves of the network are made of: linear maps, norms, rotary positions, attention, feed-forward.
//!
//! Choices measured in `docs/experiments.md`: query/key normalisation, squared ReLU (Primer, arXiv 2109.08668) and
//! zero-initialised output maps let the Muon optimiser run at a high learning rate.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

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

    /// As [`Linear::new`], the weights multiplied by `gain`; 0 makes the map start silent.
    pub fn scaled(vs: &Path, name: &str, n_in: usize, n_out: usize, gain: f64) -> Linear {
        let dims = [n_out as i64, n_in as i64];
        let init = match gain {
            0.0 => Init::Const(0.0),
            _ => Init::Randn {
                mean: 0.0,
                stdev: gain / (n_in as f64).sqrt(),
            },
        };
        Linear {
            weight: vs.var(name, &dims, init),
        }
    }

    /// Computes in the kind of `x`, so that a caller chooses bf16 by casting its input.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match x.kind() == self.weight.kind() {
            true => x.linear(&self.weight, None::<Tensor>),
            false => x.linear(&self.weight.to_kind(x.kind()), None::<Tensor>),
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
            (ramp.exp() * std::f64::consts::TAU).unsqueeze(0).unsqueeze(0)
        };
        // Turns per note, and per second: from a few notes to a whole segment, from a fast run to a phrase.
        let by_index = index.unsqueeze(-1) * ladder(1.0 / 1024.0, 1.0 / 6.0);
        let by_time = secs.unsqueeze(-1) * ladder(1.0 / 60.0, 1.0 / 0.15);
        let angles = Tensor::cat(&[by_index, by_time], -1).unsqueeze(1);
        Rotary {
            cos: angles.cos(),
            sin: angles.sin(),
        }
    }

    /// Turns `x`: `[B, heads, T, head_dim]`.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let parts = x.chunk(2, -1);
        let (a, b) = (&parts[0], &parts[1]);
        let (cos, sin) = (self.cos.to_kind(x.kind()), self.sin.to_kind(x.kind()));
        Tensor::cat(&[a * &cos - b * &sin, a * &sin + b * &cos], -1)
    }
}

/// Which positions a query may see.
pub enum Mask<'a> {
    /// All of them.
    Full,
    /// Itself and those before it.
    Causal,
    /// Where the tensor, broadcast to `[B, heads, T, T]`, is true.
    Given(&'a Tensor),
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
        x.view([b, t, self.n_heads, d / self.n_heads]).transpose(1, 2)
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
        KeysValues {
            keys,
            values: self.heads(&self.value.forward(x)),
        }
    }

    /// `queries`: `[B, heads, T, head_dim]`; returns `[B, T, d]`.
    pub fn attend(&self, queries: &Tensor, memory: &KeysValues, mask: Mask) -> Tensor {
        let (given, is_causal) = match mask {
            Mask::Full => (None, false),
            Mask::Causal => (None, true),
            Mask::Given(allowed) => (Some(allowed), false),
        };
        let (b, t) = (queries.size()[0], queries.size()[2]);
        let mixed = Tensor::scaled_dot_product_attention(
            queries,
            &memory.keys,
            &memory.values,
            given,
            0.0,
            is_causal,
            None,
            false,
        );
        self.out.forward(&mixed.transpose(1, 2).reshape([b, t, -1]))
    }
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
