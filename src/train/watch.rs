//! Following a run from outside, by what it writes into its folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::run_dir::{LOG, TAKES, VALIDATION};
use super::status::now_secs;
use super::table::TableReader;
use super::{RunDir, RunPhase, RunRequest, RunStatus, StepMetrics, TrainConfig, ValidMetrics};

/// A run on another machine that has said nothing for so long is taken for dead.
const SILENCE_SECS: u64 = 300;

/// Is the process of a run there?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    #[default]
    Ended,
    Here,
    /// On another machine, as far as its status tells.
    Elsewhere,
}

/// A short take of a validation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenTake {
    pub step: u64,
    /// A surname.
    pub composer: String,
    pub path: PathBuf,
}

/// What a look at a run's folder has found.
#[derive(Debug, Default)]
pub struct Look {
    /// The logs are those of another run than before: what was read earlier does not hold any more.
    pub is_another_run: bool,
    /// The rows that are new since the last look. A row whose step is not after the one before it belongs to a resumed
    /// run, and takes the place of all rows from that step on.
    pub steps: Vec<StepMetrics>,
    pub validations: Vec<ValidMetrics>,
    pub config: Option<TrainConfig>,
    pub status: Option<RunStatus>,
    pub life: Life,
    /// What it was asked for and has not done yet.
    pub asked: Option<RunRequest>,
    pub has_best: bool,
    pub has_state: bool,
    /// Models of the latest validations with their steps, the oldest first.
    pub kept_models: Vec<(u64, PathBuf)>,
    /// By step.
    pub takes: Vec<WrittenTake>,
}

/// Follows the run in a folder, which may be written by another machine or not exist yet.
#[derive(Debug)]
pub struct RunWatch {
    folder: PathBuf,
    steps: TableReader<StepMetrics>,
    validations: TableReader<ValidMetrics>,
}

impl RunWatch {
    pub fn new(folder: &Path) -> RunWatch {
        RunWatch {
            folder: folder.to_owned(),
            steps: TableReader::new(folder.join(LOG)),
            validations: TableReader::new(folder.join(VALIDATION)),
        }
    }

    /// Reads what is new. Takes in a few megabytes of the logs at most; call again soon while there are new rows.
    pub fn look(&mut self) -> Look {
        let (steps, validations) = (self.steps.read(), self.validations.read());
        let is_another_run = steps.is_none() || validations.is_none();
        if is_another_run {
            *self = RunWatch::new(&self.folder);
        }
        let folder = &self.folder;
        let status = RunStatus::read(folder);
        Look {
            is_another_run,
            steps: steps.filter(|_| !is_another_run).unwrap_or_default(),
            validations: validations.filter(|_| !is_another_run).unwrap_or_default(),
            config: RunDir::config(folder).ok(),
            life: life(folder, status.as_ref()),
            status,
            asked: RunDir::asked(folder),
            has_best: folder.join("best.safetensors").exists(),
            has_state: RunDir::has_state(folder),
            kept_models: RunDir::kept_models(folder),
            takes: takes(folder),
        }
    }
}

fn life(folder: &Path, status: Option<&RunStatus>) -> Life {
    if RunDir::is_locked(folder) {
        return Life::Here;
    }
    let is_elsewhere = |s: &&RunStatus| {
        s.phase == RunPhase::Training
            && !s.is_from_here()
            && now_secs().saturating_sub(s.written_secs) < SILENCE_SECS
    };
    if status.filter(is_elsewhere).is_some() { Life::Elsewhere } else { Life::Ended }
}

/// The takes in a run's folder, by step.
fn takes(folder: &Path) -> Vec<WrittenTake> {
    let files = fs::read_dir(folder.join(TAKES)).into_iter().flatten().flatten().map(|f| f.path());
    let mut takes: Vec<WrittenTake> = files
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let (step, composer) = name.strip_prefix("step-")?.strip_suffix(".mid")?.split_once(' ')?;
            Some(WrittenTake { step: step.parse().ok()?, composer: composer.to_owned(), path })
        })
        .collect();
    takes.sort();
    takes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_another_machine_lives_as_long_as_it_speaks() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = RunWatch::new(folder.path());
        assert_eq!(watch.look().life, Life::Ended, "nothing there");
        let mut status = RunStatus { host: "elsewhere".to_owned(), ..RunStatus::default() };
        status.write(folder.path()).unwrap();
        assert_eq!(watch.look().life, Life::Elsewhere);
        status.written_secs -= SILENCE_SECS;
        let text = serde_json::to_string(&status).unwrap();
        fs::write(folder.path().join("status.json"), text).unwrap();
        assert_eq!(watch.look().life, Life::Ended);
        // A run of this machine that left no word, and no lock, was killed.
        RunStatus { host: crate::train::status::host_name(), ..RunStatus::default() }
            .write(folder.path())
            .unwrap();
        assert_eq!(watch.look().life, Life::Ended);
    }

    #[test]
    fn takes_are_found_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(TAKES)).unwrap();
        for name in
            ["step-00000500 Chopin.mid", "step-00000250 Chopin.mid", "step-00000250 Bach.mid", "x.mid"]
        {
            fs::write(folder.path().join(TAKES).join(name), "").unwrap();
        }
        let takes: Vec<(u64, String)> =
            RunWatch::new(folder.path()).look().takes.into_iter().map(|t| (t.step, t.composer)).collect();
        let expected = [(250, "Bach"), (250, "Chopin"), (500, "Chopin")];
        assert_eq!(takes, expected.map(|(step, name)| (step, name.to_owned())));
    }
}
