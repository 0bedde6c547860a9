//! One-shot work: a [`Task`] has its own thread, a [`Queue`] runs work in order on one thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::{SendError, Wake, Worker, panic_message};

/// The work panicked with this message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an error inside Pastiche: {0}")]
pub struct TaskPanicked(pub String);

/// Work on its own thread with one result. Dropping it waits for the end, unless it is detached.
#[derive(Debug)]
pub struct Task<T> {
    result: Receiver<Result<T, TaskPanicked>>,
    worker: Option<Worker>,
}

impl<T: Send + 'static> Task<T> {
    /// # Errors
    /// If no thread can be started.
    pub fn spawn(name: &str, wake: Wake, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Task<T>> {
        let (sender, result) = bounded(1);
        let worker = Worker::spawn(&format!("task-{name}"), move || {
            let done =
                catch_unwind(AssertUnwindSafe(work)).map_err(|p| TaskPanicked(panic_message(p.as_ref())));
            // Without a receiver nobody wants the result any more.
            _ = sender.send(done);
            wake();
        })?;
        Ok(Task { result, worker: Some(worker) })
    }

    /// Does not wait for the thread on drop; for work that waits for a person, such as a file dialog.
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

/// A thread that runs small pieces of work in order. Dropping it finishes the queue.
#[derive(Debug)]
pub struct Queue {
    inbox: Option<Sender<Work>>,
    worker: Option<Worker>,
}

/// Capacity of the queue.
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
    /// [`SendError::Busy`] if the queue is full.
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
