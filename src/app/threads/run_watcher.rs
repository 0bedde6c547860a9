//! Follows runs on a thread: the one of the training tab, and those it is compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::app::widgets::training::RunView;
use crate::jobs::{Wake, Worker};
use crate::train::RunWatch;

/// How often the runs are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Every how many looks the other runs of the folder are listed.
const LIST_EVERY: u32 = 20;
/// Requests in the queue; the window sends one only when the folders change.
const REQUESTS: usize = 16;

/// What the thread has found; the newest replaces the one before.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// In the order they were asked for.
    pub runs: Vec<Arc<RunView>>,
    /// Folders of runs beside the first one, by name.
    pub others: Vec<PathBuf>,
}

/// The handle of the thread; dropping it ends the thread.
pub struct RunWatcher {
    // Dropped in this order: the sender first, so that the thread ends before it is joined.
    requests: Option<Sender<Vec<PathBuf>>>,
    asked: Vec<PathBuf>,
    watched: Arc<Mutex<Watched>>,
    _worker: Worker,
}

impl RunWatcher {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(wake: Wake) -> std::io::Result<RunWatcher> {
        let (sender, requests) = bounded(REQUESTS);
        let watched = Arc::new(Mutex::new(Watched::default()));
        let shared = watched.clone();
        let worker = Worker::spawn("run-watcher", move || follow(&requests, &shared, &wake))?;
        Ok(RunWatcher { requests: Some(sender), asked: Vec::new(), watched, _worker: worker })
    }

    /// The runs to follow from now on; never blocks.
    pub fn watch(&mut self, folders: Vec<PathBuf>) {
        if folders == self.asked {
            return;
        }
        if self.requests.as_ref().is_some_and(|requests| requests.try_send(folders.clone()).is_ok()) {
            self.asked = folders;
        }
    }

    /// What was found last.
    pub fn watched(&self) -> Watched {
        lock(&self.watched).clone()
    }
}

impl Drop for RunWatcher {
    fn drop(&mut self) {
        self.requests.take();
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run that is followed.
struct Followed {
    watch: RunWatch,
    view: RunView,
}

fn follow(requests: &Receiver<Vec<PathBuf>>, shared: &Mutex<Watched>, wake: &Wake) {
    let mut followed: Vec<Followed> = Vec::new();
    let mut looks = 0u32;
    let mut pause = LOOK_EVERY;
    loop {
        let is_new_list = match requests.recv_timeout(pause) {
            Ok(folders) => {
                // A run that was followed already keeps what was read.
                let mut earlier = std::mem::take(&mut followed);
                followed = folders.iter().map(|folder| keep_or_begin(&mut earlier, folder)).collect();
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        pause = LOOK_EVERY;
        let mut is_changed = is_new_list;
        for run in &mut followed {
            let look = run.watch.look();
            if !look.steps.is_empty() {
                // There may be more, where the logs are long.
                pause = Duration::ZERO;
            }
            is_changed |= run.view.apply(look);
        }
        let is_listed_now = is_new_list || looks.is_multiple_of(LIST_EVERY);
        let others = followed.first().filter(|_| is_listed_now).map(|first| runs_beside(&first.view.folder));
        looks = looks.wrapping_add(1);
        let mut watched = lock(shared);
        if let Some(others) = others.filter(|others| *others != watched.others) {
            watched.others = others;
            is_changed = true;
        }
        if is_changed {
            watched.runs = followed
                .iter()
                .map(|run| {
                    let known = watched
                        .runs
                        .iter()
                        .find(|known| known.folder == run.view.folder && known.revision == run.view.revision);
                    known.cloned().unwrap_or_else(|| Arc::new(run.view.clone()))
                })
                .collect();
            drop(watched);
            wake();
        }
    }
}

fn keep_or_begin(earlier: &mut Vec<Followed>, folder: &Path) -> Followed {
    match earlier.iter().position(|run| run.view.folder == folder) {
        Some(at) => earlier.swap_remove(at),
        None => Followed { watch: RunWatch::new(folder), view: RunView::new(folder) },
    }
}

/// The folders beside a run that hold runs too.
fn runs_beside(folder: &Path) -> Vec<PathBuf> {
    let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) else { return Vec::new() };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut runs: Vec<PathBuf> =
        entries.filter(|path| path != folder && path.join("log.csv").is_file()).collect();
    runs.sort();
    runs
}
