//! The engine thread: owns the model, composes and encodes.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryIter, TrySendError, bounded};

use super::{JobId, SendError, Wake, Worker, panic_message};
use crate::device::DeviceChoice;
use crate::evaluate::Heard;
use crate::generate::{CheckpointInfo, GenerateError, Generator, Growing, Recompose, Request, Take};
use crate::music::Performance;
use crate::progress::StopFlag;

/// Capacity of the command queue; beyond it the window says "busy".
const COMMANDS: usize = 8;
/// Capacity of the event queue; when it is full, the engine keeps notes back, and blocks for other events.
const EVENTS: usize = 64;
/// Minimum time between two updates of the window; the player gets every note at once.
const NOTES_EVERY: Duration = Duration::from_millis(30);
/// Up to this many notes, each part is shown at once.
const SHOWN_AT_ONCE: usize = 64;

/// A part of a growing take, for a sink on the engine's thread.
pub enum StreamPart<'a> {
    /// New notes; this is the whole take so far.
    Notes(&'a Growing),
    /// The take is finished or was stopped; with what the selector and the copy check found.
    Finished(&'a Take, &'a Heard),
    /// The take failed.
    Failed,
}

/// Called on the engine's thread; must be quick.
pub type StreamSink = Box<dyn FnMut(StreamPart<'_>) + Send>;

pub enum EngineCommand {
    LoadCheckpoint { job: JobId, path: PathBuf, device: DeviceChoice },
    Compose { job: JobId, request: Request, stop: StopFlag, sink: StreamSink },
    Recompose { job: JobId, request: Box<Recompose>, stop: StopFlag },
    Encode { job: JobId, performance: Arc<Performance> },
}

#[derive(Clone, Debug)]
pub enum EngineEvent {
    CheckpointLoaded {
        job: JobId,
        info: Arc<CheckpointInfo>,
    },
    /// The whole take so far; sent every few milliseconds at most.
    Grown {
        job: JobId,
        so_far: Arc<Performance>,
        done_notes: usize,
    },
    /// The take is finished, or was stopped with some notes to keep.
    Generated {
        job: JobId,
        take: Arc<Take>,
        stopped: bool,
    },
    /// Stopped before the first note.
    Stopped {
        job: JobId,
    },
    /// The whole piece with each new version of the region.
    Recomposed {
        job: JobId,
        all: Arc<[Arc<Performance>]>,
    },
    /// The posterior mean of every segment.
    Encoded {
        job: JobId,
        segments: Arc<[Vec<f32>]>,
    },
    Failed {
        job: JobId,
        error: Arc<EngineError>,
    },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    #[error("no checkpoint is loaded; choose one first")]
    NoCheckpoint,
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error("the model gave up: {message}")]
    Panicked { message: String },
}

/// The handle of the engine thread; dropping it stops what is being composed and joins.
pub struct Engine {
    // Fields drop in this order: the channels first, to unblock the engine, then the thread is joined.
    commands: Sender<EngineCommand>,
    events: Receiver<EngineEvent>,
    ending: StopFlag,
    running: Vec<StopFlag>,
    worker: Option<Worker>,
}

impl Engine {
    /// # Errors
    /// If no thread can be started.
    pub fn spawn(wake: Wake) -> io::Result<Engine> {
        let (commands, inbox) = bounded(COMMANDS);
        let (outbox, events) = bounded(EVENTS);
        let ending = StopFlag::new();
        let flag = ending.clone();
        let worker = Worker::spawn("engine", move || {
            EngineThread { outbox, wake, generator: None }.run(&inbox, &flag)
        })?;
        Ok(Engine { commands, events, ending, running: Vec::new(), worker: Some(worker) })
    }

    /// Never blocks.
    ///
    /// # Errors
    /// [`SendError::Busy`] if the queue is full.
    pub fn try_send(&mut self, command: EngineCommand) -> Result<(), SendError> {
        let stop = match &command {
            EngineCommand::Compose { stop, .. } | EngineCommand::Recompose { stop, .. } => Some(stop.clone()),
            EngineCommand::LoadCheckpoint { .. } | EngineCommand::Encode { .. } => None,
        };
        self.commands.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => SendError::Busy,
            TrySendError::Disconnected(_) => SendError::Ended,
        })?;
        self.running.retain(|flag| !flag.is_stopped());
        self.running.extend(stop);
        // Finished jobs leave their flags behind; keeping the last few is enough, since the queue is short.
        let surplus = self.running.len().saturating_sub(COMMANDS + 1);
        self.running.drain(..surplus);
        Ok(())
    }

    /// Events since the last call; never blocks.
    pub fn events(&self) -> TryIter<'_, EngineEvent> {
        self.events.try_iter()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.ending.stop();
        self.running.iter().for_each(StopFlag::stop);
        // Replaced by dead channels, so that the engine's sends and receives fail before it is joined.
        self.commands = bounded(0).0;
        self.events = crossbeam_channel::never();
        self.worker.take();
    }
}

struct EngineThread {
    outbox: Sender<EngineEvent>,
    wake: Wake,
    generator: Option<Generator>,
}

impl EngineThread {
    fn run(mut self, inbox: &Receiver<EngineCommand>, ending: &StopFlag) {
        while let Ok(command) = inbox.recv() {
            if ending.is_stopped() {
                return;
            }
            let job = match &command {
                EngineCommand::LoadCheckpoint { job, .. }
                | EngineCommand::Compose { job, .. }
                | EngineCommand::Recompose { job, .. }
                | EngineCommand::Encode { job, .. } => *job,
            };
            let result = catch_unwind(AssertUnwindSafe(|| self.execute(command)));
            let event = match result {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => EngineEvent::Failed { job, error: Arc::new(error) },
                Err(payload) => {
                    let message = panic_message(payload.as_ref());
                    EngineEvent::Failed { job, error: Arc::new(EngineError::Panicked { message }) }
                }
            };
            if let EngineEvent::Failed { error, .. } = &event {
                tracing::warn!(error = %error, "engine job failed");
            }
            if self.outbox.send(event).is_err() {
                return;
            }
            (self.wake)();
        }
    }

    fn execute(&mut self, command: EngineCommand) -> Result<EngineEvent, EngineError> {
        match command {
            EngineCommand::LoadCheckpoint { job, path, device } => {
                let generator = Generator::load(&path, device)?;
                let mut info = generator.info().clone();
                info.add_principal();
                self.generator = Some(generator);
                Ok(EngineEvent::CheckpointLoaded { job, info: Arc::new(info) })
            }
            EngineCommand::Compose { job, request, stop, mut sink } => {
                or_failed(&mut sink, |sink| self.compose(job, &request, &stop, sink))
            }
            EngineCommand::Recompose { job, request, stop } => {
                let generator = self.generator.as_ref().ok_or(EngineError::NoCheckpoint)?;
                let all = generator.recompose(&request, &stop, &mut |_| {})?;
                let all = all.into_iter().map(|made| Arc::new(made.take.performance)).collect();
                Ok(EngineEvent::Recomposed { job, all })
            }
            EngineCommand::Encode { job, performance } => {
                let generator = self.generator.as_ref().ok_or(EngineError::NoCheckpoint)?;
                Ok(EngineEvent::Encoded { job, segments: generator.encode(&performance)?.into() })
            }
        }
    }

    fn compose(
        &self,
        job: JobId,
        request: &Request,
        stop: &StopFlag,
        sink: &mut StreamSink,
    ) -> Result<EngineEvent, EngineError> {
        let generator = self.generator.as_ref().ok_or(EngineError::NoCheckpoint)?;
        let planned = request.plan(generator)?;
        let mut seam = request.seam();
        let mut growing = Growing::default();
        let mut last_sent = None;
        let mut take = generator.generate(&planned, stop, &mut |streamed| {
            growing.add(match &mut seam {
                Some(seam) => seam.stream(streamed),
                None => streamed,
            });
            // The sink may wait for the playhead.
            self.show(job, &growing, &mut last_sent);
            sink(StreamPart::Notes(&growing));
        })?;
        if take.performance.is_empty() {
            return Ok(EngineEvent::Stopped { job });
        }
        if let Some(seam) = seam {
            take.performance = seam.join(&take.performance);
        }
        let heard = Heard::of(generator, &take.tokens);
        sink(StreamPart::Finished(&take, &heard));
        Ok(EngineEvent::Generated { job, take: Arc::new(take), stopped: stop.is_stopped() })
    }

    /// Sends the take so far to the window, if it is time and there is room; a full queue only delays it.
    fn show(&self, job: JobId, growing: &Growing, last_sent: &mut Option<Instant>) {
        let is_soon = last_sent.is_some_and(|at| at.elapsed() < NOTES_EVERY);
        if is_soon && growing.done_notes > SHOWN_AT_ONCE || self.outbox.is_full() {
            return;
        }
        let event = EngineEvent::Grown {
            job,
            so_far: Arc::new(growing.performance()),
            done_notes: growing.done_notes,
        };
        if self.outbox.try_send(event).is_ok() {
            *last_sent = Some(Instant::now());
            (self.wake)();
        }
    }
}

/// Composes into `sink`, and tells it if that fails.
fn or_failed(
    sink: &mut StreamSink,
    compose: impl FnOnce(&mut StreamSink) -> Result<EngineEvent, EngineError>,
) -> Result<EngineEvent, EngineError> {
    let result = catch_unwind(AssertUnwindSafe(|| compose(sink)));
    if !matches!(result, Ok(Ok(EngineEvent::Generated { .. }))) {
        sink(StreamPart::Failed);
    }
    result.unwrap_or_else(|payload| Err(EngineError::Panicked { message: panic_message(payload.as_ref()) }))
}
