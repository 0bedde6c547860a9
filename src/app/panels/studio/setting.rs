//! A row of the compose panel: a name and its control.

use eframe::egui::{self, Align, Layout, RichText, Slider, Ui, vec2};

use crate::app::kit::theme::{GRID, Palette};

/// Width of the values behind the sliders.
const VALUE_WIDTH: f32 = 48.0;
/// Width of the names before the sliders.
const NAME_WIDTH: f32 = 88.0;

pub fn row_ui(ui: &mut Ui, name: &str, tip: &str, slider: Slider<'_>) {
    ui.horizontal(|ui| {
        let label = name_ui(ui, name);
        // By default a value is as wide as its text; one width for all aligns the sliders.
        ui.spacing_mut().slider_width = ui.available_width() - VALUE_WIDTH - GRID;
        ui.spacing_mut().button_padding.x = 4.0;
        ui.spacing_mut().interact_size.x = VALUE_WIDTH;
        ui.add(slider).labelled_by(label.id).on_hover_text(tip);
    });
}

pub fn name_ui(ui: &mut Ui, name: &str) -> egui::Response {
    let weak = Palette::of(ui).weak_text;
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(NAME_WIDTH, 24.0), layout, |ui| {
        ui.set_min_width(NAME_WIDTH);
        ui.label(RichText::new(name).color(weak))
    })
    .inner
}
