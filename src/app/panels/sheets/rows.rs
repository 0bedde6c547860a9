//! Rows that several sheets share.

use eframe::egui::{Align, Layout, RichText, Slider, Ui, vec2};

use crate::app::kit::parts::{button, composer_row};
use crate::app::kit::theme::{GRID, Palette, composer_style, neutral_style};
use crate::app::state::action::{Actions, WindowAction};
use crate::app::state::app_state::AppState;

/// A name and its slider.
pub fn row_ui(ui: &mut Ui, name: &str, slider: Slider<'_>) {
    ui.horizontal(|ui| {
        let label =
            ui.allocate_ui_with_layout(vec2(116.0, 24.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(116.0);
                ui.label(name)
            });
        ui.spacing_mut().slider_width = ui.available_width() - 64.0;
        ui.spacing_mut().interact_size.x = 56.0;
        ui.add(slider).labelled_by(label.inner.id);
    });
}

/// A row of a grid: a name, and what sets it.
pub fn setting_ui(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.label(RichText::new(name).color(Palette::of(ui).weak_text));
    ui.horizontal(add);
    ui.end_row();
}

/// A share shown as a percentage.
pub fn percent(slider: Slider<'_>) -> Slider<'_> {
    slider
        .step_by(0.05)
        .custom_formatter(|share, _| format!("{:.0} %", share * 100.0))
        .custom_parser(|text| Some(text.trim_end_matches('%').trim().parse::<f64>().ok()? / 100.0))
}

/// A choice of composers, by full name, in three columns; `own` is the row for none of them.
pub fn composers_ui(
    ui: &mut Ui,
    state: &AppState,
    own: Option<&str>,
    chosen: &mut Option<String>,
    width: f32,
) {
    let Some(composers) = state.model.composers() else {
        return;
    };
    let dark = ui.visuals().dark_mode;
    ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
    let size = vec2((width - 4.0) / 3.0, 28.0);
    if chosen.as_deref().is_some_and(|name| state.model.composer(name).is_none()) {
        *chosen = None;
    }
    if let Some(own) = own
        && composer_row(ui, own, None, neutral_style(dark), chosen.is_none(), size)
    {
        *chosen = None;
    }
    for ids in composers.by_time().chunks(3) {
        ui.horizontal(|ui| {
            for &id in ids {
                let Some(composer) = composers.get(id) else {
                    continue;
                };
                let style = composer_style(composer, id.index(), dark);
                let is_chosen = chosen.as_ref() == Some(&composer.name);
                let tip = Some(composer.name.as_str());
                if composer_row(ui, composer.surname(), tip, style, is_chosen, size) {
                    *chosen = Some(composer.name.clone());
                }
            }
        });
    }
    ui.spacing_mut().item_spacing = vec2(GRID, GRID * 0.75);
}

pub fn close_button(ui: &mut Ui, actions: &mut Actions) {
    if button(ui, "Close").clicked() {
        actions.push(WindowAction::CloseSheet);
    }
}
