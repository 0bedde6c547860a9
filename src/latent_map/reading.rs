//! How well the composers are separated in the latent space.

use super::point::MapPoint;
use crate::music::ComposerId;

/// Segments whose silhouette is measured, evenly spaced: more would cost more time and change the mean little.
const ASKED: usize = 600;
/// Confusions that are named.
const NAMED: usize = 3;

/// How well the composers of a map's segments are separated in the latent space itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The mean silhouette by composer, −1 to 1: near 1 the composers lie apart, near 0 they overlap.
    pub silhouette: f32,
    /// The share of segments, 0–1, that lie nearest to the mean of their own composer's component.
    pub nearest_is_own: f32,
    /// The composers whose segments lie nearest to another's mean most often: whose, to whose, and the share of theirs.
    pub confused: Vec<(ComposerId, ComposerId, f32)>,
}

/// `means`: of the components, by composer. `None` for fewer than two composers or segments.
pub(super) fn reading(points: &[MapPoint], means: &[Vec<f32>]) -> Option<Reading> {
    let own: Vec<(usize, &[f32])> = points
        .iter()
        .filter_map(|p| Some((p.composer?.index(), p.z.as_slice())))
        .filter(|(id, _)| *id < means.len())
        .collect();
    let present = own.iter().map(|(id, _)| *id).collect::<std::collections::BTreeSet<usize>>();
    if present.len() < 2 {
        return None;
    }
    let nearest = |z: &[f32]| {
        let all = means.iter().enumerate().map(|(k, mean)| (k, distance(z, mean)));
        all.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(k, _)| k)
    };
    let mut counts = vec![vec![0usize; means.len()]; means.len()];
    own.iter().for_each(|(id, z)| counts[*id][nearest(z)] += 1);
    let right: usize = (0..means.len()).map(|k| counts[k][k]).sum();
    let mut confused: Vec<(ComposerId, ComposerId, f32)> = Vec::new();
    for (from, row) in counts.iter().enumerate() {
        let all: usize = row.iter().sum();
        let others = row.iter().enumerate().filter(|(to, count)| *to != from && **count > 0);
        let id = |k: usize| ComposerId(k as u8);
        confused.extend(others.map(|(to, count)| (id(from), id(to), *count as f32 / all as f32)));
    }
    confused.sort_by(|a, b| b.2.total_cmp(&a.2));
    confused.truncate(NAMED);
    Some(Reading {
        silhouette: silhouette(&own, means.len()),
        nearest_is_own: right as f32 / own.len() as f32,
        confused,
    })
}

/// Rousseeuw's silhouette: how much nearer a segment lies to its own composer's segments than to those of the nearest
/// other composer.
fn silhouette(own: &[(usize, &[f32])], n_composers: usize) -> f32 {
    let asked = ASKED.min(own.len());
    let chosen: Vec<(usize, &[f32])> = (0..asked).map(|i| own[i * own.len() / asked]).collect();
    let mut sum = 0.0;
    let mut counted = 0;
    for (i, (id, z)) in chosen.iter().enumerate() {
        let mut far = vec![(0.0f32, 0usize); n_composers];
        for (j, (other, z2)) in chosen.iter().enumerate() {
            if i != j {
                far[*other].0 += distance(z, z2);
                far[*other].1 += 1;
            }
        }
        let mean = |k: usize| (far[k].1 > 0).then(|| far[k].0 / far[k].1 as f32);
        let others = (0..n_composers).filter(|k| k != id).filter_map(mean);
        if let (Some(within), Some(between)) = (mean(*id), others.min_by(f32::total_cmp)) {
            sum += (between - within) / between.max(within).max(1e-9);
            counted += 1;
        }
    }
    sum / counted.max(1) as f32
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: impl Fn(usize) -> f32) -> Vec<MapPoint> {
        let point = |i: usize| MapPoint {
            xy: [0.0; 2],
            composer: Some(ComposerId((i % 2) as u8)),
            title: String::new(),
            starts_secs: None,
            z: vec![of(i), (i % 5) as f32 * 0.01],
        };
        (0..40).map(point).collect()
    }

    #[test]
    fn composers_apart_and_in_one_heap() {
        let means = [vec![0.0, 0.0], vec![10.0, 0.0]];
        let apart = reading(&points(|i| (i % 2) as f32 * 10.0), &means).unwrap();
        assert!(apart.silhouette > 0.99 && apart.nearest_is_own == 1.0 && apart.confused.is_empty());
        // All of the second composer's segments lie with the first.
        let heap = reading(&points(|_| 0.0), &means).unwrap();
        assert!(heap.silhouette.abs() < 0.2, "{}", heap.silhouette);
        assert_eq!(heap.nearest_is_own, 0.5);
        assert_eq!(heap.confused, [(ComposerId(1), ComposerId(0), 1.0)]);
        assert_eq!(reading(&points(|_| 0.0)[..1], &means), None);
        assert!(reading(&points(|_| f32::NAN), &means).is_some(), "no panic");
    }
}
