//! The strip above the roll: what is selected and what can be done with it, or which alternative is heard.

use eframe::egui::{Align, Button, Layout, RichText, Ui};

use crate::app::kit::parts::caption;
use crate::app::kit::theme::Palette;
use crate::app::panels::sheets::recompose::words;
use crate::app::state::action::{Actions, ComposeAction, EditAction, Sheet, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::edit::Alternatives;
use crate::app::widgets::roll::Selection;
use crate::generate::Region;
use crate::music::NoteEdit;

/// Is there anything to show?
pub fn has_strip(state: &AppState) -> bool {
    state.selection.is_some() || state.alternatives.is_some() || state.recomposing.is_some()
}

pub fn selection_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if let Some(alternatives) = &state.alternatives {
            alternatives_ui(ui, alternatives, actions);
        } else if state.recomposing.is_some() {
            caption(ui, "Composing four alternatives…");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                small(ui, "Stop", "Stop composing (Esc)", None, ComposeAction::Stop, actions);
            });
        } else if let Some(selection) = &state.selection {
            tools_ui(ui, state, selection, actions);
        }
    });
}

fn alternatives_ui(ui: &mut Ui, alternatives: &Alternatives, actions: &mut Actions) {
    let accent = Palette::of(ui).accent;
    let text = format!("Alternative {} of {}", alternatives.at + 1, alternatives.all.len());
    ui.label(RichText::new(text).small().strong().color(accent));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        small(ui, "Leave", "Keep the take as it was (Esc)", None, EditAction::LeaveAlternatives, actions);
        small(ui, "Take it", "Keep this alternative (Enter)", None, EditAction::TakeAlternative, actions);
        small(ui, "Next", "Hear the next one (Right)", None, EditAction::StepAlternative(1), actions);
        small(ui, "Previous", "Hear the one before (Left)", None, EditAction::StepAlternative(-1), actions);
    });
}

fn tools_ui(ui: &mut Ui, state: &AppState, selection: &Selection, actions: &mut Actions) {
    let why_not = state.cannot_edit();
    let locks = state.staged_take().map_or(&[][..], |e| &e.record.locks);
    let part = Region { secs: selection.secs.clone(), pitches: selection.pitches.clone() };
    let is_locked = locks.iter().any(|lock| lock.meets(&part));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        small(ui, "Clear", "Select nothing (Esc)", None, EditAction::ClearSelection, actions);
        let (lock, tip) = if is_locked {
            ("Unlock", "Let this part be changed again (K)")
        } else {
            ("Lock", "Let nothing change the selected time and keys (K)")
        };
        small(ui, lock, tip, why_not, EditAction::ToggleLock, actions);
        let edits = [
            ("Longer", "Hold the notes a tenth longer (Ctrl+Right)", NoteEdit::Stretch { factor: 1.1 }),
            ("Shorter", "Let go a tenth sooner (Ctrl+Left)", NoteEdit::Stretch { factor: 1.0 / 1.1 }),
            ("Louder", "Raise the velocity by 4 (Ctrl+Up)", NoteEdit::Velocity { by: 4 }),
            ("Softer", "Lower the velocity by 4 (Ctrl+Down)", NoteEdit::Velocity { by: -4 }),
            ("Up", "A semitone higher (Alt+Up)", NoteEdit::transpose(1)),
            ("Down", "A semitone lower (Alt+Down)", NoteEdit::transpose(-1)),
            ("Delete", "Delete the notes (Del)", NoteEdit::Delete),
        ];
        for (word, tip, edit) in edits {
            small(ui, word, tip, why_not, EditAction::Notes(edit), actions);
        }
        let sheet = WindowAction::ShowSheet(Sheet::Recompose);
        small(ui, "Recompose…", "New notes in the selection (Ctrl+R)", why_not, sheet, actions);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = RichText::new(words(selection)).small().color(Palette::of(ui).weak_text);
            ui.add(eframe::egui::Label::new(text).truncate());
        });
    });
}

fn small(
    ui: &mut Ui,
    word: &str,
    tip: &str,
    why_not: Option<&str>,
    action: impl Into<crate::app::state::action::Action>,
    actions: &mut Actions,
) {
    let button = Button::new(RichText::new(word).small()).small();
    let response = ui.add_enabled(why_not.is_none(), button);
    if response.on_hover_text(tip).on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
        actions.push(action);
    }
}
