//! The lasso: a line drawn around segments with Shift held, and the segments it took.

use eframe::egui::{Painter, PointerButton, Pos2, Response, Shape, Stroke, Ui};
use egui_plot::PlotTransform;

use super::cloud::screen;
use crate::app::kit::theme::Palette;
use crate::latent_map::LatentMap;

/// A line gets a new corner this far from the last one, points.
const STEP_PX: f32 = 4.0;
/// With more segments than this, their rings are fainter, so that they do not merge into one blot.
const RINGED: f32 = 150.0;

#[derive(Debug, Default)]
pub struct Lasso {
    /// The line that is being drawn, in map coordinates.
    trail: Vec<[f32; 2]>,
    /// What the last one took, by index.
    pub segments: Vec<usize>,
}

impl Lasso {
    /// True while a line is being drawn or the next drag would draw one: the plot must not move then.
    pub fn holds_still(&self, ui: &Ui) -> bool {
        !self.trail.is_empty() || ui.input(|i| i.modifiers.shift)
    }

    /// Follows a drag; when it ends, selects the segments inside the line for which `keep` is true.
    pub fn follow(
        &mut self,
        ui: &Ui,
        response: &Response,
        transform: &PlotTransform,
        map: &LatentMap,
        keep: impl Fn(usize) -> bool,
    ) {
        let place = |pos: Pos2| {
            let at = transform.value_from_position(pos);
            [at.x as f32, at.y as f32]
        };
        if response.drag_started_by(PointerButton::Primary) && ui.input(|i| i.modifiers.shift) {
            self.trail = ui.input(|i| i.pointer.press_origin()).map(place).into_iter().collect();
        }
        if self.trail.is_empty() {
            return;
        }
        let is_new =
            |pos: &Pos2| self.trail.last().is_none_or(|xy| screen(transform, *xy).distance(*pos) >= STEP_PX);
        if let Some(pos) = response.interact_pointer_pos().filter(is_new) {
            self.trail.push(place(pos));
        }
        if response.drag_stopped() || !ui.input(|i| i.pointer.primary_down()) {
            let trail = std::mem::take(&mut self.trail);
            self.segments = map.inside(&trail).into_iter().filter(|i| keep(*i)).collect();
        }
    }

    pub fn paint(&self, painter: &Painter, transform: &PlotTransform, map: &LatentMap, palette: &Palette) {
        let strength = 0.5 * (RINGED / self.segments.len().max(1) as f32).clamp(0.2, 1.0);
        let thin = Stroke::new(1.0, palette.text.gamma_multiply(strength));
        for point in self.segments.iter().filter_map(|i| map.points.get(*i)) {
            painter.circle_stroke(screen(transform, point.xy), 4.0, thin);
        }
        if self.trail.len() > 1 {
            let line = self.trail.iter().map(|xy| screen(transform, *xy)).collect();
            painter.add(Shape::closed_line(line, Stroke::new(1.5, palette.accent)));
        }
    }
}
