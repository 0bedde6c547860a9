//! The left side of the studio: composers, settings and Generate.

use eframe::egui::{self, Align, Button, Layout, RichText, Role, ScrollArea, Ui, WidgetInfo, vec2};

use super::controls::controls_ui;
use super::mix::{choose, is_chosen, toggle_ui};
use crate::app::kit::fonts::HEADING_FAMILY;
use crate::app::kit::parts::{caption, composer_row, heading};
use crate::app::kit::theme::{self, GRID, Palette};
use crate::app::state::action::{Actions, Ask, ComposeAction, FileAction};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::Form;
use crate::generate::CheckpointInfo;
use crate::music::{ComposerId, ComposerSet, Era};

pub fn composer_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let mut form = state.settings.form.clone();
    egui::Panel::bottom("compose-controls")
        .frame(egui::Frame::new())
        .show_separator_line(false)
        .resizable(false)
        .show(ui, |ui| {
            ui.add_space(GRID);
            controls_ui(ui, state, &mut form, actions);
            ui.add_space(GRID);
            generate_ui(ui, state, &mut form, actions);
        });
    egui::CentralPanel::no_frame().show(ui, |ui| composers_ui(ui, state, &mut form, actions));
    if form != state.settings.form {
        actions.push(ComposeAction::EditForm(Box::new(form)));
    }
}

fn composers_ui(ui: &mut Ui, state: &AppState, form: &mut Form, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        heading(ui, "Composer");
        if state.model.ready.is_some() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| toggle_ui(ui, form));
        }
    });
    let Some(info) = state.model.ready.as_deref() else {
        no_model_ui(ui, state, actions);
        return;
    };
    let composers = &info.composers;
    let groups = by_era(info);
    let height = row_height(ui.available_height(), &groups);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = height;
        for (era, ids) in groups {
            ui.add_space(space_above(height));
            era_ui(ui, era, &ids, composers, form, height);
        }
        ui.add_space(space_above(height));
        let style = theme::neutral_style(ui.visuals().dark_mode);
        if composer_row(
            ui,
            "Any composer",
            None,
            style,
            form.settings.composer.is_none(),
            vec2(ui.available_width(), height),
        ) {
            form.settings.composer = None;
            form.settings.mix.clear();
        }
    });
}

/// The space above a heading, between rows of this height; in points.
fn space_above(height: f32) -> f32 {
    (height - 22.0).max(0.0)
}

/// The row height with which the whole list fits, if there is one; in points.
fn row_height(available: f32, groups: &[(&str, Vec<ComposerId>)]) -> f32 {
    // The headings and the space above them; what is left is shared by the rows.
    const HEADING: f32 = 18.0;
    const BETWEEN: f32 = 2.0;
    let rows: usize = groups.iter().map(|(_, ids)| ids.len().div_ceil(2)).sum();
    let is_seen = |height: &f32| {
        let above = space_above(*height);
        let headings = groups.len() as f32 * (above + HEADING);
        let rows = (rows + 1) as f32 * (height + BETWEEN);
        headings + rows + above <= available
    };
    let heights = [28.0, 27.0, 26.0, 25.0, 24.0, 23.0, 22.0, 21.0];
    heights.into_iter().find(is_seen).unwrap_or(24.0)
}

/// Composer ids by year of birth, grouped under headings; those learned from little music come last.
fn by_era(info: &CheckpointInfo) -> Vec<(&'static str, Vec<ComposerId>)> {
    let mut groups: Vec<(&'static str, Vec<_>)> = Vec::new();
    let (rare, others): (Vec<_>, Vec<_>) =
        info.composers.by_time().into_iter().partition(|id| info.is_rare(*id));
    for id in others.into_iter().chain(rare) {
        let era = info.composers.get(id).and_then(|c| c.era());
        let era =
            if info.is_rare(id) { "Learned from little music" } else { era.map_or("Others", Era::name) };
        match groups.iter_mut().find(|(name, _)| *name == era) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((era, vec![id])),
        }
    }
    groups
}

fn era_ui(ui: &mut Ui, era: &str, ids: &[ComposerId], composers: &ComposerSet, form: &mut Form, height: f32) {
    let dark = ui.visuals().dark_mode;
    caption(ui, era);
    let width = (ui.available_width() - 2.0) / 2.0;
    for pair in ids.chunks(2) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for &id in pair {
                let Some(composer) = composers.get(id) else {
                    continue;
                };
                let style = theme::composer_style(composer, id.index(), dark);
                let is_chosen = is_chosen(form, &composer.name);
                let born = composer.born().map(|year| format!("{}, born {year}", composer.name));
                if composer_row(
                    ui,
                    composer.surname(),
                    born.as_deref(),
                    style,
                    is_chosen,
                    vec2(width, height),
                ) {
                    choose(form, &composer.name);
                }
            }
        });
    }
}

fn no_model_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let palette = Palette::of(ui);
    ui.add_space(GRID);
    if let Some((_, path)) = &state.model.loading {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(
                RichText::new(format!("Loading {}…", crate::display::stem(path))).color(palette.weak_text),
            );
        });
        return;
    }
    let text = match &state.model.failure {
        Some((path, message)) => format!("{} could not be loaded.\n{message}", crate::display::stem(path)),
        None => {
            "There is no checkpoint yet. A checkpoint is what composes: open one, or train your own in the \
                 Training tab."
                .to_owned()
        }
    };
    ui.label(RichText::new(text).color(palette.weak_text));
    ui.add_space(GRID);
    if ui.button("Open checkpoint…").clicked() {
        actions.push(FileAction::Ask(Ask::Checkpoint));
    }
}

fn generate_ui(ui: &mut Ui, state: &AppState, form: &mut Form, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), 40.0);
    if let Some(composing) = &state.composing {
        let is_stopping = composing.stop.is_stopped();
        let text = if is_stopping {
            "Stopping…".to_owned()
        } else {
            format!("Stop    {} notes", composing.progress())
        };
        let response = ui.add_enabled_ui(!is_stopping, |ui| {
            ui.add_sized(size, Button::new(RichText::new(text).color(palette.text)))
        });
        let response = response.inner;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, !is_stopping, "Stop composing"));
        let whole = if composing.settings.is_endless { usize::MAX } else { composing.asked_notes.max(1) };
        let share = composing.done_notes as f32 / whole as f32;
        let mut line = response.rect.shrink2(vec2(8.0, 4.0));
        line = egui::Rect::from_min_size(
            line.left_bottom() - vec2(0.0, 2.0),
            vec2(line.width() * share.min(1.0), 2.0),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
        if response.on_hover_text("Stop and keep the notes so far (Esc)").clicked() {
            actions.push(ComposeAction::Stop);
        }
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        endless_ui(ui, state, form);
        start_ui(ui, state, actions);
    });
}

/// The switch for takes without an end.
fn endless_ui(ui: &mut Ui, state: &AppState, form: &mut Form) {
    let has_map = state.model.ready.as_ref().is_none_or(|info| info.map.is_some());
    let tip = "Compose ahead of the playhead until stopped: a slow walk around the composer, or around the place that \
               you click on the map; of a mix, a tour through its composers.";
    ui.add_enabled_ui(has_map, |ui| {
        let button = Button::selectable(form.is_endless, "Endless")
            .frame_when_inactive(true)
            .min_size(vec2(72.0, 40.0));
        let response = ui.add(button);
        if response.clicked() {
            form.is_endless = !form.is_endless;
        }
        response.on_hover_text(tip).on_disabled_hover_text("This needs a checkpoint that carries a map.");
    });
}

fn start_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), 40.0);
    let why_not = state.cannot_generate();
    let text = RichText::new("Generate").family(egui::FontFamily::Name(HEADING_FAMILY.into()));
    let button = Button::new(text.color(palette.on_accent)).fill(palette.accent);
    let response = ui.add_enabled_ui(why_not.is_none(), |ui| ui.add_sized(size, button)).inner;
    if response.clicked() {
        actions.push(ComposeAction::Generate);
    }
    match why_not {
        Some(why) => _ = response.on_disabled_hover_text(why.as_ref()),
        None => {
            _ = response
                .on_hover_text(format!("Compose a take ({})", crate::app::panels::shortcuts::GENERATE.text()))
        }
    }
}
