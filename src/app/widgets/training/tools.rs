//! The controls above the curves: group, smoothing, axes, comparison and export.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, RichText, Ui};

use super::input::TrainingEvent;
use super::marks::colour_of_run;
use super::plots::PlotGroup;
use super::{CurveOptions, RunView};
use crate::app::kit::theme::{GRID, Palette};
use crate::display::shortened;

/// The most runs that a run is compared with.
pub const MAX_COMPARED: usize = 9;
const NAME_CHARS: usize = 28;

/// Draws the controls.
pub fn tools_ui(ui: &mut Ui, options: &mut CurveOptions, events: &mut Vec<TrainingEvent>) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        for group in PlotGroup::ALL {
            if ui.add(egui::Button::selectable(options.group == group, group.name())).clicked() {
                options.group = group;
            }
        }
        ui.add_space(GRID);
        ui.label(RichText::new("Smoothing").size(12.0).color(palette.weak_text));
        // Most of the useful range is close to 1, so the slider sets the number of steps averaged over.
        let mut window = 1.0 / (1.0 - options.smoothing.clamp(0.0, 0.999));
        ui.spacing_mut().slider_width = 80.0;
        let slider = egui::Slider::new(&mut window, 1.0..=1000.0).logarithmic(true).show_value(false);
        let hint = "Exponential moving average; the raw curve stays visible behind it";
        ui.add(slider).accessible_name("Smoothing").on_hover_text(hint);
        options.smoothing = (1.0 - 1.0 / window).clamp(0.0, 0.999);
        ui.label(RichText::new(format!("{:.3}", options.smoothing)).size(12.0));
        ui.add_space(GRID);
        ui.checkbox(&mut options.log_steps, "Log steps");
        ui.checkbox(&mut options.log_values, "Log values");
        ui.menu_button("Export", |ui| {
            if ui.button("Curves as CSV…").clicked() {
                events.push(TrainingEvent::Export { as_picture: false });
            }
            if ui.button("Picture as PNG…").clicked() {
                events.push(TrainingEvent::Export { as_picture: true });
            }
        });
    });
}

/// The runs that are shown, and the choice of others.
pub fn compare_ui(ui: &mut Ui, runs: &[Arc<RunView>], others: &[PathBuf], compared: &mut Vec<PathBuf>) {
    if others.is_empty() && compared.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for (number, run) in runs.iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 12.0), egui::Sense::hover());
            let stroke = egui::Stroke::new(2.0, colour_of_run(number, ui));
            ui.painter().hline(rect.x_range(), rect.center().y, stroke);
            ui.label(shortened(&run.name, NAME_CHARS)).on_hover_text(run.folder.display().to_string());
            if number > 0 {
                let name = format!("Leave out {}", run.name);
                let leave = ui.add(egui::Button::new("×").frame(false)).accessible_name(name);
                if leave.clicked() {
                    compared.retain(|folder| *folder != run.folder);
                }
            }
        }
        ui.menu_button("Compare with…", |ui| {
            for folder in others {
                let mut is_shown = compared.contains(folder);
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                let can_change = is_shown || compared.len() < MAX_COMPARED;
                let row = ui.add_enabled(can_change, egui::Checkbox::new(&mut is_shown, name));
                if row.on_disabled_hover_text("Ten runs at most").changed() {
                    if is_shown {
                        compared.push(folder.clone());
                    } else {
                        compared.retain(|shown| shown != folder);
                    }
                }
            }
        });
    });
}
