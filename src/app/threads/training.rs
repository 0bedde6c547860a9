//! The training run of the window: its preparation, its process, and what its folder says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::run_watcher::RunWatcher;
use crate::app::widgets::training::input::{DataFacts, DataKind, FoundData, TrainRequest, TrainingState};
use crate::app::widgets::training::{AddedComposer, RunView};
use crate::data::{Corpus, Dataset};
use crate::display::thousands;
use crate::model::Checkpoint;
use crate::progress::{Progress, StopFlag};
use crate::train::{Life, RunDir, RunPhase, RunRequest, RunStatus};

/// A run that is being prepared or trained.
pub struct TrainingLink {
    pub state: TrainingState,
    pub watcher: RunWatcher,
    /// The run that starts once its corpus is prepared.
    pub waiting: Option<TrainRequest>,
    pub preparing: Option<(StopFlag, Arc<Mutex<Option<Progress>>>)>,
    /// What preparation is doing.
    pub progress: Option<Progress>,
    /// Was a process started that has not taken its folder yet?
    pub is_starting: bool,
    /// Why the last run could not be started.
    pub failure: Option<String>,
    /// The download of a data set.
    pub download: Option<(StopFlag, Arc<Mutex<Progress>>)>,
    pub is_probing: bool,
    pub added: AddedComposer,
}

impl TrainingLink {
    pub fn new(watcher: RunWatcher) -> TrainingLink {
        TrainingLink {
            state: TrainingState::Idle,
            watcher,
            waiting: None,
            preparing: None,
            progress: None,
            is_starting: false,
            failure: None,
            download: None,
            is_probing: false,
            added: AddedComposer::None,
        }
    }

    pub fn is_busy(&self) -> bool {
        self.preparing.is_some() || !self.state.is_idle()
    }

    /// What would be lost by closing the window now.
    pub fn would_lose(&self) -> Option<String> {
        let text = "A data set is still being prepared for training. Closing now discards it.";
        self.preparing.as_ref().map(|_| text.to_owned())
    }

    /// The run that continues when the window closes, in a sentence; `None` if there is none, or on another machine.
    pub fn goes_on(&self, run: Option<&RunView>) -> Option<String> {
        if !matches!(self.state, TrainingState::Running | TrainingState::Starting)
            || run.is_some_and(|run| run.life == Life::Elsewhere)
        {
            return None;
        }
        let step = run.map_or(0, RunView::step);
        Some(format!(
            "A training run is at step {}. It can go on without the window, which finds it again when it is opened.",
            thousands(step)
        ))
    }

    /// Derives the state from what the run's folder says.
    pub fn update(&mut self, run: Option<&RunView>) {
        if run.is_some_and(RunView::is_alive) {
            self.is_starting = false;
        }
        self.state = match (&self.progress, &self.failure, run) {
            (progress, ..) if self.preparing.is_some() => match progress {
                Some(p) => {
                    TrainingState::Preparing { text: p.phase.clone().into_owned(), fraction: p.fraction() }
                }
                None => {
                    TrainingState::Preparing { text: "Reading the data set…".to_owned(), fraction: None }
                }
            },
            _ if self.is_starting => TrainingState::Starting,
            (_, Some(message), _) => TrainingState::Failed { message: message.clone() },
            (_, None, Some(run)) => state_of(run),
            (_, None, None) => TrainingState::Idle,
        };
    }
}

fn state_of(run: &RunView) -> TrainingState {
    let step = thousands(run.step());
    if run.is_alive() {
        return match run.asked {
            Some(RunRequest::Pause) => {
                TrainingState::Stopping { text: "Pausing after this step…".to_owned() }
            }
            Some(RunRequest::Stop) => TrainingState::Stopping {
                text: "Stopping: the model is validated and prepared for composing…".to_owned(),
            },
            None => TrainingState::Running,
        };
    }
    let Some(status) = &run.status else { return TrainingState::Idle };
    let best = status.best_nll.map_or(String::new(), |nll| format!(", best {nll:.3} nats per note"));
    match status.phase {
        RunPhase::Training => {
            let loss = match status.saved_step {
                Some(saved) => format!("Resume it from step {}.", thousands(saved)),
                None => "Nothing had been saved yet.".to_owned(),
            };
            TrainingState::Failed {
                message: format!("The process ended unexpectedly at step {step}. {loss}"),
            }
        }
        RunPhase::Paused => {
            TrainingState::Ended { summary: format!("Paused at step {step}. Resume it at any time.") }
        }
        RunPhase::Stopped => TrainingState::Ended { summary: format!("Stopped at step {step}{best}.") },
        RunPhase::Finished => TrainingState::Ended { summary: format!("Finished at step {step}{best}.") },
        RunPhase::Failed => TrainingState::Failed { message: status.message.clone().unwrap_or_default() },
    }
}

impl Drop for TrainingLink {
    fn drop(&mut self) {
        // Dropping it waits for the thread.
        if let Some((stop, _)) = &self.preparing {
            stop.abandon();
        }
    }
}

pub fn is_corpus(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 8];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == Corpus::MAGIC
}

/// The path of the corpus for a run that starts from a data set.
pub fn corpus_beside(run_dir: &Path) -> PathBuf {
    run_dir.with_extension("corpus")
}

/// Examines the training data and the run folder.
pub fn facts(data: PathBuf, run_dir: PathBuf) -> DataFacts {
    let found = if is_corpus(&data) {
        Corpus::load(&data).map_err(|e| e.to_string()).map(|corpus| FoundData {
            kind: DataKind::Corpus,
            pieces: corpus.pieces.len(),
            notes: Some(corpus.pieces.iter().map(|p| p.tokens.len() as u64).sum()),
            composers: corpus.composers.len(),
            music_hours: Some(corpus.pieces.iter().map(|p| p.duration_secs()).sum::<f64>() / 3600.0),
            remarks: Vec::new(),
            by_composer: corpus.composer_reports(),
            refused: Vec::new(),
        })
    } else {
        Dataset::open(&data).map_err(|e| e.to_string()).map(|dataset| {
            let mut names: Vec<&str> = dataset.entries.iter().map(|e| e.composer_name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            FoundData {
                kind: DataKind::Dataset,
                pieces: dataset.entries.len(),
                notes: None,
                composers: names.len(),
                music_hours: None,
                remarks: dataset.remarks,
                by_composer: Vec::new(),
                refused: dataset.unusable,
            }
        })
    };
    let can_resume_from = saved_step(&run_dir);
    DataFacts { data, run_dir, found, can_resume_from }
}

/// The step of the state to resume from, if there is one.
fn saved_step(run_dir: &Path) -> Option<u64> {
    if !RunDir::has_state(run_dir) {
        return None;
    }
    let said = RunStatus::read(run_dir).and_then(|status| status.saved_step);
    // Runs of older versions say nothing.
    said.or_else(|| Some(Checkpoint::read(&run_dir.join("last.safetensors")).ok()?.header.trained_on.step))
}
