//! The five fields of a note token and their bins.
//!
//! The order of the fields is the order in which the decoder predicts them: pitch, velocity, duration, pedal, and
//! last the gap to the next onset, so that a player learns early when the next note is due. One step per note
//! follows the compound-token idea of the Compound Word Transformer (arXiv 2101.02402) and the Nested Music
//! Transformer (arXiv 2408.01180); the bins are this project's own.

use serde::{Deserialize, Serialize};

/// Gaps up to this many 10-ms steps have a bin each; longer ones share geometric bins.
const LINEAR_GAPS: usize = 25;
/// Onsets are kept on this grid.
pub const GRID_SECS: f64 = 0.01;
const LONGEST_GAP_SECS: f64 = 6.0;
const SHORTEST_DURATION_SECS: f64 = 0.02;
const LONGEST_DURATION_SECS: f64 = 10.0;
const VELOCITY_WIDTH: u8 = 4;

/// One field of a [`NoteToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    Pitch,
    Velocity,
    Duration,
    Pedal,
    Gap,
}

impl Field {
    /// In the order of prediction.
    pub const ALL: [Field; 5] = [Field::Pitch, Field::Velocity, Field::Duration, Field::Pedal, Field::Gap];

    /// Number of values of the field; for the pitch this includes [`NoteToken::END_PITCH`].
    pub const fn size(self) -> usize {
        match self {
            Field::Pitch => 89,
            Field::Velocity => 32,
            Field::Duration => 64,
            Field::Pedal => 3,
            Field::Gap => 64,
        }
    }

    pub const fn index(self) -> usize {
        self as usize
    }

    pub const fn name(self) -> &'static str {
        match self {
            Field::Pitch => "pitch",
            Field::Velocity => "velocity",
            Field::Duration => "duration",
            Field::Pedal => "pedal",
            Field::Gap => "gap",
        }
    }
}

/// The state of the sustain pedal when a note begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum PedalState {
    Up = 0,
    /// Down, and not lifted since the previous note.
    Down = 1,
    /// Down, but lifted and pressed again since the previous note.
    Renewed = 2,
}

impl PedalState {
    /// Values above 2 read as [`PedalState::Up`].
    pub fn from_bin(bin: u8) -> PedalState {
        match bin {
            1 => PedalState::Down,
            2 => PedalState::Renewed,
            _ => PedalState::Up,
        }
    }
}

/// A note as bins: what the model reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct NoteToken {
    /// The key from the left, 0–87, or [`NoteToken::END_PITCH`].
    pub pitch: u8,
    /// 32 bins of 4.
    pub velocity: u8,
    /// Key-down length, 64 geometric bins from 20 ms to 10 s.
    pub duration: u8,
    /// A [`PedalState`] at the onset.
    pub pedal: u8,
    /// Time to the next onset: 25 bins of 10 ms, then 39 geometric ones to 6 s.
    pub gap: u8,
}

impl NoteToken {
    /// The pitch value of the end token; its other fields are ignored.
    pub const END_PITCH: u8 = 88;
    /// The token that ends a piece.
    pub const END: NoteToken =
        NoteToken { pitch: Self::END_PITCH, velocity: 0, duration: 0, pedal: 0, gap: 0 };

    pub fn is_end(self) -> bool {
        self.pitch == Self::END_PITCH
    }

    pub fn get(self, field: Field) -> u8 {
        self.to_array()[field.index()]
    }

    /// In the order of [`Field::ALL`].
    pub fn to_array(self) -> [u8; 5] {
        [self.pitch, self.velocity, self.duration, self.pedal, self.gap]
    }

    pub fn from_array([pitch, velocity, duration, pedal, gap]: [u8; 5]) -> NoteToken {
        NoteToken { pitch, velocity, duration, pedal, gap }
    }

    /// Is every field within its range?
    pub fn is_valid(self) -> bool {
        Field::ALL.iter().zip(self.to_array()).all(|(field, value)| usize::from(value) < field.size())
    }
}

/// Bin 0–31 of a velocity 1–127.
pub fn velocity_bin(velocity: u8) -> u8 {
    velocity.min(127) / VELOCITY_WIDTH
}

/// The middle of a velocity bin.
pub fn velocity_value(bin: u8) -> u8 {
    (bin.min(31) * VELOCITY_WIDTH + VELOCITY_WIDTH / 2).clamp(1, 127)
}

fn duration_ratio_ln() -> f64 {
    (LONGEST_DURATION_SECS / SHORTEST_DURATION_SECS).ln() / (Field::Duration.size() - 1) as f64
}

/// The nearest duration bin, by ratio; NaN and shorter durations give bin 0.
pub fn duration_bin(secs: f64) -> u8 {
    let steps = (secs.max(SHORTEST_DURATION_SECS) / SHORTEST_DURATION_SECS).ln() / duration_ratio_ln();
    steps.round().min((Field::Duration.size() - 1) as f64) as u8
}

/// The length a duration bin stands for, 0.02–10 s.
pub fn duration_secs(bin: u8) -> f64 {
    SHORTEST_DURATION_SECS * (f64::from(bin.min(63)) * duration_ratio_ln()).exp()
}

fn gap_ratio_ln() -> f64 {
    let geometric = Field::Gap.size() - LINEAR_GAPS;
    (LONGEST_GAP_SECS / ((LINEAR_GAPS - 1) as f64 * GRID_SECS)).ln() / geometric as f64
}

/// The nearest gap bin; silences longer than 6 s give the last bin, NaN gives 0.
pub fn gap_bin(secs: f64) -> u8 {
    let last_linear = (LINEAR_GAPS - 1) as f64;
    let steps = (secs / GRID_SECS).max(0.0);
    if steps <= last_linear + 0.5 {
        return steps.round() as u8;
    }
    let over = (steps / last_linear).ln() / gap_ratio_ln();
    (last_linear + over.round()).min((Field::Gap.size() - 1) as f64) as u8
}

/// The time a gap bin stands for, 0–6 s, on the 10-ms grid.
pub fn gap_secs(bin: u8) -> f64 {
    let bin = usize::from(bin).min(Field::Gap.size() - 1);
    let last_linear = LINEAR_GAPS - 1;
    if bin <= last_linear {
        return bin as f64 * GRID_SECS;
    }
    let steps = last_linear as f64 * ((bin - last_linear) as f64 * gap_ratio_ln()).exp();
    steps.round() * GRID_SECS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_fixed_points() {
        for bin in 0..32 {
            assert_eq!(velocity_bin(velocity_value(bin)), bin);
        }
        for bin in 0..64 {
            assert_eq!(duration_bin(duration_secs(bin)), bin);
            assert_eq!(gap_bin(gap_secs(bin)), bin, "{} s", gap_secs(bin));
        }
    }

    #[test]
    fn ends_of_the_ranges() {
        assert_eq!(gap_secs(0), 0.0);
        assert!((gap_secs(24) - 0.24).abs() < 1e-12);
        assert!((gap_secs(63) - 6.0).abs() < 1e-9);
        assert_eq!(gap_bin(1e9), 63);
        assert_eq!(gap_bin(f64::NAN), 0);
        assert_eq!(duration_bin(f64::NAN), 0);
        assert_eq!(duration_bin(1e9), 63);
        assert!((duration_secs(63) - 10.0).abs() < 1e-9);
    }
}
