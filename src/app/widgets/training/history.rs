//! A curve in bounded memory: recent points exactly, older ones as ranges with minimum, mean and maximum.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// Number of exact points kept.
const RECENT: usize = 2048;
/// Maximum number of ranges; when there are more, neighbours are merged.
const BUCKETS: usize = 2048;

/// A range of consecutive points, possibly a single one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// `x` of its first point.
    pub x: f64,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
    pub count: u32,
}

impl Stretch {
    fn point(x: f64, y: f64) -> Stretch {
        Stretch { x, min: y, mean: y, max: y, count: 1 }
    }

    fn join(self, later: Stretch) -> Stretch {
        let count = self.count + later.count;
        let weighted = self.mean * f64::from(self.count) + later.mean * f64::from(later.count);
        Stretch {
            x: self.x,
            min: self.min.min(later.min),
            mean: weighted / f64::from(count),
            max: self.max.max(later.max),
            count,
        }
    }
}

/// The points of one curve, with ascending `x`, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct History {
    recent: VecDeque<[f64; 2]>,
    /// The whole curve; all ranges but the last have the same count.
    whole: Vec<Stretch>,
    per_bucket: u32,
}

impl History {
    /// Adds a point. Ignores values that are not finite, and points that are not after the last one.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() || !y.is_finite() || self.last().is_some_and(|last| x <= last[0]) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back([x, y]);
        let per_bucket = self.per_bucket.max(1);
        match self.whole.last_mut() {
            Some(last) if last.count < per_bucket => *last = last.join(Stretch::point(x, y)),
            _ => self.whole.push(Stretch::point(x, y)),
        }
        if self.whole.len() > BUCKETS {
            self.whole =
                self.whole.chunks(2).filter_map(|pair| pair.iter().copied().reduce(Stretch::join)).collect();
            self.per_bucket = per_bucket * 2;
        }
    }

    /// Drops all points after `x`: a resumed run repeats those steps.
    pub fn cut_after(&mut self, x: f64) {
        self.recent.retain(|p| p[0] <= x);
        self.whole.retain(|s| s.x <= x);
    }

    pub fn clear(&mut self) {
        *self = History::default();
    }

    pub fn last(&self) -> Option<[f64; 2]> {
        self.recent.back().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// The whole curve: ranges, then single points.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        let from = self.recent.front().map_or(f64::INFINITY, |p| p[0]);
        let earlier = self.whole.partition_point(|s| s.x < from);
        // A range that overlaps the exact points would be drawn twice.
        let straddles = earlier > 0 && self.per_bucket > 1 && self.whole.len() > earlier;
        let earlier = if straddles { earlier - 1 } else { earlier };
        let points = self.recent.iter().map(|p| Stretch::point(p[0], p[1]));
        self.whole[..earlier].iter().copied().chain(points)
    }

    /// The exponential moving average, corrected for its start. `smoothing` 0 is the curve itself, 0.999 about the
    /// mean of the last thousand points.
    pub fn smoothed(&self, smoothing: f64) -> Vec<[f64; 2]> {
        let smoothing = smoothing.clamp(0.0, 0.999);
        let (mut sum, mut weight) = (0.0, 0.0);
        self.stretches()
            .map(|s| {
                let keep = smoothing.powi(s.count.min(100_000) as i32);
                sum = sum * keep + s.mean * (1.0 - keep);
                weight = weight * keep + (1.0 - keep);
                [s.x, if weight > 0.0 { sum / weight } else { s.mean }]
            })
            .collect()
    }

    /// The curve as minimum and maximum per screen column: at most two points per column, and no peak is lost.
    /// `map_x` maps `x` to the axis (such as its logarithm); `axis` is the range that the columns cover.
    pub fn envelope(
        &self,
        map_x: impl Fn(f64) -> f64,
        axis: RangeInclusive<f64>,
        columns: usize,
    ) -> Vec<[f64; 2]> {
        let mut line: Vec<[f64; 2]> = Vec::new();
        let mut open: Option<(usize, Stretch)> = None;
        let width = (axis.end() - axis.start()).max(f64::MIN_POSITIVE);
        let mut close = |column: Option<(usize, Stretch)>| {
            let Some((_, s)) = column else { return };
            let x = map_x(s.x);
            line.push([x, s.min]);
            if s.max > s.min {
                line.push([x, s.max]);
            }
        };
        for s in self.stretches() {
            let x = map_x(s.x);
            if !x.is_finite() {
                continue;
            }
            let share = ((x - axis.start()) / width).clamp(0.0, 1.0);
            let column = (share * columns.max(1) as f64) as usize;
            open = match open {
                Some((c, before)) if c == column => Some((c, before.join(s))),
                other => {
                    close(other);
                    Some((column, s))
                }
            };
        }
        close(open);
        line
    }
}

/// Keeps at most `limit` points of a line, evenly spaced, and always the last one.
pub fn thinned(line: Vec<[f64; 2]>, limit: usize) -> Vec<[f64; 2]> {
    if line.len() <= limit.max(2) {
        return line;
    }
    let every = line.len().div_ceil(limit.max(2));
    let last = line.last().copied();
    line.into_iter().step_by(every).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: u32, y: impl Fn(u32) -> f64) -> History {
        let mut h = History::default();
        (0..count).for_each(|i| h.push(f64::from(i), y(i)));
        h
    }

    #[test]
    fn stays_small_and_loses_no_peak() {
        let h = filled(300_000, |i| if i == 77_777 { 50.0 } else { 1.0 });
        assert!(h.recent.len() <= RECENT && h.whole.len() <= BUCKETS);
        assert_eq!(h.stretches().map(|s| s.max).fold(0.0, f64::max), 50.0);
        let line = h.envelope(|x| x, 0.0..=300_000.0, 600);
        assert!(line.len() <= 1300, "{}", line.len());
        assert!(line.iter().any(|p| p[1] == 50.0));
        assert_eq!(h.last(), Some([299_999.0, 1.0]));
    }

    #[test]
    fn every_point_is_told_once_and_in_order() {
        for count in [1, 100, 2048, 2049, 5000, 60_000] {
            let h = filled(count, |_| 1.0);
            let xs: Vec<f64> = h.stretches().map(|s| s.x).collect();
            assert!(xs.windows(2).all(|w| w[0] < w[1]), "{count}");
            let told: u32 = h.stretches().map(|s| s.count).sum();
            // Where a stretch reaches into the exact points it is left out: never more than one stretch is missing.
            assert!(told <= count && count - told <= h.per_bucket.max(1), "{count} {told}");
        }
    }

    #[test]
    fn broken_values_are_left_out() {
        let mut h = filled(3, |_| 2.0);
        h.push(3.0, f64::NAN);
        h.push(2.0, 9.0);
        assert_eq!(h.last(), Some([2.0, 2.0]));
    }

    #[test]
    fn smoothing_follows_the_mean_and_starts_without_pull() {
        let h = filled(2000, |i| 5.0 + if i % 2 == 0 { 1.0 } else { -1.0 });
        assert_eq!(h.smoothed(0.0)[7], [7.0, 4.0]);
        let smooth = h.smoothed(0.99);
        assert!((smooth[1999][1] - 5.0).abs() < 0.02);
        assert!((smooth[0][1] - 6.0).abs() < 1e-9, "the first point is itself, not a hundredth of itself");
        assert!(h.smoothed(2.0).iter().all(|p| p[1].is_finite()));
    }

    #[test]
    fn resuming_goes_back() {
        let mut h = filled(100, f64::from);
        h.cut_after(49.0);
        assert_eq!(h.last(), Some([49.0, 49.0]));
        h.push(50.0, 1.0);
        assert_eq!(h.last(), Some([50.0, 1.0]));
    }

    #[test]
    fn a_logarithmic_axis_drops_step_zero() {
        let h = filled(1000, |_| 1.0);
        let line = h.envelope(f64::log10, 0.0..=3.0, 100);
        assert!(line.iter().all(|p| p[0].is_finite()));
        assert!(line.len() <= 101);
    }

    #[test]
    fn thinning_keeps_the_end() {
        let line: Vec<[f64; 2]> = (0..5001).map(|i| [f64::from(i), 0.0]).collect();
        let thin = thinned(line, 500);
        assert!(thin.len() <= 501);
        assert_eq!(thin.last(), Some(&[5000.0, 0.0]));
    }
}
