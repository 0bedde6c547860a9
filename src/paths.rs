//! Standard places of SoundFonts, checkpoints, settings and the log.
//!
//! Nothing here fails or creates anything; places that do not exist are left out.

use directories::ProjectDirs;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The checkpoint that ships with the studio, and the one it starts with.
pub const DEFAULT_CHECKPOINT: &str = "pastiche-small.safetensors";

/// Where distributions put SoundFonts.
const SYSTEM_SOUNDFONTS: [&str; 6] = [
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/sounds/sf3",
];
/// File extensions of SoundFonts.
const SOUNDFONT_ENDINGS: [&str; 2] = ["sf2", "sf3"];

/// File names of good pianos, best first, in lower case and without extension.
const PIANOS: [&str; 10] = [
    "salamander",
    "grand",
    "piano",
    "fluidr3",
    "musescore_general",
    "generaluser",
    "arachno",
    "fluid",
    "timgm6mb",
    "default-gm",
];

/// Folders that may hold SoundFonts, the studio's own first; only those that exist.
pub fn soundfont_dirs() -> Vec<PathBuf> {
    let system = SYSTEM_SOUNDFONTS.iter().map(PathBuf::from);
    let dirs = dirs_named("soundfonts").into_iter().chain(user_soundfont_dirs()).chain(system);
    existing(dirs)
}

/// Every SoundFont in [`soundfont_dirs`], the best piano first.
pub fn soundfonts() -> Vec<PathBuf> {
    ranked(files_in(&soundfont_dirs(), &SOUNDFONT_ENDINGS))
}

/// The default SoundFont.
pub fn default_soundfont() -> Option<PathBuf> {
    soundfonts().into_iter().next()
}

/// Folders that may hold checkpoints, the studio's own first; only those that exist.
pub fn checkpoint_dirs() -> Vec<PathBuf> {
    existing(dirs_named("checkpoints"))
}

/// Every checkpoint (`.safetensors`) in [`checkpoint_dirs`], the one that ships first, then by folder and name.
pub fn checkpoints() -> Vec<PathBuf> {
    let mut found = files_in(&checkpoint_dirs(), &["safetensors"]);
    // The classifiers are beside the models, and do not compose.
    found.retain(|path| path.file_stem().is_none_or(|stem| stem != "judge" && stem != "selector"));
    found.sort_by_key(|path| path.file_name().is_none_or(|name| name != DEFAULT_CHECKPOINT)); // stable
    found
}

/// The default checkpoint.
pub fn default_checkpoint() -> Option<PathBuf> {
    checkpoints().into_iter().next()
}

/// The user's folder for what the studio keeps: takes, training runs, SoundFonts and checkpoints of one's own.
/// Falls back to a folder in the temporary directory on a system without a home.
pub fn user_data_dir() -> PathBuf {
    project().map_or_else(|| env::temp_dir().join("pastiche"), |dirs| dirs.data_local_dir().to_path_buf())
}

/// The user's folder for settings.
pub fn user_config_dir() -> PathBuf {
    project().map_or_else(|| env::temp_dir().join("pastiche"), |dirs| dirs.config_dir().to_path_buf())
}

/// The log that a user can attach to a report.
pub fn log_file() -> PathBuf {
    user_data_dir().join("pastiche.log")
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "Pastiche")
}

/// `name/` beside the program and in the folders above it (`target/release/pastiche` lies two below the
/// repository), in the working directory, in the package that cargo runs, and in the user's data folder.
fn dirs_named(name: &str) -> Vec<PathBuf> {
    let program = env::current_exe().and_then(fs::canonicalize).ok();
    let above = program.iter().flat_map(|path| path.ancestors().skip(1).take(4)).map(Path::to_path_buf);
    let here = env::current_dir().ok();
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let roots = above.chain(here).chain(package).chain([user_data_dir()]);
    roots.map(|root| root.join(name)).collect()
}

/// Where desktop programs of this user keep SoundFonts: `~/.local/share/{soundfonts,sounds/sf2,sounds/sf3}`.
fn user_soundfont_dirs() -> Vec<PathBuf> {
    let base = directories::BaseDirs::new();
    let data = base.map(|base| base.data_dir().to_path_buf());
    data.iter()
        .flat_map(|data| ["soundfonts", "sounds/sf2", "sounds/sf3"].map(|name| data.join(name)))
        .collect()
}

/// The existing folders, each once, even if links lead to it.
fn existing(dirs: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in dirs.into_iter().filter_map(|dir| fs::canonicalize(dir).ok()) {
        if dir.is_dir() && !found.contains(&dir) {
            found.push(dir);
        }
    }
    found
}

/// The files with one of these extensions (any case) directly in `dirs`, by folder and name; a file with two names or
/// links is listed once, under the first name.
fn files_in(dirs: &[PathBuf], endings: &[&str]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut targets: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        let entries = fs::read_dir(dir).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            let is_wanted = path
                .extension()
                .is_some_and(|found| endings.iter().any(|ending| found.eq_ignore_ascii_case(ending)));
            let Ok(target) = fs::canonicalize(&path) else {
                continue;
            };
            if is_wanted && target.is_file() && !targets.contains(&target) {
                targets.push(target);
                found.push(path);
            }
        }
    }
    found
}

/// Known good pianos first, in the order of [`PIANOS`]; the rest keep their order behind them.
fn ranked(mut soundfonts: Vec<PathBuf>) -> Vec<PathBuf> {
    soundfonts.sort_by_key(|path| rank(path)); // stable: among equals the studio's own folder wins
    soundfonts
}

fn rank(path: &Path) -> usize {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    PIANOS.iter().position(|piano| name.contains(piano)).unwrap_or(PIANOS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        paths.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
    }

    #[test]
    fn finds_each_soundfont_once_and_the_best_piano_first() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let (own, system) = (dir.path().join("own"), dir.path().join("system"));
        fs::create_dir(&own)?;
        fs::create_dir(&system)?;
        for name in ["TimGM6mb.sf2", "Zither.SF2", "README.md", "Grand.sf3"] {
            fs::write(own.join(name), name)?;
        }
        fs::write(system.join("FluidR3_GM.sf2"), "x")?;
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(own.join("Zither.SF2"), system.join("again.sf2"))?;
            std::os::unix::fs::symlink(dir.path().join("gone"), own.join("broken.sf2"))?;
        }
        let found = ranked(files_in(&[own, system], &SOUNDFONT_ENDINGS));
        assert_eq!(names(&found), ["Grand.sf3", "FluidR3_GM.sf2", "TimGM6mb.sf2", "Zither.SF2"]);
        Ok(())
    }

    #[test]
    fn a_folder_counts_once_and_only_when_it_is_there() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let here = dir.path().to_path_buf();
        let found = existing([here.join("none"), here.join("."), here.clone()]);
        assert_eq!(found, [fs::canonicalize(&here)?]);
        Ok(())
    }

    #[test]
    fn the_repository_is_found_from_where_tests_run() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("soundfonts");
        assert_eq!(fs::canonicalize(own).ok(), soundfont_dirs().into_iter().next());
    }

    #[test]
    fn the_log_lies_in_the_users_data() {
        assert!(log_file().starts_with(user_data_dir()));
        assert!(user_config_dir().is_absolute());
    }
}
