//! The menu of a take.

use eframe::egui::{Button, Ui};

use crate::app::kit::parts::menu_spacing;
use crate::app::state::action::{
    Action, Actions, ComposeAction, FileAction, Sheet, TakeAction, VerbKind, WindowAction,
};
use crate::app::state::app_state::AppState;
use crate::takes::TakeEntry;

/// Everything that can be done with a take.
pub fn menu_ui(ui: &mut Ui, state: &AppState, entry: &TakeEntry, actions: &mut Actions) {
    let id = || entry.id.clone();
    menu_spacing(ui, 180.0);
    let record = &entry.record;
    let why_not = state.cannot_compose().or_else(|| state.is_busy());
    let unsettled =
        record.settings.is_none().then_some("This take was not composed here, so it has no settings.");
    let not_again = cannot_make_again(state, entry);
    let mut item = |ui: &mut Ui, text: &str, tip: &str, why_not: Option<&str>, action: Action| {
        let response = ui.add_enabled(why_not.is_none(), Button::new(text));
        let response = response.on_hover_text(tip).on_disabled_hover_text(why_not.unwrap_or_default());
        if response.clicked() {
            actions.push(action);
            ui.close();
        }
    };
    item(ui, "Play", "From the start", None, Action::Take(TakeAction::Show { id: id(), play: true }));
    let star = if record.is_starred { "Remove star" } else { "Star" };
    item(ui, star, "", None, Action::Take(TakeAction::ToggleStar(id())));
    item(ui, "Rename…", "", None, Action::Window(WindowAction::ShowSheet(Sheet::Rename(id()))));
    ui.separator();
    for (text, tip, kind) in [
        ("Vary…", "Regenerate part of it", VerbKind::Vary),
        ("Continue…", "Add more music at its end", VerbKind::Continue),
        ("In the manner of…", "Keep the rhythm, in another composer's manner", VerbKind::Restyle),
        ("Blend with…", "Compose steps between this take and another", VerbKind::Blend),
    ] {
        let sheet = Sheet::Verb(kind, id());
        item(ui, text, tip, why_not, Action::Window(WindowAction::ShowSheet(sheet)));
    }
    let unplaced = record.z.is_empty().then_some("This take has no place on the map yet.");
    item(
        ui,
        "More like this place",
        "Compose a new take where this one lies on the map",
        why_not.or(unplaced),
        Action::Compose(ComposeAction::LikeTake(id())),
    );
    ui.separator();
    item(
        ui,
        "Make again",
        "Same settings, same seed",
        why_not.or(not_again.as_deref()),
        Action::Compose(ComposeAction::Again(id())),
    );
    item(
        ui,
        "Reuse settings",
        "Copy its settings to the panel",
        unsettled,
        Action::Compose(ComposeAction::ReuseSettings(id())),
    );
    ui.separator();
    item(ui, "Save…", "As MIDI, a recording or a picture", None, Action::File(FileAction::SaveTake(id())));
    item(ui, "Delete", "Can be undone", None, Action::Take(TakeAction::Delete(id())));
}

/// Why a take cannot be made again, if it cannot.
pub fn cannot_make_again(state: &AppState, entry: &TakeEntry) -> Option<String> {
    let record = &entry.record;
    let Some(settings) = &record.settings else {
        return Some("This take was not composed here, so it has no settings.".to_owned());
    };
    if settings.prompt_notes > 0 {
        return Some(
            "An older version continued this and did not keep its source; continue the original again."
                .to_owned(),
        );
    }
    if record.made.is_null() {
        return None;
    }
    let Some(made) = record.made() else {
        return Some(
            "A newer version of Pastiche made this in a way that this version does not support.".to_owned(),
        );
    };
    let gone = made.parts().find(|part| state.takes.get(&part.id).is_none())?;
    Some(format!("{} was deleted, and this take was made from it.", gone.name))
}
