//! Where the points of a map lie in the plane, prepared for drawing and picking.

use super::grid::{Bounds, PointGrid, bounds, bulk_bounds};
use crate::latent_map::LatentMap;

/// The points of a map in the plane.
#[derive(Debug, Default)]
pub struct MapShape {
    pub xy: Vec<[f32; 2]>,
    pub grid: PointGrid,
    /// The bounds of all points and means.
    pub edges: Option<Bounds>,
    /// The bounds of all but a few far ones.
    pub bulk: Option<Bounds>,
}

impl MapShape {
    pub fn new(map: &LatentMap) -> MapShape {
        let xy: Vec<[f32; 2]> = map.points.iter().map(|p| p.xy).collect();
        let all: Vec<[f32; 2]> = xy.iter().chain(&map.components).copied().collect();
        MapShape {
            grid: PointGrid::new(&xy),
            edges: bounds(&all),
            bulk: bulk_bounds(&xy, &map.components),
            xy,
        }
    }
}

/// Are these the same segments, perhaps at other places?
pub fn is_projection_of(map: &LatentMap, other: &LatentMap) -> bool {
    let pairs = map.points.iter().zip(&other.points);
    map.points.len() == other.points.len() && pairs.into_iter().all(|(a, b)| a.z == b.z && a.title == b.title)
}
