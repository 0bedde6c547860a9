//! The plan: a first-order model of how the latents of a piece evolve from segment to segment.
//!
//! A segment's latent is its composer's mean, plus an offset for its place in the piece (beginnings and endings are
//! slower and softer than middles), plus a deviation that partly carries over to the next segment. All of it is
//! fitted in closed form to the posterior means of real pieces.

use std::collections::HashMap;

use tch::{Device, Kind, Tensor, no_grad};

/// Number of segments at the beginning, and at the end, that have an offset of their own.
const FIRST: usize = 3;
const LAST: usize = 2;
/// Places of a piece: the first segments, the last ones, and all those between.
pub const PLACES: usize = FIRST + LAST + 1;
const MIDDLE: usize = PLACES - 1;
/// Weight, in pieces, of the prior that a composer's offsets are those of all composers.
const SHRINKAGE: f64 = 12.0;
const SHIFTS: &str = "plan.shifts";
const CARRY: &str = "plan.carry";

/// The place of segment `index` of `count`; in short pieces the end takes precedence.
pub fn place_of(index: usize, count: usize) -> usize {
    let to_end = count.saturating_sub(index + 1);
    if index == 0 {
        0
    } else if to_end < LAST {
        FIRST + to_end
    } else if index < FIRST {
        index
    } else {
        MIDDLE
    }
}

/// The parameters of the plan, in addition to the composers' Gaussians.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentPlan {
    /// Per composer and place: the offset from the composer's mean, `d_latent` numbers.
    shifts: Vec<Vec<Vec<f32>>>,
    /// Per dimension: the share of a deviation that remains one segment later, 0–1.
    carry: Vec<f32>,
}

impl LatentPlan {
    /// Fits the plan to the posterior means of whole pieces, each with its composer, in segments that begin half a
    /// context apart; `d`: their dimension. A long piece counts no more than a short one: by their notes, fast pieces
    /// would drown the slow ones.
    pub fn fit(pieces: &[(usize, Vec<Vec<f32>>)], n_composers: usize, d: usize) -> LatentPlan {
        let mut sums = vec![vec![(vec![0f64; d], 0f64); PLACES]; n_composers];
        let mut all = vec![(vec![0f64; d], 0f64); n_composers];
        for (composer, path) in pieces {
            let place = |i: usize| place_of(i, path.len());
            for (i, z) in path.iter().enumerate() {
                let alike = (0..path.len()).filter(|&j| place(j) == place(i)).count() as f64;
                add(&mut sums[*composer][place(i)], z, 1.0 / alike);
                add(&mut all[*composer], z, 1.0 / path.len() as f64);
            }
        }
        let mean = |(sum, n): &(Vec<f64>, f64)| sum.iter().map(|s| s / n.max(1e-9)).collect::<Vec<f64>>();
        // Per composer: how the mean of a place differs from that of all segments; then the same over all composers.
        let overall: Vec<Vec<f64>> = all.iter().map(mean).collect();
        let own_shift = |k: usize, p: usize| -> Vec<f64> {
            mean(&sums[k][p]).iter().zip(&overall[k]).map(|(m, o)| m - o).collect()
        };
        let pooled: Vec<Vec<f64>> = (0..PLACES)
            .map(|p| {
                let mut all = (vec![0f64; d], 0f64);
                for (k, places) in sums.iter().enumerate() {
                    let n = places[p].1;
                    all.0.iter_mut().zip(own_shift(k, p)).for_each(|(a, s)| *a += s * n);
                    all.1 += n;
                }
                mean(&all)
            })
            .collect();
        let shifts: Vec<Vec<Vec<f32>>> = (0..n_composers)
            .map(|k| {
                (0..PLACES)
                    .map(|p| {
                        let n = sums[k][p].1;
                        let weight = n / (n + SHRINKAGE);
                        let own = own_shift(k, p);
                        let mix = own.iter().zip(&pooled[p]).map(|(o, a)| weight * o + (1.0 - weight) * a);
                        mix.map(|v| v as f32).collect()
                    })
                    .collect()
            })
            .collect();
        let mut products = vec![(0f64, 0f64); d];
        for (k, path) in pieces {
            let deviation = |i: usize, dim: usize| {
                let place = place_of(i, path.len());
                f64::from(path[i][dim]) - overall[*k][dim] - f64::from(shifts[*k][place][dim])
            };
            for i in 1..path.len() {
                for (dim, (across, within)) in products.iter_mut().enumerate() {
                    *across += deviation(i, dim) * deviation(i - 1, dim);
                    *within += deviation(i - 1, dim).powi(2);
                }
            }
        }
        let carry = products
            .into_iter()
            .map(|(across, within)| (across / within.max(1e-9)).clamp(0.0, 0.99) as f32)
            .collect();
        LatentPlan { shifts, carry }
    }

    /// The offset of segment `index` of `count`; empty for an unknown composer.
    pub fn shift(&self, composer: usize, index: usize, count: usize) -> &[f32] {
        self.shifts.get(composer).map_or(&[], |places| &places[place_of(index, count)])
    }

    /// The deviation of the next segment: what carries over from `deviation`, plus a share of `fresh`, an independent
    /// deviation, so that all segments vary equally.
    pub fn next(&self, deviation: &[f32], fresh: &[f32]) -> Vec<f32> {
        let parts = deviation.iter().zip(fresh).zip(&self.carry);
        parts.map(|((old, new), c)| c * old + (1.0 - c * c).sqrt() * new).collect()
    }

    /// The tensors that travel with a checkpoint.
    pub fn to_tensors(&self) -> HashMap<String, Tensor> {
        let (k, d) = (self.shifts.len() as i64, self.carry.len() as i64);
        let flat: Vec<f32> = self.shifts.iter().flatten().flatten().copied().collect();
        HashMap::from([
            (SHIFTS.to_owned(), Tensor::from_slice(&flat).view([k, PLACES as i64, d])),
            (CARRY.to_owned(), Tensor::from_slice(&self.carry)),
        ])
    }

    /// From a checkpoint's tensors; `None` if it has none that fit.
    pub fn from_tensors(
        tensors: &HashMap<String, Tensor>,
        n_composers: usize,
        d_latent: usize,
    ) -> Option<Self> {
        let (k, d) = (n_composers as i64, d_latent as i64);
        let shifts = tensors.get(SHIFTS).filter(|t| t.size() == [k, PLACES as i64, d])?;
        let carry = tensors.get(CARRY).filter(|t| t.size() == [d])?;
        let flat = |t: &Tensor| {
            let t = no_grad(|| t.to_device(Device::Cpu).to_kind(Kind::Float).contiguous().view([-1]));
            Vec::<f32>::try_from(t).ok()
        };
        let places = flat(shifts)?;
        Some(LatentPlan {
            shifts: places
                .chunks(PLACES * d_latent)
                .map(|composer| composer.chunks(d_latent).map(<[f32]>::to_vec).collect())
                .collect(),
            carry: flat(carry)?,
        })
    }
}

/// Adds a weighted vector to a running sum.
fn add((sum, total): &mut (Vec<f64>, f64), z: &[f32], weight: f64) {
    sum.iter_mut().zip(z).for_each(|(s, z)| *s += f64::from(*z) * weight);
    *total += weight;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_long_and_short_pieces() {
        let all = |count| (0..count).map(|i| place_of(i, count)).collect::<Vec<_>>();
        assert_eq!(all(8), [0, 1, 2, 5, 5, 5, 4, 3]);
        assert_eq!(all(4), [0, 1, 4, 3]);
        assert_eq!(all(1), [0]);
    }

    #[test]
    fn a_plan_finds_the_edges_and_the_carry_it_was_made_with() {
        // Deterministic noise of mean 0 and variance 1/12 on a first-order process of carry 0.6.
        let mut seed = 7u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1u32 << 24) - 0.5
        };
        let pieces: Vec<(usize, Vec<Vec<f32>>)> = (0..400)
            .map(|_| {
                let mut e = 0.0;
                let path = (0..20)
                    .map(|i| {
                        e = 0.6 * e + noise();
                        let shift = if i == 0 { -2.0 } else { 0.0 };
                        vec![(3.0 + shift + e) as f32]
                    })
                    .collect();
                (0, path)
            })
            .collect();
        let plan = LatentPlan::fit(&pieces, 1, 1);
        let opening = plan.shift(0, 0, 20)[0] - plan.shift(0, 10, 20)[0];
        assert!((opening + 2.0).abs() < 0.1, "{opening}");
        assert!((plan.carry[0] - 0.6).abs() < 0.05, "{:?}", plan.carry);
        assert_eq!(plan.next(&[1.0], &[0.0])[0], plan.carry[0]);
        let back = LatentPlan::from_tensors(&plan.to_tensors(), 1, 1).unwrap();
        assert_eq!(back, plan);
        assert_eq!(LatentPlan::from_tensors(&plan.to_tensors(), 2, 1), None);
    }
}
