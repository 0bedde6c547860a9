//! The loudness of a stretch of sound.

/// Frames, left and right.
pub type Frames = [[f32; 2]];

pub fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-10).log10()
}

pub fn amplitude(decibels: f64) -> f64 {
    10f64.powf(decibels / 20.0)
}

/// The root mean square over both channels; 0 for no frames.
pub fn rms(frames: &Frames) -> f64 {
    let sum: f64 = frames.iter().flatten().map(|s| f64::from(*s) * f64::from(*s)).sum();
    (sum / (2 * frames.len()).max(1) as f64).sqrt()
}

/// The highest absolute sample.
pub fn peak(frames: &Frames) -> f64 {
    f64::from(frames.iter().flatten().fold(0.0f32, |peak, s| peak.max(s.abs())))
}

/// The root mean square of each whole block.
pub fn envelope(frames: &Frames, block: usize) -> Vec<f64> {
    frames.chunks_exact(block.max(1)).map(rms).collect()
}

/// The straight line through values at 0, 1, 2 …: its value at 0 and its slope.
pub fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if n < 2.0 {
        return (values.first().copied().unwrap_or(0.0), 0.0);
    }
    let mean_x = (n - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / n;
    let (mut up, mut down) = (0.0, 0.0);
    for (x, value) in values.iter().enumerate() {
        let from_mean = x as f64 - mean_x;
        up += from_mean * (value - mean);
        down += from_mean * from_mean;
    }
    let slope = up / down;
    (mean - slope * mean_x, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_three_decibels_below_its_peak() {
        let sine: Vec<[f32; 2]> = (0..4800).map(|i| [(i as f32 * 0.1308997).sin(); 2]).collect(); // 1 kHz at 48 kHz
        assert!((decibels(rms(&sine)) + 3.01).abs() < 0.01);
        assert!((decibels(peak(&sine))).abs() < 0.01);
    }

    #[test]
    fn a_line_is_found_through_points_on_it() {
        let (at_zero, slope) = line(&[5.0, 3.0, 1.0, -1.0]);
        assert!((at_zero - 5.0).abs() < 1e-12 && (slope + 2.0).abs() < 1e-12);
    }
}
