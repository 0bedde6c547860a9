//! The about box.

use std::path::PathBuf;

use eframe::egui::{Grid, Label, RichText, Ui, vec2};

use super::rows::close_button;
use crate::app::kit::parts::{button, buttons_row};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, WindowAction};
use crate::app::state::app_state::AppState;
use crate::device::LIBTORCH_VERSION;
use crate::display::{stem, thousands};

const LICENCES: &str = "The program is free software (MIT licence). A checkpoint trained on MAESTRO is under CC \
    BY-NC-SA 4.0: not for commercial use. The Salamander Grand Piano was recorded by Alexander Holm (CC BY 3.0); its \
    SoundFont is an adaptation. MP3 files are written by LAME (LGPL). The fonts are Inter (OFL 1.1) and DejaVu Sans \
    (Bitstream Vera licence).";

#[derive(Debug, Default)]
pub struct AboutSheet {
    pub log_file: PathBuf,
    pub data_folder: PathBuf,
}

impl AboutSheet {
    pub fn ui(&self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        ui.set_width(520.0);
        let weak = Palette::of(ui).weak_text;
        ui.label(RichText::new("Pastiche").size(24.0));
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        let what = "Composes classical piano music in the manner of a chosen composer.";
        ui.label(RichText::new(what).color(weak));
        ui.add_space(GRID);
        let rows = [
            ("Checkpoint", model_words(state)),
            ("Data folder", self.data_folder.display().to_string()),
            ("Log file", self.log_file.display().to_string()),
            ("Built on", format!("libtorch {LIBTORCH_VERSION}, egui 0.37, rustysynth 1.3")),
        ];
        Grid::new("about").num_columns(2).spacing(vec2(16.0, 6.0)).show(ui, |ui| {
            for (name, value) in rows {
                ui.label(RichText::new(name).color(weak));
                ui.add(Label::new(value).wrap());
                ui.end_row();
            }
        });
        ui.add_space(GRID);
        ui.label(RichText::new(LICENCES).small().color(weak));
        ui.add_space(GRID);
        self.buttons_ui(ui, actions);
    }

    fn buttons_ui(&self, ui: &mut Ui, actions: &mut Actions) {
        buttons_row(ui, |ui| {
            close_button(ui, actions);
            let copy = button(ui, "Copy diagnostics");
            let tip = "Versions, machine, sound and the end of the log, without your name: for a bug report.";
            if copy.on_hover_text(tip).clicked() {
                actions.push(WindowAction::CopyDiagnostics);
            }
            if button(ui, "Open log folder").clicked() {
                let folder = self.log_file.parent().unwrap_or(&self.log_file);
                actions.push(WindowAction::OpenFolder(folder.to_owned()));
            }
            if button(ui, "Open data folder").clicked() {
                actions.push(WindowAction::OpenFolder(self.data_folder.clone()));
            }
        });
    }
}

fn model_words(state: &AppState) -> String {
    match &state.model.ready {
        Some(info) => format!(
            "{}, step {}, {:.1} million parameters, on {}",
            stem(&info.path),
            thousands(info.trained_on.step),
            info.parameters as f64 / 1e6,
            info.device
        ),
        None => "none loaded".to_owned(),
    }
}
