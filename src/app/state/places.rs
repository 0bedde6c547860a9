//! Where the window finds and keeps things.

use std::path::PathBuf;

/// Folders, files, and where to look for more.
#[derive(Clone)]
pub struct Places {
    /// Takes lie in `takes/` below it.
    pub data_folder: PathBuf,
    pub settings_file: PathBuf,
    pub log_file: PathBuf,
    /// Lists the checkpoints in the usual places, the one to start with first.
    pub checkpoints: fn() -> Vec<PathBuf>,
    /// Lists the SoundFonts in the usual places, the best piano first.
    pub soundfonts: fn() -> Vec<PathBuf>,
    /// Files to open at the start.
    pub open: Vec<PathBuf>,
}

impl Places {
    /// The user's own.
    pub fn of_user() -> Places {
        Places {
            data_folder: crate::paths::user_data_dir(),
            settings_file: crate::paths::user_config_dir().join("settings.json"),
            log_file: crate::paths::log_file(),
            checkpoints: composing_checkpoints,
            soundfonts: crate::paths::soundfonts,
            open: Vec::new(),
        }
    }
}

/// The checkpoints in the usual places, without the classifiers that lie beside them.
fn composing_checkpoints() -> Vec<PathBuf> {
    let mut found = crate::paths::checkpoints();
    found.retain(|path| {
        !path
            .file_stem()
            .is_some_and(|stem| stem == "judge" || stem == "selector")
    });
    found
}
