//! A file that is being written.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::app::state::settings::WavSettings;
use crate::progress::StopFlag;
use crate::takes::BatchTarget;

/// A file to write from the stage.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportPlan {
    /// Its extension chooses the format.
    pub path: PathBuf,
    pub wav: WavSettings,
    /// Only the loop region.
    pub only_loop: bool,
}

/// All starred takes, to write into a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct StarredPlan {
    pub target: BatchTarget,
    pub wav: WavSettings,
}

/// A recording in progress.
#[derive(Debug)]
pub struct ExportState {
    /// The file, or the folder of several.
    pub path: PathBuf,
    /// The number of takes, where several are written.
    pub takes: Option<usize>,
    pub progress: ExportProgress,
    pub stop: StopFlag,
}

impl ExportState {
    pub fn new(path: PathBuf) -> ExportState {
        ExportState { path, takes: None, progress: ExportProgress::default(), stop: StopFlag::new() }
    }
}

/// A fraction that the writing thread sets and the window reads.
#[derive(Clone, Debug, Default)]
pub struct ExportProgress(Arc<AtomicU32>);

impl ExportProgress {
    pub fn fraction(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub fn set(&self, fraction: f32) {
        self.0.store(fraction.to_bits(), Ordering::Relaxed);
    }
}
