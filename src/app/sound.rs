//! What the window knows of the sound.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the sound goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Device { name: String, latency_ms: f32 },
    /// A clock runs, nothing is heard.
    Silent { why: String },
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset { pub bank: u8, pub program: u8, pub name: String }

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
    pub outputs: Vec<String>,
    pub chosen_output: Option<String>,
    pub has_soundfont: bool,
    pub is_loading: bool,
    pub soundfont_name: String,
    pub soundfont_path: Option<PathBuf>,
    /// SoundFonts in the usual places, with their names.
    pub found: Vec<(PathBuf, String)>,
    pub presets: Arc<[Preset]>,
    pub preset: Option<(u8, u8)>,
    pub preset_name: String,
}
