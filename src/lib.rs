//! Pastiche composes classical piano music in the manner of a chosen composer.
//!
//! The modules stand in the order of their layers: each may use those above it, never one below
//! (`tests/layers` holds that). `music` knows notes, `tokens` the model's alphabet, `synth` sound; `model` is
//! the network; `data`, `train` and `evaluate` make and measure it; `generate` composes with it; `jobs` and
//! `player` put it on threads; `app` is the window.

pub mod paths;
pub mod progress;
pub mod files;
pub mod music;
pub mod tokens;
pub mod synth;
pub mod device;
pub mod sampling;
pub mod model;
pub mod classify;
pub mod data;
pub mod latent_map;
pub mod generate;
pub mod train;
#[cfg(feature = "app")]
pub mod player;
