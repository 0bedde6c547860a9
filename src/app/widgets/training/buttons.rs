//! The buttons of the form that depend on what is under way, and small parts of it.

use eframe::egui::{self, RichText, Ui};

use super::input::{TrainingEvent, TrainingInput, TrainingState};
use crate::app::kit::theme::Palette;

/// The button for MAESTRO, or how far its download is.
pub fn download_ui(ui: &mut Ui, input: &TrainingInput<'_>, events: &mut Vec<TrainingEvent>) {
    let Some(progress) = input.download else {
        let hint = "1,276 performances from the International Piano-e-Competition as MIDI, from their official address. \
                    CC BY-NC-SA 4.0: not for commercial use";
        if ui.button("Download MAESTRO (58 MB)").on_hover_text(hint).clicked() {
            events.push(TrainingEvent::Download);
        }
        return;
    };
    ui.horizontal(|ui| {
        let bar = egui::ProgressBar::new(progress.fraction().unwrap_or(0.0)).desired_width(150.0);
        ui.add(bar.desired_height(6.0).corner_radius(3.0));
        if ui.button("Cancel").on_hover_text("What has arrived is kept for the next time").clicked() {
            events.push(TrainingEvent::CancelDownload);
        }
    });
    let done = match progress.total {
        Some(total) => format!(": {:.1} of {:.1} MB", progress.done as f64 / 1e6, total as f64 / 1e6),
        None => "…".to_owned(),
    };
    heading(ui, &format!("{}{done}", capital(&progress.phase)));
}

/// Pause, and stop and save.
pub fn running_buttons_ui(ui: &mut Ui, state: &TrainingState, events: &mut Vec<TrainingEvent>) {
    let (why_no_pause, why_no_stop) = match state {
        TrainingState::Preparing { .. } => (Some("the music is still being prepared"), None),
        TrainingState::Starting => (Some("it is still starting"), Some("it is still starting")),
        TrainingState::Stopping { .. } => (Some("it is stopping already"), Some("it is stopping already")),
        TrainingState::Running
        | TrainingState::Idle
        | TrainingState::Ended { .. }
        | TrainingState::Failed { .. } => (None, None),
    };
    let size = egui::vec2(96.0, 32.0);
    let pause = enabled(ui, egui::Button::new("Pause").min_size(size), why_no_pause);
    let hint = "Saves the run after this step and ends its process, which frees the processor and its memory";
    if pause.on_hover_text(hint).clicked() {
        events.push(TrainingEvent::Pause);
    }
    let text = if matches!(state, TrainingState::Preparing { .. }) { "Stop" } else { "Stop and save" };
    let stop = enabled(ui, egui::Button::new(text).min_size(size), why_no_stop);
    if stop.on_hover_text("Validates and saves the run, and prepares its best model for composing").clicked()
    {
        events.push(TrainingEvent::Stop);
    }
}

/// A button that says why it is disabled.
pub fn enabled(ui: &mut Ui, button: egui::Button<'_>, why_not: Option<&str>) -> egui::Response {
    let response = ui.add_enabled(why_not.is_none(), button);
    match why_not {
        Some(why) => response.on_disabled_hover_text(capital(why)),
        None => response,
    }
}

/// A small weak heading.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(12.0).color(Palette::of(ui).weak_text));
}

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
