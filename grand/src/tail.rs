//! The end of a note: a loop that dies away with the synthesizer's envelope, or a fade.

use crate::level::{Frames, amplitude, decibels, envelope, line};

/// Length of the stretch from which a loop is made, for the lowest and the highest keys; a loop is half to three
/// quarters of it.
const LONGEST_STRETCH_SECS: f64 = 2.4;
const SHORTEST_STRETCH_SECS: f64 = 1.4;
/// Where the loop ends for the lowest key, and over how many keys that time halves. Chosen for memory: with eight
/// layers, the samples take about 300 MB.
const LONGEST_SECS: f64 = 14.0;
const KEYS_TO_HALF: f64 = 30.0;
/// From this key on, a note is over before a loop would be worthwhile.
const FIRST_WITHOUT_LOOP: u8 = 84;
const LONGEST_WITHOUT_LOOP_SECS: f64 = 5.0;
/// Minimum decay of a loop, in dB a second: a string that hardly decays would ring for a minute.
const SLOWEST_DECAY: f64 = 4.0;
/// A faster measured decay is considered wrong.
const FASTEST_DECAY: f64 = 30.0;
/// Rate and depth of the fade that ends a note without a loop, in dB a second and in dB.
const FADE: f64 = 18.0;
const FADE_DB: f64 = 40.0;
/// The frames compared to find where a loop closes best.
const COMPARED_SECS: f64 = 0.06;

/// A note cut to its length.
pub struct Tail {
    pub frames: Vec<[f32; 2]>,
    pub looped: Option<Looped>,
}

/// The part of a note that is repeated, level from end to end.
#[derive(Clone, Copy, Debug)]
pub struct Looped {
    pub start: usize,
    pub end: usize,
    /// From this frame on the sound is level, and the envelope has to make it decay.
    pub level_from: usize,
    /// Decay, in dB a second.
    pub decay: f64,
}

/// Cuts a trimmed recording of `key`. It is faded instead of looped if the noise takes over before the loop begins.
pub fn cut(sound: &Frames, rate: u32, key: u8, drowned: usize) -> Tail {
    let frames = |secs: f64| (secs * f64::from(rate)) as usize;
    if key < FIRST_WITHOUT_LOOP {
        let end = frames(end_secs(key));
        let start = end - frames(stretch_secs(key));
        if drowned > start && end + frames(0.05) < sound.len() {
            return looped(sound, rate, start, end);
        }
    }
    faded(sound, rate, drowned.min(frames(LONGEST_WITHOUT_LOOP_SECS)))
}

fn end_secs(key: u8) -> f64 {
    LONGEST_SECS * f64::exp2(-(f64::from(key) - 21.0) / KEYS_TO_HALF)
}

fn stretch_secs(key: u8) -> f64 {
    (LONGEST_STRETCH_SECS - 0.016 * (f64::from(key) - 21.0)).max(SHORTEST_STRETCH_SECS)
}

/// Fades from `from` on, linearly in decibels, and the last part to zero.
fn faded(sound: &Frames, rate: u32, from: usize) -> Tail {
    let rate = f64::from(rate);
    let end = (from + (FADE_DB / FADE * rate) as usize).min(sound.len());
    let last = (0.05 * rate) as usize;
    let gain = |i: usize| {
        let fade = amplitude(-FADE * i.saturating_sub(from) as f64 / rate);
        fade * ((end - i) as f64 / last as f64).min(1.0)
    };
    let frames = sound[..end].iter().enumerate().map(|(i, frame)| scaled(frame, gain(i))).collect();
    Tail { frames, looped: None }
}

/// Makes the sound level from `start` on, finds the place after it that is most like the end, and blends what comes
/// before the end into what comes before that place.
fn looped(sound: &Frames, rate: u32, start: usize, end: usize) -> Tail {
    let decay = decay(&sound[..end], rate, start);
    let level = |i: usize| amplitude(decay * i.saturating_sub(start) as f64 / f64::from(rate));
    let quarter = (end - start) / 4;
    let compared = (COMPARED_SECS * f64::from(rate)) as usize;
    let until = (end + compared / 2).min(sound.len());
    let mut frames: Vec<[f32; 2]> =
        sound[..until].iter().enumerate().map(|(i, frame)| scaled(frame, level(i))).collect();
    let (best, likeness) = closest(&frames, start + quarter..start + 2 * quarter, end, compared);
    let blended = ((end - best) / 2).min(best - start);
    for i in 0..blended {
        let part = (i as f64 + 0.5) / blended as f64;
        let to = 0.5 - 0.5 * (std::f64::consts::PI * part).cos();
        let from = 1.0 - to;
        // Similar sounds add up in amplitude, different ones in power: the blend is as loud as its parts.
        let loud = (from * from + to * to + 2.0 * from * to * likeness.max(0.0)).sqrt();
        let (old, new) = (frames[end - blended + i], frames[best - blended + i]);
        let blend = |c: usize| ((from * f64::from(old[c]) + to * f64::from(new[c])) / loud) as f32;
        frames[end - blended + i] = [blend(0), blend(1)];
    }
    // The synthesizer reads one frame past the end; other players may read a few more.
    for i in 0..8 {
        frames[end + i] = frames[best + i];
    }
    frames.truncate(end + 8);
    Tail {
        frames,
        looped: Some(Looped { start: best, end, level_from: start, decay: decay.max(SLOWEST_DECAY) }),
    }
}

/// The decay of the sound around the loop, in dB a second.
fn decay(sound: &Frames, rate: u32, start: usize) -> f64 {
    let block = (rate / 20) as usize;
    let from = start.saturating_sub(sound.len() - start); // as long before the start as after it
    let levels: Vec<f64> = envelope(&sound[from..], block).into_iter().map(decibels).collect();
    (-line(&levels).1 * f64::from(rate) / block as f64).clamp(0.0, FASTEST_DECAY)
}

/// The place within `places` around which the sound is most like that around `end`, and the similarity: 1 if they are
/// the same.
fn closest(frames: &Frames, places: std::ops::Range<usize>, end: usize, compared: usize) -> (usize, f64) {
    let half = compared / 2;
    let around = |at: usize| &frames[at - half..at + half];
    let product = |a: &Frames, b: &Frames| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(a[0] * b[0] + a[1] * b[1])).sum()
    };
    let ending = around(end);
    let own = product(ending, ending);
    let likeness = |at: usize| {
        let here = around(at);
        product(here, ending) / (product(here, here) * own).sqrt().max(1e-20)
    };
    // Every fourth place first, then all around the best of them.
    let best = |places: &mut dyn Iterator<Item = usize>| {
        places.map(|at| (at, likeness(at))).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let coarse = best(&mut places.clone().step_by(4)).map_or(places.start, |(at, _)| at);
    let near = coarse.saturating_sub(3).max(places.start)..(coarse + 4).min(places.end);
    best(&mut near.clone()).unwrap_or((places.start, 0.0))
}

fn scaled(frame: &[f32; 2], gain: f64) -> [f32; 2] {
    frame.map(|sample| (f64::from(sample) * gain) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::rms;

    /// Three strings slightly out of tune that die away by 5 dB a second.
    fn strings(secs: usize) -> Vec<[f32; 2]> {
        let sample = |i: usize| {
            let t = i as f64 / 48_000.0;
            let string = |hertz: f64| (std::f64::consts::TAU * hertz * t).sin();
            let sum = string(261.0) + string(261.7) + 0.3 * string(522.9);
            (0.3 * amplitude(-5.0 * t) * sum) as f32
        };
        (0..48_000 * secs).map(|i| [sample(i), 0.8 * sample(i)]).collect()
    }

    #[test]
    fn a_loop_is_level_and_closes_without_a_jump() {
        let sound = strings(12);
        let tail = cut(&sound, 48_000, 60, sound.len());
        let looped = tail.looped.unwrap();
        assert!((looped.decay - 5.0).abs() < 1.5, "{}", looped.decay);
        let length = looped.end - looped.start;
        assert!(length > 48_000 / 2, "{length}");
        // The levels of the first and last quarter differ only because the strings beat.
        let quarter = length / 4;
        let first = rms(&tail.frames[looped.start..looped.start + quarter]);
        let last = rms(&tail.frames[looped.end - quarter..looped.end]);
        assert!(decibels(first / last).abs() < 6.0, "{:.1} dB", decibels(first / last));
        // The step from the end to the start is no larger than those of the sound itself.
        let step = |a: usize, b: usize| (tail.frames[a][0] - tail.frames[b][0]).abs();
        let usual = (looped.start..looped.end - 1).map(|i| step(i, i + 1)).fold(0.0, f32::max);
        assert!(step(looped.end - 1, looped.start) <= usual, "{usual}");
        // Nothing before the loop is changed.
        assert_eq!(tail.frames[..looped.level_from], sound[..looped.level_from]);
    }

    #[test]
    fn a_note_that_drowns_in_noise_is_faded_to_nothing() {
        let sound = strings(12);
        let tail = cut(&sound, 48_000, 60, 48_000);
        assert!(tail.looped.is_none());
        let end = tail.frames.len();
        assert!((48_000 * 3..48_000 * 4).contains(&end), "{end}");
        assert!(rms(&tail.frames[end - 480..]) < 1e-4);
    }
}
