//! How well a map preserves the neighbourhoods of the latent space.

use super::point::MapPoint;

/// Number of nearest neighbours compared.
const NEIGHBOURS: usize = 10;
/// Maximum number of segments whose neighbours are compared: more would take longer and hardly change the result.
const MAX_SEGMENTS: usize = 300;

/// The share of each segment's 10 nearest neighbours in the latent space that are also among its 10 nearest on the map,
/// averaged over up to 300 evenly spaced segments; `None` for fewer than 21 segments.
pub(super) fn kept_neighbours(points: &[MapPoint]) -> Option<f32> {
    if points.len() <= 2 * NEIGHBOURS {
        return None;
    }
    let asked = MAX_SEGMENTS.min(points.len());
    let shared: usize = (0..asked)
        .map(|i| {
            let from = i * points.len() / asked;
            let in_space = nearest(points, from, |p| &p.z);
            let on_map = nearest(points, from, |p| &p.xy);
            in_space.iter().filter(|i| on_map.contains(i)).count()
        })
        .sum();
    Some(shared as f32 / (asked * NEIGHBOURS) as f32)
}

fn nearest(points: &[MapPoint], from: usize, of: impl Fn(&MapPoint) -> &[f32]) -> Vec<usize> {
    let at = of(&points[from]);
    let distance = |p: &MapPoint| at.iter().zip(of(p)).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    let mut all: Vec<(f32, usize)> =
        (0..points.len()).filter(|i| *i != from).map(|i| (distance(&points[i]), i)).collect();
    all.select_nth_unstable_by(NEIGHBOURS - 1, |a, b| a.0.total_cmp(&b.0));
    all.truncate(NEIGHBOURS);
    all.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(xy: impl Fn(usize) -> [f32; 2]) -> Vec<MapPoint> {
        // All distances differ.
        let z = |i: usize| vec![(i as f32).powf(1.3), 0.0];
        let point =
            |i| MapPoint { xy: xy(i), composer: None, title: String::new(), starts_secs: None, z: z(i) };
        (0..100).map(point).collect()
    }

    #[test]
    fn a_faithful_map_keeps_all_neighbours_and_a_shuffled_one_few() {
        assert_eq!(kept_neighbours(&points(|i| [(i as f32).powf(1.3), 0.0])), Some(1.0));
        let shuffled = kept_neighbours(&points(|i| [((i * 37) % 100) as f32, 0.0])).unwrap();
        assert!(shuffled < 0.3, "{shuffled}");
        assert_eq!(kept_neighbours(&points(|_| [0.0, 0.0])[..20]), None);
    }
}
