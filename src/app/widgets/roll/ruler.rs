//! The time ruler: a click seeks, a drag sets the loop.

use std::ops::Range;

use eframe::egui::{
    self, Align2, CursorIcon, FontId, Key, Mesh, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::RollColours;
use super::input::RollEvent;
use super::layout::{RollView, RulerStep};
use crate::display::clock;

/// A shorter drag counts as a click.
const MIN_LOOP_SECS: f64 = 0.2;
/// Distance at which a drag grabs an edge of the loop, points.
const EDGE_REACH_PX: f32 = 6.0;

/// A drag in progress: the loop is between `anchor_secs` and the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulerDrag {
    anchor_secs: f64,
}

/// Paints the ruler and turns pointer input into seek and loop events.
pub fn ruler_ui(
    ui: &mut Ui,
    view: &RollView,
    rect: Rect,
    loop_secs: Option<&Range<f64>>,
    drag: &mut Option<RulerDrag>,
    colours: &RollColours,
    events: &mut Vec<RollEvent>,
) -> Response {
    let response = ui.interact(rect, ui.scope_id().with("ruler"), Sense::CLICK | Sense::DRAG);
    response
        .widget_info(|| WidgetInfo::labeled(Role::Group, true, "Time ruler: click to seek, drag to loop"));
    let secs_at = |x: f32| view.secs(x - rect.left()).max(0.0);
    let edge = |x: f32| loop_secs.and_then(|l| edge_under(view, rect, l, x));

    if response.drag_started_by(egui::PointerButton::Primary)
        && let Some(origin) = ui.input(|i| i.pointer.press_origin())
    {
        // Dragging one edge of a loop keeps the other in place.
        let anchor_secs = edge(origin.x).unwrap_or_else(|| secs_at(origin.x));
        *drag = Some(RulerDrag { anchor_secs });
    }
    if let (Some(RulerDrag { anchor_secs }), Some(pos)) = (*drag, response.interact_pointer_pos()) {
        let at = secs_at(pos.x);
        let (from, to) = (anchor_secs.min(at), anchor_secs.max(at));
        let is_cancelled = ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Escape));
        if is_cancelled {
            *drag = None;
        } else if response.drag_stopped() {
            *drag = None;
            if to - from >= MIN_LOOP_SECS {
                events.push(RollEvent::SetLoop(Some(from..to)));
            }
        } else {
            paint_loop(ui, view, rect, &(from..to), colours, true);
        }
    }
    if let Some(pos) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        events.push(RollEvent::Seek { secs: secs_at(pos.x) });
        if response.double_clicked() && loop_secs.is_some() {
            events.push(RollEvent::SetLoop(None));
        }
    }
    if let Some(range) = loop_secs.filter(|_| drag.is_none()) {
        paint_loop(ui, view, rect, range, colours, false);
    }
    paint_marks(ui, view, rect, colours);
    match response.hover_pos() {
        Some(pos) if edge(pos.x).is_some() => response.on_hover_cursor(CursorIcon::ResizeHorizontal),
        _ => response.on_hover_text_at_pointer(
            "Click to go there. Drag to loop a passage, double-click to end the loop.",
        ),
    }
}

/// The other edge of the loop, if `x` is at one edge.
fn edge_under(view: &RollView, rect: Rect, range: &Range<f64>, x: f32) -> Option<f64> {
    let near = |secs: f64| (rect.left() + view.x(secs) - x).abs() <= EDGE_REACH_PX;
    if near(range.end) {
        return Some(range.start);
    }
    near(range.start).then_some(range.end)
}

fn paint_loop(ui: &Ui, view: &RollView, rect: Rect, range: &Range<f64>, colours: &RollColours, is_new: bool) {
    let x = |secs: f64| (rect.left() + view.x(secs)).clamp(rect.left(), rect.right());
    let band = Rect::from_x_y_ranges(x(range.start)..=x(range.end), rect.top() + 3.0..=rect.bottom() - 3.0);
    let strength = if is_new { 0.55 } else { 0.4 };
    ui.painter().rect_filled(band, 3.0, colours.accent.gamma_multiply(strength));
}

fn paint_marks(ui: &Ui, view: &RollView, rect: Rect, colours: &RollColours) {
    let painter = ui.painter().with_clip_rect(rect);
    let step = RulerStep::for_scale(view.px_per_sec);
    let mut mesh = Mesh::default();
    let seen = view.visible_secs(rect.width());
    for secs in RulerStep::multiples(step.stroke_secs, seen.clone()) {
        let at = pos2((rect.left() + view.x(secs)).round(), rect.bottom() - 5.0);
        mesh.add_colored_rect(Rect::from_min_size(at, vec2(1.0, 4.0)), colours.line);
    }
    let decimals = usize::from(step.label_secs < 1.0);
    for secs in RulerStep::multiples(step.label_secs, seen.start - step.label_secs..seen.end) {
        let x = (rect.left() + view.x(secs)).round();
        let stroke = Rect::from_min_max(pos2(x, rect.bottom() - 9.0), pos2(x + 1.0, rect.bottom()));
        mesh.add_colored_rect(stroke, colours.weak_text.gamma_multiply(0.7));
        let at = pos2(x + 4.0, rect.center().y - 1.0);
        painter.text(
            at,
            Align2::LEFT_CENTER,
            clock(secs, decimals),
            FontId::proportional(11.0),
            colours.weak_text,
        );
    }
    painter.add(Shape::mesh(mesh));
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, colours.line));
}
