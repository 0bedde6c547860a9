//! The aggregated posterior: one full Gaussian per composer, fitted to the posteriors of its segments.
//!
//! A component of the prior covers more space than its posteriors fill, and music decoded from the empty part is poor
//! (the "prior hole", arXiv 2010.02917). Sampling from the aggregated posterior avoids it.

use std::collections::HashMap;

use tch::{Device, Kind, Tensor, no_grad};

use super::Posterior;

/// Shrinkage towards a diagonal covariance: few segments do not determine 32 × 32 numbers.
const SHRINKAGE: f64 = 0.2;
const MEANS: &str = "aggregate.means";
const FACTORS: &str = "aggregate.factors";

/// Per composer, the mean and a lower-triangular factor of the covariance.
#[derive(Debug)]
pub struct AggregatedPosterior {
    means: Vec<Vec<f32>>,
    factors: Vec<Vec<f32>>,
}

impl AggregatedPosterior {
    /// Fits one Gaussian to posteriors of segments of one composer; `q`: `[N, d_latent]`. Returns mean `[d]` and
    /// factor `[d, d]`. Fewer than two segments give `None`.
    pub fn fit(q: &Posterior) -> Option<(Tensor, Tensor)> {
        let n = q.mean.size()[0];
        if n < 2 {
            return None;
        }
        no_grad(|| {
            let mean = q.mean.mean_dim([0i64].as_slice(), false, Kind::Float);
            let centred = &q.mean - &mean;
            let between = centred.transpose(0, 1).matmul(&centred) / (n - 1) as f64; // [d, d]
            let within = q.log_variance.exp().mean_dim([0i64].as_slice(), false, Kind::Float);
            let diagonal = between.diagonal(0, 0, 1) + &within;
            let full = between + within.diag(0);
            let covariance = full * (1.0 - SHRINKAGE) + (diagonal * SHRINKAGE + 1e-4).diag(0);
            covariance.f_linalg_cholesky(false).ok().map(|factor| (mean, factor))
        })
    }

    /// From one fit per composer.
    pub fn to_tensors(fits: &[(Tensor, Tensor)]) -> HashMap<String, Tensor> {
        let means: Vec<&Tensor> = fits.iter().map(|(m, _)| m).collect();
        let factors: Vec<&Tensor> = fits.iter().map(|(_, f)| f).collect();
        HashMap::from([
            (MEANS.to_owned(), Tensor::stack(&means, 0)),
            (FACTORS.to_owned(), Tensor::stack(&factors, 0)),
        ])
    }

    /// From a checkpoint's tensors; `None` if it has none that fit.
    pub fn from_tensors(
        tensors: &HashMap<String, Tensor>,
        n_composers: usize,
        d_latent: usize,
    ) -> Option<Self> {
        let (k, d) = (n_composers as i64, d_latent as i64);
        let means = tensors.get(MEANS).filter(|t| t.size() == [k, d])?;
        let factors = tensors.get(FACTORS).filter(|t| t.size() == [k, d, d])?;
        Some(AggregatedPosterior { means: rows(means), factors: rows(factors) })
    }

    /// Appends the Gaussians of further composers; see [`super::RareLabels`] for the shapes.
    pub fn and(mut self, means: &Tensor, factors: &Tensor) -> Self {
        self.means.extend(rows(means));
        self.factors.extend(rows(factors));
        self
    }

    pub fn mean(&self, composer: usize) -> Option<&[f32]> {
        self.means.get(composer).map(Vec::as_slice)
    }

    /// mean + factor · `noise` (`d_latent` standard normals); `None` for an unknown composer.
    pub fn sample(&self, composer: usize, noise: &[f32]) -> Option<Vec<f32>> {
        let (mean, factor) = (self.means.get(composer)?, self.factors.get(composer)?);
        let d = mean.len();
        let row = |i: usize| factor[i * d..i * d + i + 1].iter().zip(noise).map(|(f, e)| f * e).sum::<f32>();
        Some((0..d).map(|i| mean[i] + row(i)).collect())
    }

    /// Log density of `z` under a composer's Gaussian, up to a constant; `None` for an unknown composer.
    pub fn log_density(&self, composer: usize, z: &[f32]) -> Option<f64> {
        let (mean, factor) = (self.means.get(composer)?, self.factors.get(composer)?);
        let d = mean.len();
        // Forward substitution: factor · white = z − mean.
        let mut white: Vec<f64> = Vec::with_capacity(d);
        let mut log_density = 0.0;
        for (i, (z, m)) in z.iter().zip(mean).enumerate() {
            let row = &factor[i * d..=i * d + i];
            let before: f64 = row.iter().zip(&white).map(|(f, w)| f64::from(*f) * w).sum();
            let scale = f64::from(row[i]);
            let w = (f64::from(z - m) - before) / scale;
            log_density -= 0.5 * w * w + scale.abs().ln();
            white.push(w);
        }
        Some(log_density)
    }
}

/// The rows of the first dimension, each flattened.
fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
    (0..tensor.size()[0])
        .map(|i| {
            let row = tensor.get(i).to_kind(Kind::Float).to_device(Device::Cpu).contiguous().view([-1]);
            Vec::<f32>::try_from(row).unwrap_or_default()
        })
        .collect()
}
