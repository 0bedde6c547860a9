//! Stopping work, and reporting its progress.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared by the caller and the thread that works; clones share the flag.
///
/// The worker checks it between two small pieces of work.
#[derive(Clone, Debug, Default)]
pub struct StopFlag {
    stopped: Arc<AtomicBool>,
    abandoned: Arc<AtomicBool>,
}

impl StopFlag {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to end early. A flag cannot be reset: new work needs a new flag.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// [`StopFlag::stop`] in a hurry: the work saves what is needed to resume it, and does nothing else.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// The flag itself, for a signal handler.
    pub fn switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopped)
    }

    /// True once any clone was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// True once any clone was abandoned.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// Progress of a piece of work, in units of its phase ("reading files": files).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The current phase as text: lower case, no full stop.
    pub phase: Cow<'static, str>,
    /// Units finished in this phase.
    pub done: u64,
    /// Total units of this phase, if known.
    pub total: Option<u64>,
}

impl Progress {
    /// A phase that has just started.
    pub fn new(phase: impl Into<Cow<'static, str>>, total: Option<u64>) -> Self {
        Self { phase: phase.into(), done: 0, total }
    }

    /// The finished share of the phase, 0 to 1; `None` if the total is unknown. An empty phase is finished.
    pub fn fraction(&self) -> Option<f32> {
        let total = self.total?;
        if total == 0 {
            return Some(1.0);
        }
        Some((self.done as f64 / total as f64).min(1.0) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reaches_the_clone_in_another_thread() {
        let flag = StopFlag::new();
        let seen = flag.clone();
        assert!(!seen.is_stopped());
        let worker = std::thread::spawn(move || {
            while !seen.is_stopped() {
                std::thread::yield_now();
            }
            true
        });
        flag.stop();
        assert!(worker.join().is_ok_and(|ended| ended));
        assert!(!flag.is_abandoned());
        flag.abandon();
        flag.stop();
        assert!(flag.is_stopped() && flag.is_abandoned(), "haste stays haste");
        assert!(!StopFlag::new().is_stopped(), "a new flag is a switch of its own");
    }

    #[test]
    fn the_fraction_stays_between_none_and_all() {
        let mut progress = Progress::new("reading files", Some(4));
        assert_eq!(progress.fraction(), Some(0.0));
        progress.done = 3;
        assert_eq!(progress.fraction(), Some(0.75));
        progress.done = 9;
        assert_eq!(progress.fraction(), Some(1.0));
        assert_eq!(Progress::new("sorting", Some(0)).fraction(), Some(1.0));
        assert_eq!(Progress::new("listening", None).fraction(), None);
    }
}
