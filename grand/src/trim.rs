//! The silence before a note, and the part of its end that is only room noise.

use crate::level::{Frames, envelope};

/// A note has begun when its level exceeds this fraction of its maximum, −30 dB.
const ONSET: f64 = 0.03;
/// How many times louder than the noise that level must be.
const ABOVE_NOISE: f64 = 4.0;
/// The sound of key and hammer may precede the string by this long; sound above a tenth of the maximum level counts as
/// the string.
const LONGEST_APPROACH_MS: usize = 7;
const STRING: f64 = 0.1;
/// Kept before the onset, so that the hammer is not cut.
const LEAD_SECS: f64 = 0.0015;

/// The frame at which the sound begins.
pub fn onset(frames: &Frames, rate: u32, noise: f64) -> usize {
    let millisecond = (rate / 1000) as usize;
    let levels = envelope(frames, millisecond);
    let top = levels.iter().copied().fold(0.0, f64::max);
    let threshold = (ONSET * top).max((ABOVE_NOISE * noise).min(0.5 * top));
    let first_above = |level: f64| levels.iter().position(|l| *l > level).unwrap_or(0);
    let begun = first_above(threshold).max(first_above(STRING * top).saturating_sub(LONGEST_APPROACH_MS));
    (begun * millisecond).saturating_sub((LEAD_SECS * f64::from(rate)) as usize)
}

/// The level of the noise (root mean square): the minimum over the second half of the recording, except its very end,
/// which is faded out.
pub fn noise(frames: &Frames, rate: u32) -> f64 {
    let block = (rate / 10) as usize;
    let levels = envelope(frames, block);
    let end = levels.len().saturating_sub(6).max(1).min(levels.len());
    let half = (levels.len() / 2).min(end.saturating_sub(1));
    levels[half..end].iter().copied().fold(f64::INFINITY, f64::min).min(1.0)
}

/// The frame from which the sound is no louder than twice the noise; the end if it is always louder.
pub fn drowned(frames: &Frames, rate: u32, noise: f64) -> usize {
    let block = (rate / 10) as usize;
    let levels = envelope(frames, block);
    let last = levels.iter().rposition(|level| *level > 2.0 * noise);
    last.map_or(0, |last| ((last + 1) * block).min(frames.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 ms of noise at `noise`, then a tone that decays by 20 dB a second, four seconds in all.
    fn recording(noise: f32) -> Vec<[f32; 2]> {
        let mut state = 1u32;
        let mut hiss = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let tone = |i: usize| match i.checked_sub(2_400) {
            Some(i) => 0.5 * 10f32.powf(-(i as f32) / 48_000.0) * (i as f32 * 0.06).sin(),
            None => 0.0,
        };
        (0..4 * 48_000).map(|i| [tone(i) + noise * hiss(), tone(i) + noise * hiss()]).collect()
    }

    #[test]
    fn the_leading_silence_is_found_with_and_without_hiss() {
        for noise_level in [0.0, 0.001, 0.01] {
            let frames = recording(noise_level);
            let found = onset(&frames, 48_000, noise(&frames, 48_000));
            assert!((2_250..2_450).contains(&found), "at {noise_level}: {found}");
        }
    }

    #[test]
    fn the_end_is_where_the_noise_takes_over() {
        let frames = recording(0.01);
        let noise = noise(&frames, 48_000);
        assert!((0.0045..0.0065).contains(&noise), "{noise}"); // 0.01 / √3
        // 0.5 / √2 · 10^-t = 2 · 0.0058 at 1.48 s, less what the noise itself adds.
        let end = drowned(&frames, 48_000, noise) as f64 / 48_000.0 - 0.05;
        assert!((1.4..1.8).contains(&end), "{end}");
    }
}
