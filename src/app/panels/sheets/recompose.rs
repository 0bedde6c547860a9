//! The sheet with the settings of Recompose.

use eframe::egui::{self, Align, Layout, RichText, Slider, Ui};

use super::rows::{composers_ui, percent, row_ui};
use crate::app::kit::parts::{accent_button, button, buttons_row, caption, heading};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, EditAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::edit::RecomposeForm;
use crate::app::widgets::roll::Selection;
use crate::display::{clock, count};
use crate::music::Pitch;
use crate::sampling::SamplingSettings;

const WIDTH: f32 = 448.0;

/// What the sheet is filled in with; it stays for the next time.
#[derive(Debug)]
pub struct RecomposeSheet {
    form: RecomposeForm,
}

impl Default for RecomposeSheet {
    fn default() -> RecomposeSheet {
        RecomposeSheet {
            form: RecomposeForm {
                to: None,
                closeness: 0.0,
                strength: SamplingSettings::default().guidance,
                keep_rhythm: false,
                all_keys: false,
            },
        }
    }
}

impl RecomposeSheet {
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let Some(selection) = &state.selection else {
            actions.push(WindowAction::CloseSheet);
            return;
        };
        ui.set_width(WIDTH);
        heading(ui, "Recompose the selection");
        caption(ui, &words(selection));
        ui.add_space(GRID * 0.5);
        caption(ui, "In the manner of");
        composers_ui(ui, state, Some("As it is"), &mut self.form.to, WIDTH);
        ui.add_space(GRID * 0.5);
        row_ui(ui, "Strength", Slider::new(&mut self.form.strength, SamplingSettings::GUIDANCE));
        row_ui(ui, "Chords to keep", percent(Slider::new(&mut self.form.closeness, 0.0..=0.9)));
        ui.checkbox(&mut self.form.keep_rhythm, "Keep the rhythm")
            .on_hover_text("Onsets, lengths and pedal stay; pitch and loudness are new");
        let has_all_keys = selection.pitches == (Pitch::LOWEST..=Pitch::HIGHEST);
        ui.add_enabled(!has_all_keys, egui::Checkbox::new(&mut self.form.all_keys, "All keys"))
            .on_hover_text("Also notes above and below the selection");
        ui.add_space(GRID * 0.5);
        let kept = "Composes four alternatives. Everything outside the selection stays exactly as it is. Each \
                    alternative is the best of several candidates: the one that the following music fits best.";
        let weak = Palette::of(ui).weak_text;
        ui.add(egui::Label::new(RichText::new(kept).small().color(weak)).wrap());
        ui.add_space(GRID);
        self.buttons_ui(ui, state, actions);
    }

    fn buttons_ui(&self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let why_not = state.cannot_compose().or_else(|| state.is_busy()).or_else(|| state.cannot_edit());
        let warning = Palette::of(ui).warning;
        buttons_row(ui, |ui| {
            let compose = accent_button(ui, "Recompose", why_not.is_none());
            let is_entered = ui.input(|i| i.key_pressed(egui::Key::Enter));
            if why_not.is_none() && (compose.clicked() || is_entered) {
                actions.push(EditAction::Recompose(self.form.clone()));
            }
            if button(ui, "Cancel").clicked() {
                actions.push(WindowAction::CloseSheet);
            }
            if let Some(why_not) = why_not {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(why_not).small().color(warning)).wrap());
                });
            }
        });
    }
}

/// "12 notes from 0:04.2 to 0:09.8, C3 to B4".
pub fn words(selection: &Selection) -> String {
    let (from, to) = (clock(selection.secs.start, 1), clock(selection.secs.end, 1));
    let notes = count(selection.notes.len(), "note");
    // The sharp sign is in no font that egui brings along.
    let [low, high] =
        [selection.pitches.start(), selection.pitches.end()].map(|p| p.name().replace('♯', "#"));
    if selection.pitches == (Pitch::LOWEST..=Pitch::HIGHEST) {
        format!("{notes} from {from} to {to}")
    } else {
        format!("{notes} from {from} to {to}, {low} to {high}")
    }
}
