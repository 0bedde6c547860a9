//! How work is stopped, and how it tells how far it is.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A switch shared by whoever asks for work and the thread that does it; clones are the same switch.
///
/// The worker looks at it between two small pieces of work, so a stop takes effect within one of them.
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

    /// Asks the work to end early. There is no way back: new work gets a new flag.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// As [`StopFlag::stop`], in haste: the work keeps what it needs to be taken up again, and rounds nothing off.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// The switch itself, for a signal handler, which may do no more than turn it.
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

/// How far a piece of work is, in units that its phase names ("reading files": files).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is going on, as a person would say it: lower case, no full stop.
    pub phase: Cow<'static, str>,
    /// Units finished in this phase.
    pub done: u64,
    /// Units this phase has; `None` where nobody knows yet.
    pub total: Option<u64>,
}

impl Progress {
    /// A phase of which nothing is done yet.
    pub fn new(phase: impl Into<Cow<'static, str>>, total: Option<u64>) -> Self {
        Self { phase: phase.into(), done: 0, total }
    }

    /// The finished part of the phase, 0 to 1; `None` where the total is unknown. A phase of nothing is finished.
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
