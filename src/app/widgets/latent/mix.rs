//! The place of a mix between its composers' means.

use eframe::egui::{Align2, FontId, Painter, Stroke, vec2};
use egui_plot::PlotTransform;

use super::cloud::screen;
use crate::app::kit::theme::Palette;

pub fn paint_mix(painter: &Painter, transform: &PlotTransform, xy: [f32; 2], palette: &Palette) {
    let at = screen(transform, xy);
    painter.circle(at, 7.0, palette.well, Stroke::new(2.0, palette.accent));
    painter.circle_filled(at, 3.0, palette.accent);
    let font = FontId::proportional(12.0);
    painter.text(at + vec2(11.0, 0.0), Align2::LEFT_CENTER, "Mix", font, palette.text);
}
