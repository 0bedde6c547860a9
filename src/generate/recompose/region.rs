//! The part of a piece to recompose.

use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::generate::GenerateError;
use crate::music::{Note, Performance, Pitch};

/// A part of a piece: the notes that begin within `secs` and whose pitch lies within `pitches`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub secs: Range<f64>,
    pub pitches: RangeInclusive<Pitch>,
}

impl Region {
    /// All notes that begin within `secs`.
    pub fn all_keys(secs: Range<f64>) -> Region {
        Region { secs, pitches: Pitch::LOWEST..=Pitch::HIGHEST }
    }

    pub fn holds(&self, note: &Note) -> bool {
        self.secs.contains(&note.onset_secs) && self.pitches.contains(&note.pitch)
    }

    pub fn has_all_keys(&self) -> bool {
        self.pitches == (Pitch::LOWEST..=Pitch::HIGHEST)
    }

    /// Do the two have time and keys in common?
    pub fn meets(&self, other: &Region) -> bool {
        let is_time = self.secs.start < other.secs.end && other.secs.start < self.secs.end;
        is_time && self.pitches.start() <= other.pitches.end() && other.pitches.start() <= self.pitches.end()
    }

    /// The part of the region that lies within `music`.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] for music without notes, [`GenerateError::EmptyRegion`] if no time or no key is
    /// left.
    pub(super) fn within(&self, music: &Performance) -> Result<Region, GenerateError> {
        if music.is_empty() {
            return Err(GenerateError::EmptyPrompt);
        }
        let end_secs = music.duration_secs();
        let secs = self.secs.start.max(0.0)..self.secs.end.min(end_secs);
        let has_time = !self.secs.start.is_nan() && !self.secs.end.is_nan() && secs.start < secs.end;
        if !has_time || self.pitches.is_empty() {
            return Err(GenerateError::EmptyRegion { end_secs });
        }
        Ok(Region { secs, pitches: self.pitches.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Velocity;

    #[test]
    fn parts_meet_in_time_and_keys() {
        let pitch = |n| Pitch::new(n).unwrap();
        let part = Region { secs: 1.0..2.0, pitches: pitch(60)..=pitch(70) };
        assert!(part.meets(&Region::all_keys(1.9..5.0)));
        assert!(!part.meets(&Region::all_keys(2.0..5.0)));
        assert!(part.meets(&Region { secs: 0.0..9.0, pitches: pitch(70)..=pitch(80) }));
        assert!(!part.meets(&Region { secs: 0.0..9.0, pitches: pitch(71)..=pitch(80) }));
    }

    #[test]
    fn a_region_is_cut_to_the_music_and_needs_time_and_keys() {
        let note = Note {
            pitch: Pitch::LOWEST,
            onset_secs: 1.0,
            duration_secs: 2.0,
            velocity: Velocity::clamped(60),
        };
        let music = Performance::new(vec![note], vec![]);
        assert_eq!(Region::all_keys(-1.0..9.0).within(&music).unwrap().secs, 0.0..3.0);
        for secs in [1.0..1.0, 2.0..1.0, 3.0..9.0, f64::NAN..2.0, 1.0..f64::NAN] {
            let outcome = Region::all_keys(secs.clone()).within(&music);
            assert!(matches!(outcome, Err(GenerateError::EmptyRegion { .. })), "{secs:?}");
        }
        let no_keys = Region { pitches: Pitch::HIGHEST..=Pitch::LOWEST, ..Region::all_keys(0.0..2.0) };
        assert!(matches!(no_keys.within(&music), Err(GenerateError::EmptyRegion { .. })));
        let nothing = Region::all_keys(0.0..2.0).within(&Performance::default());
        assert!(matches!(nothing, Err(GenerateError::EmptyPrompt)));
    }
}
