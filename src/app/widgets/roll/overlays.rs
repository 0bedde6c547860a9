//! Overlays on the notes: growing end, loop, playhead and the empty state.

use std::ops::Range;

use eframe::egui::{
    self, Align2, Color32, FontId, Label, Painter, Rect, RichText, Shape, Stroke, Ui, UiBuilder, pos2, vec2,
};

use super::input::{RollEmpty, RollEvent};
use super::layout::RollView;
use super::{Parts, RollColours};

/// The end of a take that still grows; `x` is where it ends so far.
pub fn paint_growing(painter: &Painter, x: f32, area: Rect, colours: &RollColours) {
    let at = pos2((x + 10.0).min(area.right() - 90.0), area.bottom() - 12.0);
    painter.text(at, Align2::LEFT_CENTER, "composing…", FontId::proportional(11.0), colours.weak_text);
    painter.vline(x + 4.0, area.y_range(), Stroke::new(1.0, colours.composer.gamma_multiply(0.5)));
}

/// Dims everything outside the loop.
pub fn paint_outside_loop(
    painter: &Painter,
    view: &RollView,
    area: Rect,
    range: &Range<f64>,
    colours: &RollColours,
) {
    let x = |secs: f64| (area.left() + view.x(secs)).clamp(area.left(), area.right());
    let (from, to) = (x(range.start), x(range.end));
    let veil = colours.well.gamma_multiply(0.5);
    painter.rect_filled(Rect::from_x_y_ranges(area.left()..=from, area.y_range()), 0.0, veil);
    painter.rect_filled(Rect::from_x_y_ranges(to..=area.right(), area.y_range()), 0.0, veil);
    for edge in [from, to] {
        painter.vline(edge, area.y_range(), Stroke::new(1.0, colours.accent.gamma_multiply(0.7)));
    }
}

/// A line through ruler, notes and pedal lane.
pub fn paint_playhead(ui: &Ui, playhead_secs: f64, parts: &Parts, view: &RollView, colours: &RollColours) {
    let x = parts.notes.left() + view.x(playhead_secs);
    if !parts.notes.x_range().contains(x) {
        return;
    }
    let bottom = parts.pedal.map_or(parts.notes.bottom(), |lane| lane.bottom());
    ui.painter().vline(x, parts.ruler.bottom() - 4.0..=bottom, Stroke::new(1.5, colours.text));
    let top = parts.ruler.bottom() - 10.0;
    let head = vec![pos2(x - 5.0, top), pos2(x + 5.0, top), pos2(x, top + 7.0)];
    ui.painter().add(Shape::convex_polygon(head, colours.text, Stroke::NONE));
}

/// The empty roll: a sentence and a button.
pub fn empty_ui(
    ui: &mut Ui,
    area: Rect,
    empty: &RollEmpty<'_>,
    colours: &RollColours,
    events: &mut Vec<RollEvent>,
) {
    ui.painter().rect_filled(area, 0.0, colours.well.gamma_multiply(0.55));
    let room = Rect::from_center_size(area.center(), vec2(area.width().min(420.0), area.height().min(96.0)));
    let line = |ui: &mut Ui, text: RichText, colour: Color32| {
        ui.add(Label::new(text.color(colour)).selectable(false))
    };
    ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
        ui.vertical_centered(|ui| {
            line(ui, RichText::new(empty.text), colours.text);
            let Some(text) = empty.button else { return };
            ui.add_space(12.0);
            let button = egui::Button::new(text).min_size(vec2(120.0, 32.0));
            let mut response = ui.add_enabled(empty.disabled_because.is_none(), button);
            if let Some(why) = empty.disabled_because {
                response = response.on_disabled_hover_text(why);
                line(ui, RichText::new(why).small(), colours.weak_text);
            }
            if response.clicked() {
                events.push(RollEvent::EmptyButton);
            }
        });
    });
}
