//! A model so small that tests can compose with it at once.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod studio;

use std::path::{Path, PathBuf};

use pastiche::model::checkpoint::save;
use pastiche::model::{CheckpointHeader, ModelConfig, TrainedOn, Vae};
use pastiche::music::ComposerSet;
use tch::Device;

pub fn composers() -> ComposerSet {
    ComposerSet::new(["Johann Sebastian Bach", "Frédéric Chopin", "Claude Debussy"].map(str::to_owned))
}

pub fn tiny_config() -> ModelConfig {
    ModelConfig {
        n_composers: 3,
        d_model: 32,
        d_ff: 64,
        n_heads: 2,
        n_layers: 1,
        n_encoder_layers: 1,
        d_latent: 4,
        context_len: 64,
        ..ModelConfig::default()
    }
}

/// Writes an untrained checkpoint into `folder`: it composes noise.
pub fn tiny_checkpoint(folder: &Path) -> PathBuf {
    let config = tiny_config();
    let vae = Vae::new(&config, Device::Cpu).expect("a small network");
    let header = CheckpointHeader::new(&config, &composers(), TrainedOn::default());
    let path = folder.join("tiny.safetensors");
    save(&path, &header, &vae.vs.variables(), true).expect("a checkpoint is written");
    path
}
