//! `cargo xtask dist`: what a musician downloads, in `target/dist/`.

mod check;
mod deb;
mod program;
mod stage;

use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::libtorch::Libtorch;
use stage::Stage;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use check::check;

/// The packages of one version.
pub struct Packages {
    /// The folder that the archive holds.
    pub stage: Stage,
    /// `.tar.gz`, or `.zip` on Windows.
    pub archive: PathBuf,
    /// On Linux with dpkg.
    pub deb: Option<PathBuf>,
}

/// Builds the release, and from it the packages of this system.
pub fn build(root: &Path, libtorch: &Libtorch) -> Outcome<Packages> {
    if !cfg!(target_os = "linux") {
        note("packages for this system are untested");
    }
    step("Building the release");
    if !succeeds(crate::cargo(root, libtorch).args(["build", "--release", "--bin", "pastiche"])) {
        return Err("the release does not build; see above".into());
    }
    let dist = root.join("target").join("dist");
    let stage = Stage::fill(root, &dist, libtorch)?;
    step("Archive");
    let archive = archive(&dist, &stage)?;
    let deb = if cfg!(target_os = "linux") && output_of("dpkg-deb", &["--version"]).is_some() {
        step("Debian package");
        Some(deb::build(root, &dist, &stage)?)
    } else {
        None
    };
    step("Packages");
    for path in deb.iter().chain([&archive]) {
        note(&format!("{} ({} MB)", path.display(), megabytes(path)));
    }
    Ok(Packages { stage, archive, deb })
}

/// Packs the folder into an archive with the same name.
fn archive(dist: &Path, stage: &Stage) -> Outcome<PathBuf> {
    let (ending, flags) = if cfg!(windows) { ("zip", "-acf") } else { ("tar.gz", "-czf") };
    let path = dist.join(format!("{}.{ending}", stage.name));
    let part = dist.join(format!("part.{ending}"));
    let mut tar = Command::new("tar");
    if cfg!(target_os = "linux") {
        tar.args(["--owner=0", "--group=0"]);
    }
    tar.current_dir(dist).arg(flags).arg(&part).arg(&stage.name);
    if !succeeds(&mut tar) {
        return Err("tar could not pack the folder; see above".into());
    }
    fs::rename(&part, &path).map_err(|e| format!("cannot rename the archive: {e}"))?;
    Ok(path)
}

fn megabytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len() / 1_000_000)
}
