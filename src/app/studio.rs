//! The studio tab: composer at the left, roll and map in the middle, takes at the right.

use eframe::egui::{self, Align, CentralPanel, Frame, Layout, Margin, Panel, Popup, RichText, Ui, vec2};

use super::action::Action;
use super::blend::blend_ui;
use super::compose_panel::ComposePanel;
use super::icons::{Icon, IconButton};
use super::latent_plot::{LatentEvent, LatentInput, LatentPlot, LatentTake};
use super::piano_roll::{PianoRoll, RollEmpty, RollEvent, RollInput};
use super::state::{AppState, Stage};
use super::takes::{TakesPanel, menu_ui, style_of};
use super::theme::{self, GRID, Palette};
use super::transport::caption;
use crate::evaluate::CopyCheck;
use crate::music::{ComposerSet, Performance};

/// From this length on a passage in common is worth telling.
const QUOTATION_NOTES: usize = 13;

/// Width of the panels at the sides, in points.
const SIDE: f32 = 272.0;

#[derive(Default)]
pub struct Studio {
    compose: ComposePanel,
    takes: TakesPanel,
    pub roll: PianoRoll,
    map: LatentPlot,
}

impl Studio {
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
        let palette = Palette::of(ui);
        let frame = |fill| Frame::new().fill(fill).inner_margin(Margin::symmetric(12, 8));
        let side = if ui.available_width() < 1160.0 {
            SIDE - 16.0
        } else {
            SIDE
        };
        Panel::left("compose")
            .exact_size(side)
            .resizable(false)
            .frame(frame(palette.panel))
            .show(ui, |ui| {
                self.compose.ui(ui, state, actions);
            });
        Panel::right("takes")
            .exact_size(side)
            .resizable(false)
            .frame(frame(palette.panel))
            .show(ui, |ui| {
                Panel::bottom("heard-as")
                    .frame(Frame::new())
                    .show_separator_line(false)
                    .resizable(false)
                    .show(ui, |ui| {
                        heard_ui(ui, state);
                    });
                CentralPanel::no_frame().show(ui, |ui| self.takes.ui(ui, state, actions));
            });
        CentralPanel::default()
            .frame(Frame::new().fill(palette.base))
            .show(ui, |ui| {
                let map_height = (ui.available_height() * 0.36).clamp(150.0, 420.0);
                Panel::bottom("map")
                    .default_size(map_height)
                    .size_range(120.0..=(ui.available_height() - 200.0).max(120.0))
                    .resizable(true)
                    .frame(
                        Frame::new()
                            .fill(palette.well)
                            .inner_margin(Margin::symmetric(8, 4)),
                    )
                    .show(ui, |ui| {
                        // A panel takes the size of what it holds: without this it would shrink frame by frame.
                        ui.set_min_height(ui.available_height());
                        self.map_ui(ui, state, actions);
                    });
                let header = Frame::new()
                    .fill(palette.panel)
                    .inner_margin(Margin::symmetric(12, 6));
                Panel::top("stage")
                    .exact_size(48.0)
                    .resizable(false)
                    .frame(header)
                    .show(ui, |ui| {
                        stage_ui(ui, state, actions);
                    });
                if state.blend.is_some() {
                    let strip = Frame::new()
                        .fill(palette.panel)
                        .inner_margin(Margin::symmetric(12, 0));
                    Panel::top("blend")
                        .exact_size(32.0)
                        .resizable(false)
                        .frame(strip)
                        .show(ui, |ui| blend_ui(ui, state, actions));
                }
                CentralPanel::default()
                    .frame(Frame::new().fill(palette.well))
                    .show(ui, |ui| {
                        self.roll_ui(ui, state, actions);
                    });
            });
    }

    fn roll_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
        let nothing = Performance::default();
        let stage = state.stage.as_ref();
        let why_not = state.cannot_compose();
        let is_waiting = state.composing.is_some() && stage.is_none();
        let is_loading = state.model.ready.is_none() && state.model.loading.is_some();
        let text = match () {
            () if is_loading => "Loading the checkpoint…",
            () if is_waiting => "Composing the first notes…",
            () if why_not.is_some() => "Open a MIDI file to listen, or choose a checkpoint to compose.",
            () => "Choose a composer and press Generate.",
        };
        let input = RollInput {
            performance: stage.map_or(&nothing, |s| &s.performance),
            take_id: stage.map_or(0, |s| s.number),
            revision: stage.map_or(0, |s| s.revision),
            playhead_secs: state.sound.position_secs,
            is_playing: state.sound.is_playing,
            is_growing: state.is_stage_growing(),
            loop_secs: state.sound.loop_secs.clone(),
            colour: style_of(ui, state, stage.and_then(|s| s.composer.as_deref())).colour,
            name: stage.map_or("", |s| &s.name),
            empty: RollEmpty {
                text,
                button: (!is_waiting).then_some(if why_not.is_some() {
                    "Open MIDI file…"
                } else {
                    "Generate"
                }),
                disabled_because: None,
            },
        };
        let mut events = Vec::new();
        self.roll.ui(ui, &input, &mut events);
        actions.extend(events.into_iter().map(|event| match event {
            RollEvent::Seek { secs } => Action::SeekTo(secs),
            RollEvent::SetLoop(region) => Action::SetLoop(region),
            RollEvent::Audition {
                pitch,
                velocity,
                duration_secs,
            } => Action::Audition {
                pitch,
                velocity,
                duration_secs,
            },
            RollEvent::EmptyButton if why_not.is_some() => Action::Ask(super::action::Ask::Music),
            RollEvent::EmptyButton => Action::Generate,
        }));
    }

    fn map_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
        with_map(ui, state, actions, |ui, input, events| {
            self.map.compact_ui(ui, input, events)
        });
    }
}

/// Draws a latent map with `draw` and turns its events into actions.
pub fn with_map(
    ui: &mut Ui,
    state: &AppState,
    actions: &mut Vec<Action>,
    draw: impl FnOnce(&mut Ui, &LatentInput<'_>, &mut Vec<LatentEvent>),
) {
    let none = ComposerSet::default();
    let composers = state.model.composers().unwrap_or(&none);
    let map = state.model.ready.as_ref().and_then(|info| info.map.as_ref());
    let takes: Vec<LatentTake> = map.map_or_else(Vec::new, |map| placed_takes(state, map));
    let selected = state.settings.form.settings.composer.as_deref();
    let busy = state.composing.is_some().then_some("a take is being composed");
    let input = LatentInput {
        map,
        composers,
        takes: &takes,
        selected: selected.and_then(|name| Some(state.model.composer(name)?.0)),
        // It stands in the middle of a sentence there.
        disabled_because: state
            .cannot_compose()
            .map(|why| why.trim_end_matches('.'))
            .or(busy),
    };
    let mut events = Vec::new();
    draw(ui, &input, &mut events);
    for event in events {
        match event {
            LatentEvent::ClickedAt { xy } => actions.push(Action::ComposeAt(xy)),
            LatentEvent::TakeClicked { id } => {
                if let Some(entry) = state.takes.all().iter().rev().nth(id as usize) {
                    actions.push(Action::Show {
                        id: entry.id.clone(),
                        play: true,
                    });
                }
            }
        }
    }
}

/// How many takes the map shows.
const TAKES_ON_MAP: usize = 100;

/// The newest takes that fit the loaded checkpoint, oldest first; their id is the place counted from the oldest.
fn placed_takes(state: &AppState, map: &crate::latent_map::LatentMap) -> Vec<LatentTake> {
    let d_latent = state.model.ready.as_ref().map_or(0, |info| info.d_latent);
    let staged = state.staged_take().map(|e| &e.id);
    let all = state.takes.all();
    let placed = all.iter().enumerate().filter_map(|(i, entry)| {
        let z = entry.record.z.first().filter(|z| z.len() == d_latent)?;
        Some(LatentTake {
            id: (all.len() - 1 - i) as u64,
            xy: map.project(z),
            name: entry.record.name.clone(),
            composer: entry
                .record
                .composer
                .as_deref()
                .and_then(|name| Some(state.model.composer(name)?.0)),
            is_current: staged == Some(&entry.id),
        })
    });
    let mut takes: Vec<LatentTake> = placed.take(TAKES_ON_MAP).collect();
    takes.reverse();
    takes
}

/// What is on the stage, and what can be done with it.
fn stage_ui(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
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
                // A long name gives way.
                let room = ui.available_width() - facts.size().x - 2.0 * GRID;
                ui.scope(|ui| {
                    ui.set_max_width(room.max(0.0));
                    ui.add(egui::Label::new(name).truncate());
                });
                ui.label(facts);
            });
        });
    });
}

fn facts(ui: &Ui, state: &AppState, stage: &Stage) -> RichText {
    let count = super::sheets::thousands(stage.performance.notes().len() as u64);
    let text = match &state.composing {
        Some(c) if state.is_stage_growing() => format!("{count} of {} notes, composing…", c.asked_notes),
        _ => format!("{count} notes"),
    };
    RichText::new(text).small().color(Palette::of(ui).weak_text)
}

fn stage_buttons_ui(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    if let Some(entry) = state.staged_take() {
        let more = IconButton::new(Icon::More, "More about this take").show(ui);
        Popup::menu(&more)
            .width(180.0)
            .show(|ui| menu_ui(ui, state, entry, actions));
        let (icon, label) = match entry.record.is_starred {
            true => (Icon::Star, "Remove star"),
            false => (Icon::StarEmpty, "Star this take"),
        };
        let tip = format!("{label} (S)");
        if IconButton::new(icon, label)
            .tip(&tip)
            .on(entry.record.is_starred)
            .show(ui)
            .clicked()
        {
            actions.push(Action::ToggleStar(entry.id.clone()));
        }
    }
    if IconButton::new(Icon::Save, "Save")
        .tip("Save as MIDI, a recording or a picture (Ctrl+S, Ctrl+E)")
        .show(ui)
        .clicked()
    {
        actions.push(Action::ShowSave { as_wav: false });
    }
    if let Some(other) = state.previous.as_ref().and_then(|id| state.takes.get(id)) {
        let tip = format!("Compare with {} at the same playhead (B)", other.record.name);
        if IconButton::new(Icon::Swap, "Compare with the other take")
            .tip(&tip)
            .show(ui)
            .clicked()
        {
            actions.push(Action::SwapTakes);
        }
    }
}

/// What was heard in the take on the stage: whom it sounds like, and whether it quotes.
fn heard_ui(ui: &mut Ui, state: &AppState) {
    let Some(entry) = state.staged_take() else {
        return;
    };
    if !entry.record.confidence.is_empty() {
        heard_as_ui(ui, state, &entry.record.confidence);
    }
    if let Some(copy) = &entry.record.copy {
        copied_ui(ui, copy);
    }
}

/// The longest quotation, in words, and where it comes from.
fn copied_ui(ui: &mut Ui, copy: &CopyCheck) {
    ui.add_space(GRID);
    caption(ui, "Copied?");
    let palette = Palette::of(ui);
    let small = |text: String| RichText::new(text).small().color(palette.weak_text);
    match &copy.nearest {
        Some((piece, _)) if copy.longest_notes >= QUOTATION_NOTES => {
            let surname = piece.composer.split_whitespace().last().unwrap_or(&piece.composer);
            let text = format!("{} notes in a row are also in {surname}: {}", copy.longest_notes, piece.title);
            ui.add(egui::Label::new(small(text)).truncate())
        }
        Some((piece, _)) => {
            let surname = piece.composer.split_whitespace().last().unwrap_or(&piece.composer);
            let text = format!("No quotation; nearest is {surname}: {}", piece.title);
            ui.add(egui::Label::new(small(text)).truncate())
        }
        None => ui.label(small("No quotation from the training music".to_owned())),
    }
    .on_hover_text(format!(
        "{:.1} % of its sequences of 13 notes, in any key, are in the music the model learned from. In works the \
         model never saw it is 1 to 2 %: scales and broken chords belong to everybody.",
        copy.share * 100.0
    ));
}

/// The composers that the selector hears.
fn heard_as_ui(ui: &mut Ui, state: &AppState, confidence: &[(String, f32)]) {
    let palette = Palette::of(ui);
    ui.add_space(GRID * 1.5);
    caption(ui, "Heard as");
    ui.spacing_mut().item_spacing.y = 4.0;
    for (name, share) in confidence.iter().take(3) {
        let style = style_of(ui, state, Some(name));
        ui.horizontal(|ui| {
            let surname = name.split_whitespace().last().unwrap_or(name);
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), 16.0), egui::Sense::hover());
            let small = egui::TextStyle::Small.resolve(ui.style());
            let painter = ui.painter();
            let at = rect.left_center();
            painter.text(
                at,
                egui::Align2::LEFT_CENTER,
                surname,
                small.clone(),
                palette.text,
            );
            let percent = format!("{:.0} %", share * 100.0);
            painter.text(
                rect.right_center(),
                egui::Align2::RIGHT_CENTER,
                &percent,
                small,
                palette.weak_text,
            );
            let track =
                egui::Rect::from_min_max(at + vec2(92.0, -3.0), rect.right_center() + vec2(-40.0, 3.0));
            painter.rect_filled(track, 3.0, palette.raised);
            let mut bar = track;
            bar.set_width(track.width() * share.clamp(0.0, 1.0));
            painter.rect_filled(bar, 3.0, style.colour);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{surname} {percent}"))
            });
        });
    }
}
