//! The sheet that saves all starred takes into a folder.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Align, Button, Layout, RichText, TextEdit, Ui, vec2};

use super::formats::{audio_ui, kind_of, kinds_ui};
use super::save::progress_ui;
use crate::app::kit::parts::{accent_button, button, caption, heading, named_field};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::export::StarredPlan;
use crate::app::state::settings::WavSettings;
use crate::display::count;
use crate::save::FileKind;
use crate::takes::BatchTarget;

/// The contents of the sheet; the format stays for the next time.
#[derive(Debug)]
pub struct SaveStarredSheet {
    folder: String,
    ending: &'static str,
    wav: WavSettings,
    /// A folder as typed, and whether it exists; looked up when the text changes.
    seen: (String, bool),
}

impl Default for SaveStarredSheet {
    fn default() -> SaveStarredSheet {
        let seen = (String::new(), false);
        SaveStarredSheet { folder: String::new(), ending: "mid", wav: WavSettings::default(), seen }
    }
}

impl SaveStarredSheet {
    pub fn open(&mut self, folder: &Path, wav: WavSettings) {
        self.folder = folder.display().to_string();
        self.wav = wav;
    }

    /// Browse returned a folder.
    pub fn set_folder(&mut self, folder: &Path) {
        self.folder = folder.display().to_string();
    }

    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        ui.set_width(480.0);
        heading(ui, "Save starred takes");
        if let Some(export) = &state.export {
            progress_ui(ui, export, actions);
            return;
        }
        let starred = state.takes.all().iter().filter(|e| e.record.is_starred).count();
        caption(ui, &format!("{}, each under its name. Nothing is overwritten.", count(starred, "take")));
        ui.add_space(GRID * 0.5);
        self.folder_ui(ui, state, actions);
        if let Some(ending) = kinds_ui(ui, kind_of(self.ending)) {
            self.ending = ending;
        }
        if let Some(FileKind::Audio(format)) = kind_of(self.ending) {
            audio_ui(ui, &mut self.wav, format);
        }
        ui.add_space(GRID);
        self.buttons_ui(ui, state, starred, actions);
    }

    fn folder_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.folder).desired_width(ui.available_width() - 104.0);
            let field = ui.add(edit.margin(egui::Margin::symmetric(8, 6)));
            field.widget_info(|| named_field("Folder", &self.folder));
            let browse = Button::new("Browse…").min_size(vec2(88.0, 30.0));
            if ui.add_enabled(!state.is_dialog_open, browse).clicked() {
                actions.push(FileAction::Ask(Ask::ExportFolder));
            }
        });
        if self.seen.0 != self.folder {
            self.seen = (self.folder.clone(), Path::new(self.folder.trim()).is_dir());
        }
    }

    fn buttons_ui(&self, ui: &mut Ui, state: &AppState, starred: usize, actions: &mut Actions) {
        let palette = Palette::of(ui);
        let is_audio = kind_of(self.ending).is_some_and(FileKind::is_audio);
        let why_not = match () {
            () if starred == 0 => Some("No take has a star yet."),
            () if self.folder.trim().is_empty() => Some("Choose a folder."),
            () if is_audio && state.sound.font.is_none() => {
                Some("A recording needs a SoundFont; choose one at the lower right.")
            }
            () => None,
        };
        let (note, colour) = match why_not {
            Some(why) => (why, palette.warning),
            None if !self.seen.1 => ("The folder will be created.", palette.weak_text),
            None => ("", palette.weak_text),
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(note).small().color(colour));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let save = accent_button(ui, "Save all", why_not.is_none());
                let is_entered = why_not.is_none() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if save.clicked() || is_entered {
                    let folder = PathBuf::from(self.folder.trim());
                    let target = BatchTarget { folder, ending: self.ending.to_owned() };
                    actions.push(FileAction::SaveStarred(StarredPlan { target, wav: self.wav }));
                }
                if button(ui, "Cancel").clicked() {
                    actions.push(WindowAction::CloseSheet);
                }
            });
        });
    }
}
