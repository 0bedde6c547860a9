//! A network so small that a test can create it and compose with it at once.

use std::path::{Path, PathBuf};

use pastiche::model::checkpoint::{self, CheckpointHeader, TrainedOn};
use pastiche::model::{ModelConfig, Vae};
use pastiche::music::ComposerSet;
use tch::{Device, no_grad};

pub const COMPOSERS: [&str; 2] = ["Johann Sebastian Bach", "Frédéric Chopin"];

pub fn small_config(n_composers: usize, context_len: usize) -> ModelConfig {
    ModelConfig {
        n_composers,
        d_model: 32,
        d_ff: 64,
        n_heads: 2,
        n_layers: 1,
        n_encoder_layers: 1,
        patch_len: 4,
        n_queries: 2,
        d_latent: 4,
        context_len,
    }
}

/// Writes an untrained network into `folder`. `seed` decides its weights, and `noise` how far they are from their
/// initial values, so that latents and labels make a difference.
pub fn random_checkpoint(
    folder: &Path,
    composers: &[&str],
    context_len: usize,
    seed: i64,
    noise: f64,
) -> PathBuf {
    let config = small_config(composers.len(), context_len);
    tch::manual_seed(seed);
    let vae = Vae::new(&config, Device::Cpu).unwrap();
    no_grad(|| {
        for mut v in vae.vs.trainable_variables() {
            let _ = v.g_add_(&(v.randn_like() * noise));
        }
    });
    let set = ComposerSet::new(composers.iter().map(|n| (*n).to_owned()));
    let header = CheckpointHeader::new(&config, &set, TrainedOn::default());
    let path = folder.join(format!("random-{}.safetensors", composers.len()));
    checkpoint::save(&path, &header, &vae.vs.variables(), false).unwrap();
    path
}
