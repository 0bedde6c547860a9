//! Small widgets that several panels share.

use eframe::egui::{self, Align, Button, Layout, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::app::kit::theme::{self, ComposerStyle, GRID, Palette};

/// The row of buttons at the bottom of a sheet, from the right.
pub fn buttons_row<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), 32.0);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), add).inner
}

/// Sets the spacing between the rows of a menu.
pub fn menu_spacing(ui: &mut Ui, width: f32) {
    ui.set_min_width(width);
    ui.spacing_mut().button_padding = vec2(GRID, 4.0);
    ui.spacing_mut().item_spacing.y = 2.0;
}

/// A small weak heading in menus and panels.
pub fn caption(ui: &mut Ui, text: &str) -> egui::Response {
    let weak = Palette::of(ui).weak_text;
    ui.label(RichText::new(text).small().color(weak))
}

/// A row with a composer's marker and name; true when it was clicked.
pub fn composer_row(
    ui: &mut Ui,
    name: &str,
    tip: Option<&str>,
    style: ComposerStyle,
    is_chosen: bool,
    size: egui::Vec2,
) -> bool {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, name));
    let palette = Palette::of(ui);
    if is_chosen {
        ui.painter().rect_filled(rect, 6.0, style.colour.gamma_multiply(0.18));
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 6.0, palette.raised);
    }
    if response.has_focus() {
        let ring = Stroke::new(1.5, palette.accent);
        ui.painter().rect_stroke(rect, 6.0, ring, egui::StrokeKind::Inside);
    }
    theme::paint_marker(ui.painter(), rect.left_center() + vec2(12.0, 0.0), 4.5, style);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(name.to_owned(), font, palette.text);
    let at = rect.left_center() + vec2(24.0, -text.size().y / 2.0);
    ui.painter().with_clip_rect(rect).galley(at, text, palette.text);
    let is_clicked = response.clicked();
    if let Some(tip) = tip {
        response.on_hover_text(tip);
    }
    is_clicked
}

/// A heading.
pub fn heading(ui: &mut Ui, text: &str) -> egui::Response {
    ui.label(RichText::new(text).text_style(egui::TextStyle::Heading))
}

/// Names a text field for screen readers.
pub fn named_field(name: &str, text: &str) -> egui::WidgetInfo {
    let mut info = egui::WidgetInfo::text_edit(true, text, text, "");
    info.label = Some(name.to_owned());
    info
}

/// A button of a sheet.
pub fn button(ui: &mut Ui, text: &str) -> egui::Response {
    ui.add(Button::new(text).min_size(vec2(88.0, 32.0)))
}

/// The main button of a sheet.
pub fn accent_button(ui: &mut Ui, text: &str, is_enabled: bool) -> egui::Response {
    let palette = Palette::of(ui);
    let button = Button::new(RichText::new(text).color(palette.on_accent)).fill(palette.accent);
    ui.add_enabled(is_enabled, button.min_size(vec2(88.0, 32.0)))
}
