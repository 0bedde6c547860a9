//! Other contents of a MIDI file (pedals, tempo, metre), kept so that they can be written again.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::pedal::PedalChange;

/// From `time_secs` on a quarter note lasts `quarter_micros` microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TempoChange {
    pub time_secs: f64,
    pub quarter_micros: u32,
}

/// From `time_secs` on a measure has `beats` beats, each a note of 1/2^`beat_power`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetreChange {
    pub time_secs: f64,
    pub beats: u8,
    pub beat_power: u8,
}

/// The other two pedals, the tempo and the metre, in order of time. The studio does not play them; times are in seconds
/// throughout, so the tempo only says where the beats are. The default: no pedals, 4/4 at 120 quarters a minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Markings {
    /// Controller 67, the soft pedal.
    pub soft: Vec<PedalChange>,
    /// Controller 66.
    pub sostenuto: Vec<PedalChange>,
    pub tempos: Vec<TempoChange>,
    pub metres: Vec<MetreChange>,
    /// Ticks per quarter in the file, unless the usual 960 are a multiple of them.
    pub ticks_per_quarter: Option<u16>,
}

impl Markings {
    pub fn is_empty(&self) -> bool {
        *self == Markings::default()
    }

    /// See [`Performance::slice_secs`](super::Performance::slice_secs).
    pub(super) fn slice_secs(&self, range: &Range<f64>, is_cut: bool) -> Markings {
        Markings {
            soft: slice_pedal(&self.soft, range, is_cut),
            sostenuto: slice_pedal(&self.sostenuto, range, is_cut),
            tempos: slice(&self.tempos, range, |t| t.time_secs, at_tempo),
            metres: slice(&self.metres, range, |m| m.time_secs, at_metre),
            ticks_per_quarter: self.ticks_per_quarter,
        }
    }

    /// See [`Performance::at_tempo`](super::Performance::at_tempo).
    pub(super) fn at_tempo(&self, scale: f64) -> Markings {
        let secs = |time_secs: f64| time_secs / scale;
        let pedal = |changes: &[PedalChange]| scale_pedal(changes, scale);
        let usual = [TempoChange { time_secs: 0.0, quarter_micros: DEFAULT_QUARTER_MICROS }];
        let begins = self.tempos.first().is_some_and(|t| t.time_secs <= 0.0);
        let tempos = usual.iter().filter(|_| !begins).chain(&self.tempos);
        Markings {
            soft: pedal(&self.soft),
            sostenuto: pedal(&self.sostenuto),
            tempos: tempos
                .map(|t| TempoChange {
                    time_secs: secs(t.time_secs),
                    quarter_micros: (f64::from(t.quarter_micros) / scale).round() as u32,
                })
                .collect(),
            metres: self.metres.iter().map(|m| at_metre(m, secs(m.time_secs))).collect(),
            ticks_per_quarter: self.ticks_per_quarter,
        }
    }
}

/// The default tempo.
pub const DEFAULT_QUARTER_MICROS: u32 = 500_000;

fn at_tempo(tempo: &TempoChange, time_secs: f64) -> TempoChange {
    TempoChange { time_secs, ..*tempo }
}

fn at_metre(metre: &MetreChange, time_secs: f64) -> MetreChange {
    MetreChange { time_secs, ..*metre }
}

/// The changes within `range`, shifted to begin at zero, starting with the one in effect at its beginning.
fn slice<T>(
    changes: &[T],
    range: &Range<f64>,
    secs: impl Fn(&T) -> f64,
    moved: impl Fn(&T, f64) -> T,
) -> Vec<T> {
    let begin = changes.partition_point(|change| secs(change) <= range.start);
    let standing = begin.checked_sub(1).map(|index| moved(&changes[index], 0.0));
    let inside = changes[begin..].iter().filter(|change| secs(change) < range.end);
    standing.into_iter().chain(inside.map(|change| moved(change, secs(change) - range.start))).collect()
}

/// A pedal within `range`, shifted to begin at zero. It begins with the pedal's state there, and is lifted at the end
/// of the range.
pub(super) fn slice_pedal(changes: &[PedalChange], range: &Range<f64>, is_cut: bool) -> Vec<PedalChange> {
    let moved = |change: &PedalChange, time_secs: f64| PedalChange { time_secs, ..*change };
    let mut pedal = slice(changes, range, |change| change.time_secs, moved);
    if pedal.first().is_some_and(|first| first.time_secs == 0.0 && first.value == 0) {
        pedal.remove(0);
    }
    if is_cut && pedal.last().is_some_and(|last| last.value > 0) {
        pedal.push(PedalChange { time_secs: range.end - range.start, value: 0 });
    }
    pedal
}

pub(super) fn scale_pedal(changes: &[PedalChange], scale: f64) -> Vec<PedalChange> {
    let scaled = |change: &PedalChange| PedalChange { time_secs: change.time_secs / scale, ..*change };
    changes.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_begins_with_the_markings_in_effect() {
        let tempo = |time_secs, quarter_micros| TempoChange { time_secs, quarter_micros };
        let soft = |time_secs, value| PedalChange { time_secs, value };
        let markings = Markings {
            soft: vec![soft(1.0, 127), soft(9.0, 0)],
            tempos: vec![tempo(0.0, 400_000), tempo(3.0, 800_000), tempo(7.0, 300_000)],
            metres: vec![MetreChange { time_secs: 0.0, beats: 3, beat_power: 3 }],
            ..Markings::default()
        };
        let part = markings.slice_secs(&(2.0..6.0), true);
        assert_eq!(part.tempos, [tempo(0.0, 400_000), tempo(1.0, 800_000)]);
        assert_eq!(part.soft, [soft(0.0, 127), soft(4.0, 0)]);
        assert_eq!((part.metres[0].beats, part.metres[0].time_secs), (3, 0.0));
        let slow = markings.at_tempo(0.5);
        assert_eq!(slow.tempos[1], tempo(6.0, 1_600_000));
        assert_eq!(slow.soft[1], soft(18.0, 0));
        assert_eq!(Markings::default().at_tempo(2.0).tempos, [tempo(0.0, 250_000)]);
    }
}
