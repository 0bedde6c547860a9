//! A run as the window knows it: what its folder says.

use std::path::{Path, PathBuf};

use super::RunLog;
use crate::train::{Life, Look, RunPhase, RunRequest, RunStatus, TrainConfig, WrittenTake};

/// A model that the run wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedModel {
    pub step: u64,
    pub path: PathBuf,
    /// Validation NLL at that step, nats per note, if it was measured.
    pub valid_nll: Option<f64>,
    pub is_best: bool,
}

/// A run, its curves in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    pub folder: PathBuf,
    /// The name of its folder.
    pub name: String,
    pub log: RunLog,
    pub config: Option<TrainConfig>,
    pub status: Option<RunStatus>,
    pub life: Life,
    pub asked: Option<RunRequest>,
    pub has_state: bool,
    /// The newest first.
    pub models: Vec<SavedModel>,
    /// By step.
    pub takes: Vec<WrittenTake>,
    /// Changes whenever anything else does.
    pub revision: u64,
}

impl RunView {
    pub fn new(folder: &Path) -> RunView {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        RunView { folder: folder.to_owned(), name, ..RunView::default() }
    }

    /// Takes in a look at the folder; true if anything has changed.
    pub fn apply(&mut self, look: Look) -> bool {
        if look.is_another_run {
            self.log = RunLog::default();
        }
        look.steps.iter().for_each(|m| self.log.stepped(m));
        look.validations.iter().for_each(|m| self.log.validated(m));
        let models = self.models_of(&look);
        let is_changed = look.is_another_run
            || !look.steps.is_empty()
            || !look.validations.is_empty()
            || (self.life, self.asked, self.has_state) != (look.life, look.asked, look.has_state)
            || self.status != look.status
            || self.config != look.config
            || self.models != models
            || self.takes != look.takes;
        if is_changed {
            (self.life, self.asked, self.has_state) = (look.life, look.asked, look.has_state);
            (self.status, self.config, self.models, self.takes) =
                (look.status, look.config, models, look.takes);
            self.revision += 1;
        }
        is_changed
    }

    fn models_of(&self, look: &Look) -> Vec<SavedModel> {
        let mut models: Vec<SavedModel> = look
            .kept_models
            .iter()
            .map(|(step, path)| SavedModel {
                step: *step,
                path: path.clone(),
                valid_nll: self.log.valid_nll_at(*step),
                is_best: false,
            })
            .collect();
        if look.has_best {
            let (step, nll) = self.log.best.unzip();
            models.push(SavedModel {
                step: step.unwrap_or_default(),
                path: self.folder.join("best.safetensors"),
                valid_nll: nll,
                is_best: true,
            });
        }
        models.sort_by_key(|model| (model.is_best, model.step));
        models.reverse();
        models
    }

    /// Is there nothing in the folder that a run would write?
    pub fn is_empty(&self) -> bool {
        self.config.is_none() && self.log.step.is_none()
    }

    pub fn is_alive(&self) -> bool {
        self.life != Life::Ended
    }

    /// The step it has come to.
    pub fn step(&self) -> u64 {
        let logged = self.log.step.as_ref().map_or(0, |m| m.step);
        self.status.as_ref().map_or(logged, |s| s.step.max(logged))
    }

    /// Did its process end without a word?
    pub fn is_dead(&self) -> bool {
        self.life == Life::Ended && self.status.as_ref().is_some_and(|s| s.phase == RunPhase::Training)
    }

    /// The takes of a validation.
    pub fn takes_at(&self, step: u64) -> impl Iterator<Item = &WrittenTake> {
        self.takes.iter().filter(move |take| take.step == step)
    }
}
