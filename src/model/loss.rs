//! The training loss: how its terms are weighted and added. [`super::prior`] computes the KL terms.

use tch::{Kind, Tensor};

/// Weights and floors of the terms; see `docs/experiments.md` for the measurements.
#[derive(Clone, Copy, Debug)]
pub struct LossWeights {
    /// β of the KL term.
    pub kl: f64,
    /// KL per dimension without cost (free bits), nats.
    pub free_bits_nats: f64,
    pub label: f64,
    pub bag: f64,
    /// Notes that a segment's KL is divided by, so that all terms are per note.
    pub segment_len: f64,
}

/// The terms from [`super::Vae::elbo`]: scalars except `logits` and `kl_dims`, all on the device and differentiable.
#[derive(Debug)]
pub struct ElboTerms {
    /// Nats per note, by field.
    pub nll_fields: [Tensor; 5],
    /// By field, what the decoder predicts for each note: `[B, T, size]`.
    pub logits: [Tensor; 5],
    /// KL(q‖own component) per dimension, mean over the labelled segments: `[d_latent]`, nats per segment.
    pub kl_dims: Tensor,
    /// KL(q‖mixture), mean over the unlabelled segments, nats per segment.
    pub kl_mixture: Tensor,
    /// Share of the batch that is labelled.
    pub share_labelled: Tensor,
    /// Squared distance of the posterior mean to the own component's along the composers' axes, 1 at the origin.
    pub label_loss: Tensor,
    /// NLL per note of the bag of notes.
    pub bag_loss: Tensor,
}

impl ElboTerms {
    /// Sum over the fields, nats per note.
    pub fn nll(&self) -> Tensor {
        self.nll_fields.iter().fold(Tensor::zeros([], (Kind::Float, self.kl_dims.device())), |sum, n| sum + n)
    }

    /// KL towards the own component, nats per segment.
    pub fn kl_nats(&self) -> Tensor {
        self.kl_dims.sum(Kind::Float)
    }

    /// The training loss, nats per note.
    pub fn loss(&self, weights: &LossWeights) -> Tensor {
        let floor = weights.free_bits_nats;
        let labelled = self.kl_dims.clamp_min(floor).sum(Kind::Float);
        let total_floor = floor * self.kl_dims.size()[0] as f64;
        let unlabelled = self.kl_mixture.clamp_min(total_floor);
        let kl = &self.share_labelled * labelled + (-&self.share_labelled + 1.0) * unlabelled;
        self.nll()
            + kl * (weights.kl / weights.segment_len)
            + &self.label_loss * weights.label
            + &self.bag_loss * weights.bag
    }
}
