//! Sampling from logits: temperature, top-p, guidance, and seeded random numbers. Torch's generator is not used: it is
//! shared by the whole process, so a training run at the same time would change the result of a seed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::RangeInclusive;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::tokens::Field;

/// How freely the model may choose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingSettings {
    /// w in uncond + w·(cond − uncond) of classifier-free guidance (arXiv 2207.12598); 1 means no guidance. This is w
    /// for the pitch; see [`SamplingSettings::guidance_of`] for the other fields.
    pub guidance: f32,
    /// Divides the logits; under 1 is more cautious.
    pub temperature: f32,
    /// The pitch is chosen from the likeliest values that together have this probability. The other fields are not cut
    /// off: that would lose the long notes and the long gaps, and thicken the music.
    pub top_p: f32,
    /// How much a take repeats of what it has heard before ([`crate::tokens::Memory`]), as a multiple of what the
    /// composer's own pieces repeat; 0 forgets.
    pub memory: f32,
}

impl Default for SamplingSettings {
    /// Measured best; see `docs/experiments.md`.
    fn default() -> Self {
        SamplingSettings { guidance: 1.8, temperature: 1.0, top_p: 0.97, memory: 1.0 }
    }
}

impl SamplingSettings {
    /// What the interface offers, from plain chance to a caricature.
    pub const GUIDANCE: RangeInclusive<f32> = 0.0..=8.0;
    pub const TEMPERATURE: RangeInclusive<f32> = 0.1..=2.0;
    pub const TOP_P: RangeInclusive<f32> = 0.05..=1.0;
    pub const MEMORY: RangeInclusive<f32> = 0.0..=4.0;

    /// Brings every value into the range the interface offers.
    pub fn clamped(self) -> SamplingSettings {
        let within = |value: f32, range: RangeInclusive<f32>, default: f32| {
            let value = if value.is_finite() { value } else { default };
            value.clamp(*range.start(), *range.end())
        };
        let default = SamplingSettings::default();
        SamplingSettings {
            guidance: within(self.guidance, Self::GUIDANCE, default.guidance),
            temperature: within(self.temperature, Self::TEMPERATURE, default.temperature),
            top_p: within(self.top_p, Self::TOP_P, default.top_p),
            memory: within(self.memory, Self::MEMORY, default.memory),
        }
    }

    /// w of one field. Gap and duration are guided half as strongly as the pitch. Velocity and pedal are not guided:
    /// guiding them exaggerates the composer's touch before it makes the composer any easier to recognise
    /// (`docs/experiments.md`).
    pub fn guidance_of(&self, field: Field) -> f32 {
        let share = match field {
            Field::Pitch => 1.0,
            Field::Duration | Field::Gap => 0.5,
            Field::Velocity | Field::Pedal => 0.0,
        };
        1.0 + (self.guidance - 1.0) * share
    }

    /// The temperature of one field. Takes change their pace more than real music does, so the time to the next note is
    /// drawn a little more cautiously.
    fn temperature_of(&self, field: Field) -> f32 {
        let share = match field {
            Field::Gap => 0.9,
            Field::Pitch | Field::Velocity | Field::Duration | Field::Pedal => 1.0,
        };
        self.temperature * share
    }

    fn top_p_of(&self, field: Field) -> f32 {
        match field {
            Field::Pitch => self.top_p,
            Field::Velocity | Field::Duration | Field::Pedal | Field::Gap => 1.0,
        }
    }
}

/// Seeds that nobody chose lie below this: few digits, so that one can be read aloud.
pub const SEEDS: u64 = 1_000_000;

/// A seed that nobody chose.
pub fn fresh_seed() -> u64 {
    // The standard library's random keys: its hash maps need new ones, and so do we.
    RandomState::new().build_hasher().finish() % SEEDS
}

/// A draw from the standard normal distribution (Box–Muller).
pub fn standard_normal(rng: &mut impl Rng) -> f32 {
    let u: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
    let v: f64 = rng.random_range(0.0..std::f64::consts::TAU);
    ((-2.0 * u.ln()).sqrt() * v.cos()) as f32
}

/// Guided logits in place of the conditional ones.
pub fn guide(conditional: &mut [f32], unconditional: &[f32], guidance: f32) {
    for (c, u) in conditional.iter_mut().zip(unconditional) {
        *c = u + guidance * (*c - u);
    }
}

/// Draws an index from `logits`; those at minus infinity are never drawn. Logits that are all barred or not numbers
/// give the first index.
pub fn draw(logits: &[f32], field: Field, settings: &SamplingSettings, rng: &mut impl Rng) -> usize {
    let highest = logits.iter().copied().filter(|l| !l.is_nan()).fold(f32::NEG_INFINITY, f32::max);
    if !highest.is_finite() {
        return 0;
    }
    let temperature = settings.temperature_of(field);
    let mut weights: Vec<(usize, f32)> = logits
        .iter()
        .map(|l| ((l - highest) / temperature).exp())
        .enumerate()
        .filter(|(_, w)| *w > 0.0)
        .collect();
    let total: f32 = weights.iter().map(|(_, w)| w).sum();
    let top_p = settings.top_p_of(field);
    if top_p < 1.0 {
        weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut sum = 0.0;
        let kept = weights.iter().position(|(_, w)| {
            sum += w;
            sum >= top_p * total
        });
        weights.truncate(kept.map_or(weights.len(), |last| last + 1));
    }
    let kept: f32 = weights.iter().map(|(_, w)| w).sum();
    let mut at = rng.random_range(0.0..1.0f32) * kept;
    for (i, w) in &weights {
        at -= w;
        if at < 0.0 {
            return *i;
        }
    }
    weights.last().map_or(0, |(i, _)| *i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    fn counts(logits: &[f32], settings: SamplingSettings) -> Vec<u32> {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let mut counts = vec![0; logits.len()];
        for _ in 0..10_000 {
            counts[draw(logits, Field::Pitch, &settings, &mut rng)] += 1;
        }
        counts
    }

    #[test]
    fn draws_in_proportion_and_never_what_is_barred() {
        let settings = SamplingSettings { top_p: 1.0, ..SamplingSettings::default() };
        let c = counts(&[0.0, f32::NEG_INFINITY, 3f32.ln(), f32::NAN], settings);
        assert_eq!((c[1], c[3]), (0, 0));
        assert!((2300..2700).contains(&c[0]), "{c:?}");
    }

    #[test]
    fn top_p_drops_the_tail() {
        let settings = SamplingSettings { top_p: 0.7, ..SamplingSettings::default() };
        let c = counts(&[(0.6f32).ln(), (0.3f32).ln(), (0.1f32).ln()], settings);
        assert_eq!(c[2], 0);
        assert!(c[1] > 0);
    }

    #[test]
    fn the_normal_is_normal() {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let xs: Vec<f32> = (0..20_000).map(|_| standard_normal(&mut rng)).collect();
        let mean = xs.iter().sum::<f32>() / 20_000.0;
        let variance = xs.iter().map(|x| x * x).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05);
    }

    #[test]
    fn pitch_is_guided_most_and_the_touch_not_at_all() {
        let settings = SamplingSettings { guidance: 3.0, ..SamplingSettings::default() };
        assert_eq!(settings.guidance_of(Field::Pitch), 3.0);
        assert!((settings.guidance_of(Field::Gap) - 2.0).abs() < 1e-6);
        assert_eq!(settings.guidance_of(Field::Velocity), 1.0);
    }

    #[test]
    fn guidance_of_one_changes_nothing() {
        let mut logits = [1.0, 2.0];
        guide(&mut logits, &[5.0, -3.0], 1.0);
        assert_eq!(logits, [1.0, 2.0]);
    }
}
