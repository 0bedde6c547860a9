//! The training tab: choose the data, train, watch, and use the model.
//!
//! The panel starts nothing itself: user input comes out as [`TrainingEvent`]s, and events of a run go in through
//! [`TrainingPanel::apply`].

use std::path::Path;

use eframe::egui::{self, Color32, RichText, Ui};

use super::{CurveOptions, RunLog, TrainForm, checkpoints_ui, curves_ui, fields_ui, figures_ui};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::widgets::training::input::{DataFacts, TrainingEvent, TrainingInput, TrainingState};
use crate::train::TrainEvent;

const FORM_PX: f32 = 264.0;

/// View state of the tab and the log of its run.
#[derive(Debug, Default)]
pub struct TrainingPanel {
    form: TrainForm,
    log: RunLog,
    options: CurveOptions,
}

impl TrainingPanel {
    /// Draws the tab into the available space and appends the user's input to `events`.
    pub fn ui(&mut self, ui: &mut Ui, input: &TrainingInput<'_>, events: &mut Vec<TrainingEvent>) {
        let area = ui.available_rect_before_wrap();
        ui.allocate_rect(area, egui::Sense::hover());
        let left = egui::Rect::from_min_max(area.min, egui::pos2(area.left() + FORM_PX, area.bottom()));
        let right = egui::Rect::from_min_max(egui::pos2(left.right() + 3.0 * GRID, area.top()), area.max);
        let scroll = |name: &'static str| egui::ScrollArea::vertical().id_salt(name).auto_shrink(false);
        ui.scope_builder(egui::UiBuilder::new().max_rect(left), |ui| {
            scroll("training form").show(ui, |ui| {
                self.form.ui(ui, input, events);
                self.state_ui(ui, input.state);
            });
        });
        ui.painter().vline(left.right() + 1.5 * GRID, area.y_range(), (1.0, Palette::of(ui).line));
        ui.scope_builder(egui::UiBuilder::new().max_rect(right), |ui| {
            scroll("training run").show(ui, |ui| self.run_ui(ui, input, right.height(), events));
        });
    }

    /// Takes in an event of the run.
    pub fn apply(&mut self, event: &TrainEvent) {
        self.log.apply(event);
        self.form.notes_per_sec = self.log.step.as_ref().map(|m| m.notes_per_sec).filter(|n| *n > 0.0);
    }

    pub fn set_data_path(&mut self, path: &Path, events: &mut Vec<TrainingEvent>) {
        self.form.set_data(path);
        self.form.inspect_if_new(events);
    }

    pub fn set_run_dir(&mut self, path: &Path, events: &mut Vec<TrainingEvent>) {
        self.form.set_run_dir(path);
        self.form.inspect_if_new(events);
    }

    pub fn data_path(&self) -> &str {
        self.form.data.trim()
    }

    pub fn run_dir(&self) -> &str {
        self.form.run_dir.trim()
    }

    pub fn set_data_facts(&mut self, facts: DataFacts) {
        let is_current =
            facts.data == Path::new(self.data_path()) && facts.run_dir == Path::new(self.run_dir());
        if is_current {
            self.form.facts = Some(facts);
        }
    }

    /// Examines the paths again: after a run has ended, the folder holds one to resume.
    pub fn refresh_facts(&mut self, events: &mut Vec<TrainingEvent>) {
        self.form.ask_again();
        self.form.inspect_if_new(events);
    }

    fn state_ui(&self, ui: &mut Ui, state: &TrainingState) {
        let palette = Palette::of(ui);
        ui.add_space(GRID);
        match state {
            TrainingState::Idle => {}
            TrainingState::Preparing { text, fraction } => {
                let bar =
                    egui::ProgressBar::new(fraction.unwrap_or(0.0)).desired_height(6.0).corner_radius(3.0);
                ui.add(bar.animate(fraction.is_none()));
                note(ui, text, palette.weak_text);
            }
            TrainingState::Running => {
                note(ui, "Training. You can compose and listen meanwhile.", palette.weak_text)
            }
            TrainingState::Stopping => note(ui, "Stopping after this step…", palette.weak_text),
            TrainingState::Ended { summary } => note(ui, summary, palette.success),
            TrainingState::Failed { message } => note(ui, message, palette.error),
        }
        for warning in self.log.warnings() {
            ui.add_space(GRID / 2.0);
            note(ui, &warning, palette.warning);
        }
    }

    fn run_ui(
        &mut self,
        ui: &mut Ui,
        input: &TrainingInput<'_>,
        height: f32,
        events: &mut Vec<TrainingEvent>,
    ) {
        let is_running = matches!(input.state, TrainingState::Running | TrainingState::Stopping);
        // The scroll bar floats over the right edge.
        ui.set_max_width(ui.available_width() - 1.5 * GRID);
        figures_ui(ui, &self.log, is_running);
        ui.add_space(GRID);
        // Figures, controls, titles and the tables below take about 460 points; the curves get what is left.
        let plot_px = ((height - 460.0) / 1.62).clamp(150.0, 420.0);
        curves_ui(ui, &self.log, &mut self.options, plot_px);
        ui.add_space(2.0 * GRID);
        ui.columns(2, |columns| {
            fields_ui(&mut columns[0], &self.log);
            checkpoints_ui(&mut columns[1], &self.log, input.model_in_use, events);
        });
        ui.add_space(GRID);
    }
}

fn note(ui: &mut Ui, text: &str, colour: Color32) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
}
