//! The latent map in the studio: its input from the state, and its events as actions.

use eframe::egui::Ui;

use crate::app::state::action::{Actions, Ask, ComposeAction, FileAction, TakeAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::widgets::latent::input::{LatentEvent, LatentInput, LatentTake, TakePath};
use crate::latent_map::LatentMap;
use crate::music::ComposerSet;
use crate::takes::Origin;

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
        mix: map.and_then(|map| mixed_place(state, map)),
        has_planes: state.model.ready.as_ref().is_some_and(|info| info.principal.is_some()),
        composers,
        takes: &takes,
        path: map.and_then(|map| staged_path(state, map)),
        selected: selected.and_then(|name| Some(state.model.composer(name)?.0)),
        can_hear: why_not.is_none() && state.is_busy().is_none() && !state.sound.is_playing,
        is_hearing: state.is_hearing,
        // The map uses it in the middle of a sentence.
        disabled_because: why_not.as_deref().map(|why| why.trim_end_matches('.')).or(busy),
    };
    let mut events = Vec::new();
    draw(ui, &input, &mut events);
    for event in events {
        match event {
            LatentEvent::ClickedAt { xy } => actions.push(ComposeAction::At(xy)),
            LatentEvent::ComposeLike { segments } => actions.push(ComposeAction::Like(segments)),
            LatentEvent::Hear { xy } => actions.push(ComposeAction::Hear(xy)),
            LatentEvent::HearNoMore => actions.push(ComposeAction::HearNoMore),
            LatentEvent::ExportCsv { segments } => {
                actions.push(FileAction::Ask(Ask::SelectionCsv { segments }));
            }
            LatentEvent::ShowPlane(plane) => actions.push(WindowAction::ShowPlane(plane)),
            LatentEvent::Walked { path } => actions.push(ComposeAction::Walk(path)),
            LatentEvent::TakeClicked { id } => {
                if let Some(entry) = state.takes.all().iter().rev().nth(id as usize) {
                    actions.push(TakeAction::Show { id: entry.id.clone(), play: true });
                }
            }
        }
    }
}

/// Between the means of the composers of the chosen mix, if there are several and all lie on the map.
fn mixed_place(state: &AppState, map: &LatentMap) -> Option<[f32; 2]> {
    let mix = state.model.mix(&state.settings.form.settings.mix).filter(|mix| mix.shares().len() > 1)?;
    mix.shares().iter().try_fold([0.0; 2], |[x, y], (id, share)| {
        let [own_x, own_y] = map.components.get(id.index())?;
        Some([x + share * own_x, y + share * own_y])
    })
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

/// The path of the take on the stage, or of the walk that is being composed; `None` for a take of a single segment.
fn staged_path(state: &AppState, map: &LatentMap) -> Option<TakePath> {
    let info = state.model.ready.as_ref()?;
    let stage = state.stage.as_ref()?;
    let playhead = state.sound.position_secs;
    let heard = stage.performance.notes().partition_point(|n| n.onset_secs <= playhead);
    let record = state.staged_take().map(|e| &e.record);
    let z: Vec<&Vec<f32>> = match (record, &state.composing) {
        (Some(record), _) => record.z.iter().collect(),
        (None, Some(composing)) if state.is_stage_growing() => {
            // Of an endless walk, as far as it is composed.
            let known = if composing.settings.is_endless {
                info.window_at(composing.done_notes).ceil() as usize + 1
            } else {
                usize::MAX
            };
            composing.settings.walk.iter().take(known).map(|s| &s.z).collect()
        }
        (None, _) => return None,
    };
    if z.len() < 2 || z.iter().any(|z| z.len() != info.d_latent) {
        return None;
    }
    let given = record.and_then(|r| r.recipe.get("prompt_notes")?.as_u64()).unwrap_or(0);
    let at = match record.map(|r| r.origin) {
        // An opened file is cut into segments that do not overlap.
        Some(Origin::Opened) => heard as f32 / info.segment_len.max(1) as f32 - 0.5,
        Some(Origin::Composed | Origin::Other) | None => info.window_at(heard.saturating_sub(given as usize)),
    };
    Some(TakePath {
        xy: z.into_iter().map(|z| map.project(z)).collect(),
        at,
        composer: stage.composer.as_deref().and_then(|name| Some(state.model.composer(name)?.0)),
    })
}
