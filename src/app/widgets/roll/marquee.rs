//! Selecting notes with a rectangle: Shift and drag.

use std::ops::{Range, RangeInclusive};

use eframe::egui::{CursorIcon, Painter, PointerButton, Pos2, Rect, Response, StrokeKind, Ui};

use super::RollColours;
use super::input::RollEvent;
use super::layout::RollView;
use super::selection::{edge, ground};
use crate::music::Pitch;

/// A rectangle smaller than this, in points, is taken for a click.
const MIN_SIDE_PX: f32 = 4.0;

/// A rectangle that is being drawn, from where the pointer went down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marquee {
    origin: Option<Pos2>,
}

impl Marquee {
    pub fn is_active(&self) -> bool {
        self.origin.is_some()
    }

    /// Begins with a drag while Shift is held, and reports the part when the drag ends.
    pub fn ui(&mut self, ui: &Ui, response: &Response, view: &RollView, events: &mut Vec<RollEvent>) {
        if response.drag_started_by(PointerButton::Primary) && ui.input(|i| i.modifiers.shift) {
            self.origin = ui.input(|i| i.pointer.press_origin());
        }
        if !self.is_active() {
            return;
        }
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        let rect = self.rect(ui, response.rect);
        if !response.dragged() {
            self.origin = None;
            if let Some(rect) = rect.filter(|r| r.width() >= MIN_SIDE_PX || r.height() >= MIN_SIDE_PX) {
                let (secs, pitches) = part(view, rect.translate(-response.rect.min.to_vec2()));
                events.push(RollEvent::Select { secs, pitches });
            }
        }
    }

    fn rect(&self, ui: &Ui, area: Rect) -> Option<Rect> {
        let at = ui.input(|i| i.pointer.latest_pos())?;
        Some(Rect::from_two_pos(self.origin?, at).intersect(area))
    }

    pub fn paint(&self, ui: &Ui, painter: &Painter, area: Rect, colours: &RollColours) {
        if let Some(rect) = self.rect(ui, area) {
            painter.rect(rect, 2.0, ground(colours), edge(colours), StrokeKind::Inside);
        }
    }
}

/// Time and keys under a rectangle that is relative to the note area.
fn part(view: &RollView, rect: Rect) -> (Range<f64>, RangeInclusive<Pitch>) {
    let key = |y: f32, beyond: Pitch| view.pitch_at(y).unwrap_or(beyond);
    let secs = view.secs(rect.left()).max(0.0)..view.secs(rect.right()).max(0.0);
    (secs, key(rect.bottom(), Pitch::LOWEST)..=key(rect.top(), Pitch::HIGHEST))
}

#[cfg(test)]
mod tests {
    use eframe::egui::pos2;

    use super::*;
    use crate::app::widgets::roll::layout::AreaSize;

    #[test]
    fn a_rectangle_is_the_time_and_the_keys_under_it() {
        let size = AreaSize { width: 1000.0, height: 440.0 };
        let view = RollView::initial(size);
        let (left, right) = (view.x(2.0), view.x(4.5));
        let top = view.row_top(Pitch::new(70).unwrap()) + 1.0;
        let bottom = view.row_top(Pitch::new(60).unwrap()) + 1.0;
        let (secs, pitches) = part(&view, Rect::from_min_max(pos2(left, top), pos2(right, bottom)));
        assert!((secs.start - 2.0).abs() < 1e-3 && (secs.end - 4.5).abs() < 1e-3);
        assert_eq!((pitches.start().number(), pitches.end().number()), (60, 70));
    }
}
