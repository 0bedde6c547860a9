//! The blend slider above the roll: moves through the takes between two others.

use eframe::egui::{self, Align, Layout, RichText, Slider, Ui};

use crate::app::kit::parts::caption;
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, TakeAction};
use crate::app::state::app_state::AppState;

/// The slider between the two takes. Moving it changes the take and keeps the playhead.
pub fn blend_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let (Some(way), Some(staged)) = (&state.blend, state.staged_take()) else {
        return;
    };
    let place = way.place_of(&staged.id).unwrap_or(0);
    let mut step = place + 1;
    let side = ((ui.available_width() - 160.0) / 3.0).clamp(48.0, 220.0);
    ui.horizontal_centered(|ui| {
        end_ui(ui, &way.ends[0], side, Align::Min);
        let right = |ui: &mut Ui| {
            end_ui(ui, &way.ends[1], side, Align::Max);
            caption(ui, &format!("{step} of {}", way.stops.len()));
            ui.spacing_mut().slider_width = ui.available_width() - GRID;
            let slider = Slider::new(&mut step, 1..=way.stops.len()).show_value(false);
            let response = ui.add(slider);
            response.widget_info(|| egui::WidgetInfo::slider(true, step as f64, "Blend"));
            response.on_hover_text("Move between the two pieces; the playhead stays");
        };
        ui.with_layout(Layout::right_to_left(Align::Center), right);
    });
    if step != place + 1
        && let Some(id) = way.nearest(step - 1)
        && *id != staged.id
    {
        actions.push(TakeAction::ShowHere(id.clone()));
    }
}

fn end_ui(ui: &mut Ui, name: &str, width: f32, align: Align) {
    let weak = Palette::of(ui).weak_text;
    let layout = match align {
        Align::Max => Layout::right_to_left(Align::Center),
        _ => Layout::left_to_right(Align::Center),
    };
    ui.allocate_ui_with_layout(egui::vec2(width, 20.0), layout, |ui| {
        let text = RichText::new(name).small().color(weak);
        ui.add(egui::Label::new(text).truncate());
    });
}
