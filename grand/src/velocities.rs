//! Which layer a velocity plays, and how loud.
//!
//! The level of a SoundFont follows the square of the velocity: 40·log₁₀(v / 127) dB. All samples are brought to one
//! level, so that only this law applies, without a step between layers. A layer plays where the law gives the level at
//! which it was recorded, so a note sounds as hard as it is loud.
//!
//! Below [`LAST_BENT`] the law becomes steep (12 dB from 1 to 2) and ends in silence. There, each velocity has its own
//! zone, which bends the law to even steps.

use std::ops::RangeInclusive;

/// The highest velocity whose level is bent.
const LAST_BENT: u8 = 13;
/// The step between two velocities below that, in dB.
const STEP_DB: f64 = 1.3;
/// Synthesizers apply only this fraction of the attenuation that a SoundFont states.
const APPLIED: f64 = 0.4;

/// The velocities of one zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Velocities {
    pub layer: usize,
    pub range: RangeInclusive<u8>,
    /// As the file states it, in hundredths of a bel; negative to raise.
    pub attenuation: i16,
}

/// The zones for layers that are this many dB below the loudest, softest layer first.
pub fn zones(below: &[f64]) -> Vec<Velocities> {
    // The velocity at which the law gives the level of each layer.
    let own: Vec<f64> = below.iter().map(|db| 127.0 * 10f64.powf(-db / 40.0)).collect();
    let mut zones: Vec<Velocities> = (1..=LAST_BENT)
        .map(|v| Velocities { layer: 0, range: v..=v, attenuation: bend(v) })
        .filter(|zone| zone.attenuation != 0)
        .collect();
    let mut next = zones.last().map_or(1, |zone| zone.range.end() + 1);
    for layer in 0..own.len() {
        let last = own.get(layer + 1).map_or(127.0, |louder| ((own[layer] + louder) / 2.0).floor());
        let last = (last as u8).clamp(next.saturating_sub(1), 127);
        if last >= next {
            zones.push(Velocities { layer, range: next..=last, attenuation: 0 });
            next = last + 1;
        }
    }
    zones
}

/// The attenuation to state for a velocity in addition to the law.
fn bend(velocity: u8) -> i16 {
    let law = |v: u8| 40.0 * (f64::from(v) / 127.0).log10();
    let wanted = law(LAST_BENT) - STEP_DB * f64::from(LAST_BENT - velocity);
    (-(wanted - law(velocity)) / APPLIED * 10.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rustysynth computes it.
    fn level(velocity: u8, zones: &[Velocities]) -> f64 {
        let zone = zones.iter().find(|zone| zone.range.contains(&velocity)).unwrap();
        40.0 * (f64::from(velocity) / 127.0).log10() - 0.4 * 0.1 * f64::from(zone.attenuation)
    }

    #[test]
    fn every_velocity_has_one_zone_and_no_step_is_large() {
        let zones = zones(&[18.5, 13.8, 11.3, 8.8, 6.8, 4.6, 1.6, 0.0]);
        for velocity in 1..=127u8 {
            assert_eq!(zones.iter().filter(|z| z.range.contains(&velocity)).count(), 1, "{velocity}");
        }
        for velocity in 1..127 {
            let step = level(velocity + 1, &zones) - level(velocity, &zones);
            assert!((0.05..1.45).contains(&step), "{velocity}: {step:.2} dB");
        }
        // Softer than −60 dB rustysynth plays nothing.
        assert!(level(1, &zones) > -57.0);
        assert!((0..8).all(|layer| zones.iter().any(|z| z.layer == layer)));
    }
}
