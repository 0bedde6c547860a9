//! A walk: one take that moves through the latent space while it plays.

use super::mix::Mix;
use super::verbs::{mixed, window_starts};
use super::{CheckpointInfo, GenerateRequest};
use crate::latent_map::LatentMap;

/// The latent and the composers of one window of a take.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// `d_latent` numbers.
    pub z: Vec<f32>,
    pub mix: Mix,
}

/// `steps` places on the straight lines between `stops`, at equal distances from each other; the first and the last
/// stop are among them. A single step is the first stop. Without stops there are no places.
pub fn walk(stops: &[Place], steps: usize) -> Vec<Place> {
    let points: Vec<&[f32]> = stops.iter().map(|stop| stop.z.as_slice()).collect();
    let place = |(i, t): (usize, f32)| {
        let (a, b) = (&stops[i], &stops[(i + 1).min(stops.len() - 1)]);
        Place { z: mixed(&a.z, &b.z, t), mix: a.mix.towards(&b.mix, t) }
    };
    spaced(&points, steps).into_iter().map(place).collect()
}

/// `steps` places of `map` on the line through `path`, at equal distances on the map. Each has the latent of a click
/// there and the composers of the segments around it. Empty if there are no such segments.
pub fn walk_on_map(map: &LatentMap, path: &[[f32; 2]], steps: usize) -> Vec<Place> {
    let points: Vec<&[f32]> = path.iter().map(|xy| xy.as_slice()).collect();
    let place = |(i, t): (usize, f32)| {
        let (a, b) = (path[i], path[(i + 1).min(path.len() - 1)]);
        place_on_map(map, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
    };
    spaced(&points, steps).into_iter().filter_map(place).collect()
}

/// The place at `xy` of `map`, as [`walk_on_map`] has it; `None` where no composer's segments lie around it.
pub fn place_on_map(map: &LatentMap, xy: [f32; 2]) -> Option<Place> {
    let mix = Mix::new(map.composers_around(xy)).ok()?;
    Some(Place { z: map.unproject(xy), mix })
}

/// Where `steps` points lie that divide the line through `points` evenly: the number of the point before, and the share
/// of the way to the next one, 0–1.
fn spaced(points: &[&[f32]], steps: usize) -> Vec<(usize, f32)> {
    if points.is_empty() {
        return Vec::new();
    }
    let lengths: Vec<f32> = points.windows(2).map(|pair| distance(pair[0], pair[1])).collect();
    let total: f32 = lengths.iter().sum();
    let at = |step: usize| {
        let mut left = total * step as f32 / steps.saturating_sub(1).max(1) as f32;
        for (i, &length) in lengths.iter().enumerate() {
            if left <= length && length > 0.0 {
                return (i, left / length);
            }
            left -= length;
        }
        // The end, which rounding may have put a little beyond the last line.
        (lengths.len().saturating_sub(1), if total > 0.0 { 1.0 } else { 0.0 })
    };
    (0..steps).map(at).collect()
}

/// 0 where it is not a number.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let length = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    if length.is_finite() { length } else { 0.0 }
}

impl GenerateRequest {
    /// A take along `places`, one for each of its windows in turn; see [`CheckpointInfo::windows`]. Without places it
    /// has no particular composer.
    pub fn along(places: Vec<Place>, seed: u64) -> GenerateRequest {
        let composer = places.first().map(|place| place.mix.heaviest());
        let (z_path, mixes) = places.into_iter().map(|place| (place.z, place.mix)).unzip();
        GenerateRequest { z_path, mixes, ..GenerateRequest::new(composer, seed) }
    }
}

impl CheckpointInfo {
    /// How many latents a take of `notes` notes has: each holds for half a segment, the first for a whole one.
    pub fn windows(&self, notes: usize) -> usize {
        window_starts(notes, self.segment_len).count().max(1)
    }

    /// How far a take has come after `notes` notes, in windows: at `i` in the middle of the notes that window `i`
    /// composed.
    pub fn window_at(&self, notes: usize) -> f32 {
        // The first window composes a whole segment, and each further one half a segment.
        let segments = notes as f32 / self.segment_len.max(2) as f32;
        let (first, second) = (0.5, 1.25);
        match segments {
            s if s <= first => 0.0,
            s if s < second => (s - first) / (second - first),
            s => 1.0 + (s - second) / 0.5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ComposerId;

    fn stop(z: &[f32], composer: u8) -> Place {
        Place { z: z.to_vec(), mix: Mix::of(ComposerId(composer)) }
    }

    #[test]
    fn steps_are_equally_far_apart_on_the_whole_way() {
        // 3 along, then 1 up: five steps are 1 apart.
        let stops = [stop(&[0.0, 0.0], 0), stop(&[3.0, 0.0], 1), stop(&[3.0, 1.0], 1)];
        let places = walk(&stops, 5);
        let z: Vec<&[f32]> = places.iter().map(|p| p.z.as_slice()).collect();
        assert_eq!(z, [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [3.0, 1.0]]);
        let share =
            |p: &Place| p.mix.shares().iter().find(|(id, _)| id.0 == 1).map_or(0.0, |(_, share)| *share);
        assert!((share(&places[1]) - 1.0 / 3.0).abs() < 1e-6 && share(&places[4]) == 1.0);
    }

    #[test]
    fn odd_walks_are_walked() {
        assert!(walk(&[], 4).is_empty());
        let only = stop(&[1.0], 0);
        assert_eq!(walk(std::slice::from_ref(&only), 3), vec![only.clone(); 3]);
        assert_eq!(walk(&[only.clone(), stop(&[2.0], 1)], 1), std::slice::from_ref(&only));
        assert_eq!(walk(&[only.clone(), only.clone()], 2), vec![only.clone(); 2]);
        assert!(walk(&[only, stop(&[f32::NAN], 1)], 3).len() == 3);
    }
}
