//! What lies over the window: shortcuts, about, a name, a path, the question before closing.

use std::path::PathBuf;

use eframe::egui::{self, Align, Button, Id, Layout, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::action::{Action, Ask, Sheet};
use super::compose_panel::heading;
use super::save_sheet::{SaveSheet, named_field};
use super::shortcuts;
use super::state::AppState;
use super::takes::TakeId;
use super::theme::{GRID, Palette};
use super::transport::caption;

#[derive(Debug, Default)]
pub struct Sheets {
    pub save: SaveSheet,
    /// The text of the sheet with one field.
    text: String,
    is_fresh: bool,
    log_file: PathBuf,
    takes_folder: PathBuf,
}

impl Sheets {
    pub fn new(log_file: PathBuf, takes_folder: PathBuf) -> Sheets {
        Sheets { log_file, takes_folder, ..Sheets::default() }
    }

    /// Fills in the field of a sheet that is about to show.
    pub fn prepare(&mut self, text: String) {
        self.text = text;
        self.is_fresh = true;
    }

    pub fn ui(&mut self, ctx: &egui::Context, state: &AppState, actions: &mut Vec<Action>) {
        let Some(sheet) = &state.sheet else { return };
        let frame = egui::Frame::window(&ctx.style_of(ctx.theme())).inner_margin(24.0);
        let shown = Modal::new(Id::unique("sheet")).frame(frame).show(ctx, |ui| match sheet {
            Sheet::Shortcuts => shortcuts_ui(ui, actions),
            Sheet::About => self.about_ui(ui, state, actions),
            Sheet::Save => self.save.ui(ui, state, actions),
            Sheet::Path(ask) => self.path_ui(ui, state, ask, actions),
            Sheet::Rename(id) => self.rename_ui(ui, id, actions),
            Sheet::Close => close_ui(ui, state, actions),
        });
        let is_busy = state.export.as_ref().is_some_and(super::export::ExportState::is_running);
        if shown.should_close() && !(is_busy && *sheet == Sheet::Save) {
            actions.push(Action::CloseSheet);
        }
    }

    /// A line of text with the keyboard in it at once; true when Enter was pressed.
    fn field_ui(&mut self, ui: &mut Ui, name: &str, width: f32) -> bool {
        let edit = TextEdit::singleline(&mut self.text).desired_width(width).margin(egui::Margin::symmetric(8, 6));
        let response = ui.add(edit);
        response.widget_info(|| named_field(name, &self.text));
        if std::mem::take(&mut self.is_fresh) {
            response.request_focus();
        }
        response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter))
    }

    fn rename_ui(&mut self, ui: &mut Ui, id: &TakeId, actions: &mut Vec<Action>) {
        ui.set_width(360.0);
        heading(ui, "Rename take");
        let entered = self.field_ui(ui, "Name of the take", 344.0);
        ui.add_space(GRID);
        let is_named = !self.text.trim().is_empty();
        if confirm_ui(ui, "Rename", is_named, actions) || (entered && is_named) {
            actions.push(Action::Rename { id: id.clone(), name: self.text.trim().to_owned() });
            actions.push(Action::CloseSheet);
        }
    }

    fn path_ui(&mut self, ui: &mut Ui, state: &AppState, ask: &Ask, actions: &mut Vec<Action>) {
        ui.set_width(480.0);
        heading(ui, what_for(ask));
        caption(ui, "This system has no file dialog that could be opened. Type the path:");
        let entered = self.field_ui(ui, "Path", 464.0);
        if *ask == Ask::Music && !state.settings.recent.is_empty() {
            caption(ui, "Recent");
            for path in &state.settings.recent {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    actions.push(Action::Chosen { ask: ask.clone(), path: path.clone() });
                    actions.push(Action::CloseSheet);
                }
            }
        }
        ui.add_space(GRID);
        let path = PathBuf::from(self.text.trim());
        let is_there = path.exists() || *ask == Ask::TrainingRun;
        if !is_there && !self.text.trim().is_empty() {
            ui.label(RichText::new("There is nothing at this path.").small().color(Palette::of(ui).warning));
        }
        if confirm_ui(ui, "Open", is_there, actions) || (entered && is_there) {
            actions.push(Action::Chosen { ask: ask.clone(), path });
            actions.push(Action::CloseSheet);
        }
    }

    fn about_ui(&self, ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
        ui.set_width(440.0);
        let palette = Palette::of(ui);
        ui.label(RichText::new("Pastiche").size(24.0));
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.label(
            RichText::new("Composes classical piano music in the manner of a chosen composer.").color(palette.weak_text),
        );
        ui.add_space(GRID);
        let model = match &state.model.ready {
            Some(info) => format!(
                "{}, step {}, {:.1} million parameters, on {}",
                super::state::stem(&info.path),
                thousands(info.trained_on.step),
                info.parameters as f64 / 1e6,
                info.device
            ),
            None => "none loaded".to_owned(),
        };
        let rows = [
            ("Checkpoint", model),
            ("Takes", self.takes_folder.display().to_string()),
            ("Log file", self.log_file.display().to_string()),
            ("Model library", "libtorch 2.11 through tch 0.24".to_owned()),
        ];
        egui::Grid::new("about").num_columns(2).spacing(vec2(16.0, 6.0)).show(ui, |ui| {
            for (name, value) in rows {
                ui.label(RichText::new(name).color(palette.weak_text));
                ui.add(egui::Label::new(value).wrap());
                ui.end_row();
            }
        });
        ui.add_space(GRID);
        ui.label(
            RichText::new(
                "The program is free software (MIT). Checkpoints trained on MAESTRO, and music made for sharing with \
                 them, fall under CC BY-NC-SA 4.0. The fonts are Inter (OFL 1.1) and DejaVu Sans.",
            )
            .small()
            .color(palette.weak_text),
        );
        ui.add_space(GRID);
        ui.horizontal(|ui| {
            if ui.button("Copy the log's path").clicked() {
                actions.push(Action::CopyText(self.log_file.display().to_string()));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| close_button(ui, actions));
        });
    }
}

fn shortcuts_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.set_width(400.0);
    heading(ui, "Keyboard");
    let palette = Palette::of(ui);
    let most = ui.ctx().content_rect().height() - 200.0;
    ScrollArea::vertical().max_height(most).show(ui, |ui| {
        egui::Grid::new("shortcuts").num_columns(2).spacing(vec2(24.0, 6.0)).show(ui, |ui| {
            let mut row = |keys: &str, what: &str| {
                ui.label(RichText::new(keys).color(palette.weak_text));
                ui.label(what);
                ui.end_row();
            };
            for shortcut in shortcuts::ALL {
                row(&shortcut.text(), shortcut.what);
            }
            row("Wheel", "Roll: up and down");
            row("Shift+Wheel", "Roll: along the time");
            row("Ctrl+Wheel", "Roll: zoom the time");
            row("Ctrl+Alt+Wheel", "Roll: zoom the pitch");
            row("Middle drag", "Roll: move");
            row("Drag on the ruler", "Roll: loop");
        });
    });
    ui.add_space(GRID);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| close_button(ui, actions));
}

fn close_ui(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.set_width(360.0);
    heading(ui, "Close Pastiche?");
    ui.label(state.would_lose().unwrap_or("Everything is saved."));
    ui.add_space(GRID);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let palette = Palette::of(ui);
        let stay = Button::new(RichText::new("Stay").color(palette.on_accent)).fill(palette.accent);
        if ui.add(stay.min_size(vec2(88.0, 32.0))).clicked() {
            actions.push(Action::CloseSheet);
        }
        if ui.add(Button::new("Close anyway").min_size(vec2(88.0, 32.0))).clicked() {
            actions.push(Action::Quit);
        }
    });
}

fn close_button(ui: &mut Ui, actions: &mut Vec<Action>) {
    if ui.add(Button::new("Close").min_size(vec2(88.0, 32.0))).clicked() {
        actions.push(Action::CloseSheet);
    }
}

/// The accented button and Cancel; true when the first was pressed.
fn confirm_ui(ui: &mut Ui, word: &str, enabled: bool, actions: &mut Vec<Action>) -> bool {
    let palette = Palette::of(ui);
    let row = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let button = Button::new(RichText::new(word).color(palette.on_accent)).fill(palette.accent);
        let is_done = ui.add_enabled(enabled, button.min_size(vec2(88.0, 32.0))).clicked();
        if ui.add(Button::new("Cancel").min_size(vec2(88.0, 32.0))).clicked() {
            actions.push(Action::CloseSheet);
        }
        is_done
    });
    row.inner
}

fn what_for(ask: &Ask) -> &'static str {
    match ask {
        Ask::Music => "Open a MIDI file",
        Ask::SoundFont => "Open a SoundFont",
        Ask::Checkpoint => "Open a checkpoint",
        Ask::SaveAs { .. } => "Save as",
        Ask::ExportFolder => "Export starred takes to a folder",
        Ask::TrainingData { is_folder: false } => "Open a corpus or data set",
        Ask::TrainingData { is_folder: true } => "Open a folder of music",
        Ask::TrainingRun => "Folder for the run",
    }
}

/// 12000 as "12,000".
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
