//! The Salamander Grand, built from the npm packages of its recordings.

use crate::console::{note, output_of, succeeds};
use crate::libtorch::Libtorch;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A Yamaha C5 recorded by Alexander Holm (CC BY 3.0).
pub const GRAND: &str = "SalamanderGrand.sf2";
/// The layers that the package `grand` uses; see `LAYERS` there.
const LAYERS: [u8; 8] = [1, 2, 3, 5, 8, 11, 14, 16];
const VERSION: &str = "1.0.5";

/// Builds it in `folder`, with `work` for intermediate files. If that is impossible, prints the reason and returns
/// false.
pub fn build(root: &Path, libtorch: &Libtorch, work: &Path, folder: &Path) -> bool {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if output_of(npm, &["--version"]).is_none() {
        note("npm is missing, so the Salamander Grand cannot be built");
        return false;
    }
    note("getting the recordings of the Salamander Grand from npm (39 MB)");
    let packages = LAYERS.map(|layer| format!("@audio-samples/piano-velocity{layer}@{VERSION}"));
    if !succeeds(Command::new(npm).current_dir(work).args(["pack", "--silent"]).args(&packages)) {
        note("npm could not get all of them");
        return false;
    }
    LAYERS.iter().all(|layer| unpack(work, *layer)) && {
        note("building the piano from them (about a minute, plus compiling its builder once)");
        let mut cargo = crate::cargo(root, libtorch);
        cargo.args(["run", "--quiet", "--release", "--package", "grand", "--"]);
        succeeds(cargo.arg(work).arg(folder.join(GRAND)))
    }
}

fn unpack(work: &Path, layer: u8) -> bool {
    let into = work.join(format!("velocity{layer}"));
    if let Err(e) = fs::create_dir_all(&into) {
        note(&format!("cannot create a folder in target/setup: {e}"));
        return false;
    }
    let archive = format!("audio-samples-piano-velocity{layer}-{VERSION}.tgz");
    let mut tar = Command::new("tar");
    tar.current_dir(work).args(["-xzf", &archive, "--strip-components", "1", "-C"]).arg(&into);
    succeeds(&mut tar)
}
