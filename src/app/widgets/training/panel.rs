//! The training tab: choose the data, train, watch, listen, and use the model.
//!
//! The panel starts nothing itself: user input comes out as [`TrainingEvent`]s, and what is known of runs goes in
//! through [`TrainingPanel::set_runs`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, Color32, RichText, Ui};

use super::export::curves_csv;
use super::hear::{HearOptions, hear_ui};
use super::prepared::PreparedCurves;
use super::rare::add_composer_ui;
use super::tools::{compare_ui, tools_ui};
use super::{CurveOptions, RunView, TrainForm, curves_ui, fields_ui, figures_ui, models_ui};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::widgets::training::input::{
    DataFacts, TrainRequest, TrainingEvent, TrainingInput, TrainingState,
};
use crate::train::{Preflight, TrainConfig};

const FORM_PX: f32 = 264.0;

/// View state of the tab, and the runs that it shows.
#[derive(Debug, Default)]
pub struct TrainingPanel {
    form: TrainForm,
    /// The run of the form's folder first, then those it is compared with.
    runs: Vec<Arc<RunView>>,
    /// Folders of other runs beside it.
    others: Vec<PathBuf>,
    compared: Vec<PathBuf>,
    options: CurveOptions,
    hear: HearOptions,
    prepared: PreparedCurves,
    curves_at: Option<egui::Rect>,
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
                ui.add_space(GRID);
                add_composer_ui(ui, input.added, input.model_in_use, events);
            });
        });
        ui.painter().vline(left.right() + 1.5 * GRID, area.y_range(), (1.0, Palette::of(ui).line));
        ui.scope_builder(egui::UiBuilder::new().max_rect(right), |ui| {
            scroll("training run").show(ui, |ui| self.run_ui(ui, input, right.height(), events));
        });
    }

    /// The folders of the runs to show: that of the form, and those it is compared with.
    pub fn runs_to_watch(&self) -> Vec<PathBuf> {
        let own = PathBuf::from(self.run_dir());
        if own.as_os_str().is_empty() {
            return Vec::new();
        }
        let compared = self.compared.iter().filter(|folder| **folder != own).cloned();
        std::iter::once(own.clone()).chain(compared).collect()
    }

    /// What is known of the runs, in the order of [`TrainingPanel::runs_to_watch`], and the other runs beside them.
    pub fn set_runs(&mut self, runs: Vec<Arc<RunView>>, others: Vec<PathBuf>) {
        (self.runs, self.others) = (runs, others);
        let speed = self.runs.first().and_then(|run| Some(run.log.step.as_ref()?.notes_per_sec));
        self.form.notes_per_sec = speed.filter(|n| *n > 0.0);
    }

    /// The settings of the form.
    pub fn config(&self) -> &TrainConfig {
        &self.form.config
    }

    pub fn set_config(&mut self, config: TrainConfig) {
        self.form.minutes = config.minutes.unwrap_or(self.form.minutes);
        (self.form.config, self.form.preflight) = (config, None);
    }

    /// The new run that the form describes.
    pub fn request(&self) -> TrainRequest {
        self.form.request(false)
    }

    pub fn set_preflight(&mut self, preflight: Result<Preflight, String>) {
        self.form.preflight = Some(preflight);
    }

    /// All curves that are shown, as CSV.
    pub fn curves_csv(&self) -> String {
        curves_csv(&self.runs)
    }

    /// Where the curves were drawn last, in points; `None` if they were not.
    pub fn curves_at(&self) -> Option<egui::Rect> {
        self.curves_at
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
            TrainingState::Starting => note(ui, "Starting: the process reads the music…", palette.weak_text),
            TrainingState::Running => note(
                ui,
                "Training. You can compose and listen meanwhile, or close the window.",
                palette.weak_text,
            ),
            TrainingState::Stopping { text } => note(ui, text, palette.weak_text),
            TrainingState::Ended { summary } => note(ui, summary, palette.success),
            TrainingState::Failed { message } => note(ui, message, palette.error),
        }
        let Some(run) = self.runs.first() else { return };
        let survived = run.status.as_ref().and_then(|s| s.message.clone()).filter(|_| run.is_alive());
        for warning in survived.into_iter().chain(run.log.warnings()) {
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
        // The scroll bar floats over the right edge.
        ui.set_max_width(ui.available_width() - 1.5 * GRID);
        let empty = RunView::default();
        let run = self.runs.first().map_or(&empty, Arc::as_ref);
        figures_ui(ui, run);
        ui.add_space(GRID);
        tools_ui(ui, &mut self.options, events);
        compare_ui(ui, &self.runs, &self.others, &mut self.compared);
        ui.add_space(GRID / 2.0);
        // Figures, controls, titles and the tables below take about 500 points; the curves get what is left.
        let plot_px = ((height - 500.0) / 1.62).clamp(150.0, 420.0);
        let rect = curves_ui(ui, &self.runs, &mut self.options, &mut self.prepared, plot_px);
        self.curves_at = Some(rect.intersect(ui.clip_rect()));
        ui.add_space(2.0 * GRID);
        hear_ui(ui, run, &mut self.hear, input.playing, events);
        ui.columns(2, |columns| {
            fields_ui(&mut columns[0], &run.log);
            models_ui(&mut columns[1], run, &self.hear, input.model_in_use, events);
        });
        ui.add_space(GRID);
    }
}

fn note(ui: &mut Ui, text: &str, colour: Color32) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
}
