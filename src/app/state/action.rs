//! What a person asked for: panels push these, [`crate::app::shell::app::PasticheApp`] does them.

use std::ops::Range;
use std::path::PathBuf;

use super::export::ExportPlan;
use super::settings::Form;
use super::takes::Filter;
use crate::app::state::settings::Theme;
use crate::device::DeviceChoice;
use crate::music::{Pitch, Velocity};
use crate::takes::{Made, TakeId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Studio,
    LatentSpace,
    Training,
    Evaluation,
}

/// What a file dialog is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Music,
    SoundFont,
    Checkpoint,
    /// The path of the save sheet.
    SaveAs {
        suggested: PathBuf,
    },
    ExportFolder,
    TrainingData {
        is_folder: bool,
    },
    TrainingRun,
    /// An evaluation report.
    Report,
}

/// What lies over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    Shortcuts,
    About,
    Save,
    /// A typed path, where the system has no file dialog.
    Path(Ask),
    Rename(TakeId),
    /// Something to make of a take.
    Verb(VerbKind, TakeId),
    /// Something would be lost by closing.
    Close,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    // Composing
    EditForm(Form),
    RollSeed,
    Generate,
    StopComposing,
    /// Compose from the latent at this place of the map.
    ComposeAt([f32; 2]),
    MakeAgain(TakeId),
    /// Make takes of takes that are there.
    Make(Vec<Made>),
    ReuseSettings(TakeId),

    // Takes
    Show {
        id: TakeId,
        play: bool,
    },
    /// The take that is being composed.
    ShowComposing,
    /// Back to the take that was on the stage before, at the same playhead.
    SwapTakes,
    /// Another take at the same playhead.
    ShowHere(TakeId),
    ToggleStar(TakeId),
    Rename {
        id: TakeId,
        name: String,
    },
    Delete(TakeId),
    Undelete(TakeId),
    SetFilter(Filter),
    /// Shows the save sheet for a take of the list.
    SaveTake(TakeId),
    ExportStarred {
        folder: PathBuf,
    },

    // Transport
    PlayPause,
    /// Stop and go back to the start.
    Stop,
    SeekTo(f64),
    SeekBy(f64),
    SeekToEnd,
    SetLoop(Option<Range<f64>>),
    ToggleLoop,
    SetTempo(f32),
    /// Adds to the tempo scale.
    ChangeTempo(f32),
    SetVolume(f32),
    ToggleMute,
    Audition {
        pitch: Pitch,
        velocity: Velocity,
        duration_secs: f64,
    },
    FitRoll,

    // Sound
    UseSoundFont(PathBuf),
    UsePreset {
        bank: u8,
        program: u8,
    },
    UseOutput(Option<String>),
    SetReverb(bool),
    SetChorus(bool),

    // Model
    LoadCheckpoint(PathBuf),
    UseDevice(DeviceChoice),

    // Files
    Ask(Ask),
    /// A path that was chosen, typed or dropped; `ask` says what for.
    Chosen {
        ask: Ask,
        path: PathBuf,
    },
    /// A dropped or recent file of whatever kind.
    OpenPath(PathBuf),
    /// Opens the save sheet.
    ShowSave {
        as_wav: bool,
    },
    /// Shows an evaluation report; `None` is the one that ships.
    OpenReport(Option<PathBuf>),
    Export(ExportPlan),
    CancelExport,

    // Shell
    ShowTab(Tab),
    SetTheme(Theme),
    ShowSheet(Sheet),
    CloseSheet,
    CopyText(String),
    /// Close the window, whatever is going on.
    Quit,
}

/// The verbs that a take can be put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerbKind {
    Vary,
    Continue,
    Restyle,
    Blend,
}
