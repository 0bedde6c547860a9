//! The profile of a segment: the statistics that are the judge's input.
//!
//! Pitch and time only: velocity and pedal can reveal a venue or a year. Every group of numbers is a histogram that
//! sums to one, as square roots, so that small shares still matter (Hellinger distance). The groups cover register,
//! scale degrees, melodic and bass intervals, chords, rhythm, articulation and texture, in the spirit of the features
//! of jSymbolic (McKay and Fujinaga 2006).

use crate::tokens::{NoteToken, duration_secs, gap_secs};

/// Onsets at most this far apart belong to one chord.
const CHORD_SECS: f64 = 0.045;
const PITCHES: usize = 88;
const LAGS: usize = 12;

/// Sizes of the groups, in order.
const GROUPS: [usize; 22] =
    [PITCHES, 24, 12, 12, 49, 49, 49, 169, 169, 40, 24, 10, 20, 32, 25, 64, 25, 25, LAGS, LAGS, 12, 24];

/// Numbers in a profile.
pub const PROFILE_LEN: usize = {
    let mut sum = 0;
    let mut i = 0;
    while i < GROUPS.len() {
        sum += GROUPS[i];
        i += 1;
    }
    sum
};

/// A chord: notes that begin together, lowest first.
struct Chord {
    onset: f64,
    keys: Vec<i32>,
}

struct Timed {
    key: i32,
    onset: f64,
    duration: f64,
}

fn timed(notes: &[NoteToken]) -> Vec<Timed> {
    let mut time = 0.0;
    notes
        .iter()
        .filter(|n| !n.is_end())
        .map(|n| {
            let onset = time;
            time += gap_secs(n.gap);
            Timed { key: i32::from(n.pitch), onset, duration: duration_secs(n.duration) }
        })
        .collect()
}

fn chords(notes: &[Timed]) -> Vec<Chord> {
    let mut chords: Vec<Chord> = Vec::new();
    for note in notes {
        match chords.last_mut() {
            Some(chord) if note.onset - chord.onset <= CHORD_SECS => chord.keys.push(note.key),
            _ => chords.push(Chord { onset: note.onset, keys: vec![note.key] }),
        }
    }
    for chord in &mut chords {
        chord.keys.sort_unstable();
        chord.keys.dedup();
    }
    chords
}

/// A histogram that is being counted.
struct Counts(Vec<f32>);

impl Counts {
    fn new(group: usize) -> Counts {
        Counts(vec![0.0; GROUPS[group]])
    }

    /// Counts `value` in the nearest bin.
    fn add(&mut self, value: i32, weight: f32) {
        let bin = value.clamp(0, self.0.len() as i32 - 1) as usize;
        self.0[bin] += weight;
    }

    fn finish(self, out: &mut Vec<f32>) {
        let sum: f32 = self.0.iter().sum();
        out.extend(self.0.iter().map(|c| if sum > 0.0 { (c / sum).sqrt() } else { 0.0 }));
    }
}

/// log2 of a ratio in steps of a third of an octave, centred.
fn ratio_bin(ratio: f64, centre: i32) -> i32 {
    if ratio > 0.0 && ratio.is_finite() { (ratio.log2() * 3.0).round() as i32 + centre } else { 0 }
}

/// Seconds in geometric bins, eight to a factor of ten, from 10 ms.
fn secs_bin(secs: f64) -> i32 {
    ((secs.max(0.01) / 0.01).log10() * 8.0).round() as i32
}

/// The key (0–11 major, 12–23 minor) that fits the pitch classes best; weights after Krumhansl and Kessler (1982),
/// rounded.
fn tonality(classes: &[f32]) -> usize {
    const MAJOR: [f32; 12] = [6.4, 2.2, 3.5, 2.3, 4.4, 4.1, 2.5, 5.2, 2.4, 3.7, 2.3, 2.9];
    const MINOR: [f32; 12] = [6.3, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 4.8, 4.0, 2.7, 3.3, 3.2];
    let fit = |key: usize| {
        let profile = if key < 12 { &MAJOR } else { &MINOR };
        let mean = profile.iter().sum::<f32>() / 12.0;
        (0..12).map(|c| classes[(c + key) % 12] * (profile[c] - mean)).sum::<f32>()
    };
    (0..24).max_by(|&a, &b| fit(a).total_cmp(&fit(b))).unwrap_or(0)
}

/// The profile of a segment, [`PROFILE_LEN`] numbers between 0 and 1; all zero if there are no notes.
pub fn profile(notes: &[NoteToken]) -> Vec<f32> {
    let notes = timed(notes);
    let chords = chords(&notes);
    let mut out = Vec::with_capacity(PROFILE_LEN);
    let tonic = register_and_scale(&notes, &chords, &mut out);
    melody(&notes, &chords, &mut out);
    harmony(&chords, &mut out);
    rhythm(&notes, &chords, &mut out);
    texture(&notes, &chords, tonic, &mut out);
    out
}

fn register_and_scale(notes: &[Timed], chords: &[Chord], out: &mut Vec<f32>) -> i32 {
    let mut register = Counts::new(0);
    let mut classes = [0f32; 12];
    for n in notes {
        // Adjacent bins also get some weight, so that a semitone more or less is not entirely different.
        register.add(n.key, 2.0);
        register.add(n.key - 1, 1.0);
        register.add(n.key + 1, 1.0);
        classes[n.key.rem_euclid(12) as usize] += n.duration.min(2.0) as f32 + 0.1;
    }
    let key = tonality(&classes);
    let tonic = (key % 12) as i32;
    let mut degrees = Counts::new(1);
    for (class, weight) in classes.iter().enumerate() {
        let degree = (class as i32 - tonic).rem_euclid(12);
        degrees.add(degree + if key < 12 { 0 } else { 12 }, *weight);
    }
    let (mut bass, mut top) = (Counts::new(2), Counts::new(3));
    for chord in chords {
        let degree = |key: &i32| (key - tonic).rem_euclid(12);
        chord.keys.first().iter().for_each(|k| bass.add(degree(k), 1.0));
        chord.keys.last().iter().for_each(|k| top.add(degree(k), 1.0));
    }
    register.finish(out);
    degrees.finish(out);
    bass.finish(out);
    top.finish(out);
    tonic
}

fn melody(notes: &[Timed], chords: &[Chord], out: &mut Vec<f32>) {
    let line = |of: fn(&Chord) -> Option<&i32>| -> Vec<i32> {
        chords.iter().filter_map(|c| of(c).copied()).collect()
    };
    let top = line(|c| c.keys.last());
    let bass = line(|c| c.keys.first());
    let all: Vec<i32> = notes.iter().map(|n| n.key).collect();
    for (group, keys) in [(4, &top), (5, &bass), (6, &all)] {
        let mut counts = Counts::new(group);
        keys.windows(2).for_each(|w| counts.add(w[1] - w[0] + 24, 1.0));
        counts.finish(out);
    }
    for (group, keys) in [(7, &top), (8, &all)] {
        let mut counts = Counts::new(group);
        let small = |step: i32| step.clamp(-6, 6) + 6;
        keys.windows(3).for_each(|w| counts.add(small(w[1] - w[0]) * 13 + small(w[2] - w[1]), 1.0));
        counts.finish(out);
    }
}

fn harmony(chords: &[Chord], out: &mut Vec<f32>) {
    let (mut from_bass, mut adjacent) = (Counts::new(9), Counts::new(10));
    let (mut sizes, mut spans) = (Counts::new(11), Counts::new(12));
    for chord in chords {
        sizes.add(chord.keys.len() as i32 - 1, 1.0);
        let (Some(low), Some(high)) = (chord.keys.first(), chord.keys.last()) else {
            continue;
        };
        if chord.keys.len() > 1 {
            spans.add((high - low) / 3, 1.0);
            chord.keys[1..].iter().for_each(|k| from_bass.add(k - low, 1.0));
            chord.keys.windows(2).for_each(|w| adjacent.add(w[1] - w[0] - 1, 1.0));
        }
    }
    [from_bass, adjacent, sizes, spans].into_iter().for_each(|c| c.finish(out));
}

fn rhythm(notes: &[Timed], chords: &[Chord], out: &mut Vec<f32>) {
    let gaps: Vec<f64> = chords.windows(2).map(|w| w[1].onset - w[0].onset).collect();
    let (mut between, mut ratios) = (Counts::new(13), Counts::new(14));
    gaps.iter().for_each(|&g| between.add(secs_bin(g), 1.0));
    gaps.windows(2).for_each(|w| ratios.add(ratio_bin(w[1] / w[0], 12), 1.0));
    // Pairs of ratios distinguish dotted, triplet and even rhythms.
    let mut patterns = Counts::new(15);
    let coarse = |ratio: f64| ((ratio.max(1e-3).log2() * 1.5).round() as i32).clamp(-3, 4) + 3;
    gaps.windows(3).for_each(|w| patterns.add(coarse(w[1] / w[0]) * 8 + coarse(w[2] / w[1]), 1.0));
    let (mut lengths, mut held) = (Counts::new(16), Counts::new(17));
    let mut next = 0;
    for n in notes {
        lengths.add(secs_bin(n.duration), 1.0);
        while next < chords.len() && chords[next].onset <= n.onset + CHORD_SECS {
            next += 1;
        }
        if let Some(chord) = chords.get(next) {
            held.add(ratio_bin(n.duration / (chord.onset - n.onset), 12), 1.0);
        }
    }
    [between, ratios, patterns, lengths, held].into_iter().for_each(|c| c.finish(out));
}

fn texture(notes: &[Timed], chords: &[Chord], tonic: i32, out: &mut Vec<f32>) {
    // How often a chord shares a key and a pitch class with the chord some steps before it.
    for by_class in [false, true] {
        for lag in 1..=LAGS {
            let pairs = chords.len().saturating_sub(lag);
            let same =
                chords.iter().zip(chords.iter().skip(lag)).filter(|(a, b)| shares(a, b, by_class)).count();
            out.push(if pairs > 0 { same as f32 / pairs as f32 } else { 0.0 });
        }
    }
    // Keys sounding with each new chord.
    let mut sounding = Counts::new(20);
    for chord in chords {
        let held = notes
            .iter()
            .filter(|n| n.onset <= chord.onset + CHORD_SECS && n.onset + n.duration > chord.onset);
        sounding.add(held.count() as i32 - 1, 1.0);
    }
    // Bass motion: scale degrees of the lowest note in windows of half a second, and their steps.
    let mut steps = Counts::new(21);
    let mut lows: Vec<(i64, i32)> = Vec::new();
    for n in notes {
        let window = (n.onset / 0.5) as i64;
        match lows.last_mut() {
            Some((w, low)) if *w == window => *low = (*low).min(n.key),
            _ => lows.push((window, n.key)),
        }
    }
    lows.iter().for_each(|(_, low)| steps.add((low - tonic).rem_euclid(12), 1.0));
    lows.windows(2).for_each(|w| steps.add((w[1].1 - w[0].1).rem_euclid(12) + 12, 1.0));
    sounding.finish(out);
    steps.finish(out);
}

fn shares(a: &Chord, b: &Chord, by_class: bool) -> bool {
    let same = |x: &i32, y: &i32| {
        if by_class { (x - y).rem_euclid(12) == 0 } else { x == y }
    };
    a.keys.iter().any(|x| b.keys.iter().any(|y| same(x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(start: u8) -> Vec<NoteToken> {
        [0, 2, 4, 5, 7, 9, 11, 12]
            .iter()
            .map(|step| NoteToken { pitch: start + step, velocity: 9, duration: 20, pedal: 0, gap: 15 })
            .collect()
    }

    #[test]
    fn has_the_stated_length_and_stays_between_0_and_1() {
        for notes in [scale(30), Vec::new(), vec![NoteToken::END], scale(70)[..1].to_vec()] {
            let p = profile(&notes);
            assert_eq!(p.len(), PROFILE_LEN);
            assert!(p.iter().all(|v| (0.0..=1.0).contains(v)));
        }
        assert!(profile(&[]).iter().all(|v| *v == 0.0));
    }

    #[test]
    fn velocity_and_pedal_make_no_difference() {
        let plain = scale(30);
        let other: Vec<NoteToken> =
            plain.iter().map(|n| NoteToken { velocity: 30, pedal: 2, ..*n }).collect();
        assert_eq!(profile(&plain), profile(&other));
    }

    #[test]
    fn only_the_register_changes_with_the_key() {
        let (low, high) = (profile(&scale(30)), profile(&scale(35)));
        assert_ne!(low[..PITCHES], high[..PITCHES]);
        assert_eq!(low[PITCHES..], high[PITCHES..]);
    }
}
