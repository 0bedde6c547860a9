//! Pastiche composes classical piano music in the manner of a chosen composer.
//!
//! The modules stand in the order of their layers: each may use those above it, never one below
//! (`tests/layers` holds that). `music` knows notes, `tokens` the model's alphabet, `synth` sound; `model` is
//! the network; `data`, `train` and `evaluate` make and measure it; `generate` composes with it; `jobs` and
//! `player` put it on threads; `app` is the window.

pub mod data;
pub mod device;
pub mod files;
pub mod generate;
pub mod latent_map;
pub mod model;
pub mod music;
pub mod paths;
#[cfg(feature = "app")]
pub mod player;
pub mod progress;
pub mod sampling;
pub mod synth;
pub mod tokens;
pub mod train;
