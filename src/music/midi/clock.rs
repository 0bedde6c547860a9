//! Converts ticks to seconds.

use midly::Timing;

const DEFAULT_QUARTER_SECS: f64 = 0.5;

/// From `tick` on, at `secs`, a tick lasts `tick_secs`.
struct Anchor {
    tick: u64,
    secs: f64,
    tick_secs: f64,
}

/// The time of every tick of a file.
pub(super) struct Clock {
    anchors: Vec<Anchor>,
}

impl Clock {
    /// `tempos` are (tick, microseconds per quarter note), in any order; SMPTE time has none.
    pub fn new(timing: Timing, mut tempos: Vec<(u64, u32)>) -> Clock {
        let ticks_per_quarter = match timing {
            Timing::Timecode(fps, subframes) => {
                // `as_f32` would be off by a millisecond in an hour.
                let frames = if fps.as_int() == 29 { 30.0 / 1.001 } else { f64::from(fps.as_int()) };
                let tick_secs = 1.0 / (frames * f64::from(subframes.max(1)));
                return Clock { anchors: vec![Anchor { tick: 0, secs: 0.0, tick_secs }] };
            }
            Timing::Metrical(ticks) => f64::from(ticks.as_int().max(1)),
        };
        tempos.sort_by_key(|&(tick, _)| tick);
        let mut anchors =
            vec![Anchor { tick: 0, secs: 0.0, tick_secs: DEFAULT_QUARTER_SECS / ticks_per_quarter }];
        for (tick, micros) in tempos.into_iter().filter(|&(_, micros)| micros > 0) {
            let secs = secs_at(&anchors, tick);
            anchors.push(Anchor { tick, secs, tick_secs: f64::from(micros) * 1e-6 / ticks_per_quarter });
        }
        Clock { anchors }
    }

    pub fn secs(&self, tick: u64) -> f64 {
        let after = self.anchors.partition_point(|a| a.tick <= tick);
        secs_at(&self.anchors[..after.max(1)], tick)
    }
}

/// The time of a tick that is not before the last anchor.
fn secs_at(anchors: &[Anchor], tick: u64) -> f64 {
    anchors.last().map_or(0.0, |a| a.secs + tick.saturating_sub(a.tick) as f64 * a.tick_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use midly::{Fps, num::u15};

    #[test]
    fn tempo_changes_add_up() {
        let clock =
            Clock::new(Timing::Metrical(u15::new(100)), vec![(300, 250_000), (100, 1_000_000), (300, 0)]);
        assert_eq!(clock.secs(50), 0.25);
        assert_eq!(clock.secs(100), 0.5);
        assert_eq!(clock.secs(300), 2.5);
        assert!((clock.secs(400) - 2.75).abs() < 1e-12);
    }

    #[test]
    fn smpte_counts_frames() {
        assert_eq!(Clock::new(Timing::Timecode(Fps::Fps25, 40), vec![]).secs(1000), 1.0);
        let ntsc = Clock::new(Timing::Timecode(Fps::Fps29, 100), vec![(0, 1)]);
        assert!((ntsc.secs(3000) - 1.001).abs() < 1e-12);
    }
}
