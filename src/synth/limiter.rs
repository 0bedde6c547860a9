//! Keeps the sound below full scale without clicks or distortion.

use super::{BLOCK, Block};

/// Maximum absolute sample after limiting, about −0.3 dBFS.
pub const CEILING: f32 = 0.966;
/// Recovery per block, as a fraction of the missing gain: back to 1 in about 0.2 s.
const RELEASE: f32 = 0.006;

/// A look-ahead peak limiter. It delays the sound by one block, so it knows the next peak and can turn down in time:
/// within a block the gain changes linearly between two values that are both low enough.
pub struct Limiter {
    held: Block,
    held_peak: f32,
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Limiter {
        Limiter { held: [[0.0; 2]; BLOCK], held_peak: 0.0, gain: 1.0 }
    }
}

impl Limiter {
    /// Takes a block and returns the previous one, limited. NaN becomes silence.
    pub fn process(&mut self, block: &mut Block) {
        let mut peak = 0.0f32;
        for sample in block.iter_mut().flatten() {
            if !sample.is_finite() {
                *sample = 0.0;
            }
            peak = peak.max(sample.abs());
        }
        std::mem::swap(block, &mut self.held);
        let leaving_peak = std::mem::replace(&mut self.held_peak, peak);
        let risen = self.gain + RELEASE * (1.0 - self.gain);
        let target = allowed(leaving_peak).min(allowed(peak)).min(risen);
        ramp(block, self.gain, target);
        self.gain = target;
    }
}

fn allowed(peak: f32) -> f32 {
    if peak > CEILING { CEILING / peak } else { 1.0 }
}

/// Multiplies by a gain that changes linearly from `from` to `to`; exact if both are 1.
pub(super) fn ramp(block: &mut Block, from: f32, to: f32) {
    if from == 1.0 && to == 1.0 {
        return;
    }
    let step = (to - from) / BLOCK as f32;
    for (i, frame) in block.iter_mut().enumerate() {
        let gain = from + step * (i + 1) as f32;
        frame[0] *= gain;
        frame[1] *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(limiter: &mut Limiter, amplitude: f32, blocks: std::ops::Range<usize>) -> Vec<f32> {
        let value = |n: usize| amplitude * (n as f32 * 0.06).sin();
        let mut out = Vec::new();
        for b in blocks {
            let mut block = [[0.0; 2]; BLOCK];
            for (i, frame) in block.iter_mut().enumerate() {
                *frame = [value(b * BLOCK + i); 2];
            }
            limiter.process(&mut block);
            out.extend(block.iter().map(|f| f[0]));
        }
        out
    }

    #[test]
    fn sound_below_the_ceiling_passes_unchanged_one_block_later() {
        let out = sine(&mut Limiter::default(), 0.9, 0..20);
        assert!(out[..BLOCK].iter().all(|s| *s == 0.0));
        assert_eq!(out[BLOCK + 100], 0.9 * (100.0f32 * 0.06).sin());
    }

    #[test]
    fn nothing_leaves_above_the_ceiling_and_no_step_is_added() {
        let mut limiter = Limiter::default();
        let mut out = sine(&mut limiter, 0.5, 0..20);
        out.extend(sine(&mut limiter, 8.0, 20..60));
        out.extend(sine(&mut limiter, 0.5, 60..400));
        let peak = out.iter().fold(0.0f32, |p, s| p.max(s.abs()));
        assert!((0.9..=CEILING + 1e-6).contains(&peak), "peak {peak}");
        // The input itself jumps where it gets louder; from then on the steps are those of a sine at the ceiling.
        let step = out[21 * BLOCK + 2..60 * BLOCK].windows(2).fold(0.0f32, |m, w| m.max((w[1] - w[0]).abs()));
        assert!(step < 0.12, "step {step}");
        let end = &out[399 * BLOCK..];
        let back = end.iter().fold(0.0f32, |p, s| p.max(s.abs()));
        assert!(back > 0.42, "the gain came back to {back}");
    }

    #[test]
    fn nan_becomes_silence() {
        let mut limiter = Limiter::default();
        let mut block = [[f32::NAN, f32::INFINITY]; BLOCK];
        limiter.process(&mut block);
        limiter.process(&mut block);
        assert!(block.iter().flatten().all(|s| s.is_finite()));
    }
}
