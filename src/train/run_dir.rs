//! The folder of a run.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::table::TableWriter;
use super::{StepMetrics, TrainConfig, TrainError, ValidMetrics};
use crate::files;

pub(super) const LOG: &str = "log.csv";
pub(super) const VALIDATION: &str = "validation.csv";
pub(super) const TAKES: &str = "takes";
const KEPT: &str = "checkpoints";
const REQUEST: &str = "request";
const LOCK: &str = "lock";

/// Looks at the lock before another run is believed to hold it: somebody who asks whether it is held holds it for a
/// moment.
const LOCK_TRIES: u32 = 20;

/// What somebody else asks of a running run, by a file in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRequest {
    /// Save the state and end at once, to be resumed.
    Pause,
    /// Validate, save, and prepare the best model for composing.
    Stop,
}

impl RunRequest {
    fn word(self) -> &'static str {
        match self {
            RunRequest::Pause => "pause",
            RunRequest::Stop => "stop",
        }
    }
}

/// A folder with `config.toml`, `log.csv`, `validation.csv`, `best.safetensors` (for use), `last.safetensors` (to
/// resume), `checkpoints/` and `takes/` of the validations. Locked against other runs until it is dropped.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    steps: TableWriter<StepMetrics>,
    validations: TableWriter<ValidMetrics>,
    _lock: File,
}

impl RunDir {
    /// Creates the folder for a new run, or opens that of an earlier run to resume it.
    ///
    /// # Errors
    /// If a new run would overwrite an old one, the run to resume does not exist or has another network, or another
    /// process trains in the folder.
    pub fn open(path: &Path, config: &TrainConfig, resume: bool) -> Result<RunDir, TrainError> {
        let wrong = |what: String| TrainError::RunDir { what, path: path.to_owned() };
        if resume {
            let old = RunDir::config(path)?;
            if old.model != config.model {
                let differences = old.model.differences(&config.model);
                return Err(wrong(format!("it trains another network: {differences}")));
            }
        } else if RunDir::has_state(path) || path.join("best.safetensors").exists() {
            return Err(wrong("it holds a run already; resume it or choose another folder".to_owned()));
        }
        let write = |source| TrainError::Write { source, path: path.to_owned() };
        fs::create_dir_all(path).map_err(write)?;
        let lock = lock(path).map_err(write)?;
        let lock = lock.ok_or_else(|| wrong("another process is training in it".to_owned()))?;
        let text = toml::to_string(config).map_err(|e| wrong(e.to_string()))?;
        files::write_whole(&path.join("config.toml"), text.as_bytes()).map_err(write)?;
        // A request that was made of an earlier part of the run.
        let _ = fs::remove_file(path.join(REQUEST));
        Ok(RunDir {
            path: path.to_owned(),
            steps: TableWriter::new(path.join(LOG)),
            validations: TableWriter::new(path.join(VALIDATION)),
            _lock: lock,
        })
    }

    /// The configuration of the run in `path`.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn config(path: &Path) -> Result<TrainConfig, TrainError> {
        let wrong = |what: String| TrainError::RunDir { what, path: path.to_owned() };
        let text = fs::read_to_string(path.join("config.toml"))
            .map_err(|e| wrong(format!("no config.toml: {e}")))?;
        toml::from_str(&text).map_err(|e| wrong(format!("config.toml: {}", e.message())))
    }

    /// Has the run in `path` saved a state to resume from?
    pub fn has_state(path: &Path) -> bool {
        path.join("last.safetensors").exists()
    }

    /// Is a process of this machine training in `path`?
    pub fn is_locked(path: &Path) -> bool {
        let Ok(file) = File::open(path.join(LOCK)) else { return false };
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }

    /// Asks the run in `path` for something; it looks several times a second.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn ask(path: &Path, request: RunRequest) -> Result<(), TrainError> {
        let file = path.join(REQUEST);
        files::write_whole(&file, request.word().as_bytes())
            .map_err(|source| TrainError::Write { source, path: file })
    }

    /// What the run in `path` was asked for and has not done yet.
    pub fn asked(path: &Path) -> Option<RunRequest> {
        let text = fs::read_to_string(path.join(REQUEST)).ok()?;
        [RunRequest::Pause, RunRequest::Stop].into_iter().find(|request| request.word() == text.trim())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The checkpoint with the best validation so far.
    pub fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The latest state, including the optimiser's, to resume from.
    pub fn last(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// The model as it was at a validation.
    pub fn kept(&self, step: u64) -> PathBuf {
        self.path.join(KEPT).join(format!("step-{step:08}.safetensors"))
    }

    /// Creates the folder of kept models, and deletes the oldest so that with the next one there are `count`.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn make_room(&self, count: usize) -> Result<(), TrainError> {
        let folder = self.path.join(KEPT);
        fs::create_dir_all(&folder).map_err(|source| TrainError::Write { source, path: folder })?;
        let kept = RunDir::kept_models(&self.path);
        let too_many = (kept.len() + 1).saturating_sub(count);
        for (_, path) in kept.into_iter().take(too_many) {
            // One that cannot be deleted only takes room.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    /// The kept models of the run in `path` with their steps, the oldest first.
    pub fn kept_models(path: &Path) -> Vec<(u64, PathBuf)> {
        let files = fs::read_dir(path.join(KEPT)).into_iter().flatten().flatten().map(|f| f.path());
        let mut kept: Vec<(u64, PathBuf)> = files
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?;
                let step = name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()?;
                Some((step, path))
            })
            .collect();
        kept.sort();
        kept
    }

    /// The file of the take that `composer` (a surname) gets at a validation.
    pub fn take(&self, step: u64, composer: &str) -> PathBuf {
        let composer: String = composer
            .chars()
            .map(|c| if c.is_alphanumeric() || " .-".contains(c) { c } else { '_' })
            .collect();
        self.path.join(TAKES).join(format!("step-{step:08} {composer}.mid"))
    }

    /// Appends a row to the log.
    ///
    /// # Errors
    /// [`TrainError::Write`]; the row is written with the next one.
    pub fn log_step(&mut self, metrics: &StepMetrics) -> Result<(), TrainError> {
        let result = self.steps.append(metrics);
        result.map_err(|source| TrainError::Write { source, path: self.steps.path().to_owned() })
    }

    /// Appends a row to the validations.
    ///
    /// # Errors
    /// [`TrainError::Write`]; the row is written with the next one.
    pub fn log_validation(&mut self, metrics: &ValidMetrics) -> Result<(), TrainError> {
        let result = self.validations.append(metrics);
        result.map_err(|source| TrainError::Write { source, path: self.validations.path().to_owned() })
    }
}

/// Locks the folder for this process; `None` if another one holds it. The system frees it however the process ends.
fn lock(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(50)),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_trains_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let config = TrainConfig { max_steps: Some(1), ..TrainConfig::default() };
        let run = RunDir::open(folder.path(), &config, false).unwrap();
        assert!(RunDir::is_locked(folder.path()));
        let second = RunDir::open(folder.path(), &config, true).unwrap_err();
        assert!(second.to_string().contains("another process"), "{second}");
        drop(run);
        assert!(!RunDir::is_locked(folder.path()));
        RunDir::open(folder.path(), &config, true).unwrap();
    }

    #[test]
    fn requests_wait_for_the_run_and_old_ones_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(RunDir::asked(folder.path()), None);
        RunDir::ask(folder.path(), RunRequest::Pause).unwrap();
        assert_eq!(RunDir::asked(folder.path()), Some(RunRequest::Pause));
        let config = TrainConfig { max_steps: Some(1), ..TrainConfig::default() };
        let _run = RunDir::open(folder.path(), &config, false).unwrap();
        assert_eq!(RunDir::asked(folder.path()), None);
    }

    #[test]
    fn the_newest_models_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let config = TrainConfig { max_steps: Some(1), ..TrainConfig::default() };
        let run = RunDir::open(folder.path(), &config, false).unwrap();
        for step in [50, 100, 150, 200, 1000] {
            run.make_room(3).unwrap();
            fs::write(run.kept(step), "x").unwrap();
        }
        let steps: Vec<u64> = RunDir::kept_models(folder.path()).iter().map(|k| k.0).collect();
        assert_eq!(steps, [150, 200, 1000]);
    }
}
