//! Music that a command works on.

use std::path::Path;

use pastiche::display::{one_line, stem};
use pastiche::music::midi::{self, MidiRead};

/// Reads the MIDI file at `path`; what had to be repaired or left out is said on standard error.
pub fn read_music(path: &Path) -> anyhow::Result<MidiRead> {
    let read = midi::read_file(path)?;
    for sentence in read.report.sentences() {
        eprintln!("{}: {sentence}", shown(path));
    }
    Ok(read)
}

/// A path as it can be printed: names of files hold what they like.
pub fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

/// The name of a piece by that of its file.
pub fn name(path: &Path) -> String {
    one_line(&stem(path))
}
