//! Actions: panels push them, [`crate::app::shell::app::PasticheApp`] carries them out.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use super::edit::RecomposeForm;
use super::export::{ExportPlan, StarredPlan};
use super::settings::{Form, MidiSettings};
use super::takes::Filter;
use crate::app::state::settings::Theme;
use crate::device::DeviceChoice;
use crate::latent_map::Plane;
use crate::music::{NoteEdit, Pitch, Velocity};
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
    /// The folder of the sheet for starred takes.
    ExportFolder,
    TrainingData {
        is_folder: bool,
    },
    TrainingRun,
    /// A folder whose composers the model in use gets labels for.
    OwnMusic,
    /// The settings of a run as TOML.
    TrainConfig {
        is_export: bool,
    },
    /// Where to write the reports of the evaluation tab, by the ending.
    Comparison,
    /// Where to write the curves of the training tab.
    Curves {
        as_picture: bool,
    },
    /// An evaluation report.
    Report,
    /// Where to write the table of segments selected on the map.
    SelectionCsv {
        segments: Vec<usize>,
    },
}

/// The sheet over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    Shortcuts,
    About,
    Save,
    SaveStarred,
    /// Output and effects.
    Sound,
    /// A typed path, where the system has no file dialog.
    Path(Ask),
    Rename(TakeId),
    /// Make something from a take.
    Verb(VerbKind, TakeId),
    /// The settings of Recompose.
    Recompose,
    /// The question before closing.
    Close,
}

/// An action, grouped by the part of the shell that carries it out.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Compose(ComposeAction),
    Take(TakeAction),
    Edit(EditAction),
    Transport(TransportAction),
    Sound(SoundAction),
    Model(ModelAction),
    File(FileAction),
    Window(WindowAction),
}

#[derive(Clone, Debug, PartialEq)]
pub enum ComposeAction {
    EditForm(Box<Form>),
    RollSeed,
    Generate,
    Stop,
    /// Composes from the latent at a place on the map.
    At([f32; 2]),
    /// Composes from the Gaussian of segments of the map, given by index.
    Like(Vec<usize>),
    /// Composes a take that moves along this path on the map.
    Walk(Vec<[f32; 2]>),
    /// Lets a place of the map be heard for two seconds.
    Hear([f32; 2]),
    /// Ends that.
    HearNoMore,
    /// Composes where a take lies on the map.
    LikeTake(TakeId),
    /// Makes a take again, with its settings and its seed.
    Again(TakeId),
    /// Makes takes from existing takes.
    Make(Vec<Made>),
    ReuseSettings(TakeId),
}

#[derive(Clone, Debug, PartialEq)]
pub enum TakeAction {
    Show {
        id: TakeId,
        play: bool,
    },
    /// The take that is being composed.
    ShowComposing,
    /// Swaps with the take that was on the stage before, at the same playhead.
    Swap,
    /// Shows another take at the same playhead.
    ShowHere(TakeId),
    ToggleStar(TakeId),
    Rename {
        id: TakeId,
        name: String,
    },
    Delete(TakeId),
    Undelete(TakeId),
    SetFilter(Filter),
}

/// What changes the take on the stage, or says what of it is to change.
#[derive(Clone, Debug, PartialEq)]
pub enum EditAction {
    /// The notes that begin within this time and have these keys.
    Select {
        secs: Range<f64>,
        pitches: RangeInclusive<Pitch>,
    },
    ToggleNote(usize),
    /// All notes within the loop, or all there are.
    SelectLoop,
    /// The selection begins at the playhead.
    SelectFromHere,
    /// It ends at the playhead.
    SelectToHere,
    ClearSelection,
    Notes(NoteEdit),
    Recompose(RecomposeForm),
    /// Hears another alternative: 1 is the next, −1 the one before.
    StepAlternative(isize),
    TakeAlternative,
    LeaveAlternatives,
    /// Locks the time and keys of the selection, or unlocks what is locked of them.
    ToggleLock,
    Undo,
    Redo,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TransportAction {
    PlayPause,
    /// Stops and goes back to the start.
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
    },
    FitRoll,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SoundAction {
    UseFont(PathBuf),
    UsePreset {
        bank: u8,
        program: u8,
    },
    /// `None` follows the system.
    UseOutput(Option<String>),
    /// `None` is the device's own.
    UseSampleRate(Option<u32>),
    /// Frames; `None` is automatic.
    UseBuffer(Option<u32>),
    /// Looks for sound devices and MIDI ports again.
    LookForOutputs,
    SetMidi(MidiSettings),
    PlayScale,
    SetReverb(bool),
    SetChorus(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub enum ModelAction {
    Load(PathBuf),
    UseDevice(DeviceChoice),
}

#[derive(Clone, Debug, PartialEq)]
pub enum FileAction {
    Ask(Ask),
    /// A path was chosen or typed; `ask` says for what.
    Chosen {
        ask: Ask,
        path: PathBuf,
    },
    /// Opens a dropped or recent file of any kind.
    Open(PathBuf),
    /// Opens the save sheet for what is on the stage.
    ShowSave {
        as_wav: bool,
    },
    /// Opens the save sheet for a take of the list.
    SaveTake(TakeId),
    /// Shows an evaluation report; `None` is that of the checkpoint in use.
    OpenReport(Option<PathBuf>),
    Export(ExportPlan),
    CancelExport,
    SaveStarred(StarredPlan),
}

#[derive(Clone, Debug, PartialEq)]
pub enum WindowAction {
    ShowTab(Tab),
    /// How the latent map is projected.
    ShowPlane(Plane),
    SetTheme(Theme),
    ShowSheet(Sheet),
    CloseSheet,
    CopyText(String),
    CopyDiagnostics,
    /// Shows a folder in the system's file manager.
    OpenFolder(PathBuf),
    /// Closes the window without asking.
    Quit,
    /// Asks the training run to stop and save, and closes the window.
    StopTrainingAndQuit,
}

macro_rules! into_action {
    ($($group:ident($inner:ident))*) => {
        $(impl From<$inner> for Action {
            fn from(action: $inner) -> Action {
                Action::$group(action)
            }
        })*
    };
}

into_action! {
    Compose(ComposeAction)
    Take(TakeAction)
    Edit(EditAction)
    Transport(TransportAction)
    Sound(SoundAction)
    Model(ModelAction)
    File(FileAction)
    Window(WindowAction)
}

/// The actions of a frame, in order.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    pub fn push(&mut self, action: impl Into<Action>) {
        self.0.push(action.into());
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = std::vec::IntoIter<Action>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What can be made from a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerbKind {
    Vary,
    Continue,
    Restyle,
    Blend,
}
