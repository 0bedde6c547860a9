//! Segments of real music on a plane.

use serde::Serialize;

use super::ellipse::{Ellipse, ellipses};
use super::kept::kept_neighbours;
use super::plane::{Spread, dot, rows, wheel};
use super::point::MapPoint;
use super::reading::{Reading, reading};
use crate::model::Checkpoint;
use crate::music::ComposerId;

pub(super) const LATENTS: &str = "map.z";
pub(super) const COMPOSERS: &str = "map.composers";
pub(super) const TITLES: &str = "map.titles";
pub(super) const STARTS: &str = "map.starts";

/// Number of segments that determine whose music lies around a place.
const NEAREST_SEGMENTS: usize = 8;

/// The projection of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plane {
    /// The composers' axes around a circle, clockwise from the top in order of birth.
    #[default]
    Wheel,
    /// The two directions of greatest variance; used for fewer than three composers.
    Principal,
}

/// Segments of real music on a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentMap {
    pub points: Vec<MapPoint>,
    /// The mean of each composer's component of the prior.
    pub components: Vec<[f32; 2]>,
    pub plane: Plane,
    /// Share of the variance that each axis explains.
    pub explained: [f32; 2],
    /// The share of the 10 nearest neighbours in the latent space that are among the 10 nearest on the map, 0–1;
    /// `None` for fewer than 21 segments.
    pub kept_neighbours: Option<f32>,
    /// The spread of each composer's segments.
    pub ellipses: Vec<Ellipse>,
    /// How well the composers are separated; `None` for fewer than two.
    pub reading: Option<Reading>,
    centre: Vec<f32>,
    axes: [Vec<f32>; 2],
    /// The means of the components in the latent space.
    means: Vec<Vec<f32>>,
}

impl LatentMap {
    /// The map stored in a checkpoint; `None` if it has none.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Option<LatentMap> {
        let z = rows(checkpoint.tensors.get(LATENTS)?);
        let composers = rows(&checkpoint.tensors.get(COMPOSERS)?.unsqueeze(1));
        let titles = checkpoint.header.notes.get(TITLES)?;
        let means = rows(checkpoint.tensors.get("prior.means")?);
        if z.len() < 3 || z.len() != composers.len() || z.len() != titles.len() {
            return None;
        }
        let labelled = composers
            .iter()
            .map(|c| c.first().filter(|&&c| (0.0..255.0).contains(&c)).map(|&c| ComposerId(c as u8)));
        let order: Vec<usize> =
            checkpoint.header.composers.by_time().into_iter().map(ComposerId::index).collect();
        let starts = checkpoint.tensors.get(STARTS).map(|starts| rows(&starts.unsqueeze(1)));
        let starts_of = |i: usize| starts.as_ref()?.get(i)?.first().copied().filter(|secs| secs.is_finite());
        // A broken latent has no place; the others keep theirs.
        let labelled: Vec<Option<ComposerId>> = labelled.collect();
        let sound: Vec<usize> = (0..z.len()).filter(|&i| z[i].iter().all(|v| v.is_finite())).collect();
        let mut map = LatentMap::new(
            sound.iter().map(|&i| z[i].clone()).collect(),
            sound.iter().map(|&i| labelled[i]).collect(),
            sound.iter().map(|&i| titles[i].clone()).collect(),
            &means,
            &order,
        )?;
        map.points.iter_mut().zip(&sound).for_each(|(point, &i)| point.starts_secs = starts_of(i));
        Some(map)
    }

    /// `means` are those of the composers' components; `order` holds their indices in order around the wheel. `None` if
    /// the latents do not span a plane.
    pub fn new(
        z: Vec<Vec<f32>>,
        composers: Vec<Option<ComposerId>>,
        titles: Vec<String>,
        means: &[Vec<f32>],
        order: &[usize],
    ) -> Option<LatentMap> {
        let spread = Spread::of(&z)?;
        let (plane, axes) = match wheel(means, order) {
            Some(axes) => (Plane::Wheel, axes),
            None => (Plane::Principal, spread.widest()?),
        };
        let points = z.into_iter().zip(composers).zip(titles);
        let points = points.map(|((z, composer), title)| MapPoint {
            xy: [0.0; 2],
            composer,
            title,
            starts_secs: None,
            z,
        });
        let mut map = LatentMap::on(plane, axes, points.collect(), means.to_vec(), &spread);
        map.reading = reading(&map.points, means);
        Some(map)
    }

    /// The same segments on their first two principal components.
    pub fn principal(&self) -> Option<LatentMap> {
        let z: Vec<Vec<f32>> = self.points.iter().map(|p| p.z.clone()).collect();
        let spread = Spread::of(&z)?;
        let axes = spread.widest()?;
        let map = LatentMap::on(Plane::Principal, axes, self.points.clone(), self.means.clone(), &spread);
        Some(LatentMap { reading: self.reading.clone(), ..map })
    }

    fn on(
        plane: Plane,
        axes: [Vec<f32>; 2],
        points: Vec<MapPoint>,
        means: Vec<Vec<f32>>,
        spread: &Spread,
    ) -> LatentMap {
        let mut map = LatentMap {
            points,
            components: Vec::new(),
            plane,
            explained: [spread.share(&axes[0]), spread.share(&axes[1])],
            kept_neighbours: None,
            ellipses: Vec::new(),
            reading: None,
            centre: match plane {
                Plane::Wheel => vec![0.0; spread.centre().len()],
                Plane::Principal => spread.centre().to_vec(),
            },
            axes,
            means: Vec::new(),
        };
        map.components = means.iter().map(|m| map.project(m)).collect();
        map.means = means;
        let places: Vec<[f32; 2]> = map.points.iter().map(|p| map.project(&p.z)).collect();
        map.points.iter_mut().zip(places).for_each(|(point, xy)| point.xy = xy);
        map.kept_neighbours = kept_neighbours(&map.points);
        map.ellipses = ellipses(&map.points);
        map
    }

    /// The position of `z` on the map.
    pub fn project(&self, z: &[f32]) -> [f32; 2] {
        let from_centre: Vec<f32> = z.iter().zip(&self.centre).map(|(z, c)| z - c).collect();
        [0, 1].map(|i| dot(&self.axes[i], &from_centre))
    }

    /// A latent at position `xy`: that of the nearest real segment, moved within the plane. The components that the map
    /// does not show thus come from real music.
    pub fn unproject(&self, xy: [f32; 2]) -> Vec<f32> {
        let Some(nearest) = self.nearest(xy) else {
            return self.centre.clone();
        };
        let [dx, dy] = [xy[0] - nearest.xy[0], xy[1] - nearest.xy[1]];
        nearest
            .z
            .iter()
            .zip(self.axes[0].iter().zip(&self.axes[1]))
            .map(|(z, (a, b))| z + dx * a + dy * b)
            .collect()
    }

    /// The composers of the labelled segments nearest to `xy`, each with its number of segments.
    pub fn composers_around(&self, xy: [f32; 2]) -> Vec<(ComposerId, f32)> {
        let mut nearest: Vec<(f32, ComposerId)> = self
            .points
            .iter()
            .filter_map(|p| Some(((p.xy[0] - xy[0]).powi(2) + (p.xy[1] - xy[1]).powi(2), p.composer?)))
            .filter(|(distance, _)| distance.is_finite())
            .collect();
        if nearest.len() > NEAREST_SEGMENTS {
            nearest.select_nth_unstable_by(NEAREST_SEGMENTS, |a, b| a.0.total_cmp(&b.0));
            nearest.truncate(NEAREST_SEGMENTS);
        }
        let mut counts: Vec<(ComposerId, f32)> = Vec::new();
        for (_, id) in nearest {
            match counts.iter_mut().find(|(known, _)| *known == id) {
                Some((_, count)) => *count += 1.0,
                None => counts.push((id, 1.0)),
            }
        }
        counts.sort_by_key(|(id, _)| *id);
        counts
    }

    /// The segment nearest to `xy` on the map.
    pub fn nearest(&self, xy: [f32; 2]) -> Option<&MapPoint> {
        let distance = |p: &MapPoint| (p.xy[0] - xy[0]).powi(2) + (p.xy[1] - xy[1]).powi(2);
        self.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> LatentMap {
        let z: Vec<Vec<f32>> = (0..40)
            .map(|i| {
                let t = i as f32 / 6.0;
                vec![10.0 * t.sin(), 3.0 * t.cos(), 0.1 * (t * 3.0).sin(), 1.0]
            })
            .collect();
        let titles = (0..40).map(|i| i.to_string()).collect();
        LatentMap::new(z, vec![None; 40], titles, &[vec![0.0, 0.0, 0.0, 1.0]], &[0]).unwrap()
    }

    #[test]
    fn composers_lie_around_a_circle_in_their_order() {
        let mean = |k: usize| (0..6).map(|i| if i == k { 8.0 } else { 0.0 }).collect::<Vec<f32>>();
        let means: Vec<Vec<f32>> = (0..5).map(mean).collect();
        let titles = (0..5).map(|i| i.to_string()).collect();
        let map = LatentMap::new(means.clone(), vec![None; 5], titles, &means, &[3, 0, 4, 1, 2]).unwrap();
        assert_eq!(map.plane, Plane::Wheel);
        // A fifth of a turn each, clockwise from the top, on a circle of radius 8·√(2/5).
        for (place, composer) in [3, 0, 4, 1, 2].into_iter().enumerate() {
            let (angle, radius) = (std::f32::consts::TAU * place as f32 / 5.0, 8.0 * 0.4f32.sqrt());
            let [x, y] = map.components[composer];
            assert!((x - radius * angle.sin()).abs() < 1e-3 && (y - radius * angle.cos()).abs() < 1e-3);
        }
        // A component that lies on no composer's axis is not on the map, and is unchanged by unprojecting.
        let moved = map.unproject([map.points[1].xy[0] + 0.5, map.points[1].xy[1]]);
        assert_eq!(moved[5], 0.0);
        assert!((map.project(&moved)[0] - map.points[1].xy[0] - 0.5).abs() < 1e-4);
    }

    #[test]
    fn the_principal_plane_shows_more_of_the_variance_than_the_wheel() {
        let mean = |k: usize| (0..4).map(|i| if i == k { 8.0 } else { 0.0 }).collect::<Vec<f32>>();
        let means: Vec<Vec<f32>> = (0..3).map(mean).collect();
        // Widest along the last direction, which lies on no composer's axis.
        let z: Vec<Vec<f32>> =
            (0..60).map(|i| vec![(i % 3) as f32, (i % 5) as f32 * 0.3, 0.1, i as f32]).collect();
        let titles = (0..60).map(|i| i.to_string()).collect();
        let wheel = LatentMap::new(z, vec![None; 60], titles, &means, &[0, 1, 2]).unwrap();
        let principal = wheel.principal().unwrap();
        let shown = |map: &LatentMap| map.explained[0] + map.explained[1];
        assert_eq!((wheel.plane, principal.plane), (Plane::Wheel, Plane::Principal));
        assert!(shown(&principal) > 0.99 && shown(&wheel) < 0.5, "{} {}", shown(&principal), shown(&wheel));
        let kept = |map: &LatentMap| map.kept_neighbours.unwrap();
        assert!(kept(&principal) > 0.9 && kept(&principal) > kept(&wheel), "{:?}", principal.kept_neighbours);
        assert_eq!(principal.project(&principal.points[9].z), principal.points[9].xy);
    }

    #[test]
    fn projecting_an_unprojected_place_gives_that_place() {
        let map = map();
        for xy in [[0.0, 0.0], [5.0, -2.0], [-20.0, 7.0]] {
            let back = map.project(&map.unproject(xy));
            assert!((back[0] - xy[0]).abs() < 1e-3 && (back[1] - xy[1]).abs() < 1e-3, "{xy:?} {back:?}");
        }
    }

    #[test]
    fn the_first_axis_is_the_widest() {
        let map = map();
        assert!(map.explained[0] > 0.85 && map.explained[1] < 0.15, "{:?}", map.explained);
        let point = &map.points[7];
        assert_eq!(map.nearest(point.xy).map(|p| p.title.as_str()), Some("7"));
    }

    #[test]
    fn finds_whose_music_lies_around_a_place() {
        let z: Vec<Vec<f32>> = (0..30).map(|i| vec![i as f32, (i % 2) as f32 * 0.1]).collect();
        let composers = (0..30).map(|i| (i != 3).then_some(ComposerId(u8::from(i > 9)))).collect();
        let titles = (0..30).map(|i| i.to_string()).collect();
        let map = LatentMap::new(z, composers, titles, &[vec![0.0, 0.0]], &[0]).unwrap();
        let around = |point: usize| map.composers_around(map.points[point].xy);
        // The eight segments nearest to segment 0 are 0 to 8 without 3, which has no label.
        assert_eq!(around(0), [(ComposerId(0), 8.0)]);
        assert_eq!(around(29), [(ComposerId(1), 8.0)]);
        // Between 9 and 10, four lie on either side, or one more on the nearer side.
        let both = around(10);
        assert!(both.len() == 2 && both[0].1 >= 3.0 && both[1].1 >= 3.0, "{both:?}");
        assert!(map.composers_around([f32::NAN, 0.0]).is_empty());
    }
}
