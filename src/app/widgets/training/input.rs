//! What the training tab is shown, and what it answers.

use std::path::{Path, PathBuf};

use crate::device::DeviceChoice;

/// What the panel shows this frame.
pub struct TrainingInput<'a> {
    pub state: &'a TrainingState,
    pub devices: &'a [DeviceItem],
    /// The checkpoint that the studio composes with.
    pub model_in_use: Option<&'a Path>,
}

/// A device to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceItem {
    pub choice: DeviceChoice,
    pub name: String,
    /// Greys it and says why.
    pub disabled_because: Option<String>,
}

/// Where the run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TrainingState {
    #[default]
    Idle,
    /// The dataset is being prepared. `fraction` (0–1) where it is known.
    Preparing {
        text: String,
        fraction: Option<f32>,
    },
    Running,
    Stopping,
    Ended {
        summary: String,
    },
    Failed {
        message: String,
    },
}

/// What the user wants of the app.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingEvent {
    /// Open a dialog, then call [`super::panel::TrainingPanel::set_data_path`].
    BrowseData {
        folder: bool,
    },
    /// Open a dialog, then call [`super::panel::TrainingPanel::set_run_dir`].
    BrowseOutput,
    /// Look at these in a task, then call [`super::panel::TrainingPanel::set_data_facts`].
    Inspect {
        data: PathBuf,
        run_dir: PathBuf,
    },
    Start(TrainRequest),
    Stop,
    UseModel {
        path: PathBuf,
    },
}

/// A run to start.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainRequest {
    pub data: PathBuf,
    pub run_dir: PathBuf,
    pub minutes: Option<f64>,
    pub device: DeviceChoice,
    pub resume: bool,
}

/// What was found at the paths of the form.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// The paths that were looked at; facts of paths that have since been changed are ignored.
    pub data: PathBuf,
    pub run_dir: PathBuf,
    /// Or why it cannot be learnt from, in words.
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
    /// How the data set was understood, and what of it cannot be used.
    pub remarks: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Made by this program: training can begin at once.
    Corpus,
    /// MAESTRO or a folder of composers: it is prepared first.
    Dataset,
}
