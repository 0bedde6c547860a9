//! A model so small that tests can compose with it at once.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod studio;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pastiche::model::checkpoint::save;
use pastiche::model::{Checkpoint, CheckpointHeader, ModelConfig, TrainedOn, Vae};
use pastiche::music::ComposerSet;
use tch::{Device, Tensor};

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

/// As [`tiny_checkpoint`], with a map of 20 segments of each composer.
pub fn mapped_checkpoint(folder: &Path) -> PathBuf {
    let path = tiny_checkpoint(folder);
    let checkpoint = Checkpoint::read(&path).expect("it was just written");
    let mut tensors = checkpoint.tensors;
    let place = |i: i64, axis: i64| {
        let spread = ((i * (7 + 2 * axis)) % 13) as f32 * 0.2;
        if i % 3 == axis { 8.0 + spread } else { spread }
    };
    let z: Vec<f32> = (0..60).flat_map(|i| (0..4).map(move |axis| place(i, axis))).collect();
    tensors.insert("map.z".to_owned(), Tensor::from_slice(&z).view([60, 4]));
    tensors.insert(
        "map.composers".to_owned(),
        Tensor::from_slice(&(0..60).map(|i| i % 3).collect::<Vec<i64>>()),
    );
    let titles = (0..60).map(|i| format!("Piece {i}")).collect();
    let header =
        CheckpointHeader { notes: HashMap::from([("map.titles".to_owned(), titles)]), ..checkpoint.header };
    let path = folder.join("mapped.safetensors");
    save(&path, &header, &tensors, false).expect("a checkpoint is written");
    path
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
