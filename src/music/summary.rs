//! Statistics of a performance.

use serde::Serialize;

use super::{Performance, Pitch};

/// Statistics of a performance, from [`Performance::summary`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub notes: usize,
    /// From the beginning to the last key release or pedal change.
    pub duration_secs: f64,
    /// Notes a second between the first onset and the last.
    pub notes_per_sec: f64,
    pub lowest: Option<Pitch>,
    pub highest: Option<Pitch>,
    /// 1–127; 0 when there are no notes.
    pub mean_velocity: f64,
    /// Lowest and highest velocity; zeros without notes.
    pub velocity_range: (u8, u8),
    /// Maximum number of keys down at once, without the pedal.
    pub most_keys_down: usize,
    pub pedal_changes: usize,
    /// The share of onsets, 0–1, at which the sustain pedal is down.
    pub pedal_down_share: f64,
}

impl Performance {
    pub fn summary(&self) -> Summary {
        let notes = self.notes();
        let velocities = || notes.iter().map(|n| n.velocity.value());
        let share = |sum: f64| {
            if notes.is_empty() { 0.0 } else { sum / notes.len() as f64 }
        };
        let span = match (notes.first(), notes.last()) {
            (Some(first), Some(last)) => last.onset_secs - first.onset_secs,
            _ => 0.0,
        };
        let range = self.pitch_range();
        Summary {
            notes: notes.len(),
            duration_secs: self.duration_secs(),
            notes_per_sec: if span > 0.0 { (notes.len() - 1) as f64 / span } else { 0.0 },
            lowest: range.map(|r| r.0),
            highest: range.map(|r| r.1),
            mean_velocity: share(velocities().map(f64::from).sum()),
            velocity_range: (velocities().min().unwrap_or(0), velocities().max().unwrap_or(0)),
            most_keys_down: self.most_keys_down(),
            pedal_changes: self.pedal().len(),
            pedal_down_share: share(self.onsets_with_pedal() as f64),
        }
    }

    fn most_keys_down(&self) -> usize {
        let ups = self.notes().iter().map(|n| (n.release_secs(), -1i64));
        let mut changes: Vec<(f64, i64)> =
            self.notes().iter().map(|n| (n.onset_secs, 1)).chain(ups).collect();
        // At equal times, keys are released before others are pressed.
        changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut down = 0;
        let counts = changes.into_iter().map(|(_, change)| {
            down += change;
            down
        });
        usize::try_from(counts.max().unwrap_or(0)).unwrap_or(0)
    }

    fn onsets_with_pedal(&self) -> usize {
        let mut changes = self.pedal().iter().peekable();
        let mut is_down = false;
        let is_down_at = |onset: f64| {
            while let Some(change) = changes.next_if(|c| c.time_secs <= onset) {
                is_down = change.is_down();
            }
            is_down
        };
        self.notes().iter().map(|n| n.onset_secs).map(is_down_at).filter(|&down| down).count()
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};

    #[test]
    fn counts_keys_and_pedal() {
        let note = |i: u8, onset_secs: f64| Note {
            pitch: Pitch::new(60 + i).unwrap(),
            onset_secs,
            duration_secs: 1.0,
            velocity: Velocity::new(40 + 10 * i).unwrap(),
        };
        let pedal = vec![PedalChange { time_secs: 0.9, value: 80 }, PedalChange { time_secs: 3.0, value: 0 }];
        let s =
            Performance::new(vec![note(0, 0.0), note(1, 0.5), note(2, 1.0), note(3, 2.0)], pedal).summary();
        assert_eq!((s.notes, s.most_keys_down, s.pedal_changes), (4, 2, 2));
        assert_eq!((s.mean_velocity, s.velocity_range), (55.0, (40, 70)));
        assert_eq!((s.notes_per_sec, s.pedal_down_share, s.duration_secs), (1.5, 0.5, 3.0));
    }

    #[test]
    fn an_empty_performance_has_an_empty_summary() {
        let s = Performance::default().summary();
        assert_eq!((s.notes, s.notes_per_sec, s.pedal_down_share, s.most_keys_down), (0, 0.0, 0.0, 0));
        assert_eq!(s.lowest, None);
    }
}
