//! Likeness to real music of the same composer: compares distributions of countable features.

use serde::{Deserialize, Serialize};

use super::stats::{cosine, divergence, mean, normalised, overlap, quantile};
use crate::tokens::{Field, NoteToken, duration_secs, gap_secs, velocity_value};

/// The features, with their number of bins.
const COUNTED: [(&str, usize); 9] = [
    ("pitch", 88),
    ("pitch class", 12),
    ("interval", 49),
    ("inter-onset", 64),
    ("duration", 64),
    ("velocity", 32),
    ("pedal", 3),
    ("density", 32),
    ("polyphony", 16),
];

/// Histograms of the features, in the order of [`COUNTED`].
#[derive(Clone, Debug, PartialEq)]
pub struct Histograms {
    counts: Vec<Vec<f64>>,
}

impl Histograms {
    /// Of all `segments` together.
    pub fn of<'a>(segments: impl IntoIterator<Item = &'a [NoteToken]>) -> Histograms {
        let mut out = Histograms { counts: COUNTED.iter().map(|(_, n)| vec![0.0; *n]).collect() };
        segments.into_iter().for_each(|s| out.add(s));
        out
    }

    fn add(&mut self, notes: &[NoteToken]) {
        for n in notes {
            let pitch = usize::from(n.pitch).min(87);
            self.counts[0][pitch] += 1.0;
            self.counts[1][(pitch + 9) % 12] += 1.0;
            self.counts[3][usize::from(n.gap)] += 1.0;
            self.counts[4][usize::from(n.duration)] += 1.0;
            self.counts[5][usize::from(n.velocity)] += 1.0;
            self.counts[6][usize::from(n.pedal)] += 1.0;
        }
        for pair in notes.windows(2) {
            let interval = i32::from(pair[1].pitch) - i32::from(pair[0].pitch);
            self.counts[2][(interval.clamp(-24, 24) + 24) as usize] += 1.0;
        }
        for count in notes_per_second(notes) {
            self.counts[7][count.min(31)] += 1.0;
        }
        for held in keys_held(notes) {
            self.counts[8][held.min(15)] += 1.0;
        }
    }

    /// All histograms concatenated, each scaled to length 1, so that all have equal weight.
    fn as_vector(&self) -> Vec<f64> {
        let unit = |h: &Vec<f64>| {
            let h = normalised(h);
            let length = h.iter().map(|v| v * v).sum::<f64>().sqrt();
            h.into_iter().map(move |v| if length > 0.0 { v / length } else { 0.0 }).collect::<Vec<_>>()
        };
        self.counts.iter().flat_map(unit).collect()
    }
}

fn onsets(notes: &[NoteToken]) -> Vec<f64> {
    let mut time = 0.0;
    notes
        .iter()
        .map(|n| {
            let onset = time;
            time += gap_secs(n.gap);
            onset
        })
        .collect()
}

/// The number of onsets in each second.
fn notes_per_second(notes: &[NoteToken]) -> Vec<usize> {
    let onsets = onsets(notes);
    let seconds = onsets.last().map_or(0, |last| last.floor() as usize);
    let mut counts = vec![0; seconds];
    for onset in onsets {
        if let Some(count) = counts.get_mut(onset as usize) {
            *count += 1;
        }
    }
    counts
}

/// Keys down at each onset, including the new one.
fn keys_held(notes: &[NoteToken]) -> Vec<usize> {
    let onsets = onsets(notes);
    let mut releases: Vec<f64> = Vec::new();
    notes
        .iter()
        .zip(onsets)
        .map(|(note, onset)| {
            releases.retain(|&r| r > onset);
            releases.push(onset + duration_secs(note.duration));
            releases.len()
        })
        .collect()
}

/// The similarity of two sets of music in one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    pub name: String,
    /// Overlapping area of generated and real, 0–1, mean over the composers.
    pub overlap: f64,
    /// The same for real and other real music.
    pub real_overlap: f64,
    /// KL(generated‖real) in nats, mean over the composers.
    pub divergence: f64,
    pub real_divergence: f64,
}

/// A composer's music: generated, and two halves of real music without a common work.
pub struct Group {
    pub generated: Histograms,
    pub real: Histograms,
    pub other_real: Histograms,
}

/// Every distribution, averaged over `groups`.
pub fn likeness(groups: &[Group]) -> Vec<Likeness> {
    let over = |f: &dyn Fn(&Group) -> f64| mean(&groups.iter().map(f).collect::<Vec<_>>());
    COUNTED
        .iter()
        .enumerate()
        .map(|(i, (name, _))| Likeness {
            name: (*name).to_owned(),
            overlap: over(&|g| overlap(&g.generated.counts[i], &g.real.counts[i])),
            real_overlap: over(&|g| overlap(&g.other_real.counts[i], &g.real.counts[i])),
            divergence: over(&|g| divergence(&g.generated.counts[i], &g.real.counts[i])),
            real_divergence: over(&|g| divergence(&g.other_real.counts[i], &g.real.counts[i])),
        })
        .collect()
}

/// Mean cosine to real music of the same composer, and that minus the mean cosine to the others'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelativeCosine {
    pub same: f64,
    pub relative: f64,
}

/// Compares vectors and their composers with real vectors and theirs.
pub fn relative_cosine(music: &[(usize, Vec<f64>)], real: &[(usize, Vec<f64>)]) -> RelativeCosine {
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for (a, x) in music {
        for (b, y) in real {
            if a == b { &mut same } else { &mut other }.push(cosine(x, y));
        }
    }
    RelativeCosine { same: mean(&same), relative: mean(&same) - mean(&other) }
}

/// The token histograms of one segment as a vector for [`relative_cosine`].
pub fn histogram_vector(notes: &[NoteToken]) -> Vec<f64> {
    Histograms::of([notes]).as_vector()
}

/// Five basic statistics of a segment.
const FIGURES: [&str; 5] = ["repeated pitch", "density", "duration", "velocity", "pedal"];

fn figures(notes: &[NoteToken]) -> [f64; 5] {
    let n = notes.len().max(1) as f64;
    let repeated = notes.windows(2).filter(|p| p[0].pitch == p[1].pitch).count() as f64 / (n - 1.0).max(1.0);
    let secs = onsets(notes).last().copied().unwrap_or(0.0);
    let average = |f: &dyn Fn(&NoteToken) -> f64| notes.iter().map(f).sum::<f64>() / n;
    [
        repeated,
        if secs > 0.0 { n / secs } else { 0.0 },
        average(&|t| duration_secs(t.duration)),
        average(&|t| f64::from(velocity_value(t.velocity))),
        average(&|t| if t.get(Field::Pedal) > 0 { 1.0 } else { 0.0 }),
    ]
}

/// How many segments are outside the 5th to 95th percentile of their composer's real music, in one statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutOfRange {
    pub name: String,
    /// Share of the generated takes below the 5th or above the 95th percentile.
    pub generated: f64,
    /// Share of held-out real segments.
    pub real: f64,
    pub generated_mean: f64,
    pub real_mean: f64,
}

/// Segments with their composers.
pub type Labelled<'a> = (usize, &'a [NoteToken]);

/// `range` gives the percentiles, per composer.
pub fn out_of_range(generated: &[Labelled], held_out: &[Labelled], range: &[Labelled]) -> Vec<OutOfRange> {
    let measured = |set: &[Labelled]| set.iter().map(|(k, notes)| (*k, figures(notes))).collect::<Vec<_>>();
    let (generated, held_out, range) = (measured(generated), measured(held_out), measured(range));
    let n_composers = range.iter().map(|(k, _)| k + 1).max().unwrap_or(0);
    FIGURES
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let bounds: Vec<(f64, f64)> = (0..n_composers)
                .map(|k| {
                    let mut own: Vec<f64> =
                        range.iter().filter(|(c, _)| *c == k).map(|(_, f)| f[i]).collect();
                    own.sort_by(f64::total_cmp);
                    (quantile(&own, 0.05), quantile(&own, 0.95))
                })
                .collect();
            let outside = |set: &[(usize, [f64; 5])]| {
                let is_outside = |(k, f): &(usize, [f64; 5])| {
                    bounds.get(*k).is_some_and(|(low, high)| f[i] < *low || f[i] > *high)
                };
                set.iter().filter(|s| is_outside(s)).count() as f64 / set.len().max(1) as f64
            };
            let average =
                |set: &[(usize, [f64; 5])]| mean(&set.iter().map(|(_, f)| f[i]).collect::<Vec<_>>());
            OutOfRange {
                name: (*name).to_owned(),
                generated: outside(&generated),
                real: outside(&held_out),
                generated_mean: average(&generated),
                real_mean: average(&held_out),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pitch: u8, gap: u8, duration: u8) -> NoteToken {
        NoteToken { pitch, velocity: 16, duration, pedal: 1, gap }
    }

    #[test]
    fn figures_by_hand() {
        // Gap bin 20 is 0.2 s. Four notes in 0.6 s, one pair of equal pitches of three.
        let f = figures(&[note(10, 20, 0), note(10, 20, 0), note(12, 20, 0), note(10, 0, 0)]);
        assert!((f[0] - 1.0 / 3.0).abs() < 1e-12);
        assert!((f[1] - 4.0 / 0.6).abs() < 1e-9);
        assert!((f[2] - 0.02).abs() < 1e-12);
        assert_eq!((f[3], f[4]), (66.0, 1.0));
    }

    #[test]
    fn keys_are_held_as_long_as_they_are_down() {
        // The first lasts 10 s, the second 20 ms.
        assert_eq!(keys_held(&[note(1, 5, 63), note(2, 5, 0), note(3, 0, 0), note(4, 0, 0)]), [1, 2, 2, 3]);
    }

    #[test]
    fn music_is_like_itself() {
        let a = [note(10, 20, 5), note(20, 24, 9), note(30, 24, 9)];
        let b = [note(50, 3, 40), note(50, 3, 40), note(51, 3, 41)];
        let group = |x: &[NoteToken], y: &[NoteToken]| Group {
            generated: Histograms::of([x]),
            real: Histograms::of([y]),
            other_real: Histograms::of([y]),
        };
        for row in likeness(&[group(&a, &a)]).iter().filter(|r| r.name != "density") {
            assert_eq!((row.overlap, row.divergence), (1.0, 0.0), "{}", row.name);
        }
        let pitch = &likeness(&[group(&a, &b)])[0];
        assert_eq!((pitch.overlap, pitch.real_overlap), (0.0, 1.0));
        assert!(pitch.divergence > 0.0);
    }

    #[test]
    fn relative_cosine_by_hand() {
        let music = vec![(0, vec![1.0, 0.0])];
        let real = vec![(0, vec![1.0, 1.0]), (1, vec![0.0, 1.0])];
        let c = relative_cosine(&music, &real);
        assert!((c.same - 0.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(c.relative, c.same);
    }

    #[test]
    fn half_outside_is_half_outside() {
        let slow = [note(1, 40, 5), note(2, 40, 5), note(3, 0, 5)];
        let fast = [note(1, 2, 5), note(2, 2, 5), note(3, 0, 5)];
        let rows = out_of_range(&[(0, &slow), (0, &fast)], &[(0, &slow)], &[(0, &slow), (0, &slow)]);
        let density = rows.iter().find(|r| r.name == "density").unwrap();
        assert_eq!((density.generated, density.real), (0.5, 0.0));
    }
}
