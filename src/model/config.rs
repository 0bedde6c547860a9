//! The size of a network.

use serde::{Deserialize, Serialize};

use super::ModelError;

/// Everything that fixes the shapes of a [`super::Vae`]; stored in its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Labelled composers, and so components of the prior.
    pub n_composers: usize,
    pub d_model: usize,
    pub d_ff: usize,
    pub n_heads: usize,
    /// Decoder layers.
    pub n_layers: usize,
    pub n_encoder_layers: usize,
    /// Notes the encoder reads as one position.
    pub patch_len: usize,
    /// Learned queries that pool the encoder, and tokens of latent memory the decoder attends to.
    pub n_queries: usize,
    pub d_latent: usize,
    /// Notes in a segment: what one z describes, and as far back as the decoder sees.
    pub context_len: usize,
}

impl Default for ModelConfig {
    /// The small model, for a CPU.
    fn default() -> Self {
        ModelConfig {
            n_composers: 14,
            d_model: 192,
            d_ff: 768,
            n_heads: 6,
            n_layers: 5,
            n_encoder_layers: 2,
            patch_len: 4,
            n_queries: 4,
            d_latent: 32,
            context_len: 256,
        }
    }
}

impl ModelConfig {
    pub fn head_dim(&self) -> usize {
        self.d_model / self.n_heads.max(1)
    }

    /// In words, in which sizes this network is another than `other`: "d_model 192 instead of 256".
    pub fn differences(&self, other: &ModelConfig) -> String {
        let fields = |config: &ModelConfig| serde_json::to_value(config).unwrap_or_default();
        let (own, other) = (fields(self), fields(other));
        let pairs = own.as_object().into_iter().flatten();
        let differing = pairs.filter_map(|(name, value)| {
            let expected = other.get(name).filter(|expected| *expected != value)?;
            Some(format!("{name} {value} instead of {expected}"))
        });
        differing.collect::<Vec<_>>().join(", ")
    }

    /// # Errors
    /// [`ModelError::Config`] names the first field that cannot be.
    pub fn validate(&self) -> Result<(), ModelError> {
        let wrong = |what: &str| Err(ModelError::Config(what.to_owned()));
        if self.n_composers == 0 || self.n_composers > 255 {
            return wrong("n_composers must lie between 1 and 255");
        }
        if self.n_heads == 0
            || !self.d_model.is_multiple_of(self.n_heads)
            || !self.head_dim().is_multiple_of(4)
        {
            return wrong("d_model must be n_heads times a multiple of 4");
        }
        if self.n_layers == 0 || self.n_encoder_layers == 0 || self.d_ff == 0 || self.n_queries == 0 {
            return wrong("n_layers, n_encoder_layers, d_ff and n_queries must not be 0");
        }
        if self.patch_len == 0 || self.context_len == 0 || !self.context_len.is_multiple_of(self.patch_len) {
            return wrong("context_len must be a multiple of patch_len");
        }
        if self.d_latent < self.n_composers {
            return wrong(
                "d_latent must be at least n_composers, so that the component means can be orthogonal",
            );
        }
        if self.d_model > 8192
            || self.d_ff > 65536
            || self.n_layers > 128
            || self.context_len > 65536
            || self.d_latent > 4096
        {
            return wrong("a size is larger than any machine this runs on can hold");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_said_in_words() {
        let small = ModelConfig::default();
        let other = ModelConfig { d_model: 256, n_layers: 6, ..ModelConfig::default() };
        assert_eq!(small.differences(&other), "d_model 192 instead of 256, n_layers 5 instead of 6");
        assert_eq!(small.differences(&small), "");
    }
}
