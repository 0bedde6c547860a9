//! Connects the training tab to the training thread.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::app::PasticheApp;
use crate::app::state::action::{Ask, FileAction};
use crate::app::threads::training::{corpus_beside, facts, is_corpus};
use crate::app::threads::workers::Done;
use crate::app::widgets::training::input::{TrainRequest, TrainingEvent, TrainingState};
use crate::causes::details;
use crate::data::{PrepareOptions, prepare};
use crate::jobs::{RunPlan, TrainerEvent, TrainerRun};
use crate::progress::StopFlag;
use crate::train::RunDir;

impl PasticheApp {
    pub(super) fn training_events(&mut self, events: Vec<TrainingEvent>) {
        for event in events {
            match event {
                TrainingEvent::BrowseData { folder } => {
                    self.act(FileAction::Ask(Ask::TrainingData { is_folder: folder }))
                }
                TrainingEvent::BrowseOutput => self.act(FileAction::Ask(Ask::TrainingRun)),
                TrainingEvent::Inspect { data, run_dir } => {
                    self.workers.task("inspect", move || Done::DataInspected(facts(data, run_dir)));
                }
                TrainingEvent::Start(request) => self.start_training(request),
                TrainingEvent::Stop => self.stop_training(),
                TrainingEvent::UseModel { path } => self.load_checkpoint(path),
            }
        }
    }

    fn start_training(&mut self, request: TrainRequest) {
        if self.link.is_busy() {
            return;
        }
        if is_corpus(&request.data) {
            let corpus = request.data.clone();
            return self.train(&corpus, request);
        }
        let (stop, progress) = (StopFlag::new(), Arc::new(Mutex::new(None)));
        self.link.preparing = Some((stop.clone(), progress.clone()));
        self.link.state =
            TrainingState::Preparing { text: "Reading the data set…".to_owned(), fraction: None };
        let (data, out) = (request.data.clone(), corpus_beside(&request.run_dir));
        self.link.waiting = Some(request);
        let wake = self.wake.clone();
        self.workers.task("prepare", move || {
            let prepared = prepare(&data, &PrepareOptions::default(), &stop, |p| {
                *progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(p);
                wake();
            });
            let saved = prepared.map_err(|e| details(&e)).and_then(|(corpus, _)| {
                let folder = out.parent().map_or(Ok(()), std::fs::create_dir_all);
                folder.map_err(|e| e.to_string())?;
                corpus.save(&out).map_err(|e| details(&e))
            });
            Done::Prepared(saved.map(|()| out))
        });
    }

    /// Preparation of a data set has ended, successfully or not.
    pub(super) fn prepared(&mut self, result: Result<PathBuf, String>) {
        let was_stopped = self.link.preparing.take().is_some_and(|(stop, _)| stop.is_stopped());
        let request = self.link.waiting.take();
        match (result, request) {
            _ if was_stopped => self.link.state = TrainingState::Idle,
            (Ok(corpus), Some(request)) => self.train(&corpus, request),
            (Err(message), _) => self.link.state = TrainingState::Failed { message },
            (Ok(_), None) => {}
        }
    }

    fn train(&mut self, corpus: &Path, request: TrainRequest) {
        let resumed = request.resume.then(|| RunDir::config(&request.run_dir).ok()).flatten();
        let mut config = resumed.unwrap_or_default();
        config.minutes = request.minutes;
        if request.minutes.is_none() && config.max_steps.is_none() {
            // "Until stopped": longer than anyone will wait.
            config.max_steps = Some(1_000_000);
        }
        let plan = RunPlan {
            corpus: corpus.to_owned(),
            run_dir: request.run_dir,
            config,
            device: request.device,
            resume: request.resume,
        };
        match TrainerRun::spawn(plan, self.wake.clone()) {
            Ok(run) => {
                self.link.run = Some(run);
                (self.link.step, self.link.saved_step) = (0, None);
                self.link.state = TrainingState::Running;
            }
            Err(error) => self.link.state = TrainingState::Failed { message: error.to_string() },
        }
    }

    fn stop_training(&mut self) {
        if let Some((stop, _)) = &self.link.preparing {
            stop.stop();
        }
        if let Some(run) = &self.link.run {
            run.stop();
            self.link.state = TrainingState::Stopping;
        }
    }

    /// Takes in reports of the run and of its preparation.
    pub(super) fn drain_training(&mut self) {
        if let Some((_, progress)) = &self.link.preparing
            && let Some(p) = progress.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let fraction = p.fraction();
            self.link.state = TrainingState::Preparing { text: p.phase.into_owned(), fraction };
        }
        let Some(run) = &self.link.run else { return };
        let events: Vec<TrainerEvent> = run.events().collect();
        for event in events {
            match event {
                TrainerEvent::Train(event) => {
                    self.link.note(&event);
                    self.training.apply(&event);
                }
                TrainerEvent::Ended(result) => self.training_ended(result),
            }
        }
    }

    fn training_ended(&mut self, result: Result<crate::train::TrainSummary, crate::jobs::RunError>) {
        self.link.run = None;
        self.link.state = match result {
            Ok(summary) => {
                let best =
                    summary.best_nll.map_or(String::new(), |nll| format!(", best {nll:.3} nats per note"));
                let word = if summary.stopped { "Stopped" } else { "Finished" };
                TrainingState::Ended { summary: format!("{word} at step {}{best}.", summary.step) }
            }
            Err(error) => TrainingState::Failed { message: details(&error) },
        };
        self.state.model.found = (self.places.checkpoints)();
        let mut events = Vec::new();
        self.training.refresh_facts(&mut events);
        self.training_events(events);
    }
}
