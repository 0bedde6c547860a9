//! Connects the training tab to the process of a run and to what it writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::app::PasticheApp;
use crate::app::state::action::{Ask, FileAction};
use crate::app::state::stage::StageSource;
use crate::app::threads::training::{corpus_beside, facts, is_corpus};
use crate::app::threads::workers::Done;
use crate::app::widgets::training::input::{TrainRequest, TrainingEvent};
use crate::causes::details;
use crate::data::{PrepareOptions, prepare};
use crate::jobs::TrainingProcess;
use crate::music::Performance;
use crate::music::midi;
use crate::progress::StopFlag;
use crate::train::{RunDir, RunPlan, RunRequest};

impl PasticheApp {
    pub(super) fn training_events(&mut self, events: Vec<TrainingEvent>) {
        for event in events {
            match event {
                TrainingEvent::BrowseData { folder } => {
                    self.act(FileAction::Ask(Ask::TrainingData { is_folder: folder }))
                }
                TrainingEvent::BrowseOutput => self.act(FileAction::Ask(Ask::TrainingRun)),
                TrainingEvent::Inspect { data, run_dir } => {
                    self.link.failure = None;
                    self.workers.task("inspect", move || Done::DataInspected(facts(data, run_dir)));
                }
                TrainingEvent::Download => self.download_maestro(),
                TrainingEvent::CancelDownload => {
                    // A connection that stands still ends some time later; nobody waits for it.
                    if let Some((stop, _)) = self.link.download.take() {
                        stop.stop();
                    }
                }
                TrainingEvent::BrowseConfig { is_export } => {
                    self.act(FileAction::Ask(Ask::TrainConfig { is_export }))
                }
                TrainingEvent::BrowseOwnMusic => self.act(FileAction::Ask(Ask::OwnMusic)),
                TrainingEvent::Probe => self.probe_training(),
                TrainingEvent::Start(request) => self.start_training(*request),
                TrainingEvent::Pause => self.ask_run(RunRequest::Pause),
                TrainingEvent::Stop => self.stop_training(),
                TrainingEvent::UseModel { path } => self.load_checkpoint(path),
                TrainingEvent::Hear { path, title } => {
                    self.workers.read(move || Done::RunTakeRead {
                        title,
                        result: midi::read_file(&path),
                        path,
                    });
                }
                TrainingEvent::Export { as_picture } => self.act(FileAction::Ask(Ask::Curves { as_picture })),
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
            _ if was_stopped => {}
            (Ok(corpus), Some(request)) => self.train(&corpus, request),
            (Err(message), _) => self.link.failure = Some(message),
            (Ok(_), None) => {}
        }
    }

    fn train(&mut self, corpus: &Path, request: TrainRequest) {
        let (corpus, program) = (corpus.to_owned(), self.places.program.clone());
        self.link.is_starting = true;
        self.link.failure = None;
        // It waits until the run ends; the window does not wait for it.
        self.workers.patient_task("training", move || Done::TrainingEnded(run(&program, corpus, request)));
    }

    /// The process of a run has ended.
    pub(super) fn training_ended(&mut self, result: Result<(), String>) {
        self.link.is_starting = false;
        self.link.failure = result.err();
    }

    pub(super) fn ask_run(&mut self, request: RunRequest) {
        let Some(run) = self.link.watcher.watched().runs.first().map(|run| run.folder.clone()) else {
            return;
        };
        self.workers.write(move || RunDir::ask(&run, request).err().map(Done::RunNotAsked));
    }

    fn stop_training(&mut self) {
        match &self.link.preparing {
            Some((stop, _)) => stop.stop(),
            None => self.ask_run(RunRequest::Stop),
        }
    }

    /// Takes in what the run's folder says, and reports of its preparation.
    pub(super) fn drain_training(&mut self) {
        if let Some((_, progress)) = &self.link.preparing
            && let Some(p) = progress.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            self.link.progress = Some(p);
        }
        self.link.watcher.watch(self.training.runs_to_watch());
        let watched = self.link.watcher.watched();
        let run = watched.runs.first().map(Arc::as_ref);
        let was_idle = self.link.state.is_idle();
        self.link.update(run);
        self.state.training_goes_on = self.link.goes_on(run);
        self.training.set_runs(watched.runs, watched.others);
        if !was_idle && self.link.state.is_idle() {
            self.state.model.found = (self.places.checkpoints)();
            let failure = self.link.failure.take();
            let mut events = Vec::new();
            self.training.refresh_facts(&mut events);
            self.training_events(events);
            self.link.failure = failure;
        }
    }

    /// Puts a take that a run wrote on the stage, and plays it. It is not one of the user's takes.
    pub(super) fn hear_run_take(&mut self, path: PathBuf, title: String, music: Performance) {
        let music = Arc::new(music);
        self.leave_composing();
        self.state.set_stage(StageSource::Run(path), title, None, music.clone());
        self.sound.load(music, true);
    }
}

/// Starts the process of a run and waits for its end.
fn run(program: &Path, corpus: PathBuf, request: TrainRequest) -> Result<(), String> {
    let resumed = request.resume.then(|| RunDir::config(&request.run_dir).ok()).flatten();
    let mut config = resumed.unwrap_or(request.config);
    config.minutes = Some(request.minutes);
    let plan =
        RunPlan { corpus, run_dir: request.run_dir, config, device: request.device, resume: request.resume };
    TrainingProcess::start(program, &plan).map_err(|error| details(&error))?.wait()
}
