//! Worker threads of the window, and their results.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::state::action::Ask;
use crate::app::state::order::Order;
use crate::app::widgets::roll::Thumbnail;
use crate::app::widgets::training::input::{DataFacts, DeviceItem};
use crate::data::DownloadError;
use crate::evaluate::{Comparison, ReportError};
use crate::jobs::{JobId, Queue, Task, Wake};
use crate::music::Performance;
use crate::music::midi::{MidiError, MidiRead};
use crate::save::SaveError;
use crate::synth::{SoundFont, SoundFontError};
use crate::takes::{BatchOutcome, TakeEntry, TakeId, TakeRecord, TakeStoreError};
use crate::train::{Preflight, RareSummary, TrainConfig, TrainError};

/// What to do with a take's music after reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Show {
        play: bool,
    },
    Swap,
    Save,
    Encode,
    /// Put it on the stage at program start, unless something else is there by then.
    Restore,
}

/// Work that has ended.
pub enum Done {
    TakesListed(Result<Vec<TakeEntry>, TakeStoreError>),
    /// A composed take was saved, or not.
    TakeSaved {
        job: JobId,
        result: Result<TakeEntry, TakeStoreError>,
    },
    TakeRead {
        id: TakeId,
        then: Then,
        result: Result<Performance, TakeStoreError>,
    },
    /// An undo or redo has restored another version of a take.
    VersionRead {
        id: TakeId,
        /// Its number; [`crate::takes::History::present`].
        version: Option<u32>,
        result: Result<Performance, TakeStoreError>,
    },
    /// The sources of a take to make, in order.
    SourcesRead {
        order: Box<Order>,
        music: Result<Vec<Performance>, TakeStoreError>,
    },
    ThumbnailDrawn {
        id: TakeId,
        thumbnail: Thumbnail,
    },
    /// A change to a take could not be written.
    TakeNotWritten(TakeStoreError),
    MusicOpened {
        path: PathBuf,
        /// The opened music and the record of its take.
        result: Result<(Box<TakeRecord>, MidiRead), MidiError>,
    },
    /// An opened file was saved among the takes.
    MusicKept {
        result: Result<TakeEntry, TakeStoreError>,
        music: Performance,
    },
    SoundFontRead {
        path: PathBuf,
        /// The SoundFont, and a remark about unusable samples.
        result: Result<(SoundFont, Option<String>), SoundFontError>,
    },
    ReportRead {
        /// It was not requested by name, so a missing one is not an error.
        is_beside_checkpoint: bool,
        result: Result<Comparison, ReportError>,
    },
    SelectionWritten {
        path: PathBuf,
        result: std::io::Result<()>,
    },
    Exported {
        path: PathBuf,
        result: Result<(), SaveError>,
    },
    /// The starred takes were saved, or their folder could not be made.
    StarredSaved {
        folder: PathBuf,
        result: std::io::Result<BatchOutcome>,
    },
    /// A phrase that was played was saved as a take.
    CallKept {
        result: Result<TakeEntry, TakeStoreError>,
        music: Performance,
    },
    /// The diagnostics, to copy.
    Diagnostics(String),
    /// A folder was shown in the system's file manager, or not.
    FolderOpened {
        folder: PathBuf,
        result: std::io::Result<()>,
    },
    DialogClosed {
        ask: Ask,
        path: Option<PathBuf>,
        after: Duration,
    },
    DevicesFound(Vec<DeviceItem>),
    DataInspected(DataFacts),
    /// Preparation of a run's data set has ended.
    Prepared(Result<PathBuf, String>),
    /// The download of a data set has ended.
    Downloaded(Result<PathBuf, DownloadError>),
    /// What a run would need was measured.
    Probed(Result<Preflight, String>),
    /// The model in use got labels for new composers.
    ComposersAdded(Result<RareSummary, String>),
    ConfigRead(Result<Box<TrainConfig>, String>),
    ConfigWritten {
        path: PathBuf,
        result: Result<(), String>,
    },
    /// The process of a run has ended, or was not started.
    TrainingEnded(Result<(), String>),
    /// A run could not be asked for something.
    RunNotAsked(TrainError),
    /// A take that a run wrote was read.
    RunTakeRead {
        path: PathBuf,
        title: String,
        result: Result<MidiRead, MidiError>,
    },
    /// Curves or bars were written, or why not.
    ChartsWritten {
        path: PathBuf,
        result: Result<(), String>,
    },
    SettingsNotSaved(std::io::Error),
    Panicked(String),
}

/// Most results in the queue; the threads wait when it is full.
const RESULTS: usize = 256;

/// Worker threads for one-shot work.
pub struct Workers {
    // Dropped in this order: the receiver first, so that no thread waits for room in it.
    done: Receiver<Done>,
    sender: Sender<Done>,
    wake: Wake,
    tasks: Vec<Task<()>>,
    /// Reads takes and draws thumbnails.
    readers: Queue,
    /// Writes takes and settings, in order.
    writer: Queue,
}

impl Workers {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(wake: Wake) -> std::io::Result<Workers> {
        let (sender, done) = bounded(RESULTS);
        let (readers, writer) = (Queue::spawn("read")?, Queue::spawn("write")?);
        Ok(Workers { done, sender, wake, tasks: Vec::new(), readers, writer })
    }

    /// Work that ended since the last call; never blocks.
    pub fn done(&mut self) -> Vec<Done> {
        let mut all: Vec<Done> = self.done.try_iter().collect();
        self.tasks.retain(|task| match task.poll() {
            None => true,
            Some(Ok(())) => false,
            Some(Err(panicked)) => {
                all.push(Done::Panicked(panicked.to_string()));
                false
            }
        });
        all
    }

    /// A sender for other threads.
    pub fn reporter(&self) -> Reporter {
        Reporter { sender: self.sender.clone(), wake: self.wake.clone() }
    }

    /// Runs work on its own thread.
    pub fn task(&mut self, name: &str, work: impl FnOnce() -> Done + Send + 'static) {
        if let Some(task) = self.start_task(name, work) {
            self.tasks.push(task);
        }
    }

    /// Runs work that may wait for a person; the window does not wait for it when it closes.
    pub fn patient_task(&mut self, name: &str, work: impl FnOnce() -> Done + Send + 'static) {
        if let Some(task) = self.start_task(name, work) {
            self.tasks.push(task.detached());
        }
    }

    fn start_task(&self, name: &str, work: impl FnOnce() -> Done + Send + 'static) -> Option<Task<()>> {
        let reporter = self.reporter();
        let task = Task::spawn(name, self.wake.clone(), move || reporter.report(work()));
        task.inspect_err(|error| tracing::error!(%error, "no thread for a task")).ok()
    }

    /// Queues reading.
    pub fn read(&self, work: impl FnOnce() -> Done + Send + 'static) {
        queue(&self.readers, self.reporter(), || Some(work()));
    }

    /// Queues writing; only failures are reported.
    pub fn write(&self, work: impl FnOnce() -> Option<Done> + Send + 'static) {
        queue(&self.writer, self.reporter(), work);
    }
}

fn queue(queue: &Queue, reporter: Reporter, work: impl FnOnce() -> Option<Done> + Send + 'static) {
    let pushed = queue.push(move || {
        if let Some(done) = work() {
            reporter.report(done);
        }
    });
    if let Err(error) = pushed {
        tracing::error!(%error, "file work was not queued");
    }
}

/// Sends results to the window from any thread.
#[derive(Clone)]
pub struct Reporter {
    sender: Sender<Done>,
    wake: Wake,
}

impl Reporter {
    pub fn report(&self, done: Done) {
        // Without a receiver the window has closed.
        if self.sender.send(done).is_ok() {
            (self.wake)();
        }
    }
}
