//! What the window shows of the player. What was chosen (volume, effects, device) stands in the settings.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::synth::{Preset, SoundFont};

/// Where the sound goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Output {
    #[default]
    Opening,
    Device {
        name: String,
        latency_ms: Option<f64>,
    },
    /// A clock runs, nothing is heard.
    Silent {
        why: String,
    },
}

/// A snapshot of the player, for drawing.
#[derive(Clone, Debug, Default)]
pub struct SoundView {
    pub position_secs: f64,
    pub is_playing: bool,
    /// Generation has fallen behind the playhead.
    pub is_waiting: bool,
    pub loop_secs: Option<Range<f64>>,
    pub tempo_scale: f32,
    pub output: Output,
    pub outputs: Arc<[String]>,
    pub font: Option<SoundFont>,
    /// Bank and program in use.
    pub preset: Option<(u8, u8)>,
    pub is_loading: bool,
    /// Why the last SoundFont does not sound.
    pub failure: Option<String>,
    /// SoundFonts in the usual places, with their names.
    pub found: Arc<[(PathBuf, String)]>,
}

impl SoundView {
    pub fn presets(&self) -> &[Preset] {
        self.font.as_ref().map_or(&[], SoundFont::presets)
    }
}
