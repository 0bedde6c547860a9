//! The recordings that exist, and those that become part of the SoundFont.

use std::path::{Path, PathBuf};

/// The layers in use, softest first, of the sixteen that were recorded. The recorded layers are closest together in the
/// middle of the range (0.6 dB apart), where every second or third is enough: adjacent layers of this choice are at
/// most 3 dB apart, except the two softest, between which nothing was recorded. Within the same memory, eight layers
/// give each note more than twice as much time before its loop as all sixteen.
pub const LAYERS: [u8; 8] = [1, 2, 3, 5, 8, 11, 14, 16];

/// The recorded keys: minor thirds from the lowest key of a piano to the highest.
pub fn keys() -> impl Iterator<Item = u8> {
    (21..=108).step_by(3)
}

/// The path of a recording in the folder of unpacked packages.
pub fn path(folder: &Path, layer: u8, key: u8) -> PathBuf {
    let name = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"][usize::from(key % 12)];
    let octave = key / 12 - 1;
    folder.join(format!("velocity{layer}")).join("audio").join(format!("{name}{octave}v{layer}.ogg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_reach_from_the_lowest_to_the_highest_of_a_piano() {
        let keys: Vec<u8> = keys().collect();
        assert_eq!((keys.len(), keys[0], keys[29]), (30, 21, 108));
    }

    #[test]
    fn recordings_are_named_as_in_the_packages() {
        let path = |layer, key| path(Path::new("x"), layer, key);
        assert_eq!(path(1, 21), Path::new("x/velocity1/audio/A0v1.ogg"));
        assert_eq!(path(16, 63), Path::new("x/velocity16/audio/D#4v16.ogg"));
    }
}
