//! Choosing from logits, with a generator of our own: torch's is one for the whole process, so a training run
//! beside it would change what a seed means.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A draw from the standard normal distribution (Box–Muller).
pub fn standard_normal(rng: &mut impl Rng) -> f32 {
    let u: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
    let v: f64 = rng.random_range(0.0..std::f64::consts::TAU);
    ((-2.0 * u.ln()).sqrt() * v.cos()) as f32
}
