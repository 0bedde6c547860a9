//! The studio tab: composers on the left, roll and map in the middle, takes on the right.

use eframe::egui::{CentralPanel, Frame, Margin, Panel, Ui};

use super::blend::blend_ui;
use super::composer::composer_ui;
use crate::app::kit::theme::Palette;
use crate::app::panels::look::style_of;
use crate::app::panels::studio::heard::heard_ui;
use crate::app::panels::studio::map::with_map;
use crate::app::panels::studio::sections::sections_of;
use crate::app::panels::studio::selection::{has_strip, selection_ui};
use crate::app::panels::studio::stage::stage_ui;
use crate::app::panels::takes::list::TakesPanel;
use crate::app::state::action::{
    Action, Actions, Ask, ComposeAction, EditAction, FileAction, TransportAction,
};
use crate::app::state::app_state::AppState;
use crate::app::widgets::latent::plot::LatentPlot;
use crate::app::widgets::roll::input::{RollEmpty, RollEvent, RollInput};
use crate::app::widgets::roll::piano_roll::PianoRoll;
use crate::music::Performance;

/// Width of the panels at the sides, in points.
const SIDE: f32 = 272.0;

#[derive(Default)]
pub struct Studio {
    takes: TakesPanel,
    pub roll: PianoRoll,
    map: LatentPlot,
}

impl Studio {
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let palette = Palette::of(ui);
        let frame = |fill| Frame::new().fill(fill).inner_margin(Margin::symmetric(12, 8));
        let side = if ui.available_width() < 1160.0 { SIDE - 16.0 } else { SIDE };
        Panel::left("compose").exact_size(side).resizable(false).frame(frame(palette.panel)).show(ui, |ui| {
            composer_ui(ui, state, actions);
        });
        Panel::right("takes").exact_size(side).resizable(false).frame(frame(palette.panel)).show(ui, |ui| {
            Panel::bottom("heard-as").frame(Frame::new()).show_separator_line(false).resizable(false).show(
                ui,
                |ui| {
                    heard_ui(ui, state);
                },
            );
            CentralPanel::no_frame().show(ui, |ui| self.takes.ui(ui, state, actions));
        });
        CentralPanel::default().frame(Frame::new().fill(palette.base)).show(ui, |ui| {
            let map_height = (ui.available_height() * 0.36).clamp(150.0, 420.0);
            Panel::bottom("map")
                .default_size(map_height)
                .size_range(120.0..=(ui.available_height() - 200.0).max(120.0))
                .resizable(true)
                .frame(Frame::new().fill(palette.well).inner_margin(Margin::symmetric(8, 4)))
                .show(ui, |ui| {
                    // Without this the panel would shrink to its contents frame by frame.
                    ui.set_min_height(ui.available_height());
                    self.map_ui(ui, state, actions);
                });
            let header = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(12, 6));
            Panel::top("stage").exact_size(48.0).resizable(false).frame(header).show(ui, |ui| {
                stage_ui(ui, state, actions);
            });
            if state.blend.is_some() {
                let strip = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(12, 0));
                Panel::top("blend")
                    .exact_size(32.0)
                    .resizable(false)
                    .frame(strip)
                    .show(ui, |ui| blend_ui(ui, state, actions));
            }
            if has_strip(state) {
                let strip = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(12, 0));
                Panel::top("selection")
                    .exact_size(32.0)
                    .resizable(false)
                    .frame(strip)
                    .show(ui, |ui| selection_ui(ui, state, actions));
            }
            CentralPanel::default().frame(Frame::new().fill(palette.well)).show(ui, |ui| {
                self.roll_ui(ui, state, actions);
            });
        });
    }

    fn roll_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let nothing = Performance::default();
        let stage = state.stage.as_ref();
        let why_not = state.cannot_compose();
        let form_problem = state.settings.form.form_problem().filter(|_| why_not.is_none());
        let is_waiting = state.composing.is_some() && stage.is_none();
        let is_loading = state.model.ready.is_none() && state.model.loading.is_some();
        let text = match () {
            () if is_loading => "Loading the checkpoint…",
            () if is_waiting => "Composing the first notes…",
            () if why_not.is_some() => "Open a MIDI file to listen, or choose a checkpoint to compose.",
            () => "Choose a composer and press Generate.",
        };
        let sections = sections_of(state);
        let input = RollInput {
            performance: stage.map_or(&nothing, |s| &s.performance),
            take_id: stage.map_or(0, |s| s.number),
            revision: stage.map_or(0, |s| s.revision),
            playhead_secs: state.sound.position_secs,
            is_playing: state.sound.is_playing,
            is_growing: state.is_stage_growing(),
            loop_secs: state.sound.loop_secs.clone(),
            selection: state.selection.as_ref(),
            locks: state.staged_take().map_or(&[], |e| &e.record.locks),
            sections: &sections,
            colour: style_of(ui, state, stage.and_then(|s| s.composer.as_deref())).colour,
            name: stage.map_or("", |s| &s.name),
            empty: RollEmpty {
                text,
                button: (!is_waiting).then_some(if why_not.is_some() {
                    "Open MIDI file…"
                } else {
                    "Generate"
                }),
                disabled_because: form_problem.as_deref(),
            },
        };
        let mut events = Vec::new();
        self.roll.ui(ui, &input, &mut events);
        for event in events {
            let action: Action = match event {
                RollEvent::Seek { secs } => TransportAction::SeekTo(secs).into(),
                RollEvent::SetLoop(region) => TransportAction::SetLoop(region).into(),
                RollEvent::Audition { pitch, velocity } => {
                    TransportAction::Audition { pitch, velocity }.into()
                }
                RollEvent::Select { secs, pitches } => EditAction::Select { secs, pitches }.into(),
                RollEvent::ToggleNote(note) => EditAction::ToggleNote(note).into(),
                RollEvent::Edit(edit) => EditAction::Notes(edit).into(),
                RollEvent::EmptyButton if why_not.is_some() => FileAction::Ask(Ask::Music).into(),
                RollEvent::EmptyButton => ComposeAction::Generate.into(),
            };
            actions.push(action);
        }
    }

    fn map_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        with_map(ui, state, actions, |ui, input, events| self.map.compact_ui(ui, input, events));
    }
}
