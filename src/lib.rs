//! Pastiche composes classical piano music in the manner of a chosen composer.
//!
//! The modules are listed in the order of their layers: each may use those above it, never one below (`tests/layers`
//! checks that).

// Basics: errors as text, standard places, progress, safe files, kinds of files, formatting.
pub mod causes;
pub mod display;
pub mod files;
pub mod kinds;
pub mod paths;
pub mod progress;

// Notes in seconds, and composers.
pub mod music;

// The model's alphabet, sound, and pictures.
pub mod picture;
pub mod synth;
pub mod tokens;

// Music to a file, by its extension.
pub mod save;

// The network, the classifiers, and sampling.
pub mod classify;
pub mod device;
pub mod model;
pub mod sampling;

// Training data, composing, the latent map.
pub mod data;
pub mod generate;
pub mod latent_map;

// Training and evaluation.
pub mod evaluate;
pub mod train;

// Composed and opened music on disk.
pub mod takes;

// The sound card, MIDI ports, background work, and the window.
#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "app")]
pub mod jobs;
#[cfg(feature = "app")]
pub mod player;
#[cfg(feature = "app")]
pub mod ports;
