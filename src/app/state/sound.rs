//! The state of the player as shown in the window. Volume, effects and device are in the settings.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::synth::{Preset, SoundFont};

/// The sound output.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Output {
    #[default]
    Opening,
    Device {
        name: String,
        sample_rate: u32,
        /// Frames that the device asks for at a time, where known.
        buffer_frames: Option<u32>,
        /// From rendering to hearing, measured.
        latency_ms: Option<f64>,
        /// Gaps in the sound since the device was opened.
        gaps: u32,
        /// The chosen device, where this one stands in for it.
        instead_of: Option<String>,
    },
    /// No device: only a clock runs.
    Silent { why: String },
}

/// A snapshot of the player, for drawing.
#[derive(Clone, Debug, Default)]
pub struct SoundView {
    pub position_secs: f64,
    pub is_playing: bool,
    /// The playhead waits for notes still being composed.
    pub is_waiting: bool,
    pub loop_secs: Option<Range<f64>>,
    pub tempo_scale: f32,
    pub output: Output,
    pub outputs: Arc<[String]>,
    pub font: Option<SoundFont>,
    /// Current bank and program.
    pub preset: Option<(u8, u8)>,
    pub is_loading: bool,
    /// Why the last SoundFont failed.
    pub failure: Option<String>,
    /// SoundFonts in the standard places, with their names.
    pub found: Arc<[(PathBuf, String)]>,
}

impl SoundView {
    pub fn presets(&self) -> &[Preset] {
        self.font.as_ref().map_or(&[], SoundFont::presets)
    }
}
