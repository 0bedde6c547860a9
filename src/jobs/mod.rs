//! Background work: the engine that composes, one-shot file work, and the process of a training run.
//!
//! Every job has a [`JobId`]; the caller remembers the newest and drops replies to older ones. A job that panics
//! becomes a failure and does not freeze the window.

pub mod engine;
pub mod task;
pub mod training_process;

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub use crate::evaluate::Heard;
pub use engine::{Engine, EngineCommand, EngineError, EngineEvent, StreamPart, StreamSink};
pub use task::{Queue, Task, TaskPanicked};
pub use training_process::{StartError, TrainingProcess, add_composers, probe_in_process};

/// Wakes the window after an event was sent; called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The id of a job, unique within its [`JobIds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(u64);

/// Creates [`JobId`]s in ascending order.
#[derive(Debug, Default)]
pub struct JobIds(u64);

impl JobIds {
    pub fn fresh(&mut self) -> JobId {
        self.0 += 1;
        JobId(self.0)
    }
}

/// The queue of a worker is full, or the worker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    #[error("still busy with what was asked before; try again in a moment")]
    Busy,
    #[error("its thread has ended; restart Pastiche")]
    Ended,
}

/// A named thread that is joined when this is dropped. Whatever makes it end must be dropped or set before.
#[derive(Debug)]
pub struct Worker(Option<JoinHandle<()>>);

impl Worker {
    /// # Errors
    /// If no thread can be started.
    pub fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<Worker> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Worker(Some(thread)))
    }

    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && thread.join().is_err()
        {
            tracing::error!("a worker thread ended by a panic");
        }
    }
}

/// The message of a panic.
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("an error without a message").to_owned()
}
