//! The evaluation tab: shows the reports that `pastiche evaluate` wrote, one by one or side by side.

use std::path::PathBuf;

use eframe::egui::{self, Align, Layout, RichText, ScrollArea, Ui, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction};
use crate::app::widgets::evaluation::{
    compare_ui, gates_ui, heard_ui, latent_ui, likeness_ui, matrix_ui, memory_ui,
};
use crate::display::thousands;
use crate::evaluate::{Comparison, Report, Variant};
use crate::generate::CheckpointInfo;

/// Width of the column of gates.
const SIDE_PX: f32 = 480.0;
/// From this width on there are two columns.
const TWO_COLUMNS_PX: f32 = 900.0;

/// View state of the tab.
#[derive(Debug, Default)]
pub struct EvaluationPanel {
    /// The reports that are open.
    open: Comparison,
    /// The number of the one that is shown.
    shown: usize,
    is_comparing: bool,
    /// The checkpoint whose report was last looked for.
    looked_for: Option<PathBuf>,
    /// Which row of the report the matrix shows.
    row: usize,
    /// Where it was drawn last.
    drawn_at: Option<egui::Rect>,
}

impl EvaluationPanel {
    /// Opens reports beside those that are open already; one of the same name is replaced.
    pub fn show(&mut self, reports: Comparison) {
        self.row = 1;
        self.is_comparing = reports.variants.len() > 1;
        for variant in reports.variants {
            let known = self.open.variants.iter().position(|open| open.name == variant.name);
            self.shown = known.unwrap_or(self.open.variants.len());
            match known {
                Some(at) => self.open.variants[at] = variant,
                None => self.open.variants.push(variant),
            }
        }
    }

    /// The reports that are open.
    pub fn open_reports(&self) -> &Comparison {
        &self.open
    }

    /// Where the tab was drawn last, in points.
    pub fn drawn_at(&self) -> Option<egui::Rect> {
        self.drawn_at
    }

    /// Draws the tab; `in_use` is the loaded checkpoint.
    pub fn ui(&mut self, ui: &mut Ui, in_use: Option<&CheckpointInfo>, actions: &mut Actions) {
        self.drawn_at = Some(ui.available_rect_before_wrap());
        let path = in_use.map(|info| info.path.clone());
        if path.is_some() && self.looked_for != path {
            self.looked_for = path;
            actions.push(FileAction::OpenReport(None));
        }
        let in_use = in_use.map(|info| info.hash.as_str());
        self.choice_ui(ui, actions);
        if self.is_comparing && self.open.variants.len() > 1 {
            let comparison = &self.open;
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_width(ui.available_width() - 2.0 * GRID);
                compare_ui(ui, comparison);
            });
            return;
        }
        let Some(shown) = self.open.variants.get(self.shown) else {
            empty_ui(ui, actions);
            return;
        };
        head_ui(ui, shown, in_use, actions);
        ui.add_space(GRID);
        let (report, row) = (&shown.report, &mut self.row);
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

impl EvaluationPanel {
    /// Which of several reports to show, or all side by side.
    fn choice_ui(&mut self, ui: &mut Ui, actions: &mut Actions) {
        if self.open.variants.len() < 2 {
            return;
        }
        let mut closed = None;
        ui.horizontal_wrapped(|ui| {
            if ui.add(egui::Button::selectable(self.is_comparing, "Side by side")).clicked() {
                self.is_comparing = true;
            }
            for (number, variant) in self.open.variants.iter().enumerate() {
                let is_shown = !self.is_comparing && self.shown == number;
                if ui.add(egui::Button::selectable(is_shown, &variant.name)).clicked() {
                    (self.is_comparing, self.shown) = (false, number);
                }
                let close = ui.add(egui::Button::new("×").frame(false));
                if close.accessible_name(format!("Close {}", variant.name)).clicked() {
                    closed = Some(number);
                }
            }
            if ui.button("Open report…").clicked() {
                actions.push(FileAction::Ask(Ask::Report));
            }
            let hint = "As a picture (.png), a table (.csv) or with everything (.json), by the ending";
            if ui.button("Export…").on_hover_text(hint).clicked() {
                actions.push(FileAction::Ask(Ask::Comparison));
            }
        });
        ui.add_space(GRID);
        if let Some(number) = closed {
            self.open.variants.remove(number);
            self.shown = self.shown.min(self.open.variants.len().saturating_sub(1));
        }
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
fn head_ui(ui: &mut Ui, shown: &Variant, in_use: Option<&str>, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let report = &shown.report;
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
