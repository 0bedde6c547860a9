//! The threads of the window, and what comes back from them.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::app::state::action::Ask;
use crate::app::state::order::Order;
use crate::app::widgets::roll::Thumbnail;
use crate::app::widgets::training::input::{DataFacts, DeviceItem};
use crate::evaluate::{Report, ReportError};
use crate::jobs::{JobId, Queue, Task, Wake};
use crate::music::Performance;
use crate::music::midi::{MidiError, MidiRead};
use crate::save::SaveError;
use crate::synth::{SoundFont, SoundFontError};
use crate::takes::{TakeEntry, TakeId, TakeRecord, TakeStoreError};

/// What to do with a take's music once it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Show {
        play: bool,
    },
    Swap,
    Save,
    Encode,
    /// Brings it back to the stage as the program starts, unless something else is there by then.
    Restore,
}

/// A piece of file work that has ended.
pub enum Done {
    TakesListed(Result<Vec<TakeEntry>, TakeStoreError>),
    /// A composed take is on disk, or is not.
    TakeSaved {
        job: JobId,
        result: Result<TakeEntry, TakeStoreError>,
    },
    TakeRead {
        id: TakeId,
        then: Then,
        result: Result<Performance, TakeStoreError>,
    },
    /// A take has the music of another of its versions again.
    VersionRead {
        id: TakeId,
        result: Result<Performance, TakeStoreError>,
    },
    /// The music that a take is to be made from, in the order of its parts.
    SourcesRead {
        order: Box<Order>,
        music: Result<Vec<Performance>, TakeStoreError>,
    },
    ThumbnailDrawn {
        id: TakeId,
        thumbnail: Thumbnail,
    },
    /// Something that changes a take failed.
    TakeNotWritten(TakeStoreError),
    MusicOpened {
        path: PathBuf,
        /// With the record that it gets among the takes.
        result: Result<(Box<TakeRecord>, MidiRead), MidiError>,
    },
    /// An opened file is among the takes.
    MusicKept {
        result: Result<TakeEntry, TakeStoreError>,
        music: Performance,
    },
    SoundFontRead {
        path: PathBuf,
        /// The SoundFont, and what of it does not sound.
        result: Result<(SoundFont, Option<String>), SoundFontError>,
    },
    ReportRead {
        path: PathBuf,
        /// It was not asked for by name: where there is none, nothing is wrong.
        is_beside_checkpoint: bool,
        result: Result<Box<Report>, ReportError>,
    },
    Exported {
        path: PathBuf,
        result: Result<(), SaveError>,
    },
    StarredExported {
        folder: PathBuf,
        result: std::io::Result<usize>,
    },
    DialogClosed {
        ask: Ask,
        path: Option<PathBuf>,
        after: Duration,
    },
    DevicesFound(Vec<DeviceItem>),
    DataInspected(DataFacts),
    /// The data set of a run is a corpus now.
    Prepared(Result<PathBuf, String>),
    SettingsNotSaved(std::io::Error),
    Panicked(String),
}

/// Results that may wait; the threads then wait too.
const RESULTS: usize = 256;

/// One-shot work of the window.
pub struct Workers {
    // Dropped in this order: the receiver first, so that nobody waits for room in it.
    done: Receiver<Done>,
    sender: Sender<Done>,
    wake: Wake,
    tasks: Vec<Task<()>>,
    /// Reading and drawing that the list of takes asks for.
    readers: Queue,
    /// Everything that writes takes or settings, in order.
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

    /// What ended since the last call; never blocks.
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

    /// A way for other threads to report.
    pub fn reporter(&self) -> Reporter {
        Reporter { sender: self.sender.clone(), wake: self.wake.clone() }
    }

    /// Work on a thread of its own.
    pub fn task(&mut self, name: &str, work: impl FnOnce() -> Done + Send + 'static) {
        if let Some(task) = self.start_task(name, work) {
            self.tasks.push(task);
        }
    }

    /// Work that may wait for a person, so the window does not wait for it at its end.
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

    /// Reads in the order asked.
    pub fn read(&self, work: impl FnOnce() -> Done + Send + 'static) {
        queue(&self.readers, self.reporter(), || Some(work()));
    }

    /// Writes in the order asked; only trouble is reported.
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
        // Without a receiver the window has closed and wants nothing any more.
        if self.sender.send(done).is_ok() {
            (self.wake)();
        }
    }
}
