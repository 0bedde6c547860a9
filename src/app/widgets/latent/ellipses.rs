//! How far each composer's segments spread: ellipses of one and two standard deviations.

use eframe::egui::{Painter, Shape, Stroke};
use egui_plot::PlotTransform;

use super::cloud::screen;
use crate::app::kit::theme::ComposerStyle;
use crate::latent_map::Ellipse;
use crate::music::ComposerId;

const CORNERS: usize = 64;

pub fn paint_ellipses(
    painter: &Painter,
    transform: &PlotTransform,
    ellipses: &[Ellipse],
    is_hidden: &dyn Fn(ComposerId) -> bool,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
) {
    for ellipse in ellipses.iter().filter(|e| !is_hidden(e.composer)) {
        let colour = style_of(Some(ellipse.composer)).colour;
        for (sigmas, width, strength) in [(1.0, 1.6, 0.9), (2.0, 1.0, 0.5)] {
            let line = ellipse.outline(sigmas, CORNERS).into_iter().map(|xy| screen(transform, xy)).collect();
            painter.add(Shape::closed_line(line, Stroke::new(width, colour.gamma_multiply(strength))));
        }
    }
}
