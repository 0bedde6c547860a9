//! Gets a good piano into `soundfonts/`, without a manual step.

use crate::console::{Outcome, note, step, succeeds};
use crate::libtorch::Libtorch;
use crate::{grand, system};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The piano of Debian's package fluid-soundfont-gm (MIT licence).
const FLUID: &str = "FluidR3_GM.sf2";
const FLUID_PACKAGE: &str = "fluid-soundfont-gm";
/// The small one that ships inside the Python package pretty_midi (GPL 2).
const TIM: &str = "TimGM6mb.sf2";
const TIM_PACKAGE: &str = "pretty_midi==0.2.11.post0";
/// Where distributions put SoundFonts.
const SYSTEM_FOLDERS: [&str; 3] =
    ["/usr/share/sounds/sf2", "/usr/share/soundfonts", "/usr/local/share/soundfonts"];
const EXTRACT: &str = "
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(sys.argv[2]))
    with wheel.open(name) as source, open(sys.argv[3], 'wb') as out:
        shutil.copyfileobj(source, out)
";

/// What has to be in `soundfonts/`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any piano except the grand: the tests are written for Fluid R3, which loads faster.
    Any,
    /// Any piano, or the best one if there is none.
    Piano,
    /// The best one, unless the user has put a piano there.
    Best,
}

/// Makes sure that `soundfonts/` has a SoundFont, and adds the best one available.
pub fn ensure(root: &Path, libtorch: &Libtorch, wanted: Wanted) -> Outcome {
    let folder = root.join("soundfonts");
    let found = soundfonts_in(&folder);
    let is_ours = |name: &String| name == FLUID || name == TIM;
    let is_enough = match wanted {
        Wanted::Any => found.iter().any(|name| name != grand::GRAND),
        Wanted::Piano => !found.is_empty(),
        Wanted::Best => !found.iter().all(is_ours),
    };
    if is_enough {
        step(&format!("SoundFont: found soundfonts/{}", found[0]));
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(|e| format!("cannot create the folder soundfonts: {e}"))?;
    step("SoundFont: getting a piano into soundfonts");
    let work = root.join("target").join("setup").join("soundfont");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("cannot create the folder target/setup: {e}"))?;
    let has_piano = match wanted {
        Wanted::Any => false,
        Wanted::Piano | Wanted::Best => grand::build(root, libtorch, &work, &folder) || !found.is_empty(),
    };
    let is_there =
        has_piano || from_system(&folder) || from_debian(&work, &folder) || from_pip(&work, &folder);
    let _ = fs::remove_dir_all(&work);
    if is_there {
        return Ok(());
    }
    Err("no piano SoundFont could be fetched: check the network and repeat this command, or put any .sf2 or .sf3 with a piano into soundfonts/".into())
}

/// The readable SoundFonts, by name; a broken link does not count.
fn soundfonts_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_whole = |name: &String| {
        let lower = name.to_lowercase();
        (lower.ends_with(".sf2") || lower.ends_with(".sf3"))
            && fs::metadata(folder.join(name)).is_ok_and(|m| m.is_file() && m.len() > 0)
    };
    let mut names: Vec<String> = names.filter(is_whole).collect();
    names.sort();
    names
}

fn from_system(folder: &Path) -> bool {
    let candidates = SYSTEM_FOLDERS.iter().map(|system| Path::new(system).join(FLUID));
    let Some(found) = candidates.into_iter().find(|path| path.is_file()) else {
        return false;
    };
    note(&format!("using the system's {}", found.display()));
    place(&found, &folder.join(FLUID), true)
}

/// `apt-get download` and `dpkg-deb --extract` put the package's file here without installing it: no root needed.
fn from_debian(work: &Path, folder: &Path) -> bool {
    if !system::has_apt() {
        return false;
    }
    note("asking apt for fluid-soundfont-gm (about 130 MB)");
    let download =
        || succeeds(Command::new("apt-get").current_dir(work).args(["download", "-q", FLUID_PACKAGE]));
    let refresh = || succeeds(Command::new("apt-get").args(["update", "-q"]));
    let is_loaded = download() || (refresh() && download());
    let Some(package) = file_with_extension(work, "deb").filter(|_| is_loaded) else {
        return false;
    };
    let files = work.join("files");
    if !succeeds(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&files)) {
        return false;
    }
    place(&files.join("usr/share/sounds/sf2").join(FLUID), &folder.join(FLUID), false)
}

fn from_pip(work: &Path, folder: &Path) -> bool {
    note("falling back to the smaller TimGM6mb.sf2 from the Python package pretty_midi (6 MB)");
    let python = match system::python() {
        Ok(python) => python,
        Err(sentence) => {
            note(&sentence);
            return false;
        }
    };
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    let is_loaded = succeeds(pip.arg("--dest").arg(work).arg(TIM_PACKAGE));
    let Some(wheel) = file_with_extension(work, "whl").filter(|_| is_loaded) else {
        return false;
    };
    let extracted = work.join(TIM);
    let is_extracted =
        succeeds(Command::new(python).args(["-c", EXTRACT]).arg(&wheel).arg(TIM).arg(&extracted));
    is_extracted && place(&extracted, &folder.join(TIM), false)
}

fn file_with_extension(folder: &Path, extension: &str) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|e| e == extension)).max()
}

/// Puts `source` at `target`: linked if the source stays, otherwise copied to a temporary name and renamed.
fn place(source: &Path, target: &Path, may_link: bool) -> bool {
    let part = target.with_extension("sf2.part");
    let _ = fs::remove_file(target); // a link whose target has gone
    let _ = fs::remove_file(&part);
    #[cfg(unix)]
    if may_link && std::os::unix::fs::symlink(source, target).is_ok() {
        return true;
    }
    let placed = fs::copy(source, &part).and_then(|_| fs::rename(&part, target));
    if let Err(e) = &placed {
        note(&format!("cannot write {}: {e}", target.display()));
    }
    let _ = may_link; // read on unix only
    placed.is_ok()
}

#[cfg(test)]
mod tests {
    use super::soundfonts_in;

    #[test]
    fn text_files_and_empty_files_are_not_soundfonts() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-soundfont-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("README.md"), "x")?;
        std::fs::write(folder.join("empty.sf2"), "")?;
        assert!(soundfonts_in(&folder).is_empty());
        std::fs::write(folder.join("grand.sf3"), "x")?;
        assert_eq!(soundfonts_in(&folder), ["grand.sf3"]);
        std::fs::write(folder.join("Piano.SF2"), "x")?;
        assert_eq!(soundfonts_in(&folder), ["Piano.SF2", "grand.sf3"]);
        std::fs::remove_dir_all(folder)
    }
}
