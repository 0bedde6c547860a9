//! Reverb: Freeverb, which Jezar at Dreampoint released into the public domain.
//!
//! rustysynth contains the same reverb, but processes its sixteen comb filters one after the other, where each step
//! waits for the one before. A comb's delay is longer than a block, so everything that a block reads is available when
//! it starts, and here eight combs advance side by side: the same sound in less time.

use super::BLOCK;

/// Delays in frames at 44.1 kHz.
const COMBS: [usize; 8] = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617];
const ALL_PASSES: [usize; 4] = [556, 441, 341, 225];
/// Extra delay of the right channel, in frames.
const SPREAD: usize = 23;
const TUNED_FOR: f64 = 44_100.0;
/// Input gain of the sum of both channels.
const INPUT_GAIN: f32 = 0.015;
/// Room size: feedback of the combs.
const FEEDBACK: f32 = 0.84;
/// Damping of high frequencies.
const DAMP: f32 = 0.2;
const ALL_PASS_FEEDBACK: f32 = 0.5;
/// Smaller values are set to zero, because denormal numbers are slow.
const SILENCE: f32 = 1e-8;

type Samples = [f32; BLOCK];

/// A stereo reverb. Processing neither allocates nor locks.
pub struct Reverb {
    send: f32,
    sides: [Side; 2],
}

impl Reverb {
    /// `send` is the share of the sound that enters the reverb, 0–1. `sample_rate` is at least 16,000.
    pub fn new(sample_rate: u32, send: f32) -> Reverb {
        let scale = f64::from(sample_rate) / TUNED_FOR;
        Reverb { send, sides: [Side::new(scale, 0), Side::new(scale, SPREAD)] }
    }

    /// Adds reverb to a dry block.
    pub fn process(&mut self, left: &mut Samples, right: &mut Samples) {
        let gain = INPUT_GAIN * self.send;
        let input: Samples = std::array::from_fn(|t| gain * (left[t] + right[t]));
        for (side, out) in self.sides.iter_mut().zip([left, right]) {
            let wet = side.process(&input);
            for (out, wet) in out.iter_mut().zip(&wet) {
                *out += wet;
            }
        }
    }

    /// Clears the reverb tail.
    pub fn clear(&mut self) {
        for side in &mut self.sides {
            for line in side.combs.iter_mut().chain(&mut side.all_passes) {
                line.samples.fill(0.0);
            }
            side.damped = [0.0; COMBS.len()];
        }
    }
}

struct Side {
    combs: [Delay; COMBS.len()],
    /// The low-passed output of each comb.
    damped: [f32; COMBS.len()],
    all_passes: [Delay; ALL_PASSES.len()],
}

impl Side {
    fn new(scale: f64, spread: usize) -> Side {
        let delay = |frames: usize| Delay::new(((frames + spread) as f64 * scale).round() as usize);
        Side { combs: COMBS.map(delay), damped: [0.0; COMBS.len()], all_passes: ALL_PASSES.map(delay) }
    }

    fn process(&mut self, input: &Samples) -> Samples {
        let mut lines: [Samples; COMBS.len()] = std::array::from_fn(|c| self.combs[c].read());
        let mut out = [0.0; BLOCK];
        for line in &lines {
            for (out, delayed) in out.iter_mut().zip(line) {
                *out += delayed;
            }
        }
        for t in 0..BLOCK {
            for (line, damped) in lines.iter_mut().zip(&mut self.damped) {
                *damped = line[t] * (1.0 - DAMP) + *damped * DAMP;
                line[t] = *damped;
            }
        }
        for (comb, damped) in self.combs.iter_mut().zip(&lines) {
            comb.write(std::array::from_fn(|t| input[t] + damped[t] * FEEDBACK));
        }
        for all_pass in &mut self.all_passes {
            let delayed = all_pass.read();
            all_pass.write(std::array::from_fn(|t| out[t] + delayed[t] * ALL_PASS_FEEDBACK));
            out = std::array::from_fn(|t| delayed[t] - out[t]);
        }
        out
    }
}

/// A ring buffer of samples, longer than a block, read and written a block at a time.
struct Delay {
    samples: Vec<f32>,
    at: usize,
}

impl Delay {
    fn new(frames: usize) -> Delay {
        Delay { samples: vec![0.0; frames.max(BLOCK)], at: 0 }
    }

    /// Samples of a block before the end of the ring; the rest is at its beginning.
    fn until_end(&self) -> usize {
        BLOCK.min(self.samples.len() - self.at)
    }

    /// The output of the next block.
    fn read(&self) -> Samples {
        let mut block = [0.0; BLOCK];
        let (first, rest) = block.split_at_mut(self.until_end());
        first.copy_from_slice(&self.samples[self.at..self.at + first.len()]);
        rest.copy_from_slice(&self.samples[..rest.len()]);
        block
    }

    /// Overwrites that block with new input.
    fn write(&mut self, mut block: Samples) {
        if block.iter().fold(0.0f32, |peak, s| peak.max(s.abs())) < SILENCE {
            block = [0.0; BLOCK];
        }
        let (first, rest) = block.split_at(self.until_end());
        self.samples[self.at..self.at + first.len()].copy_from_slice(first);
        self.samples[..rest.len()].copy_from_slice(rest);
        self.at = (self.at + BLOCK) % self.samples.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_impulse_response_is_that_of_freeverb_and_decays() {
        let mut reverb = Reverb::new(44_100, 1.0);
        let mut heard = Vec::new();
        for block in 0..3_000 {
            let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
            if block == 0 {
                (left[0], right[0]) = (0.5, 0.5);
            }
            reverb.process(&mut left, &mut right);
            heard.extend(left);
        }
        // Freeverb: the shortest comb answers first, through four all-passes that each invert the sign. The second echo
        // has lost what the room and the damping absorb.
        assert_eq!(heard[0], 0.5);
        assert!(heard[1..1116].iter().all(|s| *s == 0.0));
        assert!((heard[1116] - INPUT_GAIN).abs() < 1e-7, "{}", heard[1116]);
        // A factor of 0.84 every 25 to 37 ms: 60 dB in 1.0 to 1.5 s.
        let level = |secs: f64| {
            let at = (secs * 44_100.0) as usize;
            heard[at..at + 4_410].iter().map(|s| s * s).sum::<f32>().sqrt()
        };
        let lost_db = 20.0 * (level(0.3) / level(0.8)).log10();
        assert!((20.0..30.0).contains(&lost_db), "{lost_db} dB in half a second");
        assert!(heard[heard.len() - 44_100..].iter().all(|s| *s == 0.0));
    }

    #[test]
    fn clearing_removes_the_tail() {
        let mut reverb = Reverb::new(48_000, 0.5);
        reverb.process(&mut [1.0; BLOCK], &mut [1.0; BLOCK]);
        reverb.clear();
        for _ in 0..100 {
            let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
            reverb.process(&mut left, &mut right);
            assert!(left.iter().chain(&right).all(|s| *s == 0.0));
        }
    }
}
