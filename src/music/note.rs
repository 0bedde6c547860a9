//! Notes.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A MIDI pitch number within the 88 keys of a piano, 21 (A0) to 108 (C8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Pitch(u8);

impl Pitch {
    pub const LOWEST: Pitch = Pitch(21);
    pub const HIGHEST: Pitch = Pitch(108);
    /// Keys on a piano.
    pub const COUNT: usize = 88;

    /// `None` outside 21–108.
    pub fn new(number: u8) -> Option<Pitch> {
        (Self::LOWEST.0..=Self::HIGHEST.0).contains(&number).then_some(Pitch(number))
    }

    /// The key, counted from the left, 0–87.
    pub fn key_index(self) -> usize {
        usize::from(self.0 - Self::LOWEST.0)
    }

    /// The inverse of [`Pitch::key_index`]; `None` for 88 and above.
    pub fn from_key_index(index: usize) -> Option<Pitch> {
        u8::try_from(index).ok().and_then(|i| Pitch::new(i.checked_add(Self::LOWEST.0)?))
    }

    /// The MIDI number, 21–108.
    pub fn number(self) -> u8 {
        self.0
    }

    /// 0 for C up to 11 for B.
    pub fn class(self) -> u8 {
        self.0 % 12
    }

    /// `None` if the result is outside the piano.
    pub fn transposed(self, semitones: i32) -> Option<Pitch> {
        u8::try_from(i32::from(self.0) + semitones).ok().and_then(Pitch::new)
    }

    pub fn is_black_key(self) -> bool {
        matches!(self.class(), 1 | 3 | 6 | 8 | 10)
    }

    /// Scientific name with a sharp where needed: `C4` is middle C (60), `F♯3` is 54.
    pub fn name(self) -> String {
        const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
        format!("{}{}", NAMES[usize::from(self.class())], i32::from(self.0) / 12 - 1)
    }
}

/// Text that does not name a piano key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key of the piano; write A0 to C8, such as F#3 or Bb2")]
pub struct NotAKey(String);

impl FromStr for Pitch {
    type Err = NotAKey;

    /// Parses what [`Pitch::name`] writes, with `#` and `b` as well as ♯ and ♭, in either case.
    fn from_str(text: &str) -> Result<Pitch, NotAKey> {
        let read = || {
            let letter = text.chars().next()?.to_ascii_uppercase();
            let class = [('C', 0), ('D', 2), ('E', 4), ('F', 5), ('G', 7), ('A', 9), ('B', 11)]
                .into_iter()
                .find_map(|(name, class)| (name == letter).then_some(class))?;
            let rest = &text[1..];
            let (shift, octave) = match rest.chars().next()? {
                mark @ ('#' | '♯') => (1, &rest[mark.len_utf8()..]),
                mark @ ('b' | '♭') => (-1, &rest[mark.len_utf8()..]),
                _ => (0, rest),
            };
            let octave = octave.parse::<u8>().ok().filter(|&octave| octave <= 8)?;
            u8::try_from((i32::from(octave) + 1) * 12 + class + shift).ok().and_then(Pitch::new)
        };
        read().ok_or_else(|| NotAKey(text.to_owned()))
    }
}

impl TryFrom<u8> for Pitch {
    type Error = String;
    fn try_from(number: u8) -> Result<Self, String> {
        Pitch::new(number).ok_or_else(|| format!("pitch {number} is outside the piano (21-108)"))
    }
}

impl From<Pitch> for u8 {
    fn from(pitch: Pitch) -> u8 {
        pitch.0
    }
}

/// How hard the key is struck, 1–127. A MIDI note-on with velocity 0 is a release, so 0 is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Velocity(u8);

impl Velocity {
    /// `None` outside 1–127.
    pub fn new(value: u8) -> Option<Velocity> {
        (1..=127).contains(&value).then_some(Velocity(value))
    }

    /// The nearest valid velocity.
    pub fn clamped(value: i32) -> Velocity {
        Velocity(value.clamp(1, 127) as u8)
    }

    pub fn value(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Velocity {
    type Error = String;
    fn try_from(value: u8) -> Result<Self, String> {
        Velocity::new(value).ok_or_else(|| format!("velocity {value} is outside 1-127"))
    }
}

impl From<Velocity> for u8 {
    fn from(velocity: Velocity) -> u8 {
        velocity.0
    }
}

/// A key pressed at `onset_secs` and held for `duration_secs`; the sustain pedal is stored separately.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub pitch: Pitch,
    pub onset_secs: f64,
    pub duration_secs: f64,
    pub velocity: Velocity,
}

impl Note {
    /// The time of the release.
    pub fn release_secs(&self) -> f64 {
        self.onset_secs + self.duration_secs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitch_names_and_bounds() {
        assert_eq!(Pitch::new(60).map(Pitch::name).as_deref(), Some("C4"));
        assert_eq!(Pitch::new(21).map(Pitch::name).as_deref(), Some("A0"));
        assert_eq!(Pitch::new(20), None);
        assert_eq!(Pitch::new(109), None);
        assert_eq!(Pitch::from_key_index(87), Some(Pitch::HIGHEST));
        assert_eq!(Pitch::from_key_index(88), None);
        assert_eq!(Pitch::HIGHEST.transposed(1), None);
    }

    #[test]
    fn key_names_are_parsed_and_others_are_refused() {
        for index in 0..Pitch::COUNT {
            let pitch = Pitch::from_key_index(index).unwrap();
            assert_eq!(pitch.name().parse(), Ok(pitch));
        }
        let number = |text: &str| text.parse::<Pitch>().unwrap().number();
        assert_eq!([number("f#3"), number("Bb2"), number("c4"), number("B♭2")], [54, 46, 60, 46]);
        for wrong in ["", "A", "H3", "G#0", "C#8", "C9", "A-1", "♯3", "A0x", "Ä0"] {
            assert!(wrong.parse::<Pitch>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn velocity_zero_is_not_a_note() {
        assert_eq!(Velocity::new(0), None);
        assert_eq!(Velocity::clamped(300).value(), 127);
        assert_eq!(Velocity::clamped(-4).value(), 1);
    }
}
