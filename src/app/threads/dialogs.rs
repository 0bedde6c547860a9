//! The system's file dialogs: created on the window's thread, awaited on another.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use rfd::{AsyncFileDialog, FileHandle};

use crate::app::state::action::Ask;
use crate::music::midi;

/// A dialog that returns nothing sooner than this was never shown.
pub const TOO_FAST_FOR_A_PERSON: Duration = Duration::from_millis(600);

type Chosen = Pin<Box<dyn Future<Output = Option<FileHandle>> + Send>>;

/// A dialog that is being shown.
pub struct Dialog(Chosen);

impl Dialog {
    /// Shows the dialog for `ask`, over the window if `frame` is given. Call on the window's thread.
    pub fn open(ask: &Ask, folder: Option<&Path>, frame: Option<&eframe::Frame>) -> Dialog {
        let mut dialog = AsyncFileDialog::new();
        if let Some(folder) = folder {
            dialog = dialog.set_directory(folder);
        }
        if let Some(frame) = frame {
            dialog = dialog.set_parent(frame);
        }
        let chosen: Chosen = match ask {
            Ask::Music => {
                Box::pin(dialog.set_title("Open music").add_filter("MIDI", &midi_endings()).pick_file())
            }
            Ask::SoundFont => Box::pin(
                dialog
                    .set_title("Open SoundFont")
                    .add_filter("SoundFont", &["sf2", "sf3", "SF2", "SF3"])
                    .pick_file(),
            ),
            Ask::Checkpoint => {
                let dialog = dialog.set_title("Open checkpoint").add_filter("Checkpoint", &["safetensors"]);
                Box::pin(dialog.pick_file())
            }
            Ask::SaveAs { suggested } => {
                let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let dialog = match suggested.parent() {
                    Some(parent) => dialog.set_directory(parent),
                    None => dialog,
                };
                Box::pin(dialog.set_title("Save").set_file_name(name).save_file())
            }
            Ask::TrainingData { is_folder: false } => Box::pin(
                dialog
                    .set_title("Open corpus or data set")
                    .add_filter("Corpus or MAESTRO zip", &["corpus", "zip"])
                    .pick_file(),
            ),
            Ask::ExportFolder => Box::pin(dialog.set_title("Folder for the starred takes").pick_folder()),
            Ask::TrainingData { is_folder: true } => {
                Box::pin(dialog.set_title("Folder of music").pick_folder())
            }
            Ask::Report => Box::pin(
                dialog
                    .set_title("Open evaluation report")
                    .add_filter("Evaluation report", &["json"])
                    .pick_file(),
            ),
            Ask::SelectionCsv { .. } => Box::pin(
                dialog
                    .set_title("Export selection")
                    .add_filter("Table", &["csv"])
                    .set_file_name("selection.csv")
                    .save_file(),
            ),
            Ask::OwnMusic => Box::pin(dialog.set_title("Folder of Composer Name/*.mid").pick_folder()),
            Ask::Comparison => {
                let dialog = dialog.set_title("Export comparison").set_file_name("comparison.png");
                Box::pin(dialog.add_filter("Picture, table or data", &["png", "csv", "json"]).save_file())
            }
            Ask::TrainConfig { is_export } => {
                let dialog = dialog.set_title("Training settings").add_filter("TOML", &["toml"]);
                if *is_export {
                    Box::pin(dialog.set_file_name("training.toml").save_file())
                } else {
                    Box::pin(dialog.pick_file())
                }
            }
            Ask::Curves { as_picture } => {
                let (name, filter, ending) = if *as_picture {
                    ("curves.png", "Picture", "png")
                } else {
                    ("curves.csv", "Table", "csv")
                };
                let dialog = dialog.set_title("Export curves").add_filter(filter, &[ending]);
                Box::pin(dialog.set_file_name(name).save_file())
            }
            Ask::TrainingRun => Box::pin(dialog.set_title("Folder for the run").pick_folder()),
        };
        Dialog(chosen)
    }

    /// Blocks until a choice is made; `None` is Cancel, or that no dialog opened.
    pub fn wait(self) -> Option<PathBuf> {
        pollster::block_on(self.0).map(|file| file.path().to_owned())
    }
}

/// Extensions in lower and upper case, because some systems match case.
fn midi_endings() -> Vec<String> {
    let endings = midi::ENDINGS.iter();
    endings.flat_map(|ending| [(*ending).to_owned(), ending.to_uppercase()]).collect()
}
