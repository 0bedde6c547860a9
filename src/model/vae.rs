//! The whole network: encoder, mixture prior, decoder, and the losses that train them together.

use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Reduction, Tensor};

use super::decoder::{Condition, Decoder};
use super::encoder::{Encoder, Posterior};
use super::hints::Hints;
use super::loss::ElboTerms;
use super::prior::MixturePrior;
use super::transformer::{Linear, norm};
use super::{ModelConfig, ModelError};
use crate::tokens::Field;

/// Marks targets without loss: padding, and the other fields of an end token.
pub const IGNORED: i64 = -100;

/// A batch of segments, on the model's device. `T` is `context_len`. The encoder reads `S` segments, of which the
/// decoder predicts the first `B`.
#[derive(Debug)]
pub struct Batch {
    /// int64 `[B, T, INPUT_COLUMNS]`: decoder input.
    pub rows: Tensor,
    /// float `[B, T]`: onset of each target in seconds from the window's first.
    pub secs: Tensor,
    /// Memory hints for each target.
    pub hints: Hints,
    /// int64 `[B, T, 5]`: targets, or [`IGNORED`].
    pub targets: Tensor,
    /// int64 `[S, T, NOTE_COLUMNS]`: encoder input.
    pub segment_rows: Tensor,
    /// bool `[S, T / patch_len]`.
    pub segment_present: Tensor,
    /// float `[S, TALLY_LEN]`: the tally of each segment.
    pub tallies: Tensor,
    /// int64 `[S]`; `n_composers` if unlabelled.
    pub composer: Tensor,
}

/// What the decoder may use for each segment of a batch.
#[derive(Debug)]
pub struct Conditioning {
    /// float `[B]`, 0 where the latent is withheld.
    pub has_z: Tensor,
    /// int64 `[B]`, `n_composers` where the label is withheld.
    pub label: Tensor,
    /// Positions that each position of the decoder sees, including itself.
    pub sight: i64,
    /// standard normal `[S, d_latent]` for the posterior sample.
    pub noise: Tensor,
}

/// The transformer VAE; owns its variables.
#[derive(Debug)]
pub struct Vae {
    pub vs: VarStore,
    pub config: ModelConfig,
    pub encoder: Encoder,
    pub prior: MixturePrior,
    pub decoder: Decoder,
    bag: Bag,
    /// Kind of the matrix products: float, or bfloat16 with float master weights.
    pub compute: Kind,
}

/// Predicts a segment's field histograms from z alone, so that z must encode them.
#[derive(Debug)]
struct Bag {
    hidden: Linear,
    out: Vec<Linear>,
}

impl Bag {
    fn new(vs: &Path, config: &ModelConfig) -> Bag {
        let d = config.d_model;
        Bag {
            hidden: Linear::new(vs, "hidden", config.d_latent, d),
            out: Field::ALL.iter().map(|f| Linear::scaled(vs, f.name(), d, f.size(), 0.0)).collect(),
        }
    }

    /// Mean negative log-likelihood per note over all fields; `targets` `[B, T, 5]`.
    fn loss(&self, z: &Tensor, targets: &Tensor) -> Tensor {
        let hidden = norm(&self.hidden.forward(z)).relu();
        let mut total = Tensor::zeros([], (Kind::Float, z.device()));
        for (field, out) in Field::ALL.iter().zip(&self.out) {
            let target = targets.select(2, field.index() as i64);
            let counted = target.ge(0).to_kind(Kind::Float);
            let log_p =
                out.forward(&hidden).log_softmax(1, Kind::Float).gather(1, &target.clamp_min(0), false);
            total -= (log_p * &counted).sum(Kind::Float) / counted.sum(Kind::Float).clamp_min(1.0);
        }
        total
    }
}

impl Vae {
    /// Random weights from torch's global generator.
    ///
    /// # Errors
    /// If `config` is invalid.
    pub fn new(config: &ModelConfig, device: Device) -> Result<Vae, ModelError> {
        config.validate()?;
        let vs = VarStore::new(device);
        let root = vs.root();
        Ok(Vae {
            encoder: Encoder::new(&(&root / "encoder"), config),
            prior: MixturePrior::new(&(&root / "prior"), config),
            decoder: Decoder::new(&(&root / "decoder"), config),
            bag: Bag::new(&(&root / "bag"), config),
            config: config.clone(),
            compute: Kind::Float,
            vs,
        })
    }

    pub fn device(&self) -> Device {
        self.vs.device()
    }

    /// Number of trainable parameters.
    pub fn parameters(&self) -> usize {
        self.vs.trainable_variables().iter().map(Tensor::numel).sum()
    }

    /// q(z given the segments of `batch`).
    pub fn encode(&self, batch: &Batch) -> Posterior {
        self.encoder.forward(&batch.segment_rows, &batch.segment_present, &batch.tallies, self.compute)
    }

    /// The condition of (z, composer) for the decoder's layers; see [`Decoder::condition`].
    pub fn condition(&self, z: &Tensor, label: &Tensor, has_z: &Tensor) -> Condition {
        self.decoder.condition(z, label, has_z, self.compute)
    }

    /// As [`Vae::condition`], under several labels at once; see [`Decoder::condition_mixed`].
    pub fn condition_mixed(&self, z: &Tensor, shares: &Tensor, has_z: &Tensor) -> Condition {
        self.decoder.condition_mixed(z, shares, has_z, self.compute)
    }

    /// Reconstruction of `batch` from `z`: mean negative log-likelihood in nats per field, over the notes where the
    /// field counts; pitch first. The sum of the five is the "NLL per note".
    pub fn reconstruction(&self, batch: &Batch, z: &Tensor, given: &Conditioning) -> [Tensor; 5] {
        self.teacher_forced(batch, z, given, Reduction::Mean).0
    }

    /// Negative log-likelihood in nats of every note of `batch`: `[B, T]`, 0 where there is none.
    pub fn nats_per_note(&self, batch: &Batch, z: &Tensor, given: &Conditioning) -> Tensor {
        let (fields, _) = self.teacher_forced(batch, z, given, Reduction::None); // [B · T] each
        fields.iter().fold(Tensor::zeros_like(&batch.secs), |sum, nats| sum + nats.view_as(&batch.secs))
    }

    /// The cross-entropy of each field, given all earlier notes and fields (teacher forcing): reduced over the notes,
    /// or per note without a reduction. And the logits, `[B, T, size]` each.
    fn teacher_forced(
        &self,
        batch: &Batch,
        z: &Tensor,
        given: &Conditioning,
        reduction: Reduction,
    ) -> ([Tensor; 5], [Tensor; 5]) {
        let condition = self.condition(z, &given.label, &given.has_z);
        let mut so_far = self.decoder.trunk(&batch.rows, &batch.secs, &batch.hints, &condition, given.sight);
        let both = Field::ALL.map(|field| {
            let target = batch.targets.select(2, field.index() as i64); // [B, T]
            let logits = self.decoder.logits(field, &so_far, &batch.hints); // [B, T, size]
            let nll = logits.view([-1, field.size() as i64]).cross_entropy_loss(
                &target.reshape([-1]),
                None::<Tensor>,
                reduction,
                IGNORED,
                0.0,
            );
            // The end token has no other fields, so what is embedded there is never used.
            let value = target.clamp(0, field.size() as i64 - 1);
            so_far = self.decoder.chosen(field, &so_far, &value, &batch.hints);
            (nll, logits)
        });
        let nll = std::array::from_fn(|i| both[i].0.shallow_clone());
        (nll, both.map(|(_, logits)| logits))
    }

    /// All terms of the training loss for `batch`.
    pub fn elbo(&self, batch: &Batch, given: &Conditioning) -> ElboTerms {
        let q = self.encode(batch);
        let z = q.sample(&given.noise); // [S, d_latent]
        let written = z.narrow(0, 0, batch.rows.size()[0]); // [B, d_latent]
        let (nll_fields, logits) = self.teacher_forced(batch, &written, given, Reduction::Mean);
        let unlabelled = batch.composer.eq(self.config.n_composers as i64);
        let is_labelled = unlabelled.logical_not().to_kind(Kind::Float);
        let own = batch.composer.clamp(0, self.config.n_composers as i64 - 1);
        let n_labelled = is_labelled.sum(Kind::Float).clamp_min(1.0);
        // KL towards the labelled component in closed form, averaged over the labelled segments, per dimension.
        let kl_dims = (self.prior.kl_to_component(&q, &own) * is_labelled.unsqueeze(1)).sum_dim_intlist(
            [0i64].as_slice(),
            false,
            Kind::Float,
        ) / &n_labelled;
        let is_unlabelled = unlabelled.to_kind(Kind::Float);
        let n_unlabelled = is_unlabelled.sum(Kind::Float);
        let kl_mixture = (self.prior.kl_to_mixture(&q, &z) * &is_unlabelled).sum(Kind::Float)
            / n_unlabelled.clamp_min(1.0);
        let label_loss = (self.prior.distance_to_own(&q, &own) * &is_labelled).sum(Kind::Float) / &n_labelled;
        ElboTerms {
            nll_fields,
            logits,
            kl_dims,
            kl_mixture,
            share_labelled: is_labelled.mean(Kind::Float),
            label_loss,
            bag_loss: self.bag.loss(&written, &batch.targets),
        }
    }
}
