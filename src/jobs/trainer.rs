//! A training run on its own thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryIter, bounded};

use super::{Wake, Worker, panic_message};
use crate::device::DeviceChoice;
use crate::progress::StopFlag;
use crate::train::{TrainConfig, TrainError, TrainEvent, TrainSummary, Trainer};

const EVENTS: usize = 256;
/// Minimum time between two steps that the window sees; the run's log has all of them.
const STEPS_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub enum TrainerEvent {
    Train(TrainEvent),
    Ended(Result<TrainSummary, RunError>),
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error("training gave up: {message}")]
    Panicked { message: String },
}

/// The run to start.
#[derive(Clone, Debug)]
pub struct RunPlan {
    pub corpus: PathBuf,
    pub run_dir: PathBuf,
    pub config: TrainConfig,
    pub device: DeviceChoice,
    pub resume: bool,
}

/// The handle of a run; dropping it ends the run after the current step, saves it, and joins the thread.
pub struct TrainerRun {
    events: Receiver<TrainerEvent>,
    stop: StopFlag,
    worker: Option<Worker>,
}

impl TrainerRun {
    /// # Errors
    /// If no thread can be started; all other errors arrive as [`TrainerEvent::Ended`].
    pub fn spawn(plan: RunPlan, wake: Wake) -> io::Result<TrainerRun> {
        let (outbox, events) = bounded(EVENTS);
        let stop = StopFlag::new();
        let flag = stop.clone();
        let worker = Worker::spawn("trainer", move || {
            let ended = match catch_unwind(AssertUnwindSafe(|| run(plan, &flag, &outbox, &wake))) {
                Ok(result) => result.map_err(RunError::from),
                Err(payload) => Err(RunError::Panicked { message: panic_message(payload.as_ref()) }),
            };
            // Without a receiver the window has closed.
            _ = outbox.send(TrainerEvent::Ended(ended));
            wake();
        })?;
        Ok(TrainerRun { events, stop, worker: Some(worker) })
    }

    /// Asks the run to save and end; [`TrainerEvent::Ended`] follows.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Events since the last call; never blocks.
    pub fn events(&self) -> TryIter<'_, TrainerEvent> {
        self.events.try_iter()
    }
}

impl Drop for TrainerRun {
    fn drop(&mut self) {
        self.stop.abandon();
        // Unblocks a run that waits on a full channel, before it is joined.
        self.events = crossbeam_channel::never();
        self.worker.take();
    }
}

fn run(
    plan: RunPlan,
    stop: &StopFlag,
    outbox: &Sender<TrainerEvent>,
    wake: &Wake,
) -> Result<TrainSummary, TrainError> {
    let trainer = Trainer::open(&plan.corpus, &plan.run_dir, plan.config, plan.device, plan.resume)?;
    let mut last_step: Option<Instant> = None;
    trainer.run(stop, &mut |event| {
        if matches!(event, TrainEvent::Stepped(_)) {
            if last_step.is_none_or(|at| at.elapsed() >= STEPS_EVERY)
                && outbox.try_send(TrainerEvent::Train(event)).is_ok()
            {
                last_step = Some(Instant::now());
                wake();
            }
        } else if outbox.send(TrainerEvent::Train(event)).is_ok() {
            wake();
        }
    })
}
