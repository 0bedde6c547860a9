//! Brings all recordings to one balance of levels and one tuning.

use crate::level::{Frames, decibels, peak, rms};
use crate::pitch;
use crate::recordings::LAYERS;

/// The beginning of a note, from which its level is measured.
const LEVEL_SECS: f64 = 0.5;
/// The highest peak of a sample, −0.2 dBFS.
const HIGHEST_PEAK_DB: f64 = -0.2;
/// A string further than this from its expected pitch was measured wrongly.
const WORST_CENTS: f64 = 95.0;
/// A value this far from the fit of its neighbours is ignored by the curve: the highest string of the recorded piano is
/// 30 cents sharp.
const OUTLIER: f64 = 12.0;

/// The measurements of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub key: u8,
    /// In dBFS.
    pub level: f64,
    pub peak: f64,
    /// From equal temperament, in cents; `None` if the pitch cannot be measured.
    pub cents: Option<f64>,
}

/// Measures a recording without the silence before it.
pub fn measure(sound: &Frames, rate: u32, key: u8) -> Measured {
    let beginning = (LEVEL_SECS * f64::from(rate)) as usize;
    let hertz = pitch::measure(sound, rate, key);
    Measured {
        key,
        level: decibels(rms(&sound[..beginning.min(sound.len())])),
        peak: decibels(peak(sound)),
        cents: hertz.map(|hertz| pitch::cents(pitch::hertz(key), hertz)).filter(|c| c.abs() < WORST_CENTS),
    }
}

/// The levels and the tuning of the whole instrument.
pub struct Balance {
    /// For each key the level of its samples in dBFS.
    levels: Vec<f64>,
    /// For each key its distance from equal temperament in cents, as recorded (all layers agree within a cent or two)
    /// and after tuning.
    recorded: Vec<f64>,
    tuning: Vec<f64>,
    /// For each layer, how many dB its recordings lie below the loudest layer.
    pub below: Vec<f64>,
    keys: Vec<u8>,
}

impl Balance {
    /// `measured` holds the keys of the first layer, then those of the second, and so on.
    pub fn new(measured: &[Measured]) -> Balance {
        let per_layer = measured.len() / LAYERS.len();
        let layers: Vec<&[Measured]> = measured.chunks_exact(per_layer).collect();
        let mean = |layer: &[Measured]| layer.iter().map(|m| m.level).sum::<f64>() / per_layer as f64;
        let means: Vec<f64> = layers.iter().map(|layer| mean(layer)).collect();
        let loudest = means.last().copied().unwrap_or(0.0);
        let of_keys = |value: &dyn Fn(usize, usize) -> Option<f64>| -> Vec<f64> {
            let of_key = |key| (0..layers.len()).filter_map(|layer| value(layer, key)).collect();
            (0..per_layer).map(|key| median(of_key(key))).collect()
        };
        // The balance between the keys that is common to all layers, without the accidents of a single stroke.
        let mut levels = smooth(&of_keys(&|layer, key| Some(layers[layer][key].level - means[layer])));
        let recorded = of_keys(&|layer, key| layers[layer][key].cents);
        let tuning = smooth(&recorded);
        // As loud as the sample with the highest peak allows.
        let room = measured
            .iter()
            .enumerate()
            .map(|(i, m)| HIGHEST_PEAK_DB - (m.peak - m.level + levels[i % per_layer]));
        let room = room.fold(f64::INFINITY, f64::min);
        levels.iter_mut().for_each(|level| *level += room);
        let keys = layers.first().map(|layer| layer.iter().map(|m| m.key).collect()).unwrap_or_default();
        Balance { levels, recorded, tuning, below: means.iter().map(|mean| loudest - mean).collect(), keys }
    }

    /// How much a recording has to be raised, in dB.
    pub fn gain(&self, measured: &Measured) -> f64 {
        self.levels[self.place(measured.key)] - measured.level
    }

    /// How much the recordings of a key have to be raised to be in tune, in cents.
    pub fn correction(&self, key: u8) -> f64 {
        let place = self.place(key);
        self.tuning[place] - self.recorded[place]
    }

    /// The interval from one key to the next around `key`, in cents: slightly more than 100.
    pub fn semitone(&self, key: u8) -> f64 {
        let place = self.place(key);
        let (low, high) = (place.saturating_sub(1), (place + 1).min(self.keys.len() - 1));
        let keys = f64::from(self.keys[high] - self.keys[low]).max(1.0);
        100.0 + (self.tuning[high] - self.tuning[low]) / keys
    }

    /// Each key with its distance from equal temperament in cents, as recorded and after tuning.
    pub fn tuning(&self) -> impl Iterator<Item = (u8, f64, f64)> + '_ {
        (0..self.keys.len()).map(|i| (self.keys[i], self.recorded[i], self.tuning[i]))
    }

    fn place(&self, key: u8) -> usize {
        self.keys.iter().position(|k| *k == key).unwrap_or(0)
    }
}

/// The median; 0 for no values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => 0.5 * (values[middle - 1] + values[middle]),
    }
}

/// Each value from the parabola that best fits it and its four neighbours on either side; values far from their
/// neighbours' fit are ignored.
fn smooth(values: &[f64]) -> Vec<f64> {
    let mut weights = vec![1.0; values.len()];
    // One at a time, because the worst value makes its neighbours look bad.
    loop {
        let off = |i: usize| {
            let mut others = weights.clone();
            others[i] = 0.0;
            weights[i] * (parabola(values, &others, i) - values[i]).abs()
        };
        let worst = (0..values.len()).map(|i| (i, off(i))).max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((i, off)) if off > OUTLIER => weights[i] = 0.0,
            _ => break,
        }
    }
    (0..values.len()).map(|i| parabola(values, &weights, i)).collect()
}

/// The value at `i` of the parabola through the values around it.
fn parabola(values: &[f64], weights: &[f64], i: usize) -> f64 {
    const REACH: usize = 4;
    let mut sums = [0.0; 5];
    let mut products = [0.0; 3];
    for j in i.saturating_sub(REACH)..(i + REACH + 1).min(values.len()) {
        let x = j as f64 - i as f64;
        for (power, sum) in sums.iter_mut().enumerate() {
            *sum += weights[j] * x.powi(power as i32);
        }
        for (power, product) in products.iter_mut().enumerate() {
            *product += weights[j] * values[j] * x.powi(power as i32);
        }
    }
    let [n, x1, x2, x3, x4] = sums;
    let [y0, y1, y2] = products;
    let whole = n * (x2 * x4 - x3 * x3) - x1 * (x1 * x4 - x2 * x3) + x2 * (x1 * x3 - x2 * x2);
    if whole.abs() < 1e-9 {
        return values[i];
    }
    // Cramer's rule for the value at x = 0.
    (y0 * (x2 * x4 - x3 * x3) - x1 * (y1 * x4 - x3 * y2) + x2 * (y1 * x3 - x2 * y2)) / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_keeps_a_parabola_and_evens_out_an_accident() {
        let parabola: Vec<f64> = (0..30).map(|i| 0.02 * f64::from(i * i) - f64::from(i)).collect();
        let same = smooth(&parabola);
        assert!(parabola.iter().zip(&same).all(|(a, b)| (a - b).abs() < 1e-9));
        let mut bumped = parabola.clone();
        bumped[15] += 3.0;
        assert!((smooth(&bumped)[15] - parabola[15]).abs() < 1.0);
        let mut broken = parabola.clone();
        broken[29] += 60.0;
        assert!(smooth(&broken).iter().zip(&parabola).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn all_layers_come_to_one_level_and_one_tuning_without_clipping() {
        let measured: Vec<Measured> = LAYERS
            .iter()
            .enumerate()
            .flat_map(|(layer, _)| (0..30u8).map(move |i| (layer as f64, i)))
            .map(|(layer, i)| Measured {
                key: 21 + 3 * i,
                level: -40.0 + 3.0 * layer - 0.1 * f64::from(i) + if i == 7 { layer - 3.0 } else { 0.0 },
                peak: -28.0 + 3.0 * layer,
                cents: Some(if i == 20 { 4.0 } else { 1.0 }),
            })
            .collect();
        let balance = Balance::new(&measured);
        assert!((balance.below[0] - 21.0).abs() < 0.3, "{:?}", balance.below);
        for (i, m) in measured.iter().enumerate() {
            let level = m.level + balance.gain(m);
            assert!((level - balance.levels[i % 30]).abs() < 1e-9);
            assert!(m.peak + balance.gain(m) <= HIGHEST_PEAK_DB + 1e-9);
            assert!((m.cents.unwrap() + balance.correction(m.key) - 1.0).abs() < 1.1);
            assert!((balance.semitone(m.key) - 100.0).abs() < 0.3);
        }
    }
}
