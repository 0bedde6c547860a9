//! Shows the sheets; the small ones are drawn here: shortcuts, rename, path, and the question before closing.

use std::path::PathBuf;

use eframe::egui::{self, Id, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::about::AboutSheet;
use super::recompose::RecomposeSheet;
use super::rows::close_button;
use super::save::SaveSheet;
use super::save_starred::SaveStarredSheet;
use super::sound::sound_sheet_ui;
use super::verb::VerbSheet;
use crate::app::kit::parts::{accent_button, button, buttons_row, caption, heading, named_field};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::panels::shortcuts;
use crate::app::state::action::{Actions, Ask, FileAction, Sheet, TakeAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::takes::TakeId;

#[derive(Debug, Default)]
pub struct Sheets {
    pub save: SaveSheet,
    pub starred: SaveStarredSheet,
    verb: VerbSheet,
    recompose: RecomposeSheet,
    /// The text in the sheets with one text field.
    text: String,
    is_fresh: bool,
    /// A typed path and whether it exists; checked when it changes.
    seen: (PathBuf, bool),
    about: AboutSheet,
}

impl Sheets {
    pub fn new(log_file: PathBuf, data_folder: PathBuf) -> Sheets {
        Sheets { about: AboutSheet { log_file, data_folder }, ..Sheets::default() }
    }

    /// Fills in the text field before a sheet opens.
    pub fn prepare(&mut self, text: String) {
        self.text = text;
        self.is_fresh = true;
    }

    pub fn ui(&mut self, ctx: &egui::Context, state: &AppState, actions: &mut Actions) {
        let Some(sheet) = &state.sheet else { return };
        let frame = egui::Frame::window(&ctx.style_of(ctx.theme())).inner_margin(24.0);
        // One id per sheet, because an area keeps the size it once had.
        let kind = match sheet {
            Sheet::Verb(kind, _) => *kind as u8,
            _ => 0,
        };
        let id = Id::unique(("sheet", std::mem::discriminant(sheet), kind));
        let shown = Modal::new(id).frame(frame).show(ctx, |ui| match sheet {
            Sheet::Shortcuts => shortcuts_ui(ui, actions),
            Sheet::About => self.about.ui(ui, state, actions),
            Sheet::Save => self.save.ui(ui, state, actions),
            Sheet::SaveStarred => self.starred.ui(ui, state, actions),
            Sheet::Path(ask) => self.path_ui(ui, state, ask, actions),
            Sheet::Rename(id) => self.rename_ui(ui, id, actions),
            Sheet::Verb(kind, id) => self.verb.ui(ui, state, *kind, id, actions),
            Sheet::Recompose => self.recompose.ui(ui, state, actions),
            Sheet::Sound => sound_sheet_ui(ui, state, actions),
            Sheet::Close => close_ui(ui, state, actions),
        });
        let is_saving = state.export.is_some() && matches!(sheet, Sheet::Save | Sheet::SaveStarred);
        if shown.should_close() && !is_saving {
            actions.push(WindowAction::CloseSheet);
        }
    }

    /// A focused text field; true when Enter was pressed.
    fn field_ui(&mut self, ui: &mut Ui, name: &str, width: f32) -> bool {
        let edit =
            TextEdit::singleline(&mut self.text).desired_width(width).margin(egui::Margin::symmetric(8, 6));
        let response = ui.add(edit);
        response.widget_info(|| named_field(name, &self.text));
        if std::mem::take(&mut self.is_fresh) {
            response.request_focus();
        }
        response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter))
    }

    fn rename_ui(&mut self, ui: &mut Ui, id: &TakeId, actions: &mut Actions) {
        ui.set_width(360.0);
        heading(ui, "Rename take");
        let entered = self.field_ui(ui, "Name of the take", 344.0);
        ui.add_space(GRID);
        let is_named = !self.text.trim().is_empty();
        if confirm_ui(ui, "Rename", is_named, actions) || (entered && is_named) {
            actions.push(TakeAction::Rename { id: id.clone(), name: self.text.trim().to_owned() });
            actions.push(WindowAction::CloseSheet);
        }
    }

    fn path_ui(&mut self, ui: &mut Ui, state: &AppState, ask: &Ask, actions: &mut Actions) {
        ui.set_width(480.0);
        heading(ui, what_for(ask));
        caption(ui, "No file dialog could be opened. Type the path:");
        let entered = self.field_ui(ui, "Path", 464.0);
        if *ask == Ask::Music && !state.settings.recent.is_empty() {
            caption(ui, "Recent");
            for path in &state.settings.recent {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    actions.push(FileAction::Chosen { ask: ask.clone(), path: path.clone() });
                    actions.push(WindowAction::CloseSheet);
                }
            }
        }
        ui.add_space(GRID);
        let path = PathBuf::from(self.text.trim());
        if self.seen.0 != path {
            self.seen = (path.clone(), path.exists());
        }
        let is_new_file = matches!(
            ask,
            Ask::SelectionCsv { .. }
                | Ask::Comparison
                | Ask::Curves { .. }
                | Ask::TrainConfig { is_export: true }
        );
        let has_path = !self.text.trim().is_empty();
        let is_there = self.seen.1 || *ask == Ask::TrainingRun || (is_new_file && has_path);
        if !is_there && !self.text.trim().is_empty() {
            ui.label(RichText::new("There is nothing at this path.").small().color(Palette::of(ui).warning));
        }
        let word = if is_new_file { "Save" } else { "Open" };
        if confirm_ui(ui, word, is_there, actions) || (entered && is_there) {
            actions.push(FileAction::Chosen { ask: ask.clone(), path });
            actions.push(WindowAction::CloseSheet);
        }
    }
}

fn shortcuts_ui(ui: &mut Ui, actions: &mut Actions) {
    ui.set_width(640.0);
    heading(ui, "Keyboard and mouse");
    ui.add_space(GRID);
    const MOUSE: [(&str, &str); 11] = [
        ("Wheel", "Roll: scroll up and down"),
        ("Shift+Wheel", "Roll: scroll through time"),
        ("Ctrl+Wheel", "Roll: zoom in time"),
        ("Ctrl+Alt+Wheel", "Roll: zoom in pitch"),
        ("Middle drag", "Roll: pan"),
        ("Drag on the ruler", "Roll: set the loop"),
        ("Shift+Drag", "Roll: select notes"),
        ("Shift+Click", "Roll: select a note more, or one less"),
        ("Drag a selected note", "Roll: move the selection"),
        ("Drag its end", "Roll: stretch the selection"),
        ("Tab, arrows, Enter", "Roll and map: move, hear"),
    ];
    let keys = shortcuts::ALL.iter().map(|s| (s.text(), s.what));
    let rows: Vec<(String, &str)> = keys.chain(MOUSE.map(|(keys, what)| (keys.to_owned(), what))).collect();
    let weak = Palette::of(ui).weak_text;
    let half = rows.len().div_ceil(2);
    ScrollArea::vertical().max_height(ui.ctx().content_rect().height() - 200.0).show(ui, |ui| {
        egui::Grid::new("shortcuts").num_columns(4).spacing(vec2(16.0, 4.0)).show(ui, |ui| {
            for i in 0..half {
                for (keys, what) in [rows.get(i), rows.get(half + i)].into_iter().flatten() {
                    ui.label(RichText::new(keys).color(weak));
                    ui.label(*what);
                }
                ui.end_row();
            }
        });
    });
    ui.add_space(GRID);
    buttons_row(ui, |ui| close_button(ui, actions));
}

fn close_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.set_width(400.0);
    heading(ui, "Close Pastiche?");
    let lost = state.would_lose();
    let goes_on = state.training_goes_on.as_deref();
    for text in lost.as_deref().into_iter().chain(goes_on) {
        ui.label(text);
        ui.add_space(GRID);
    }
    if lost.is_none() && goes_on.is_none() {
        ui.label("Nothing will be lost.");
    }
    ui.add_space(GRID);
    buttons_row(ui, |ui| {
        if goes_on.is_none() {
            if accent_button(ui, "Stay", true).clicked() {
                actions.push(WindowAction::CloseSheet);
            }
            if button(ui, "Close anyway").clicked() {
                actions.push(WindowAction::Quit);
            }
            return;
        }
        if accent_button(ui, "Keep training", true).clicked() {
            actions.push(WindowAction::Quit);
        }
        if button(ui, "Stop, save and close").clicked() {
            actions.push(WindowAction::StopTrainingAndQuit);
        }
        if button(ui, "Stay").clicked() {
            actions.push(WindowAction::CloseSheet);
        }
    });
}

/// The main button and Cancel; true when the main button was pressed.
fn confirm_ui(ui: &mut Ui, word: &str, enabled: bool, actions: &mut Actions) -> bool {
    buttons_row(ui, |ui| {
        let is_done = accent_button(ui, word, enabled).clicked();
        if button(ui, "Cancel").clicked() {
            actions.push(WindowAction::CloseSheet);
        }
        is_done
    })
}

fn what_for(ask: &Ask) -> &'static str {
    match ask {
        Ask::Music => "Open a MIDI file",
        Ask::SoundFont => "Open a SoundFont",
        Ask::Checkpoint => "Open a checkpoint",
        Ask::SaveAs { .. } => "Save as",
        Ask::ExportFolder => "Folder for the starred takes",
        Ask::TrainingData { is_folder: false } => "Open a corpus or data set",
        Ask::TrainingData { is_folder: true } => "Open a folder of music",
        Ask::TrainingRun => "Folder for the run",
        Ask::OwnMusic => "A folder of Composer Name/*.mid",
        Ask::Comparison => "Export the comparison as PNG, CSV or JSON",
        Ask::TrainConfig { is_export: true } => "Export the training settings as TOML",
        Ask::TrainConfig { is_export: false } => "Import training settings",
        Ask::Curves { as_picture: true } => "Export the curves as PNG",
        Ask::Curves { as_picture: false } => "Export the curves as CSV",
        Ask::Report => "Open an evaluation report",
        Ask::SelectionCsv { .. } => "Export the selection as CSV",
    }
}
