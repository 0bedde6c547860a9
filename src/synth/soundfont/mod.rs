//! SoundFonts: reads SF2 and SF3 files, including damaged ones, and turns them into valid ones for the synthesizer.
//!
//! A file is read in two steps. [`SoundFont::load`] reads the tables, lists the presets and counts what cannot be
//! used. [`SoundFont::playable`] reads the samples of one preset, decodes and repairs them, and hands rustysynth a
//! SoundFont in memory that holds that preset and nothing else.

mod fault;
mod font;
mod generators;
mod outline;
mod playable;
mod pool;
mod regions;
mod riff;
mod tables;
mod vorbis;
mod write;

pub use fault::{SoundFontError, SoundFontFault};
pub use font::{Preset, SoundFont, SoundFontReport};
pub use playable::Playable;
