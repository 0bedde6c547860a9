//! The judge: a feed-forward network over the profile of a segment.

use tch::Tensor;
use tch::nn::{Init, Path};

use super::profile::PROFILE_LEN;
use crate::model::transformer::{Linear, norm};

const HIDDEN: usize = 384;
/// Size of the last hidden layer.
pub const FEATURES: i64 = 128;

/// Two hidden layers; see [`super::profile`] for its input.
pub struct Judge {
    hidden: Linear,
    features: Linear,
    out: Linear,
    out_bias: Tensor,
}

impl Judge {
    pub fn new(vs: &Path, n_composers: i64) -> Judge {
        Judge {
            hidden: Linear::new(vs, "hidden", PROFILE_LEN, HIDDEN),
            features: Linear::new(vs, "features", HIDDEN, FEATURES as usize),
            out: Linear::scaled(vs, "out_table", FEATURES as usize, n_composers as usize, 0.3),
            out_bias: vs.var("out_bias_table", &[n_composers], Init::Const(0.0)),
        }
    }

    /// `profiles`: `[B, PROFILE_LEN]`. Returns `[B, FEATURES]`. `dropout` is 0 except while training.
    pub fn features(&self, profiles: &Tensor, dropout: f64) -> Tensor {
        // The square roots of a histogram have unit length, so bins are smaller the more of them there are.
        let x = (profiles * 4.0).dropout(dropout * 0.5, dropout > 0.0);
        let hidden = norm(&self.hidden.forward(&x)).relu().dropout(dropout, dropout > 0.0);
        norm(&self.features.forward(&hidden)).relu()
    }

    /// `[B, FEATURES]` to logits `[B, composers]`.
    pub fn logits(&self, features: &Tensor, dropout: f64) -> Tensor {
        self.out.forward(&features.dropout(dropout, dropout > 0.0)) + &self.out_bias
    }
}
