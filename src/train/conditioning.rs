//! Dropout of the conditions in training: label, z, hints, input notes, and the decoder's context.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tch::{Device, Tensor};

use crate::data::Window;
use crate::model::{Conditioning, ModelConfig};
use crate::sampling::standard_normal;

/// Share of batches whose decoder sees only the last few notes, so that label and z matter.
const SHORT_SIGHT_SHARE: f64 = 0.6;
const SHORT_SIGHTS: [i64; 4] = [8, 16, 32, 64];
/// Share of input notes that are hidden.
pub(super) const HIDDEN_SHARE: f64 = 0.1;
/// Share of segments without memory hints, like the first notes of any piece.
pub(super) const NO_MEMORY_SHARE: f64 = 0.15;
/// Shares of segments whose label, z, or both are withheld; classifier-free guidance (arXiv 2207.12598) needs them.
const NO_LABEL_SHARE: f64 = 0.15;
const NO_Z_SHARE: f64 = 0.15;
const NEITHER_SHARE: f64 = 0.10;

/// Draws which segments lose their label, z or both, and how far back the decoder sees; and noise for all segments,
/// including those for the encoder alone.
pub(super) fn draw(
    model: &ModelConfig,
    device: Device,
    windows: &[Window],
    heard: usize,
    rng: &mut Pcg64Mcg,
) -> Conditioning {
    let mut has_z = Vec::with_capacity(windows.len());
    let mut labels = Vec::with_capacity(windows.len());
    for window in windows {
        let u: f64 = rng.random_range(0.0..1.0);
        let no_label = u < NO_LABEL_SHARE + NEITHER_SHARE;
        let no_z = (NO_LABEL_SHARE..NO_LABEL_SHARE + NEITHER_SHARE + NO_Z_SHARE).contains(&u);
        has_z.push(if no_z { 0f32 } else { 1.0 });
        labels.push(window.composer.filter(|_| !no_label).unwrap_or(model.n_composers) as i64);
    }
    let sight = sight(model.context_len, rng);
    // From the run's own generator, so that the run is a function of its seed.
    let (d, segments) = (model.d_latent, windows.len() + heard);
    let noise: Vec<f32> = (0..segments * d).map(|_| standard_normal(rng)).collect();
    Conditioning {
        has_z: Tensor::from_slice(&has_z).to_device(device),
        label: Tensor::from_slice(&labels).to_device(device),
        sight,
        noise: Tensor::from_slice(&noise).view([segments as i64, d as i64]).to_device(device),
    }
}

/// Draws how many positions each position of the next batch sees.
pub(super) fn sight(context_len: usize, rng: &mut Pcg64Mcg) -> i64 {
    if rng.random_bool(SHORT_SIGHT_SHARE) {
        SHORT_SIGHTS[rng.random_range(0..SHORT_SIGHTS.len())]
    } else {
        context_len as i64
    }
}
