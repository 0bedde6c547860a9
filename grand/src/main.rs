//! Builds the Salamander Grand SoundFont from the packages of its recordings.
//!
//! `cargo run --release --package grand -- FOLDER OUT.sf2`, where FOLDER holds `velocity1/audio/A0v1.ogg` and so on.
//! `cargo xtask setup` fetches the packages and runs this. `docs/grand.md` describes the processing and the
//! measurements.

mod build;
mod decode;
mod font;
mod level;
mod pitch;
mod recordings;
mod strings;
mod tail;
mod trim;
mod velocities;

use std::path::Path;
use std::process::ExitCode;

/// What went wrong, in a sentence for the user.
type Failure = String;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out] = arguments.as_slice() else {
        eprintln!("usage: grand FOLDER OUT.sf2");
        return ExitCode::FAILURE;
    };
    match build::build(Path::new(folder), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}
