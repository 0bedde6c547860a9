//! Adding a composer from the user's own folder to the model in use.

use std::path::Path;

use eframe::egui::{self, RichText, Ui};

use super::added::AddedComposer;
use super::input::TrainingEvent;
use crate::app::kit::theme::Palette;

/// The button, and the verdict once there is one.
pub fn add_composer_ui(
    ui: &mut Ui,
    added: &AddedComposer,
    model: Option<&Path>,
    events: &mut Vec<TrainingEvent>,
) {
    let palette = Palette::of(ui);
    let note = |ui: &mut Ui, text: &str, colour| {
        ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
    };
    egui::CollapsingHeader::new("Add a composer").show(ui, |ui| {
        let text = "A folder of Composer Name/*.mid gives the model in use a label for each new composer, in a few \
                    minutes. The others do not change.";
        note(ui, text, palette.weak_text);
        let why = match (model, added) {
            (None, _) => Some("Load a model in the Studio first"),
            (Some(_), AddedComposer::Learning) => Some("It is still learning"),
            (Some(_), AddedComposer::None | AddedComposer::Done(_) | AddedComposer::Failed(_)) => None,
        };
        let button = ui.add_enabled(why.is_none(), egui::Button::new("From my own folder…"));
        if button.on_disabled_hover_text(why.unwrap_or_default()).clicked() {
            events.push(TrainingEvent::BrowseOwnMusic);
        }
        match added {
            AddedComposer::None => {}
            AddedComposer::Learning => note(ui, "Learning; this takes a few minutes…", palette.weak_text),
            AddedComposer::Failed(message) => note(ui, message, palette.error),
            AddedComposer::Done(summary) => {
                summary.composers.iter().for_each(|c| note(ui, &c.verdict(), palette.text));
                if ui.button("Use this model").clicked() {
                    events.push(TrainingEvent::UseModel { path: summary.checkpoint.clone() });
                }
            }
        }
    });
}
