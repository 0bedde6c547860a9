//! The map by keyboard: arrows move from point to point, Enter is a click.

use eframe::egui::{EventFilter, Key, Painter, Rect, Response, Stroke, StrokeKind, Ui, Vec2, vec2};
use egui_plot::PlotTransform;

use super::cloud::screen;
use crate::app::kit::keys::take_plain;
use crate::app::kit::theme::Palette;

/// A step goes at least this far on the screen, in points: among thousands of points, a step to the nearest one would
/// be too small to see.
const STEP_PX: f32 = 12.0;

const MOVES: [Key; 4] = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];

/// The point that the arrow keys start from.
#[derive(Clone, Copy, Debug, Default)]
pub struct PointFocus {
    pub point: Option<usize>,
}

/// What the keys asked for this frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyPress {
    Moved(usize),
    Pressed(usize),
}

impl PointFocus {
    /// `keep` says which points may be moved to; `start` is the place that the first key press begins at.
    pub fn keys(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        transform: &PlotTransform,
        xy: &[[f32; 2]],
        keep: impl Fn(usize) -> bool,
        start: [f32; 2],
    ) -> Option<KeyPress> {
        if !response.has_focus() {
            return None;
        }
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
        let frame = *transform.frame();
        let places: Vec<(usize, Vec2)> = xy
            .iter()
            .enumerate()
            .filter(|(i, xy)| keep(*i) && frame.contains(screen(transform, **xy)))
            .map(|(i, xy)| (i, screen(transform, *xy).to_vec2()))
            .collect();
        let here = |point: usize| xy.get(point).map(|xy| screen(transform, *xy).to_vec2());
        let mut moved = None;
        for key in take_plain(ui.ctx(), &MOVES) {
            moved = match self.point.and_then(here) {
                Some(from) => towards(&places, from, way(key)),
                None => nearest(&places, screen(transform, start).to_vec2()),
            }
            .or(moved);
            self.point = moved.or(self.point);
        }
        self.point = self.point.filter(|i| *i < xy.len());
        // egui turns Enter, and a screen reader's press, into a click without a pointer.
        let is_pressed = response.clicked() && response.interact_pointer_pos().is_none();
        match (self.point, is_pressed, moved) {
            (Some(point), true, _) => Some(KeyPress::Pressed(point)),
            (_, _, Some(point)) => Some(KeyPress::Moved(point)),
            (None, _, None) | (Some(_), false, None) => None,
        }
    }

    /// The ring of the focus, round the map and round the point.
    pub fn paint(
        &self,
        painter: &Painter,
        transform: &PlotTransform,
        xy: &[[f32; 2]],
        frame: Rect,
        palette: &Palette,
    ) {
        let stroke = Stroke::new(1.5, palette.accent);
        painter.rect_stroke(frame, 2.0, stroke, StrokeKind::Inside);
        if let Some(xy) = self.point.and_then(|i| xy.get(i)) {
            painter.circle_stroke(screen(transform, *xy), 8.0, Stroke::new(2.0, palette.accent));
        }
    }
}

/// Where an arrow points on the screen.
fn way(key: Key) -> Vec2 {
    match key {
        Key::ArrowLeft => vec2(-1.0, 0.0),
        Key::ArrowRight => vec2(1.0, 0.0),
        Key::ArrowUp => vec2(0.0, -1.0),
        _ => vec2(0.0, 1.0),
    }
}

/// The next point on the way: not too near, not too far aside.
fn towards(places: &[(usize, Vec2)], from: Vec2, way: Vec2) -> Option<usize> {
    let cost = |at: Vec2| {
        let along = (at - from).dot(way);
        let aside = (at - from).dot(way.rot90()).abs();
        (along >= STEP_PX && aside <= along).then_some(along + 2.0 * aside)
    };
    places
        .iter()
        .filter_map(|(i, at)| Some((*i, cost(*at)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(i, _)| i)
}

fn nearest(places: &[(usize, Vec2)], to: Vec2) -> Option<usize> {
    places.iter().min_by(|a, b| (a.1 - to).length_sq().total_cmp(&(b.1 - to).length_sq())).map(|(i, _)| *i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_lead_where_they_point() {
        let at = |i, x, y| (i, vec2(x, y));
        let places = [
            at(0, 100.0, 100.0),
            at(1, 104.0, 100.0),
            at(2, 130.0, 110.0),
            at(3, 120.0, 180.0),
            at(4, 60.0, 95.0),
        ];
        let from = vec2(100.0, 100.0);
        assert_eq!(towards(&places, from, vec2(1.0, 0.0)), Some(2), "1 is too near to be a step");
        assert_eq!(towards(&places, from, vec2(0.0, 1.0)), Some(3));
        assert_eq!(towards(&places, from, vec2(-1.0, 0.0)), Some(4));
        assert_eq!(towards(&places, from, vec2(0.0, -1.0)), None);
        assert_eq!(nearest(&places, vec2(70.0, 90.0)), Some(4));
    }
}
