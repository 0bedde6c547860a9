//! Marker shapes as stamps: tessellated once, then printed thousands of times into one mesh.

use eframe::egui::{Color32, Mesh, Pos2, Vec2, vec2};

use crate::app::kit::theme::MarkerShape;

/// Half the width of the soft edge, points.
const SOFT_EDGE: f32 = 0.5;

/// A marker ready to be printed: a fan from the centre to its outline, with a soft edge if wanted.
#[derive(Clone, Debug)]
pub struct Stamp {
    outline: Vec<Vec2>,
    soft: Option<Vec<Vec2>>,
}

impl Stamp {
    /// About as large as a circle of `radius` points. A soft edge looks better and costs twice the vertices.
    pub fn new(shape: MarkerShape, radius: f32, has_soft_edge: bool) -> Stamp {
        let unit = unit_outline(shape, if has_soft_edge { 14 } else { 6 });
        let scaled = |radius: f32| unit.iter().map(|p| *p * radius).collect();
        if !has_soft_edge {
            return Stamp { outline: scaled(radius), soft: None };
        }
        let inner = (radius - SOFT_EDGE).max(radius * 0.5);
        Stamp { outline: scaled(inner), soft: Some(scaled(radius + SOFT_EDGE)) }
    }

    /// Appends the marker at `centre`.
    pub fn print(&self, mesh: &mut Mesh, centre: Pos2, colour: Color32) {
        let middle = mesh.vertices.len() as u32;
        let count = self.outline.len() as u32;
        mesh.colored_vertex(centre, colour);
        for offset in &self.outline {
            mesh.colored_vertex(centre + *offset, colour);
        }
        for i in 0..count {
            mesh.add_triangle(middle, middle + 1 + i, middle + 1 + (i + 1) % count);
        }
        let Some(soft) = &self.soft else { return };
        for offset in soft {
            mesh.colored_vertex(centre + *offset, Color32::TRANSPARENT);
        }
        let (inner, outer) = (middle + 1, middle + 1 + count);
        for i in 0..count {
            let next = (i + 1) % count;
            mesh.add_triangle(inner + i, outer + i, outer + next);
            mesh.add_triangle(inner + i, outer + next, inner + next);
        }
    }
}

/// The outline of a marker of radius 1. Every point of it is visible from the centre, as a triangle fan requires.
fn unit_outline(shape: MarkerShape, circle_corners: usize) -> Vec<Vec2> {
    let ring = |degrees: &[f32], reach: f32| -> Vec<Vec2> {
        degrees.iter().map(|d| reach * Vec2::angled(d.to_radians())).collect()
    };
    match shape {
        MarkerShape::Circle => {
            let step = 360.0 / circle_corners as f32;
            (0..circle_corners).map(|i| Vec2::angled((i as f32 * step).to_radians())).collect()
        }
        MarkerShape::Square => ring(&[45.0, 135.0, 225.0, 315.0], 1.22),
        MarkerShape::Diamond => ring(&[0.0, 90.0, 180.0, 270.0], 1.25),
        MarkerShape::Up => ring(&[-90.0, 30.0, 150.0], 1.3),
        MarkerShape::Down => ring(&[90.0, 210.0, 330.0], 1.3),
        MarkerShape::Left => ring(&[180.0, 300.0, 60.0], 1.3),
        MarkerShape::Right => ring(&[0.0, 120.0, 240.0], 1.3),
        MarkerShape::Plus => plus(0.0),
        MarkerShape::Cross => plus(45.0),
        MarkerShape::Asterisk => (0..12)
            .map(|i| Vec2::angled((i as f32 * 30.0).to_radians()) * if i % 2 == 0 { 1.25 } else { 0.45 })
            .collect(),
    }
}

fn plus(turned_degrees: f32) -> Vec<Vec2> {
    const ARM: f32 = 1.15;
    const HALF: f32 = 0.36;
    let (sin, cos) = turned_degrees.to_radians().sin_cos();
    [
        (ARM, -HALF),
        (ARM, HALF),
        (HALF, HALF),
        (HALF, ARM),
        (-HALF, ARM),
        (-HALF, HALF),
        (-ARM, HALF),
        (-ARM, -HALF),
        (-HALF, -HALF),
        (-HALF, -ARM),
        (HALF, -ARM),
        (HALF, -HALF),
    ]
    .map(|(x, y)| vec2(x * cos - y * sin, x * sin + y * cos))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marker_is_a_sound_mesh_of_its_size() {
        use MarkerShape::*;
        for shape in [Circle, Diamond, Square, Cross, Plus, Up, Down, Left, Right, Asterisk] {
            for soft in [false, true] {
                let mut mesh = Mesh::default();
                Stamp::new(shape, 4.0, soft).print(&mut mesh, Pos2::new(10.0, 20.0), Color32::WHITE);
                assert!(mesh.is_valid());
                let size = mesh.calc_bounds().size();
                assert!((5.0..12.0).contains(&size.x) && (5.0..12.0).contains(&size.y), "{shape:?} {size:?}");
            }
        }
    }
}
