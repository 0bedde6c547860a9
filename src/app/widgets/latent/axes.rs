//! The plot that the map lies in: its axes, its edges, how it moves.

use eframe::egui::{Rangef, Vec2, vec2};
use egui_plot::Plot;

use super::grid::Bounds;
use super::words::small;
use crate::app::kit::theme::Palette;
use crate::latent_map::{LatentMap, Plane};

/// `edges` are those of what is to be in sight at first.
pub fn axes(
    map: &LatentMap,
    size: Vec2,
    is_compact: bool,
    edges: Option<Bounds>,
    palette: &Palette,
) -> Plot<'static> {
    let name = if is_compact { "latent map, small" } else { "latent map" };
    let mut plot = Plot::new(name)
        .width(size.x)
        .height(size.y)
        .data_aspect(1.0)
        .show_axes(!is_compact && map.plane == Plane::Principal)
        .show_grid(!is_compact)
        .grid_color(palette.line.gamma_multiply(0.7))
        .grid_spacing(Rangef::new(24.0, 400.0))
        .show_x(false)
        .show_y(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.06, 0.08));
    if let Some(b) = edges {
        plot = plot.include_x(b.min[0]).include_x(b.max[0]).include_y(b.min[1]).include_y(b.max[1]);
    }
    if is_compact || map.plane == Plane::Wheel {
        return plot;
    }
    let share = |i: usize| format!("direction {} ({:.0} % of variance)", i + 1, map.explained[i] * 100.0);
    plot.x_axis_label(small(&share(0))).y_axis_label(small(&share(1)))
}
