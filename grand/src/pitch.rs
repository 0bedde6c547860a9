//! The pitch of a piano string, from its partials.
//!
//! The partials of a stiff string lie at n·f·√(1 + B·n²). In the bass the lowest ones are too weak to be measured,
//! so that f and B are fitted to all that can be.

use crate::level::Frames;

/// How far from the expected frequency a partial is looked for, as a ratio: a third of a semitone, and nine tenths of
/// one for the highest keys, which are tuned by ear and hard to hear.
const SEARCH: f64 = 0.02;
const WIDE_SEARCH: f64 = 0.055;
/// From this key on, only the lowest partial is strong enough.
const FIRST_HIGH: u8 = 85;
/// From this key on, the strings of one key may be so far apart in pitch that each has its own peak.
const FIRST_HIGHEST: u8 = 94;
/// A peak counts if it is within 10 dB of the highest one.
const PEAK: f64 = 0.1;

/// The frequency in hertz of the lowest partial of the string tuned to `key` (MIDI number); `None` if nothing near it
/// sounds.
pub fn measure(frames: &Frames, rate: u32, key: u8) -> Option<f64> {
    let expected = hertz(key);
    let partials = (1200.0 / expected).clamp(2.0, 10.0) as usize;
    let partials = if key >= FIRST_HIGH { 1 } else { partials };
    // After the hammer noise, and long enough for a peak to be narrow compared with a semitone.
    let from = (0.12 * f64::from(rate)) as usize;
    let window = (120.0 / expected).clamp(0.4, 4.0);
    let to = (from + (window * f64::from(rate)) as usize).min(frames.len());
    let (sound, rate) = downsampled(frames.get(from..to)?, rate, 4.0 * partials as f64 * expected);
    if key >= FIRST_HIGHEST {
        return weighted_mean(&sound, rate, expected);
    }
    let resolution = 1.0 / (sound.len() as f64 / rate);
    let mut found: Vec<(f64, f64, f64)> = Vec::new();
    let mut stiffness = 0.0;
    for n in 1..=partials {
        let n = n as f64;
        let base = found.last().map_or(expected, |(before, hertz, _)| {
            hertz / (before * (1.0 + stiffness * before * before).sqrt())
        });
        let centre = n * base * (1.0 + stiffness * n * n).sqrt();
        let (hertz, power) = peak(&sound, rate, centre, resolution)?;
        found.push((n, hertz, power));
        if found.len() >= 2 {
            stiffness = fit(&found).1.clamp(0.0, 0.02);
        }
    }
    let (base, stiffness) = fit(&found);
    Some(base * (1.0 + stiffness).sqrt())
}

/// The frequency in equal temperament with the A at 440 Hz.
pub fn hertz(key: u8) -> f64 {
    440.0 * f64::exp2((f64::from(key) - 69.0) / 12.0)
}

/// From one frequency to another.
pub fn cents(from: f64, to: f64) -> f64 {
    1200.0 * (to / from).log2()
}

/// Sums neighbouring frames of both channels, which gives a lower rate that still holds frequencies up to `highest`.
fn downsampled(frames: &Frames, rate: u32, highest: f64) -> (Vec<f64>, f64) {
    let factor = (f64::from(rate) / (2.0 * highest)).max(1.0) as usize;
    let sum = |block: &Frames| block.iter().map(|f| f64::from(f[0]) + f64::from(f[1])).sum::<f64>();
    (frames.chunks_exact(factor).map(sum).collect(), f64::from(rate) / factor as f64)
}

/// The mean of all strong frequencies near `centre`, weighted by power: the pitch that the ear hears for strings that
/// are slightly apart.
fn weighted_mean(sound: &[f64], rate: f64, centre: f64) -> Option<f64> {
    let step = rate / sound.len() as f64 / 4.0;
    let reach = (WIDE_SEARCH * centre / step) as i32;
    let at = |i: i32| centre + f64::from(i) * step;
    let powers: Vec<(f64, f64)> = (-reach..=reach).map(|i| (at(i), power(sound, rate, at(i)))).collect();
    let highest = powers.iter().map(|(_, power)| *power).fold(0.0, f64::max);
    let strong = || powers.iter().filter(|(_, power)| *power > PEAK * highest);
    let sum: f64 = strong().map(|(_, power)| power).sum();
    (sum > 0.0).then(|| strong().map(|(hertz, power)| hertz * power).sum::<f64>() / sum)
}

/// The strongest frequency near `centre`, and its power; `None` if it lies at the edge of the search range.
fn peak(sound: &[f64], rate: f64, centre: f64, resolution: f64) -> Option<(f64, f64)> {
    let step = resolution / 4.0;
    let reach = ((SEARCH * centre).max(3.0 * step) / step).ceil() as i32;
    let at = |i: i32| centre + f64::from(i) * step;
    let powers: Vec<f64> = (-reach..=reach).map(|i| power(sound, rate, at(i))).collect();
    let best = (0..powers.len()).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
    if best == 0 || best + 1 == powers.len() {
        return None;
    }
    // Near its top, the logarithm of a peak is a parabola.
    let [a, b, c] = [best - 1, best, best + 1].map(|i| powers[i].max(1e-30).ln());
    let shift = 0.5 * (a - c) / (a - 2.0 * b + c);
    Some((at(best as i32 - reach) + shift.clamp(-1.0, 1.0) * step, powers[best]))
}

/// The power at one frequency under a Hann window (Goertzel's algorithm).
fn power(sound: &[f64], rate: f64, hertz: f64) -> f64 {
    let step = std::f64::consts::TAU / sound.len() as f64;
    let turn = 2.0 * (std::f64::consts::TAU * hertz / rate).cos();
    let (mut before, mut last) = (0.0, 0.0);
    for (i, sample) in sound.iter().enumerate() {
        let window = 0.5 - 0.5 * (step * i as f64).cos();
        let next = sample * window + turn * last - before;
        (before, last) = (last, next);
    }
    before * before + last * last - turn * before * last
}

/// The frequency f and the stiffness B of the string: (hertz / n)² = f² + f²·B·n² is a straight line in n². Stronger
/// partials have more weight.
fn fit(partials: &[(f64, f64, f64)]) -> (f64, f64) {
    let (mut w, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, hertz, power) in partials {
        let (weight, square, value) = (power.sqrt() * n * n, n * n, (hertz / n).powi(2));
        w += weight;
        x += weight * square;
        y += weight * value;
        xx += weight * square * square;
        xy += weight * square * value;
    }
    let spread = w * xx - x * x;
    if partials.len() < 2 || spread <= 0.0 {
        return (partials.first().map_or(0.0, |(n, hertz, _)| hertz / n), 0.0);
    }
    let slope = ((w * xy - x * y) / spread).max(0.0);
    let square = (y - slope * x) / w;
    (square.max(0.0).sqrt(), slope / square.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A string of ten partials with the given stiffness, `detuned` by cents, that dies away.
    fn string(key: u8, detuned: f64, stiffness: f64) -> Vec<[f32; 2]> {
        let base = hertz(key) * f64::exp2(detuned / 1200.0) / (1.0 + stiffness).sqrt();
        let sample = |i: usize| {
            let t = i as f64 / 48_000.0;
            let partial = |n: f64| {
                // The lowest partial is weak, as in a real bass.
                let loud = if n < 2.0 { 0.02 } else { 0.2 / n };
                let hertz = n * base * (1.0 + stiffness * n * n).sqrt();
                loud * (-0.5 * n * t).exp() * (std::f64::consts::TAU * hertz * t).sin()
            };
            (1..=10).map(|n| partial(f64::from(n))).sum::<f64>() as f32
        };
        (0..5 * 48_000).map(|i| [sample(i); 2]).collect()
    }

    #[test]
    fn stiff_and_detuned_strings_are_measured_within_a_cent() {
        for (key, detuned, stiffness) in
            [(21, -12.0, 3e-4), (36, 7.0, 1.5e-4), (60, -3.0, 4e-4), (84, 5.0, 2e-3), (102, 60.0, 0.0)]
        {
            let found = measure(&string(key, detuned, stiffness), 48_000, key).unwrap();
            let error = cents(hertz(key), found) - detuned;
            assert!(error.abs() < 1.0, "key {key}: {error:.2} cents off");
        }
    }
}
