//! The real pieces: thousands of small markers in one mesh that is kept while nothing changes.

use std::sync::Arc;

use eframe::egui::{Mesh, Rect, Shape};
use egui_plot::{PlotPoint, PlotTransform};

use super::Stamp;
use crate::app::kit::theme::ComposerStyle;
use crate::latent_map::MapPoint;
use crate::music::ComposerId;

/// Above this number markers are printed without soft edges: between so many nobody sees them.
const SOFT_UP_TO: usize = 4000;

/// All that the picture depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudKey {
    /// The address of the map: another map is another picture.
    pub map: usize,
    pub frame: Rect,
    /// Plot coordinates at the corners of the frame.
    pub bounds: ([f64; 2], [f64; 2]),
    pub hidden: Vec<Option<ComposerId>>,
    pub selected: Option<ComposerId>,
    pub is_dark: bool,
    pub is_compact: bool,
}

/// Cached mesh of the points.
#[derive(Clone, Debug, Default)]
pub struct CloudLayer {
    key: Option<CloudKey>,
    mesh: Arc<Mesh>,
    /// Points inside the frame when the mesh was made.
    pub shown: usize,
}

impl CloudLayer {
    /// `style_of` gives the look of a composer's points, `None` being those without a label.
    pub fn shape(
        &mut self,
        key: CloudKey,
        points: &[MapPoint],
        transform: &PlotTransform,
        style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
    ) -> Shape {
        if self.key.as_ref() != Some(&key) {
            let mesh = Arc::make_mut(&mut self.mesh);
            mesh.clear();
            self.shown = fill(mesh, &key, points, transform, style_of);
            self.key = Some(key);
        }
        Shape::Mesh(self.mesh.clone())
    }
}

fn fill(
    mesh: &mut Mesh,
    key: &CloudKey,
    points: &[MapPoint],
    transform: &PlotTransform,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
) -> usize {
    let frame = key.frame.expand(4.0);
    let visible: Vec<(&MapPoint, eframe::egui::Pos2)> = points
        .iter()
        .filter(|p| !key.hidden.contains(&p.composer))
        .map(|p| (p, screen(transform, p.xy)))
        .filter(|(_, pos)| frame.contains(*pos))
        .collect();
    let is_soft = visible.len() <= SOFT_UP_TO;
    let radius = if visible.len() > 6000 {
        1.8
    } else if key.is_compact {
        2.3
    } else {
        2.8
    };
    let mut composers: Vec<Option<ComposerId>> = visible.iter().map(|(p, _)| p.composer).collect();
    composers.sort();
    composers.dedup();
    // The chosen composer is printed last and so lies on top.
    composers.sort_by_key(|c| c.is_some() && *c == key.selected);
    for composer in composers {
        let style = style_of(composer);
        let is_chosen = key.selected.is_none() || composer == key.selected;
        let strength = match (is_chosen, composer.is_some()) {
            (false, _) => 0.25,
            (true, false) => 0.45,
            (true, true) => 0.8,
        };
        let stamp = Stamp::new(style.marker, radius, is_soft);
        let colour = style.colour.gamma_multiply(strength);
        for (_, pos) in visible.iter().filter(|(p, _)| p.composer == composer) {
            stamp.print(mesh, *pos, colour);
        }
    }
    visible.len()
}

/// A place on the map on the screen. Places that are not finite land outside of every frame.
pub fn screen(transform: &PlotTransform, xy: [f32; 2]) -> eframe::egui::Pos2 {
    transform.position_from_point(&PlotPoint::new(f64::from(xy[0]), f64::from(xy[1])))
}
