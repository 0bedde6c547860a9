//! Measures label and latent.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor, no_grad};

use super::EvaluateError;
use super::material::{HELD_OUT, Labelled, works_with_segments};
use super::stats::{mean, silhouette};
use crate::data::{Corpus, Split, fixed_windows};
use crate::generate::{GenerateError, Generator};
use crate::latent_map::Spread;
use crate::progress::StopFlag;
use crate::train::{ValidMetrics, validate};

/// Windows per composer, as in the validation of a run.
const VALIDATION_WINDOWS: usize = 12;
/// Segments per composer whose posterior means are compared.
const SILHOUETTE_SEGMENTS: usize = 40;
const SEGMENTS_PER_WORK: usize = 12;

/// Figures of the latent space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatentReport {
    /// NLL by field, gaps, KL and active dimensions, on validation windows.
    pub validation: ValidMetrics,
    pub held_out_works: usize,
    /// Share of held-out works whose segments are, on average, most likely under their own composer's component.
    pub nearest_component_works: f64,
    /// The same, as a mean over the composers.
    pub nearest_component_balanced: f64,
    /// Silhouette of posterior means by composer; the encoder never sees the label.
    pub silhouette_training: f64,
    pub silhouette_held_out: f64,
    /// The same for whole works, each the mean of its segments.
    pub silhouette_training_works: f64,
    pub silhouette_held_out_works: f64,
    /// Shares of the variance of posterior means along their first two principal components, training works.
    #[serde(default)]
    pub principal_shares: [f64; 2],
    pub swap: LabelSwap,
}

/// Label swap: the same latents with every label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelSwap {
    pub takes: usize,
    /// Probability that the judge gives to the label.
    pub heard_as_label: f64,
    /// Probability that the judge gives to the composer of the latent, for takes with another label.
    pub heard_as_source: f64,
}

/// Everything except the label swap, which needs takes.
///
/// # Errors
/// [`EvaluateError::EmptySplit`] without validation music.
pub fn measure(generator: &Generator, corpus: &Corpus) -> Result<LatentReport, EvaluateError> {
    let vae = generator.vae();
    let len = vae.config.context_len;
    let windows = fixed_windows(corpus, Split::Validation, VALIDATION_WINDOWS, len);
    if windows.is_empty() {
        return Err(EvaluateError::EmptySplit("validation"));
    }
    let step = generator.info().trained_on.step;
    let validation = validate(vae, &windows, step, &StopFlag::new()).ok_or(EvaluateError::Stopped)?;
    let (held_out_works, nearest, balanced) = nearest_component(generator, corpus)?;
    let mut principal_shares = [0.0; 2];
    let mut clusters = |split: &[Split]| -> Result<f64, EvaluateError> {
        let segments: Vec<Labelled> = split
            .iter()
            .flat_map(|&s| super::material::real_segments(corpus, s, len, SILHOUETTE_SEGMENTS / split.len()))
            .collect();
        let points = posterior_means(generator, segments.iter().map(|(_, notes)| notes.as_slice()))?;
        let labels: Vec<usize> = segments.iter().map(|(k, _)| *k).collect();
        if split == [Split::Train] {
            principal_shares = principal(&points);
        }
        Ok(silhouette(&points, &labels))
    };
    let (silhouette_training, silhouette_held_out) = (clusters(&[Split::Train])?, clusters(&HELD_OUT)?);
    let by_work = |split: &[Split]| -> Result<f64, EvaluateError> {
        let (mut points, mut labels) = (Vec::new(), Vec::new());
        for (composer, segments) in works_with_segments(corpus, split, len, SEGMENTS_PER_WORK) {
            points.push(centre(&posterior_means(generator, segments.iter().map(Vec::as_slice))?));
            labels.push(composer);
        }
        Ok(silhouette(&points, &labels))
    };
    Ok(LatentReport {
        validation,
        held_out_works,
        nearest_component_works: nearest,
        nearest_component_balanced: balanced,
        silhouette_training,
        silhouette_held_out,
        silhouette_training_works: by_work(&[Split::Train])?,
        silhouette_held_out_works: by_work(&HELD_OUT)?,
        principal_shares,
        swap: LabelSwap::default(),
    })
}

/// Shares of the variance along the first two principal components.
fn principal(points: &[Vec<f32>]) -> [f64; 2] {
    let Some(spread) = Spread::of(points) else {
        return [0.0; 2];
    };
    spread.widest().map_or([0.0; 2], |axes| axes.map(|axis| f64::from(spread.share(&axis))))
}

/// Posterior means, one per segment of at most `context_len` notes.
pub fn posterior_means<'a>(
    generator: &Generator,
    segments: impl IntoIterator<Item = &'a [crate::tokens::NoteToken]>,
) -> Result<Vec<Vec<f32>>, GenerateError> {
    // One at a time, so that each is encoded as a piece of its own, like a user's file.
    segments.into_iter().map(|s| generator.encode_tokens(s).map(|mut z| z.swap_remove(0))).collect()
}

/// The mean of some points.
fn centre(points: &[Vec<f32>]) -> Vec<f32> {
    let n = points.len().max(1) as f32;
    let width = points.first().map_or(0, Vec::len);
    (0..width).map(|d| points.iter().map(|p| p[d]).sum::<f32>() / n).collect()
}

fn nearest_component(generator: &Generator, corpus: &Corpus) -> Result<(usize, f64, f64), EvaluateError> {
    let works = works_with_segments(corpus, &HELD_OUT, generator.vae().config.context_len, SEGMENTS_PER_WORK);
    let mut by_composer: Vec<Vec<f64>> = vec![Vec::new(); corpus.composers.len()];
    for (composer, segments) in &works {
        let z = posterior_means(generator, segments.iter().map(Vec::as_slice))?;
        let rows = z.len() as i64;
        let nearest = no_grad(|| {
            let z = Tensor::from_slice(&z.concat()).view([rows, -1]).to_device(generator.vae().device());
            let densities = generator.vae().prior.log_densities(&z);
            densities.mean_dim(Some([0i64].as_slice()), false, Kind::Float).argmax(0, false).int64_value(&[])
        });
        by_composer[*composer].push(if nearest == *composer as i64 { 1.0 } else { 0.0 });
    }
    let balanced: Vec<f64> = by_composer.iter().filter(|w| !w.is_empty()).map(|w| mean(w)).collect();
    Ok((works.len(), mean(&by_composer.concat()), mean(&balanced)))
}
