//! Pastiche composes classical piano music in the manner of a chosen composer.
//!
//! The modules stand in the order of their layers: each may use those above it, never one below
//! (`tests/layers` holds that).

// Nothing but themselves: why something failed, where things lie, how far work is, files that are whole, what kind a
// file is, what people read.
pub mod causes;
pub mod display;
pub mod files;
pub mod kinds;
pub mod paths;
pub mod progress;

// Notes in seconds, and who wrote them.
pub mod music;

// The model's alphabet, sound, and pictures.
pub mod picture;
pub mod synth;
pub mod tokens;

// Music to a file, by its ending.
pub mod save;

// The network, the classifiers, and how to choose from what they say.
pub mod classify;
pub mod device;
pub mod model;
pub mod sampling;

// What is learned from, what composes, where latents lie.
pub mod data;
pub mod generate;
pub mod latent_map;

// Learning.
pub mod evaluate;
pub mod train;

// Composed and opened music on disk.
pub mod takes;

// The sound card.
#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "app")]
pub mod jobs;
#[cfg(feature = "app")]
pub mod player;
