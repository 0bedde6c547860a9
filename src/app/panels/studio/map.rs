//! The latent map in the studio: its input from the state, and its events as actions.

use eframe::egui::Ui;

use crate::app::state::action::{Actions, Ask, ComposeAction, FileAction, TakeAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::widgets::latent::input::{LatentEvent, LatentInput, LatentTake};
use crate::music::ComposerSet;

/// Draws a latent map with `draw` and turns its events into actions.
pub fn with_map(
    ui: &mut Ui,
    state: &AppState,
    actions: &mut Actions,
    draw: impl FnOnce(&mut Ui, &LatentInput<'_>, &mut Vec<LatentEvent>),
) {
    let none = ComposerSet::default();
    let composers = state.model.composers().unwrap_or(&none);
    let map = state.map();
    let takes: Vec<LatentTake> = map.map_or_else(Vec::new, |map| placed_takes(state, map));
    let selected = state.settings.form.settings.composer.as_deref();
    let busy = state.composing.is_some().then_some("a take is being composed");
    let why_not = state.cannot_generate();
    let input = LatentInput {
        map,
        has_planes: state.model.ready.as_ref().is_some_and(|info| info.principal.is_some()),
        composers,
        takes: &takes,
        selected: selected.and_then(|name| Some(state.model.composer(name)?.0)),
        // The map uses it in the middle of a sentence.
        disabled_because: why_not.as_deref().map(|why| why.trim_end_matches('.')).or(busy),
    };
    let mut events = Vec::new();
    draw(ui, &input, &mut events);
    for event in events {
        match event {
            LatentEvent::ClickedAt { xy } => actions.push(ComposeAction::At(xy)),
            LatentEvent::ComposeLike { segments } => actions.push(ComposeAction::Like(segments)),
            LatentEvent::ExportCsv { segments } => {
                actions.push(FileAction::Ask(Ask::SelectionCsv { segments }));
            }
            LatentEvent::ShowPlane(plane) => actions.push(WindowAction::ShowPlane(plane)),
            LatentEvent::TakeClicked { id } => {
                if let Some(entry) = state.takes.all().iter().rev().nth(id as usize) {
                    actions.push(TakeAction::Show { id: entry.id.clone(), play: true });
                }
            }
        }
    }
}

/// Most takes shown on the map.
pub const TAKES_ON_MAP: usize = 100;

/// The newest takes of the loaded checkpoint, oldest first; ids count from the oldest.
pub fn placed_takes(state: &AppState, map: &crate::latent_map::LatentMap) -> Vec<LatentTake> {
    let d_latent = state.model.ready.as_ref().map_or(0, |info| info.d_latent);
    let staged = state.staged_take().map(|e| &e.id);
    let all = state.takes.all();
    let placed = all.iter().enumerate().filter_map(|(i, entry)| {
        let z = entry.record.z.first().filter(|z| z.len() == d_latent)?;
        Some(LatentTake {
            id: (all.len() - 1 - i) as u64,
            xy: map.project(z),
            name: entry.record.name.clone(),
            composer: entry.record.composer.as_deref().and_then(|name| Some(state.model.composer(name)?.0)),
            is_current: staged == Some(&entry.id),
        })
    });
    let mut takes: Vec<LatentTake> = placed.take(TAKES_ON_MAP).collect();
    takes.reverse();
    takes
}
