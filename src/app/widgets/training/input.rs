//! Input and events of the training tab.

use std::path::{Path, PathBuf};

use super::AddedComposer;
use crate::data::ComposerReport;
use crate::device::DeviceChoice;
use crate::progress::Progress;
use crate::train::TrainConfig;

/// What to show in this frame.
pub struct TrainingInput<'a> {
    pub state: &'a TrainingState,
    pub devices: &'a [DeviceItem],
    /// The loaded checkpoint.
    pub model_in_use: Option<&'a Path>,
    /// The take of a run that is being played.
    pub playing: Option<&'a Path>,
    /// The download of a data set that is under way.
    pub download: Option<&'a Progress>,
    pub is_probing: bool,
    pub added: &'a AddedComposer,
}

/// A device to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceItem {
    pub choice: DeviceChoice,
    pub name: String,
    /// Disables it, with this reason.
    pub disabled_because: Option<String>,
}

/// The state of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TrainingState {
    #[default]
    Idle,
    /// The dataset is being prepared. `fraction` (0–1) where it is known.
    Preparing {
        text: String,
        fraction: Option<f32>,
    },
    /// Its process has been started and reads the music.
    Starting,
    Running,
    /// It was asked to pause or to stop.
    Stopping {
        text: String,
    },
    Ended {
        summary: String,
    },
    Failed {
        message: String,
    },
}

impl TrainingState {
    /// Could a run be started now?
    pub fn is_idle(&self) -> bool {
        match self {
            TrainingState::Idle | TrainingState::Ended { .. } | TrainingState::Failed { .. } => true,
            TrainingState::Preparing { .. }
            | TrainingState::Starting
            | TrainingState::Running
            | TrainingState::Stopping { .. } => false,
        }
    }
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingEvent {
    /// Open a dialog, then call [`super::panel::TrainingPanel::set_data_path`].
    BrowseData {
        folder: bool,
    },
    /// Open a dialog, then call [`super::panel::TrainingPanel::set_run_dir`].
    BrowseOutput,
    /// Examine these in a task, then call [`super::panel::TrainingPanel::set_data_facts`].
    Inspect {
        data: PathBuf,
        run_dir: PathBuf,
    },
    /// Download MAESTRO, then call [`super::panel::TrainingPanel::set_data_path`].
    Download,
    CancelDownload,
    /// Open a dialog for the settings as TOML.
    BrowseConfig {
        is_export: bool,
    },
    /// Open a dialog for a folder whose composers the model in use gets labels for.
    BrowseOwnMusic,
    /// Measure what the run of the form would need, then call [`super::panel::TrainingPanel::set_preflight`].
    Probe,
    Start(Box<TrainRequest>),
    /// Save the state and free the processor.
    Pause,
    /// Validate, save, and prepare the best model.
    Stop,
    UseModel {
        path: PathBuf,
    },
    /// Play a take that the run wrote.
    Hear {
        path: PathBuf,
        title: String,
    },
    /// Write the curves that are shown, as a table or as they look.
    Export {
        as_picture: bool,
    },
}

/// A run to start.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainRequest {
    pub data: PathBuf,
    pub run_dir: PathBuf,
    /// Of a new run; a resumed one keeps its own, but for the length.
    pub config: TrainConfig,
    pub minutes: f64,
    pub device: DeviceChoice,
    pub resume: bool,
}

/// What is at the paths of the form.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// The examined paths; outdated facts are ignored.
    pub data: PathBuf,
    pub run_dir: PathBuf,
    /// The data, or why it cannot be used.
    pub found: Result<FoundData, String>,
    /// The step of the run in the run folder, if there is one.
    pub can_resume_from: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundData {
    pub kind: DataKind,
    pub pieces: usize,
    pub notes: Option<u64>,
    pub composers: usize,
    pub music_hours: Option<f64>,
    /// Remarks on how the data set was read.
    pub remarks: Vec<String>,
    /// Known once a data set is prepared: labelled composers first.
    pub by_composer: Vec<ComposerReport>,
    /// Files that cannot be used, and why.
    pub refused: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// A corpus file: training can start at once.
    Corpus,
    /// MAESTRO or a folder of composers: must be prepared first.
    Dataset,
}
