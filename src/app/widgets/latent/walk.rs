//! Walks on the map: drawing one with the pointer, and the path of the take on the stage.

use eframe::egui::{Color32, Modifiers, Painter, PointerButton, Pos2, Response, Shape, Stroke, Ui};
use egui_plot::PlotTransform;

use super::cloud::screen;
use super::input::TakePath;
use crate::app::kit::theme::Palette;

/// The pointer has moved this far since the last point of the path, in screen points.
const SPACING_PX: f32 = 4.0;
/// A shorter path is a click that slipped, in screen points.
const MIN_LENGTH_PX: f32 = 24.0;
/// Points of a path; one that is drawn further keeps its shape and loses detail.
const MAX_POINTS: usize = 512;

/// The walk that is being drawn.
#[derive(Clone, Debug, Default)]
pub struct WalkPen {
    /// Does a drag draw, even without Ctrl?
    pub is_chosen: bool,
    path: Vec<[f32; 2]>,
}

impl WalkPen {
    /// Would a drag that begins now, or one that is under way, draw rather than move the map?
    pub fn is_drawing(&self, ui: &Ui) -> bool {
        self.is_chosen
            || !self.path.is_empty()
            || ui.input(|i| i.modifiers.matches_logically(Modifiers::COMMAND))
    }

    /// Follows the pointer. Returns the whole path, in places of the map, when it is let go.
    pub fn follow(
        &mut self,
        ui: &Ui,
        response: &Response,
        transform: &PlotTransform,
    ) -> Option<Vec<[f32; 2]>> {
        let on_map = |pos: Pos2| {
            let at = transform.value_from_position(pos);
            [at.x as f32, at.y as f32]
        };
        if response.drag_started_by(PointerButton::Primary) && self.is_drawing(ui) {
            let origin = ui.input(|i| i.pointer.press_origin()).or(response.interact_pointer_pos());
            self.path = origin.map(on_map).into_iter().collect();
        }
        let last = *self.path.last()?;
        if let Some(pos) = response.interact_pointer_pos()
            && screen(transform, last).distance(pos) >= SPACING_PX
        {
            self.path.push(on_map(pos));
            if self.path.len() > MAX_POINTS {
                self.path = self.path.iter().copied().step_by(2).collect();
            }
        }
        if response.dragged_by(PointerButton::Primary) {
            return None;
        }
        let path = std::mem::take(&mut self.path);
        let steps =
            path.windows(2).map(|pair| screen(transform, pair[0]).distance(screen(transform, pair[1])));
        (steps.sum::<f32>() >= MIN_LENGTH_PX).then_some(path)
    }

    pub fn paint(&self, painter: &Painter, transform: &PlotTransform, palette: &Palette) {
        let points: Vec<Pos2> = self.path.iter().map(|xy| screen(transform, *xy)).collect();
        painter.add(Shape::line(points, Stroke::new(2.5, palette.accent)));
    }
}

/// The path of the take on the stage: its segments joined by lines, the current one larger, and a dot at the playhead.
pub fn paint_path(
    painter: &Painter,
    transform: &PlotTransform,
    path: &TakePath,
    colour: Color32,
    palette: &Palette,
) {
    let points: Vec<Pos2> = path.xy.iter().map(|xy| screen(transform, *xy)).collect();
    if points.iter().any(|p| !p.x.is_finite() || !p.y.is_finite()) {
        return;
    }
    let Some(last) = points.len().checked_sub(1) else { return };
    painter.add(Shape::line(points.clone(), Stroke::new(4.0, palette.well.gamma_multiply(0.8))));
    painter.add(Shape::line(points.clone(), Stroke::new(1.5, palette.text)));
    let at = if path.at.is_finite() { path.at.clamp(0.0, last as f32) } else { 0.0 };
    for (i, point) in points.iter().enumerate() {
        let radius = if i == at.round() as usize { 5.0 } else { 2.5 };
        painter.circle_filled(*point, radius + 1.0, palette.well);
        painter.circle_filled(*point, radius, colour);
    }
    let before = at.floor() as usize;
    let dot = points[before].lerp(points[(before + 1).min(last)], at.fract());
    painter.circle(dot, 6.0, palette.accent, Stroke::new(2.0, palette.well));
}
