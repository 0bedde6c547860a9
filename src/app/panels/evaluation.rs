//! The evaluation tab: shows the report that `pastiche evaluate` wrote for a checkpoint.

use std::path::PathBuf;

use eframe::egui::{self, Align, Layout, RichText, ScrollArea, Ui, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction};
use crate::app::widgets::evaluation::{gates_ui, heard_ui, latent_ui, likeness_ui, matrix_ui, memory_ui};
use crate::display::thousands;
use crate::evaluate::Report;
use crate::generate::CheckpointInfo;

/// Width of the column of gates.
const SIDE_PX: f32 = 480.0;
/// From this width on there are two columns.
const TWO_COLUMNS_PX: f32 = 900.0;

/// A report and its file name.
#[derive(Debug)]
pub struct Shown {
    /// The name of its file.
    pub name: String,
    pub report: Box<Report>,
}

/// View state of the tab.
#[derive(Debug, Default)]
pub struct EvaluationPanel {
    shown: Option<Shown>,
    /// The checkpoint whose report was last looked for.
    looked_for: Option<PathBuf>,
    /// Which row of the report the matrix shows.
    row: usize,
}

impl EvaluationPanel {
    pub fn show(&mut self, shown: Shown) {
        self.shown = Some(shown);
        self.row = 1;
    }

    /// Draws the tab; `in_use` is the loaded checkpoint.
    pub fn ui(&mut self, ui: &mut Ui, in_use: Option<&CheckpointInfo>, actions: &mut Actions) {
        let path = in_use.map(|info| info.path.clone());
        if path.is_some() && self.looked_for != path {
            self.looked_for = path;
            actions.push(FileAction::OpenReport(None));
        }
        let in_use = in_use.map(|info| info.hash.as_str());
        let Some(shown) = &self.shown else {
            empty_ui(ui, actions);
            return;
        };
        head_ui(ui, shown, in_use, actions);
        ui.add_space(GRID);
        let (report, row) = (&*shown.report, &mut self.row);
        let width = ui.available_width();
        let side = SIDE_PX.min(width * 0.4);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if width < TWO_COLUMNS_PX {
                ui.set_width(width - GRID);
                heard_ui(ui, report);
                ui.add_space(GRID * 2.0);
                gates_ui(ui, report);
                ui.add_space(GRID * 2.0);
                main_ui(ui, report, row);
                latent_ui(ui, report);
                ui.add_space(GRID * 2.0);
                return;
            }
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = GRID * 4.0;
                column_ui(ui, width - side - GRID * 6.0, |ui| {
                    heard_ui(ui, report);
                    ui.add_space(GRID * 2.0);
                    main_ui(ui, report, row);
                });
                column_ui(ui, side, |ui| {
                    gates_ui(ui, report);
                    ui.add_space(GRID * 2.0);
                    latent_ui(ui, report);
                });
            });
        });
    }
}

fn column_ui(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.x = GRID;
        add(ui);
    });
}

fn main_ui(ui: &mut Ui, report: &Report, row: &mut usize) {
    matrix_ui(ui, report, row);
    ui.add_space(GRID * 2.0);
    memory_ui(ui, report);
    ui.add_space(GRID * 2.0);
    likeness_ui(ui, report);
    ui.add_space(GRID * 2.0);
}

/// What was measured, with what settings, and whether it is the loaded checkpoint.
fn head_ui(ui: &mut Ui, shown: &Shown, in_use: Option<&str>, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let report = &*shown.report;
    ui.horizontal(|ui| {
        let title = format!("Evaluation: {}", shown.name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Open report…").clicked() {
                actions.push(FileAction::Ask(Ask::Report));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(title).heading()).truncate());
            });
        });
    });
    let options = &report.options;
    let takes = options.takes * report.composers.len();
    let text = format!(
        "Checkpoint {}, {}: {} takes of {} notes, {} for each composer; strength {}, temperature {}.",
        report.checkpoint,
        report.corpus,
        thousands(takes as u64),
        options.notes,
        options.takes,
        options.sampling.guidance,
        options.sampling.temperature,
    );
    ui.add(egui::Label::new(RichText::new(text).small().color(palette.weak_text)).wrap());
    if in_use.is_some_and(|hash| hash != report.checkpoint) {
        let text = "The checkpoint in use is a different one.";
        ui.label(RichText::new(text).small().color(palette.warning));
    }
}

fn empty_ui(ui: &mut Ui, actions: &mut Actions) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.4);
        ui.label("There is no report for this checkpoint. `pastiche evaluate` writes one.");
        if ui.button("Open report…").clicked() {
            actions.push(FileAction::Ask(Ask::Report));
        }
    });
}
