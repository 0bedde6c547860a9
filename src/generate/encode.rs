//! Encodes music to latents.

use tch::no_grad;

use super::GenerateError;
use super::generator::Generator;
use super::latents::to_floats;
use super::verbs::window_starts;
use crate::data::{Window, stack};
use crate::music::{ComposerId, Performance};
use crate::tokens::{NoteToken, encode};

impl Generator {
    /// The posterior mean of every segment of `performance`.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] if there are no notes.
    pub fn encode(&self, performance: &Performance) -> Result<Vec<Vec<f32>>, GenerateError> {
        self.encode_tokens(&encode(performance).tokens)
    }

    /// [`Generator::encode`] for tokens. A last segment shorter than a quarter of the full length is left out, unless
    /// it is the only one.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] when there are no tokens.
    pub fn encode_tokens(&self, tokens: &[NoteToken]) -> Result<Vec<Vec<f32>>, GenerateError> {
        let len = self.vae().config.context_len;
        let starts =
            (0..tokens.len()).step_by(len).filter(|start| *start == 0 || tokens.len() - start >= len / 4);
        self.encode_at(tokens, starts)
    }

    /// [`Generator::encode_tokens`] for the successive decoder windows, each starting half a context after the one
    /// before: the input for [`GenerateRequest::z_path`](super::GenerateRequest::z_path).
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] when there are no tokens.
    pub fn encode_windows(&self, tokens: &[NoteToken]) -> Result<Vec<Vec<f32>>, GenerateError> {
        let starts = window_starts(tokens.len(), self.vae().config.context_len);
        self.encode_at(tokens, starts)
    }

    fn encode_at(
        &self,
        tokens: &[NoteToken],
        starts: impl Iterator<Item = usize>,
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let len = self.vae().config.context_len;
        let windows: Vec<Window> = starts
            .map(|start| Window {
                notes: tokens[start..tokens.len().min(start + len)].to_vec(),
                hints: Vec::new(),
                start,
                piece_len: tokens.len(),
                composer: None,
            })
            .collect();
        if windows.is_empty() {
            return Err(GenerateError::EmptyPrompt);
        }
        let mut out = Vec::with_capacity(windows.len());
        no_grad(|| {
            for part in windows.chunks(32) {
                let batch = stack(part, &[], &self.vae().config, self.vae().device(), || false);
                let mean = self.vae().encode(&batch).mean;
                out.extend((0..part.len()).map(|i| to_floats(&mean.get(i as i64))));
            }
        });
        Ok(out)
    }

    /// The composer whose music is nearest to these latents (highest total log density).
    pub fn nearest_composer(&self, z: &[Vec<f32>]) -> ComposerId {
        let k = self.vae().config.n_composers;
        let density = |k: usize| -> f64 { z.iter().map(|z| self.log_density(k, z)).sum() };
        let best = (0..k).map(|component| (component, density(component))).max_by(|a, b| a.1.total_cmp(&b.1));
        ComposerId(best.map_or(0, |(component, _)| component as u8))
    }

    /// Log density of a composer's Gaussian at z, up to a constant.
    fn log_density(&self, component: usize, z: &[f32]) -> f64 {
        let fitted = self.aggregate.as_ref().and_then(|a| a.log_density(component, z));
        fitted.unwrap_or_else(|| {
            let log_sigma = to_floats(&self.vae().prior.log_sigmas().get(component as i64));
            let mean = self.latent_mean(component);
            let terms = z.iter().zip(&mean).zip(&log_sigma);
            terms.map(|((z, m), l)| -0.5 * f64::from((z - m) / l.exp()).powi(2) - f64::from(*l)).sum()
        })
    }
}
