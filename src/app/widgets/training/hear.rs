//! Hearing a run learn: a slider over the takes of its validations.

use std::path::Path;

use eframe::egui::{self, RichText, Ui};

use super::RunView;
use super::input::TrainingEvent;
use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::theme::{GRID, Palette};
use crate::display::thousands;
use crate::train::WrittenTake;

/// What is chosen to be heard.
#[derive(Clone, Debug, Default)]
pub struct HearOptions {
    /// A surname; `None` is the first one.
    composer: Option<String>,
    /// The step of the take; `None` is the newest.
    step: Option<u64>,
}

impl HearOptions {
    /// The take of a validation in the chosen manner.
    pub fn take<'a>(&self, run: &'a RunView, step: u64) -> Option<&'a WrittenTake> {
        let is_chosen = |take: &&WrittenTake| self.composer.as_ref().is_none_or(|c| *c == take.composer);
        run.takes_at(step).find(is_chosen).or_else(|| run.takes_at(step).next())
    }
}

/// The event that plays a take.
pub fn hear(run: &RunView, take: &WrittenTake) -> TrainingEvent {
    let title = format!("{}, {} at step {}", take.composer, run.name, thousands(take.step));
    TrainingEvent::Hear { path: take.path.clone(), title }
}

/// The slider, the composers, and the button; nothing before there is a take.
pub fn hear_ui(
    ui: &mut Ui,
    run: &RunView,
    options: &mut HearOptions,
    playing: Option<&Path>,
    events: &mut Vec<TrainingEvent>,
) {
    let mut steps: Vec<u64> = run.takes.iter().map(|take| take.step).collect();
    steps.dedup();
    let Some(&newest) = steps.last() else { return };
    let palette = Palette::of(ui);
    ui.label(RichText::new("Hear it learn").heading());
    ui.horizontal(|ui| {
        let chosen = options.step.unwrap_or(newest);
        let mut at = steps.partition_point(|step| *step < chosen).min(steps.len() - 1);
        let is_playing =
            options.take(run, steps[at]).is_some_and(|take| playing == Some(take.path.as_path()));
        let button = IconButton::new(Icon::Play, "Play the take of this step").on(is_playing).filled();
        let mut is_asked = button.show(ui).clicked();
        if steps.len() > 1 {
            ui.spacing_mut().slider_width = (ui.available_width() - 330.0).clamp(80.0, 420.0);
            let slider = egui::Slider::new(&mut at, 0..=steps.len() - 1).show_value(false);
            let response = ui.add(slider).accessible_name("Step to hear");
            let response = response.on_hover_text("From noise to music: each validation wrote this take");
            if response.changed() {
                options.step = (at + 1 < steps.len()).then(|| steps[at]);
            }
            is_asked |= response.drag_stopped() || (response.changed() && !response.dragged());
        }
        let step = steps[at];
        let nll = run.log.valid_nll_at(step).map_or(String::new(), |nll| format!(", {nll:.3} nats"));
        ui.label(format!("step {}{nll}", thousands(step)));
        composers_ui(ui, run, step, options, &mut is_asked);
        if is_asked && let Some(take) = options.take(run, step) {
            events.push(hear(run, take));
        }
    });
    let text = "Ten seconds with the same seed each time, so that they differ only by what was learned.";
    ui.label(RichText::new(text).size(12.0).color(palette.weak_text));
    ui.add_space(GRID);
}

fn composers_ui(ui: &mut Ui, run: &RunView, step: u64, options: &mut HearOptions, is_asked: &mut bool) {
    let names: Vec<&str> = run.takes_at(step).map(|take| take.composer.as_str()).collect();
    if names.len() < 2 {
        return;
    }
    ui.add_space(GRID);
    for (i, name) in names.iter().enumerate() {
        let is_chosen = options.composer.as_deref().map_or(i == 0, |chosen| chosen == *name);
        if ui.add(egui::Button::selectable(is_chosen, *name)).clicked() {
            options.composer = Some((*name).to_owned());
            *is_asked = true;
        }
    }
}
