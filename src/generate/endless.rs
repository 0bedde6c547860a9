//! Walks without an end: around a place, or from composer to composer.

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64Mcg;

use super::mix::Mix;
use super::take::MAX_NOTES;
use super::walk::{Place, walk};
use super::{CheckpointInfo, GenerateRequest};
use crate::latent_map::LatentMap;
use crate::music::ComposerId;

/// Real segments near a place whose spread a walk around it has.
const NEAR: usize = 48;
/// How much of the distance from the centre survives a step, and how far the walk keeps from it, as a share of the
/// spread of the segments there.
const CARRY: f32 = 0.8;
const REACH: f32 = 0.8;
/// Steps between two stops of a tour, on average. Each composer is visited at two places in turn.
const STEPS_PER_LEG: usize = 4;
const STOPS_PER_VISIT: usize = 2;

/// `steps` places that move slowly around `centre`, as far from it as the real segments near it lie from each other.
/// The first is the centre itself. Empty if the map has no segments.
pub fn walk_around(map: &LatentMap, centre: &Place, steps: usize, seed: u64) -> Vec<Place> {
    let near = map.nearest_in_space(&centre.z, NEAR);
    let middle = map.mean_of(&near);
    let noise = (1.0 - CARRY * CARRY).sqrt() * REACH;
    let mut away = vec![0f32; centre.z.len()];
    let mut places = Vec::with_capacity(steps);
    for step in 0..steps as u64 {
        let (Some(middle), Some(drawn)) = (&middle, map.draw_like(&near, seed.wrapping_add(step))) else {
            return Vec::new();
        };
        let z = centre.z.iter().zip(&away).map(|(z, away)| z + away).collect();
        places.push(Place { z, mix: centre.mix.clone() });
        for (away, (drawn, middle)) in away.iter_mut().zip(drawn.iter().zip(middle)) {
            *away = CARRY * *away + noise * (drawn - middle);
        }
    }
    places
}

/// `steps` places on a tour through composers in turn, again and again, each time by other real segments of theirs.
/// Empty if the map has no segment of any of them; composers without one are left out.
pub fn tour(map: &LatentMap, composers: &[ComposerId], steps: usize, seed: u64) -> Vec<Place> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let own = |id: ComposerId| -> Vec<&[f32]> {
        let points = map.points.iter().filter(|p| p.composer == Some(id));
        points.map(|p| p.z.as_slice()).filter(|z| z.iter().all(|v| v.is_finite())).collect()
    };
    let visited: Vec<(ComposerId, Vec<&[f32]>)> =
        composers.iter().map(|&id| (id, own(id))).filter(|(_, own)| !own.is_empty()).collect();
    if visited.is_empty() {
        return Vec::new();
    }
    let legs = steps.div_ceil(STEPS_PER_LEG).max(1);
    let stop = |i: usize| {
        let (id, own) = &visited[i / STOPS_PER_VISIT % visited.len()];
        let z = own.choose(&mut rng).map(|z| z.to_vec()).unwrap_or_default();
        Place { z, mix: Mix::of(*id) }
    };
    walk(&(0..=legs).map(stop).collect::<Vec<Place>>(), steps)
}

impl GenerateRequest {
    /// A take that goes on along `places` until it is stopped, or until it is as long as a take can be: more than an
    /// hour.
    pub fn endless(places: Vec<Place>, seed: u64) -> GenerateRequest {
        GenerateRequest { notes: MAX_NOTES, ..GenerateRequest::along(places, seed) }
    }
}

impl CheckpointInfo {
    /// Places that an endless take needs.
    pub fn endless_windows(&self) -> usize {
        self.windows(MAX_NOTES)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, no_grad};

    use super::*;
    use crate::generate::line::Line;
    use crate::generate::lines::Lines;
    use crate::model::{ModelConfig, Vae};
    use crate::sampling::SamplingSettings;

    fn map() -> LatentMap {
        let z: Vec<Vec<f32>> = (0..60)
            .map(|i| vec![if i % 2 == 0 { -6.0 } else { 6.0 }, (i % 7) as f32 * 0.3, (i % 5) as f32 * 0.2])
            .collect();
        let composers = (0..60).map(|i| Some(ComposerId(i % 2))).collect();
        let titles = (0..60).map(|i| i.to_string()).collect();
        LatentMap::new(z, composers, titles, &[vec![-6.0, 0.0, 0.0], vec![6.0, 0.0, 0.0]], &[0, 1]).unwrap()
    }

    #[test]
    fn a_walk_around_a_place_moves_and_stays_near() {
        let centre = Place { z: vec![-6.0, 1.0, 0.4], mix: Mix::of(ComposerId(0)) };
        let places = walk_around(&map(), &centre, 300, 3);
        assert_eq!((places.len(), &places[0]), (300, &centre));
        let away = |p: &Place| p.z.iter().zip(&centre.z).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        // 48 of 60 segments: both sides, so up to 12 apart along the first direction.
        assert!(places.iter().skip(1).all(|p| away(p) > 0.0 && away(p) < 30.0));
        assert!(places.iter().all(|p| p.mix == centre.mix));
        let half: f32 = places.iter().map(|p| p.z[1] - 1.0).sum::<f32>() / 300.0;
        assert!(half.abs() < 0.4, "it does not drift away: {half}");
        assert_eq!(places, walk_around(&map(), &centre, 300, 3), "the same seed is the same walk");
    }

    /// With a memory of 512 notes the tables stop growing at 1024; a take remembers 4096.
    #[test]
    fn what_a_long_take_needs_stops_growing() {
        let config = ModelConfig {
            n_composers: 2,
            d_model: 16,
            d_ff: 32,
            n_heads: 1,
            n_layers: 1,
            n_encoder_layers: 1,
            patch_len: 4,
            n_queries: 1,
            d_latent: 3,
            context_len: 32,
        };
        let vae = Vae::new(&config, Device::Cpu).unwrap();
        let mut line = Line::new(5, 0, vec![0.0; 3], vec![0.0; 3], SamplingSettings::default());
        line.wanted = MAX_NOTES;
        line.usual_repetition = 0.1;
        let places = walk_around(&map(), &Place { z: vec![0.0; 3], mix: Mix::of(ComposerId(0)) }, 400, 1);
        line.z_path = places.into_iter().map(|place| place.z).collect();
        line.remembered = 512;
        let mut most = [0; 4];
        no_grad(|| {
            let mut lines = Lines::new(&vae, vec![line]);
            for note in 0..6000 {
                lines.step();
                assert!(lines.cache_len() <= 32);
                let most = &mut most[note / 1500];
                *most = lines.lines[0].table_len().max(*most);
            }
            assert_eq!(lines.lines[0].heard().len(), 6000);
        });
        // Memory and hints, and the patterns of the last 256 notes, of which some more are kept.
        let bound = 2 * 2 * 512 + 5 * 256 + 2;
        assert!(most.iter().all(|most| (1024..=bound).contains(most)), "{most:?} of {bound}");
        assert!(most[3] < most[1] + 200, "they have stopped growing: {most:?}");
    }

    #[test]
    fn a_tour_visits_every_composer_again_and_again() {
        let all = [ComposerId(0), ComposerId(1), ComposerId(9)];
        let places = tour(&map(), &all, 80, 5);
        assert_eq!(places.len(), 80);
        let side = |p: &Place| p.z[0].signum();
        let crossings = places.windows(2).filter(|pair| side(&pair[0]) != side(&pair[1])).count();
        assert!((6..=20).contains(&crossings), "{crossings}");
        assert!(places.iter().all(|p| p.mix.shares().iter().all(|(id, _)| id.0 < 2)), "9 has no segment");
        assert!(tour(&map(), &[ComposerId(9)], 80, 5).is_empty());
        assert!(tour(&map(), &[], 80, 5).is_empty());
    }
}
