//! A run with all that goes with it: its status, its TensorBoard log, and the requests of whoever watches it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::status::{RunPhase, RunStatus};
use super::tensorboard::EventFile;
use super::{RunDir, RunRequest, TrainConfig, TrainError, TrainEvent, TrainSummary, Trainer};
use crate::causes;
use crate::device::{DeviceChoice, device_name};
use crate::progress::StopFlag;

/// How often the folder is looked at for a request.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often the status is written, at most, while all goes well.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// A run to start or to resume.
#[derive(Clone, Debug)]
pub struct RunPlan {
    pub corpus: PathBuf,
    pub run_dir: PathBuf,
    pub config: TrainConfig,
    pub device: DeviceChoice,
    pub resume: bool,
}

/// Trains as planned. Besides its own logs the run keeps `status.json` and a TensorBoard log, and obeys
/// [`RunDir::ask`].
///
/// # Errors
/// As [`Trainer::open`] and [`Trainer::run`]; the status tells them too, once the run has its folder.
pub fn train(
    plan: RunPlan,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(&TrainEvent),
) -> Result<TrainSummary, TrainError> {
    let RunPlan { corpus, run_dir, config, device, resume } = plan;
    let trainer = Trainer::open(&corpus, &run_dir, config, device, resume)?;
    let mut journal = Journal::new(&run_dir, &corpus, &trainer);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| obey_requests(&run_dir, stop, &is_over));
        let result = trainer.run(stop, &mut |event| {
            journal.note(&event);
            on_event(&event);
        });
        is_over.store(true, Ordering::Relaxed);
        journal.end(&result, stop);
        result
    })
}

fn obey_requests(run_dir: &Path, stop: &StopFlag, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        match RunDir::asked(run_dir) {
            Some(RunRequest::Pause) => stop.abandon(),
            Some(RunRequest::Stop) => stop.stop(),
            None => {}
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// What a run tells the outside beside its own logs. Failures to write are no reason to end a run.
struct Journal {
    folder: PathBuf,
    status: RunStatus,
    written: Option<Instant>,
    tensorboard: Option<EventFile>,
}

impl Journal {
    fn new(folder: &Path, corpus: &Path, trainer: &Trainer) -> Journal {
        let tensorboard = EventFile::create(folder)
            .inspect_err(|error| tracing::warn!(%error, "no TensorBoard log is written"))
            .ok();
        let status = RunStatus {
            corpus: std::fs::canonicalize(corpus).unwrap_or_else(|_| corpus.to_owned()),
            device: device_name(trainer.device()),
            threads: tch::get_num_threads().max(1) as usize,
            parameters: trainer.parameters(),
            host: super::status::host_name(),
            process: std::process::id(),
            step: trainer.from_step(),
            saved_step: RunDir::has_state(folder).then(|| trainer.from_step()),
            ..RunStatus::default()
        };
        Journal { folder: folder.to_owned(), status, written: None, tensorboard }
    }

    fn note(&mut self, event: &TrainEvent) {
        let status = &mut self.status;
        match event {
            TrainEvent::Started { pieces, .. } => status.pieces = *pieces,
            TrainEvent::Stepped(m) => status.step = m.step,
            TrainEvent::Validated(v) if status.best_nll.is_none_or(|best| v.nll < best) => {
                status.best_nll = Some(v.nll);
            }
            TrainEvent::StateSaved { step } => {
                (status.saved_step, status.message) = (Some(*step), None);
            }
            TrainEvent::Warned { message, .. } => status.message = Some(message.clone()),
            TrainEvent::Validated(_)
            | TrainEvent::CheckpointSaved { .. }
            | TrainEvent::TakeWritten { .. } => {}
        }
        if let Some(Err(error)) = self.tensorboard.as_mut().map(|file| file.note(event)) {
            tracing::warn!(%error, "the TensorBoard log ends here");
            self.tensorboard = None;
        }
        let is_rare = !matches!(event, TrainEvent::Stepped(_));
        if is_rare || self.written.is_none_or(|at| at.elapsed() >= STATUS_EVERY) {
            self.write();
        }
    }

    fn end(&mut self, result: &Result<TrainSummary, TrainError>, stop: &StopFlag) {
        let status = &mut self.status;
        status.phase = match result {
            Ok(_) if stop.is_abandoned() => RunPhase::Paused,
            Ok(summary) if summary.stopped => RunPhase::Stopped,
            Ok(_) => RunPhase::Finished,
            Err(_) => RunPhase::Failed,
        };
        match result {
            Ok(summary) => {
                (status.step, status.best_nll) = (summary.step, summary.best_nll);
            }
            Err(error) => status.message = Some(causes::details(error)),
        }
        self.write();
    }

    fn write(&mut self) {
        self.written = Some(Instant::now());
        if let Err(error) = self.status.write(&self.folder) {
            tracing::warn!(%error, "the status of the run cannot be written");
        }
    }
}
