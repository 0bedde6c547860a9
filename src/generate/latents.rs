//! Where a composer's music, or a mix of several, lies in the latent space: means and random draws.

use rand_pcg::Pcg64Mcg;
use tch::{Device, Kind, Tensor};

use super::generator::Generator;
use super::mix::Mix;
use crate::sampling::standard_normal;

impl Generator {
    /// The mean latent of a composer's music: `d_latent` numbers.
    pub fn latent_mean(&self, component: usize) -> Vec<f32> {
        let fitted = self.aggregate.as_ref().and_then(|a| a.mean(component)).map(<[f32]>::to_vec);
        fitted.unwrap_or_else(|| to_floats(&self.vae.prior.means().get(component as i64)))
    }

    /// The point between the means of the composers of a mix.
    pub fn mixed_latent_mean(&self, mix: &Mix) -> Vec<f32> {
        let components: Vec<(usize, f32)> =
            mix.shares().iter().map(|(id, share)| (id.index(), *share)).collect();
        self.mixed_mean(&components)
    }

    /// The point between the means of composers, by their shares.
    pub(super) fn mixed_mean(&self, components: &[(usize, f32)]) -> Vec<f32> {
        weighted(components, |component| self.latent_mean(component))
    }

    /// Draws a latent between composers: the same noise under each of their Gaussians, added up by their shares.
    pub(super) fn draw_mixed(&self, components: &[(usize, f32)], rng: &mut Pcg64Mcg) -> Vec<f32> {
        let noise: Vec<f32> = (0..self.info.d_latent).map(|_| standard_normal(rng)).collect();
        weighted(components, |component| self.latent_at(component, &noise))
    }

    /// Draws a latent for a composer: from the fitted posterior if the checkpoint has one, else from the prior.
    pub(super) fn draw_latent(&self, component: usize, rng: &mut Pcg64Mcg) -> Vec<f32> {
        self.draw_mixed(&[(component, 1.0)], rng)
    }

    /// Where standard normal `noise` lies under a composer's Gaussian.
    fn latent_at(&self, component: usize, noise: &[f32]) -> Vec<f32> {
        if let Some(z) = self.aggregate.as_ref().and_then(|a| a.sample(component, noise)) {
            return z;
        }
        let mean = self.latent_mean(component);
        let sigma = to_floats(&self.vae.prior.log_sigmas().get(component as i64).exp());
        mean.iter().zip(sigma).zip(noise).map(|((m, s), e)| m + s * e).collect()
    }
}

/// The sum of what `of` gives for each component, by their shares.
pub(super) fn weighted(components: &[(usize, f32)], of: impl Fn(usize) -> Vec<f32>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for (component, share) in components {
        let part = of(*component);
        sum.resize(sum.len().max(part.len()), 0.0);
        sum.iter_mut().zip(part).for_each(|(s, p)| *s += share * p);
    }
    sum
}

pub(super) fn to_floats(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Float).contiguous().view([-1]);
    Vec::<f32>::try_from(flat).unwrap_or_default()
}
