//! The size of the network, the starting point, and every other setting of a run.

use std::path::Path;

use eframe::egui::{self, DragValue, RichText, Ui};

use super::input::TrainingEvent;
use crate::app::kit::theme::{GRID, Palette};
use crate::train::{Preflight, Preset, SETTINGS, Setting, TrainConfig};

/// Preset and starting point. `shipped` is the model to fine-tune, if there is one.
pub fn size_ui(ui: &mut Ui, config: &mut TrainConfig, shipped: Option<&Path>) {
    ui.horizontal(|ui| {
        for preset in Preset::ALL {
            let button = egui::Button::selectable(preset.is(config), preset.name());
            if ui.add(button).on_hover_text(preset.what()).clicked() {
                preset.apply(config);
                config.from = None;
            }
        }
    });
    ui.label(RichText::new("Start from").size(12.0).color(Palette::of(ui).weak_text));
    ui.horizontal(|ui| {
        if ui.add(egui::Button::selectable(config.from.is_none(), "Nothing")).clicked() {
            config.from = None;
        }
        let own = egui::Button::selectable(config.from.is_some(), "The model in use");
        let response = ui.add_enabled(shipped.is_some(), own);
        let response = response.on_disabled_hover_text("Load a model in the Studio first");
        let hint = "Fine-tuning: starts from its weights; the music must have the same composers";
        if response.on_hover_text(hint).clicked()
            && let Some(path) = shipped
        {
            Preset::Small.apply(config);
            config.from = Some(path.to_owned());
        }
    });
}

/// All other settings, folded away, and the file that holds them.
pub fn advanced_ui(ui: &mut Ui, config: &mut TrainConfig, events: &mut Vec<TrainingEvent>) {
    egui::CollapsingHeader::new("Advanced").show(ui, |ui| {
        egui::Grid::new("settings").num_columns(2).spacing([GRID, 4.0]).show(ui, |ui| {
            for setting in SETTINGS {
                setting_ui(ui, setting, config);
                ui.end_row();
            }
        });
        let mut names = config.listen_to.join(", ");
        ui.label(RichText::new("listen_to").size(12.0));
        let field = egui::TextEdit::singleline(&mut names).hint_text("the two with the most music");
        let hint = "Composers of the short takes that each validation writes, with commas between them";
        if ui.add(field).accessible_name("listen_to").on_hover_text(hint).changed() {
            config.listen_to = names.split(',').map(|name| name.trim_start().to_owned()).collect();
            config.listen_to.retain(|name| !name.is_empty());
        }
        ui.horizontal(|ui| {
            if ui.button("Import…").on_hover_text("A TOML file as for `pastiche train --config`").clicked()
            {
                events.push(TrainingEvent::BrowseConfig { is_export: false });
            }
            if ui.button("Export…").on_hover_text("A TOML file for `pastiche train --config`").clicked() {
                events.push(TrainingEvent::BrowseConfig { is_export: true });
            }
            if ui.button("Defaults").clicked() {
                *config = TrainConfig::default();
            }
        });
    });
}

fn setting_ui(ui: &mut Ui, setting: &Setting, config: &mut TrainConfig) {
    let usual = TrainConfig::default();
    let default = (setting.get)(&usual);
    let value = (setting.get)(config);
    let is_changed = value != default;
    let colour = if is_changed { Palette::of(ui).accent } else { Palette::of(ui).text };
    let hint = format!(
        "{}\n{}{}default {default}, {} to {}",
        setting.what,
        setting.unit,
        if setting.unit.is_empty() { "" } else { "; " },
        setting.min,
        setting.max
    );
    ui.label(RichText::new(setting.name).size(12.0).color(colour)).on_hover_text(&hint);
    let mut new = value;
    let speed = (value.abs() * 0.01).max(if setting.is_whole { 0.1 } else { 0.0001 });
    let drag = DragValue::new(&mut new).range(setting.min..=setting.max).speed(speed);
    let drag = if setting.is_whole { drag.max_decimals(0) } else { drag.max_decimals(6) };
    if ui.add(drag).accessible_name(setting.name).on_hover_text(hint).changed() {
        (setting.set)(config, if setting.is_whole { new.round() } else { new });
    }
}

/// What the run would need, once it is measured.
pub fn preflight_ui(
    ui: &mut Ui,
    preflight: Option<&Result<Preflight, String>>,
    is_probing: bool,
    can_probe: bool,
    events: &mut Vec<TrainingEvent>,
) {
    let palette = Palette::of(ui);
    let note = |ui: &mut Ui, text: String, colour| {
        ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
    };
    let button = ui.add_enabled(can_probe && !is_probing, egui::Button::new("What will it need?"));
    let hint = "Trains a few steps in a process of its own, which takes less than a minute";
    let why = "Choose a corpus first; a data set is prepared with the first run";
    if button.on_hover_text(hint).on_disabled_hover_text(why).clicked() {
        events.push(TrainingEvent::Probe);
    }
    match preflight {
        _ if is_probing => note(ui, "Measuring…".to_owned(), palette.weak_text),
        None => {}
        Some(Err(message)) => note(ui, message.clone(), palette.error),
        Some(Ok(p)) => {
            let lines = [
                format!(
                    "{:.1} million parameters, {:.0} MB of memory",
                    p.parameters as f64 / 1e6,
                    p.memory_mb
                ),
                format!("{:.0} notes per second", p.notes_per_sec),
                format!("{:.1} hours for as many notes as the model that ships has learned from", p.hours),
                format!("{:.0} MB on disk", p.disk_mb),
            ];
            lines.into_iter().for_each(|line| note(ui, line, palette.weak_text));
            if let Some(free) = p.free_mb.filter(|free| *free < p.disk_mb) {
                note(ui, format!("Only {free:.0} MB are free where the run folder is."), palette.warning);
            }
        }
    }
}
