//! The sustain pedal.

use serde::{Deserialize, Serialize};

/// From this value of controller 64 on, the dampers are off the strings.
pub const PEDAL_DOWN: u8 = 64;

/// The sustain pedal moves to `value` (0–127) at `time_secs`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PedalChange {
    pub time_secs: f64,
    pub value: u8,
}

impl PedalChange {
    pub fn is_down(&self) -> bool {
        self.value >= PEDAL_DOWN
    }
}
