//! The mixture-of-Gaussians prior and the KL terms against it: p(z given composer) is one component, with a fixed mean
//! and a learned variance.
//!
//! Component k has its mean on axis k of the latent space: the first K dimensions encode the composer, the others are
//! free for everything else. The means are not learned: when they were, they drifted together, because a component
//! close to all posteriors is the cheapest for the KL term.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor, no_grad};

use super::ModelConfig;
use super::encoder::Posterior;

/// Distance between two component means, in standard deviations of a component.
const SEPARATION: f64 = 12.0;
/// Component log standard deviations stay between this and 0: wider ones would only change the unit of the latents.
const MIN_LOG_SIGMA: f64 = -0.5;

/// K components of equal weight, so that rare composers are as likely as frequent ones.
#[derive(Debug)]
pub struct MixturePrior {
    /// `[K, d_latent]`
    means: Tensor,
    /// `[K, d_latent]`
    log_sigmas: Tensor,
}

impl MixturePrior {
    pub fn new(vs: &Path, config: &ModelConfig) -> MixturePrior {
        let dims = [config.n_composers as i64, config.d_latent as i64];
        let mut prior = MixturePrior {
            means: vs.zeros_no_train("means", &dims),
            log_sigmas: vs.var("log_sigmas", &dims, Init::Const(0.0)),
        };
        prior.set_means();
        prior
    }

    /// Puts the means on their axes; older checkpoints have learned means.
    pub fn set_means(&mut self) {
        // Axes of length r end r·√2 apart.
        let length = SEPARATION / std::f64::consts::SQRT_2;
        let [k, d] = [self.means.size()[0], self.means.size()[1]];
        let axes = Tensor::eye_m(k, d, (Kind::Float, self.means.device())) * length;
        no_grad(|| self.means.copy_(&axes));
    }

    pub fn means(&self) -> &Tensor {
        &self.means
    }

    /// Bounded log σ, `[K, d_latent]`.
    pub fn log_sigmas(&self) -> Tensor {
        self.log_sigmas.clamp(MIN_LOG_SIGMA, 0.0)
    }

    /// KL(q‖component) in nats per dimension, `[B, d_latent]`; `composer`: int64 `[B]`.
    pub fn kl_to_component(&self, q: &Posterior, composer: &Tensor) -> Tensor {
        let mean = self.means.index_select(0, composer); // [B, d_latent]
        let log_sigma = self.log_sigmas().index_select(0, composer); // [B, d_latent]
        let variance_ratio = (&q.log_variance - &log_sigma * 2.0).exp();
        let distance = (&q.mean - mean).square() * (&log_sigma * -2.0).exp();
        (variance_ratio + distance - 1.0 - &q.log_variance + log_sigma * 2.0) * 0.5
    }

    /// log p(z given component k), nats, `[B, K]`.
    pub fn log_densities(&self, z: &Tensor) -> Tensor {
        let log_sigmas = self.log_sigmas();
        let distance =
            (z.unsqueeze(1) - self.means.unsqueeze(0)).square() * (&log_sigmas * -2.0).exp().unsqueeze(0); // [B, K, d_latent]
        let d = self.means.size()[1] as f64;
        let normaliser = log_sigmas.sum_dim_intlist([1i64].as_slice(), false, Kind::Float) * -1.0
            - 0.5 * d * std::f64::consts::TAU.ln(); // [K]
        distance.sum_dim_intlist([2i64].as_slice(), false, Kind::Float) * -0.5 + normaliser.unsqueeze(0)
    }

    /// One-sample Monte-Carlo estimate of KL(q‖whole mixture), nats, `[B]`; `z` must be drawn from `q`.
    pub fn kl_to_mixture(&self, q: &Posterior, z: &Tensor) -> Tensor {
        let k = self.means.size()[0] as f64;
        let log_p = self.log_densities(z).logsumexp([1i64].as_slice(), false) - k.ln(); // [B]
        let standardised = (z - &q.mean).square() * (-&q.log_variance).exp();
        let per_dim = (standardised + &q.log_variance + std::f64::consts::TAU.ln()) * -0.5;
        per_dim.sum_dim_intlist([1i64].as_slice(), false, Kind::Float) - log_p
    }

    /// How far posterior means lie from their own component's along the axes of the composers, squared, where 1 is
    /// the way from the origin to a mean; `[B]`. Least where each axis has the probability of its composer.
    pub fn distance_to_own(&self, q: &Posterior, composer: &Tensor) -> Tensor {
        let k = self.means.size()[0];
        let away = &q.mean - self.means.index_select(0, composer);
        let squared = away.narrow(1, 0, k).square(); // [B, K]
        squared.sum_dim_intlist([1i64].as_slice(), false, Kind::Float) * (2.0 / (SEPARATION * SEPARATION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_lie_apart() {
        let vs = tch::nn::VarStore::new(tch::Device::Cpu);
        let config = ModelConfig { n_composers: 3, d_latent: 8, ..ModelConfig::default() };
        let prior = MixturePrior::new(&vs.root(), &config);
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let distance = (prior.means().get(a) - prior.means().get(b)).norm().double_value(&[]);
            assert!((distance - SEPARATION).abs() < 0.01, "{a} {b}: {distance}");
        }
    }
}
