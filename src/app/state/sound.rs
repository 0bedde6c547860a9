//! What the window shows of the player.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::synth::Preset;

/// Where the sound goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
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
#[derive(Clone, Debug, PartialEq)]
pub struct SoundView {
    pub position_secs: f64,
    pub is_playing: bool,
    /// Generation has fallen behind the playhead.
    pub is_waiting: bool,
    pub loop_secs: Option<Range<f64>>,
    pub tempo_scale: f32,
    pub volume: f32,
    pub is_muted: bool,
    pub has_reverb: bool,
    pub has_chorus: bool,
    pub output: Output,
    pub outputs: Arc<[String]>,
    pub chosen_output: Option<String>,
    pub has_soundfont: bool,
    pub is_loading: bool,
    /// Why the last SoundFont does not sound.
    pub failure: Option<String>,
    pub soundfont_name: String,
    pub soundfont_path: Option<PathBuf>,
    /// SoundFonts in the usual places, with their names.
    pub found: Arc<[(PathBuf, String)]>,
    pub presets: Arc<[Preset]>,
    pub preset: Option<(u8, u8)>,
    pub preset_name: String,
}

impl Default for SoundView {
    fn default() -> SoundView {
        SoundView {
            position_secs: 0.0,
            is_playing: false,
            is_waiting: false,
            loop_secs: None,
            tempo_scale: 1.0,
            volume: 1.0,
            is_muted: false,
            has_reverb: true,
            has_chorus: false,
            output: Output::Opening,
            outputs: Arc::new([]),
            chosen_output: None,
            has_soundfont: false,
            is_loading: false,
            failure: None,
            soundfont_name: String::new(),
            soundfont_path: None,
            found: Arc::new([]),
            presets: Arc::new([]),
            preset: None,
            preset_name: String::new(),
        }
    }
}
