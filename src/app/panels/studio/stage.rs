//! The heading above the roll: name and settings of the take on the stage, and its buttons.

use eframe::egui::{self, Align, Layout, Popup, RichText, Ui, vec2};

use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::parts::caption;
use crate::app::kit::theme::{self, GRID, Palette};
use crate::app::panels::look::style_of;
use crate::app::panels::takes::menu::menu_ui;
use crate::app::state::action::{Actions, FileAction, TakeAction};
use crate::app::state::app_state::AppState;
use crate::app::state::stage::Stage;
use crate::display::{count, thousands};
use crate::generate::Form;
use crate::takes::ComposeSettings;

/// Draws the heading.
pub fn stage_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(stage) = &state.stage else {
        ui.horizontal_centered(|ui| caption(ui, "Nothing here yet"));
        return;
    };
    ui.horizontal_centered(|ui| {
        let style = style_of(ui, state, stage.composer.as_deref());
        let (marker, _) = ui.allocate_exact_size(vec2(12.0, 12.0), egui::Sense::hover());
        theme::paint_marker(ui.painter(), marker.center(), 5.0, style);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            stage_buttons_ui(ui, state, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = RichText::new(&stage.name).text_style(egui::TextStyle::Heading);
                let facts = egui::WidgetText::from(facts(ui, state, stage));
                let facts = facts.into_galley(ui, None, f32::INFINITY, egui::TextStyle::Small);
                // A long name is shortened.
                let room = ui.available_width() - facts.size().x - 2.0 * GRID;
                ui.scope(|ui| {
                    ui.set_max_width(room.max(0.0));
                    ui.add(egui::Label::new(name).truncate());
                });
                let facts = ui.label(facts);
                let settings = state.staged_take().and_then(|e| e.record.settings.as_ref());
                if let Some(settings) = settings {
                    facts.on_hover_text(made_with(settings));
                }
            });
        });
    });
}

/// The settings of a take, with the names that the panel uses.
fn made_with(settings: &ComposeSettings) -> String {
    let sampling = &settings.sampling;
    let mut text = format!(
        "Strength {:.1}, memory {:.1}, temperature {:.2}, best of {}, seed {}",
        sampling.guidance, sampling.memory, sampling.temperature, settings.best_of, settings.seed
    );
    if settings.form != Form::Free {
        text += &format!("\nForm {}, return {:.2}", settings.form, settings.recall);
    }
    text
}

pub fn facts(ui: &Ui, state: &AppState, stage: &Stage) -> RichText {
    let notes = stage.performance.notes().len();
    let text = match &state.composing {
        Some(c) if state.is_stage_growing() && c.settings.is_endless => {
            format!("{}, composing until stopped…", count(notes, "note"))
        }
        Some(c) if state.is_stage_growing() => {
            format!("{} of {}, composing…", thousands(notes as u64), count(c.asked_notes, "note"))
        }
        _ => count(notes, "note"),
    };
    RichText::new(text).small().color(Palette::of(ui).weak_text)
}

pub fn stage_buttons_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.x = 4.0;
    if let Some(entry) = state.staged_take() {
        let more = IconButton::new(Icon::More, "More about this take").show(ui);
        Popup::menu(&more).width(180.0).show(|ui| menu_ui(ui, state, entry, actions));
        let (icon, label) = if entry.record.is_starred {
            (Icon::Star, "Remove star")
        } else {
            (Icon::StarEmpty, "Star this take")
        };
        let tip = format!("{label} (S)");
        if IconButton::new(icon, label).tip(&tip).on(entry.record.is_starred).show(ui).clicked() {
            actions.push(TakeAction::ToggleStar(entry.id.clone()));
        }
    }
    if IconButton::new(Icon::Save, "Save")
        .tip("Save as MIDI, a recording or a picture (Ctrl+S, Ctrl+E)")
        .show(ui)
        .clicked()
    {
        actions.push(FileAction::ShowSave { as_wav: false });
    }
    if let Some(other) = state.previous.as_ref().and_then(|id| state.takes.get(id)) {
        let tip = format!("Compare with {} at the same playhead (B)", other.record.name);
        if IconButton::new(Icon::Swap, "Compare with the other take").tip(&tip).show(ui).clicked() {
            actions.push(TakeAction::Swap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_named_where_there_is_one() {
        let mut settings = ComposeSettings::default();
        assert_eq!(made_with(&settings), "Strength 1.8, memory 1.0, temperature 1.00, best of 4, seed 1");
        settings.form = "ABA'".parse().unwrap();
        assert!(made_with(&settings).ends_with("\nForm ABA', return 0.70"));
    }
}
