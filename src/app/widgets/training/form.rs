//! The training form: data, run folder, duration and device.

use std::path::{Path, PathBuf};

use eframe::egui::{self, RichText, Ui};

use super::advanced::{advanced_ui, preflight_ui, size_ui};
use super::buttons::{capital, download_ui, enabled, heading, running_buttons_ui};
use super::found::found_ui;
use super::input::{
    DataFacts, DataKind, DeviceItem, TrainRequest, TrainingEvent, TrainingInput, TrainingState,
};
use crate::app::kit::theme::{GRID, Palette};
use crate::device::DeviceChoice;
use crate::display::thousands;
use crate::train::{Preflight, TrainConfig};

/// The contents of the form.
#[derive(Clone, Debug)]
pub struct TrainForm {
    pub data: String,
    pub run_dir: String,
    pub minutes: f64,
    /// The settings of a new run.
    pub config: TrainConfig,
    /// What a run with these settings would need, or why that is not known.
    pub preflight: Option<Result<Preflight, String>>,
    pub device: DeviceChoice,
    pub facts: Option<DataFacts>,
    /// The paths that the app was last asked to examine.
    inspected: (String, String),
    /// Notes per second of the last run.
    pub notes_per_sec: Option<f64>,
}

impl Default for TrainForm {
    fn default() -> TrainForm {
        TrainForm {
            data: String::new(),
            run_dir: String::new(),
            minutes: 30.0,
            config: TrainConfig::default(),
            preflight: None,
            device: DeviceChoice::Auto,
            facts: None,
            inspected: Default::default(),
            notes_per_sec: None,
        }
    }
}

impl TrainForm {
    /// Draws the form and its buttons.
    pub fn ui(&mut self, ui: &mut Ui, input: &TrainingInput<'_>, events: &mut Vec<TrainingEvent>) {
        let is_idle = input.state.is_idle();
        ui.add_enabled_ui(is_idle, |ui| {
            self.data_ui(ui, input, events);
            ui.add_space(GRID);
            self.output_ui(ui, events);
            ui.add_space(GRID);
            self.length_ui(ui);
            ui.add_space(GRID);
            self.device_ui(ui, input.devices);
            ui.add_space(GRID);
            self.settings_ui(ui, input, events);
        });
        ui.add_space(2.0 * GRID);
        self.buttons_ui(ui, input, is_idle, events);
    }

    /// Asks the app to examine the paths if they have changed.
    pub fn inspect_if_new(&mut self, events: &mut Vec<TrainingEvent>) {
        let paths = (self.data.trim().to_owned(), self.run_dir.trim().to_owned());
        if paths != self.inspected && !paths.0.is_empty() {
            events.push(TrainingEvent::Inspect {
                data: PathBuf::from(&paths.0),
                run_dir: PathBuf::from(&paths.1),
            });
            self.facts = None;
        }
        self.inspected = paths;
    }

    /// Examines the paths again next time, even if they are the same.
    pub fn ask_again(&mut self) {
        self.inspected = Default::default();
    }

    fn data_ui(&mut self, ui: &mut Ui, input: &TrainingInput<'_>, events: &mut Vec<TrainingEvent>) {
        heading(ui, "Music to learn from");
        let hint = "corpus, dataset folder or .zip";
        if path_field(ui, "Dataset or corpus", &mut self.data, hint) {
            self.inspect_if_new(events);
        }
        ui.horizontal(|ui| {
            if ui
                .button("File…")
                .on_hover_text("A corpus made by this program, or the dataset as a .zip")
                .clicked()
            {
                events.push(TrainingEvent::BrowseData { folder: false });
            }
            if ui.button("Folder…").on_hover_text("MAESTRO, or a folder of Composer Name/*.mid").clicked() {
                events.push(TrainingEvent::BrowseData { folder: true });
            }
        });
        download_ui(ui, input, events);
        self.facts_ui(ui);
    }

    /// Size, starting point, all other settings, and what they need. A run that is resumed keeps its own.
    fn settings_ui(&mut self, ui: &mut Ui, input: &TrainingInput<'_>, events: &mut Vec<TrainingEvent>) {
        let before = self.config.clone();
        heading(ui, "Network");
        size_ui(ui, &mut self.config, input.model_in_use);
        advanced_ui(ui, &mut self.config, events);
        if self.config != before {
            self.preflight = None;
        }
        let found = self.facts.as_ref().and_then(|facts| facts.found.as_ref().ok());
        let is_corpus = found.is_some_and(|found| found.kind == DataKind::Corpus);
        preflight_ui(ui, self.preflight.as_ref(), input.is_probing, is_corpus, events);
    }

    fn facts_ui(&self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let line = |ui: &mut Ui, text: String, colour| {
            ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
        };
        let Some(facts) = &self.facts else {
            if self.data.trim().is_empty() {
                let text = "Any folder of Composer Name/*.mid, or MAESTRO as downloaded.";
                line(ui, text.to_owned(), palette.weak_text);
            } else {
                line(ui, "Looking…".to_owned(), palette.weak_text);
            }
            return;
        };
        match &facts.found {
            Err(why) => line(ui, why.clone(), palette.error),
            Ok(found) => found_ui(ui, found),
        }
    }

    fn output_ui(&mut self, ui: &mut Ui, events: &mut Vec<TrainingEvent>) {
        heading(ui, "Run folder");
        if path_field(ui, "Run folder", &mut self.run_dir, "where checkpoints and logs go") {
            self.inspect_if_new(events);
        }
        if ui.button("Choose…").on_hover_text("The folder for checkpoints and logs").clicked() {
            events.push(TrainingEvent::BrowseOutput);
        }
    }

    fn length_ui(&mut self, ui: &mut Ui) {
        heading(ui, "Length");
        ui.horizontal(|ui| {
            let slider = egui::Slider::new(&mut self.minutes, 1.0..=2880.0)
                .logarithmic(true)
                .show_value(false)
                .max_decimals(0);
            ui.spacing_mut().slider_width = (ui.available_width() - 96.0).max(60.0);
            let name = "Minutes of training in total, including earlier parts of a resumed run";
            ui.add(slider).accessible_name(name).on_hover_text(name);
            ui.label(minutes_text(self.minutes));
        });
        let notes = self.facts.as_ref().and_then(|f| f.found.as_ref().ok()?.notes).filter(|n| *n > 0);
        if let (Some(speed), Some(notes)) = (self.notes_per_sec, notes) {
            let passes = speed * self.minutes * 60.0 / notes as f64;
            let text =
                format!("About {passes:.1} passes over the music at {} notes/s", thousands(speed as u64));
            ui.add(egui::Label::new(RichText::new(text).size(12.0).color(Palette::of(ui).weak_text)).wrap());
        }
    }

    fn device_ui(&mut self, ui: &mut Ui, devices: &[DeviceItem]) {
        heading(ui, "Device");
        ui.horizontal_wrapped(|ui| {
            for item in devices {
                let button = egui::Button::selectable(self.device == item.choice, item.name.as_str());
                let mut response = ui.add_enabled(item.disabled_because.is_none(), button);
                if let Some(why) = &item.disabled_because {
                    response = response.on_disabled_hover_text(why);
                }
                if response.clicked() {
                    self.device = item.choice;
                }
            }
        });
    }

    fn buttons_ui(
        &self,
        ui: &mut Ui,
        input: &TrainingInput<'_>,
        is_idle: bool,
        events: &mut Vec<TrainingEvent>,
    ) {
        let palette = Palette::of(ui);
        let why_no_start = self.why_not(input.state, false);
        let why_no_resume = self.why_not(input.state, true);
        let resume_step = self.facts.as_ref().and_then(|f| f.can_resume_from);
        ui.horizontal(|ui| {
            if is_idle {
                let start = match why_no_start {
                    None => egui::Button::new(RichText::new("Start").color(palette.on_accent))
                        .fill(palette.accent),
                    Some(_) => egui::Button::new("Start"),
                };
                let start = start.min_size(egui::vec2(96.0, 32.0));
                if enabled(ui, start, why_no_start.as_deref()).clicked() {
                    events.push(TrainingEvent::Start(Box::new(self.request(false))));
                }
                let text =
                    resume_step.map_or("Resume".to_owned(), |step| format!("Resume at {}", thousands(step)));
                let resume = egui::Button::new(text).min_size(egui::vec2(96.0, 32.0));
                if enabled(ui, resume, why_no_resume.as_deref()).clicked() {
                    events.push(TrainingEvent::Start(Box::new(self.request(true))));
                }
            } else {
                running_buttons_ui(ui, input.state, events);
            }
        });
        // Shows why the button is disabled.
        if let Some(why) = why_no_start.filter(|_| is_idle && why_no_resume.is_some()) {
            ui.add(egui::Label::new(RichText::new(capital(&why)).size(12.0).color(palette.weak_text)).wrap());
        }
    }

    /// Why a run cannot start; `None` if it can.
    pub fn why_not(&self, state: &TrainingState, resume: bool) -> Option<String> {
        if !state.is_idle() {
            return Some("a run is under way".to_owned());
        }
        if self.data.trim().is_empty() {
            return Some("choose the music to learn from first".to_owned());
        }
        if self.run_dir.trim().is_empty() {
            return Some("choose a run folder first".to_owned());
        }
        match &self.facts {
            None => Some("still examining the music".to_owned()),
            Some(DataFacts { found: Err(why), .. }) => Some(why.clone()),
            Some(facts) if resume && facts.can_resume_from.is_none() => {
                Some("the run folder holds no run to resume".to_owned())
            }
            Some(facts) if !resume && facts.can_resume_from.is_some() => {
                Some("the run folder holds a run already: resume it or choose another folder".to_owned())
            }
            Some(_) if !resume => {
                let config = TrainConfig { minutes: Some(self.minutes), ..self.config.clone() };
                config.validate().err().map(|error| error.to_string())
            }
            Some(_) => None,
        }
    }

    /// The run that the form describes.
    pub fn request(&self, resume: bool) -> TrainRequest {
        TrainRequest {
            data: PathBuf::from(self.data.trim()),
            run_dir: PathBuf::from(self.run_dir.trim()),
            config: self.config.clone(),
            minutes: self.minutes.round().max(1.0),
            device: self.device,
            resume,
        }
    }

    pub fn set_data(&mut self, path: &Path) {
        self.data = path.display().to_string();
    }

    pub fn set_run_dir(&mut self, path: &Path) {
        self.run_dir = path.display().to_string();
    }
}

/// A text field for a path; true when it should be examined.
fn path_field(ui: &mut Ui, name: &str, text: &mut String, hint: &str) -> bool {
    let field = egui::TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(name);
    response.lost_focus()
}

fn minutes_text(minutes: f64) -> String {
    match minutes {
        m if m < 90.0 => format!("{m:.0} min"),
        m if m < 36.0 * 60.0 => format!("{:.1} hours", m / 60.0),
        m => format!("{:.1} days", m / 1440.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::widgets::training::input::FoundData;

    fn facts(can_resume_from: Option<u64>) -> Option<DataFacts> {
        let found = FoundData {
            kind: DataKind::Corpus,
            pieces: 3,
            notes: None,
            composers: 2,
            music_hours: None,
            remarks: Vec::new(),
            by_composer: Vec::new(),
            refused: Vec::new(),
        };
        Some(DataFacts {
            data: PathBuf::from("a.corpus"),
            run_dir: PathBuf::from("run"),
            found: Ok(found),
            can_resume_from,
        })
    }

    #[test]
    fn a_run_starts_only_when_all_is_there_and_says_why_not() {
        let mut form = TrainForm::default();
        let why = |form: &TrainForm, resume| form.why_not(&TrainingState::Idle, resume).unwrap_or_default();
        assert!(why(&form, false).contains("music"));
        form.data = "a.corpus".to_owned();
        assert!(why(&form, false).contains("run folder"));
        form.run_dir = "run".to_owned();
        assert!(why(&form, false).contains("examining"));
        form.facts = facts(None);
        assert_eq!(why(&form, false), "");
        assert!(why(&form, true).contains("no run"));
        form.facts = facts(Some(120));
        assert!(why(&form, false).contains("already"));
        assert_eq!(why(&form, true), "");
        assert!(form.why_not(&TrainingState::Running, true).is_some());
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(minutes_text(30.0), "30 min");
        assert_eq!(minutes_text(120.0), "2.0 hours");
    }
}
