//! One-shot file work: [`Task`] on a thread of its own, [`Queue`] in order on one.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::{SendError, Wake, Worker, panic_message};

/// The work panicked; this is what it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an error inside Pastiche: {0}")]
pub struct TaskPanicked(pub String);

/// Work on a thread of its own that gives one result. Dropping it waits for the end, unless it is detached.
#[derive(Debug)]
pub struct Task<T> {
    result: Receiver<Result<T, TaskPanicked>>,
    worker: Option<Worker>,
}

impl<T: Send + 'static> Task<T> {
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(name: &str, wake: Wake, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Task<T>> {
        let (sender, result) = bounded(1);
        let worker = Worker::spawn(&format!("task-{name}"), move || {
            let done =
                catch_unwind(AssertUnwindSafe(work)).map_err(|p| TaskPanicked(panic_message(p.as_ref())));
            // No receiver: nobody wants the result any more.
            _ = sender.send(done);
            wake();
        })?;
        Ok(Task { result, worker: Some(worker) })
    }

    /// Lets the thread run on when this is dropped; for work that waits for a person, such as a file dialog.
    #[must_use]
    pub fn detached(mut self) -> Task<T> {
        if let Some(worker) = self.worker.take() {
            std::mem::forget(worker);
        }
        self
    }

    /// The result, once; never blocks.
    pub fn poll(&self) -> Option<Result<T, TaskPanicked>> {
        self.result.try_recv().ok()
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// One thread that does small pieces of work in the order they came. Dropping it finishes what waits.
#[derive(Debug)]
pub struct Queue {
    inbox: Option<Sender<Work>>,
    worker: Option<Worker>,
}

/// Pieces of work that may wait.
const QUEUED: usize = 1024;

impl Queue {
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(name: &str) -> io::Result<Queue> {
        let (inbox, works) = bounded::<Work>(QUEUED);
        let worker = Worker::spawn(&format!("task-{name}"), move || {
            for work in works {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
                    tracing::error!(
                        message = panic_message(payload.as_ref()),
                        "a queued piece of work panicked"
                    );
                }
            }
        })?;
        Ok(Queue { inbox: Some(inbox), worker: Some(worker) })
    }

    /// Never blocks.
    ///
    /// # Errors
    /// [`SendError::Busy`] when a thousand pieces wait.
    pub fn push(&self, work: impl FnOnce() + Send + 'static) -> Result<(), SendError> {
        let inbox = self.inbox.as_ref().ok_or(SendError::Ended)?;
        inbox.try_send(Box::new(work)).map_err(|e| match e {
            TrySendError::Full(_) => SendError::Busy,
            TrySendError::Disconnected(_) => SendError::Ended,
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.inbox.take();
        self.worker.take();
    }
}
