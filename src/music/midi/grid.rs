//! Converts seconds to ticks, the inverse of [`super::clock`].

use super::{MAX_SECS, TICKS_PER_QUARTER};
use crate::music::{DEFAULT_QUARTER_MICROS, Markings};

/// Maximum ticks per quarter: the header has 15 bits for them.
const MAX_TICKS_PER_QUARTER: u32 = 0x7fff;
/// Maximum length of a tick, in microseconds; longer ones would be audible.
const MAX_TICK_MICROS: u32 = 521;
/// Maximum time in a file, in ticks.
const MAX_TICK: u64 = 0x0fff_ffff;

/// From `tick` on, at `secs`, a quarter lasts `quarter_micros`.
struct Anchor {
    tick: u64,
    secs: f64,
    quarter_micros: u32,
}

/// The ticks of a file to write, with tempo changes.
pub(super) struct Grid {
    pub ticks_per_quarter: u16,
    anchors: Vec<Anchor>,
}

impl Grid {
    /// A grid with a tick wherever the source file of `markings` had one, if possible, and no tick longer than half a
    /// millisecond. `end_secs` is the end of the music: if that takes too many ticks, the tempo is not kept.
    pub fn new(markings: &Markings, end_secs: f64) -> Grid {
        let tempos = markings.tempos.iter();
        let slowest = tempos.clone().map(|t| t.quarter_micros).max();
        let wanted = slowest.unwrap_or(DEFAULT_QUARTER_MICROS).div_ceil(MAX_TICK_MICROS);
        let step = u32::from(markings.ticks_per_quarter.unwrap_or(TICKS_PER_QUARTER)).max(1);
        let times = wanted.div_ceil(step).min(MAX_TICKS_PER_QUARTER / step).max(1);
        let mut grid = Grid {
            ticks_per_quarter: (step * times).min(MAX_TICKS_PER_QUARTER) as u16,
            anchors: vec![Anchor { tick: 0, secs: 0.0, quarter_micros: DEFAULT_QUARTER_MICROS }],
        };
        for tempo in tempos.filter(|tempo| tempo.quarter_micros > 0) {
            let tick = grid.tick(tempo.time_secs);
            // The tick is not exactly at that time; do not accumulate the error.
            let secs = grid.secs(tick);
            grid.anchors.push(Anchor { tick, secs, quarter_micros: tempo.quarter_micros });
        }
        if grid.tick(end_secs) > MAX_TICK && !markings.tempos.is_empty() {
            return Grid::new(&Markings::default(), end_secs);
        }
        grid
    }

    /// The first tick and the length of a quarter for each tempo, in order.
    pub fn tempos(&self) -> impl Iterator<Item = (u64, u32)> {
        // A tempo replaced at its own tick has no effect.
        let is_heard =
            |i: &usize| self.anchors.get(i + 1).is_none_or(|next| next.tick > self.anchors[*i].tick);
        let kept = (0..self.anchors.len()).filter(is_heard);
        kept.map(|i| (self.anchors[i].tick, self.anchors[i].quarter_micros))
    }

    fn tick_secs(&self, anchor: &Anchor) -> f64 {
        f64::from(anchor.quarter_micros) * 1e-6 / f64::from(self.ticks_per_quarter)
    }

    /// The tick nearest to a time.
    pub fn tick(&self, secs: f64) -> u64 {
        let secs = secs.clamp(0.0, MAX_SECS);
        let after = self.anchors.partition_point(|anchor| anchor.secs <= secs);
        let Some(anchor) = self.anchors.get(after.saturating_sub(1)) else {
            return 0;
        };
        let ticks = (secs - anchor.secs).max(0.0) / self.tick_secs(anchor);
        anchor.tick + ticks.round() as u64
    }

    fn secs(&self, tick: u64) -> f64 {
        let last = self.anchors.last();
        last.map_or(0.0, |anchor| {
            anchor.secs + tick.saturating_sub(anchor.tick) as f64 * self.tick_secs(anchor)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::TempoChange;

    #[test]
    fn keeps_the_ticks_of_the_source_file() {
        let tempo = |time_secs, quarter_micros| TempoChange { time_secs, quarter_micros };
        let markings = Markings {
            tempos: vec![tempo(0.0, 600_000), tempo(1.2, 300_000), tempo(3.0, 1_000_000)],
            ticks_per_quarter: Some(384),
            ..Markings::default()
        };
        let grid = Grid::new(&markings, 10.0);
        assert_eq!(u32::from(grid.ticks_per_quarter) % 384, 0);
        let quarter = u64::from(grid.ticks_per_quarter);
        // Two quarters of 0.6 s, six of 0.3 s, then one of 1 s.
        for (secs, quarters) in [(0.6, 1), (1.2, 2), (1.5, 3), (3.0, 8), (4.0, 9)] {
            assert_eq!(grid.tick(secs), quarters * quarter, "{secs}");
        }
        assert_eq!(grid.tempos().count(), 3);
        let plain = Grid::new(&Markings::default(), 10.0);
        assert_eq!((plain.ticks_per_quarter, plain.tick(1.0)), (960, 1920));
        assert_eq!(plain.tempos().collect::<Vec<_>>(), [(0, 500_000)]);
    }
}
