//! A point of the map.

use serde::{Deserialize, Serialize};

use crate::music::ComposerId;

/// One segment of real music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    pub xy: [f32; 2],
    pub composer: Option<ComposerId>,
    /// The title of the piece, for display.
    pub title: String,
    /// Where in the piece the segment begins, in seconds; `None` in checkpoints that do not say.
    #[serde(default)]
    pub starts_secs: Option<f32>,
    pub z: Vec<f32>,
}
