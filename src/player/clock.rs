//! The smoothed clock of the sound card: which frame is heard now.
//!
//! The callback renders frames in bursts, ahead of what is heard. rodio does not say how far ahead, but it can be
//! measured: the rendered time minus the time since the card started is what is still in buffers.

/// The first frames fill the buffers; after this the lead is steady enough to be measured.
const SETTLE_SECS: f64 = 0.5;
/// The lead is averaged for this long and then fixed: later changes are drift or gaps, not latency.
const MEASURE_SECS: f64 = 2.0;
/// A lead that differs by more than this was a gap in the sound: measure again.
const GAP_SECS: f64 = 0.08;
/// Share of the drift between the card's clock and the computer's that each block corrects.
const FOLLOW: f64 = 0.002;

/// The clock. Times are seconds of a monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Estimated time at which the first frame was heard.
    start_secs: Option<f64>,
    measured_from_secs: Option<f64>,
    rendered_secs: f64,
    lead_sum: f64,
    lead_count: u32,
    lead_secs: Option<f64>,
}

impl Clock {
    /// A block of `block_secs` is rendered at `now_secs`.
    pub fn tick(&mut self, now_secs: f64, block_secs: f64) {
        let start = *self.start_secs.get_or_insert(now_secs);
        let measured_from = *self.measured_from_secs.get_or_insert(now_secs);
        self.rendered_secs += block_secs;
        let lead = self.rendered_secs - (now_secs - start);
        let elapsed = now_secs - measured_from;
        match self.lead_secs {
            // The buffers ran empty, or the card started late: it starts now.
            None if lead < 0.0 => {
                self.start_secs = Some(now_secs - self.rendered_secs + block_secs);
                self.measured_from_secs = Some(now_secs);
                (self.lead_sum, self.lead_count) = (0.0, 0);
            }
            None if elapsed < SETTLE_SECS => {}
            None => {
                self.lead_sum += lead;
                self.lead_count += 1;
                if elapsed > SETTLE_SECS + MEASURE_SECS {
                    self.lead_secs = Some((self.lead_sum / f64::from(self.lead_count)).max(0.0));
                }
            }
            Some(usual) => {
                let off = lead - usual;
                let correction = if off.abs() > GAP_SECS { off } else { off * FOLLOW };
                self.start_secs = Some(start - correction);
            }
        }
    }

    /// The latency from rendering to hearing, as measured so far.
    pub fn latency_secs(&self) -> Option<f64> {
        match self.lead_secs {
            Some(lead) => Some(lead),
            None => (self.lead_count > 0).then(|| (self.lead_sum / f64::from(self.lead_count)).max(0.0)),
        }
    }

    /// The time at which the last rendered frame will be heard.
    pub fn heard_at_secs(&self) -> f64 {
        self.start_secs.unwrap_or(0.0) + self.rendered_secs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_SECS: f64 = 64.0 / 48_000.0;

    /// A card that asks for bursts of eight blocks whenever its buffer of sixteen has room, with a clock that is
    /// `ppm` off and calls that come up to 3 ms late. Returns the largest error of `heard_at_secs` after `from`.
    fn worst_error(ppm: f64, minutes: f64, from_secs: f64) -> (f64, Clock) {
        let mut clock = Clock::default();
        let speed = 1.0 + ppm * 1e-6;
        let (mut rendered, mut noise, mut worst) = (0u64, 1u32, 0.0f64);
        while (rendered as f64) * BLOCK_SECS < minutes * 60.0 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let late = f64::from(noise >> 8) / f64::from(1 << 24) * 0.003;
            let due = (rendered as f64 - 8.0).max(0.0) * BLOCK_SECS / speed;
            for _ in 0..8 {
                rendered += 1;
                clock.tick(due + late, BLOCK_SECS);
            }
            if due > from_secs {
                let heard = rendered as f64 * BLOCK_SECS / speed;
                worst = worst.max((clock.heard_at_secs() - heard).abs());
            }
        }
        (worst, clock)
    }

    #[test]
    fn follows_a_steady_card_to_a_few_milliseconds() {
        let (worst, clock) = worst_error(0.0, 0.5, 0.1);
        assert!(worst < 0.004, "{worst}");
        let latency = clock.latency_secs().unwrap();
        assert!((0.010..0.020).contains(&latency), "{latency}");
    }

    #[test]
    fn follows_a_clock_that_drifts_for_an_hour() {
        let (worst, _) = worst_error(200.0, 60.0, 10.0);
        assert!(worst < 0.006, "{worst}");
    }

    #[test]
    fn a_card_that_begins_late_is_measured_from_then() {
        let mut clock = Clock::default();
        for n in 0..6_000 {
            // Two bursts fill the buffer; then nothing is asked for until 1.3 s have gone by.
            let now = if n < 16 { 0.0 } else { 1.3 + f64::from(n / 8 * 8 - 16) * BLOCK_SECS };
            clock.tick(now, BLOCK_SECS);
        }
        let latency = clock.latency_secs().unwrap();
        assert!((0.0..0.02).contains(&latency), "{latency}");
        let now = 1.3 + 5_976.0 * BLOCK_SECS;
        assert!((0.0..0.025).contains(&(clock.heard_at_secs() - now)), "{}", clock.heard_at_secs() - now);
    }

    #[test]
    fn a_gap_moves_what_is_heard() {
        let mut clock = Clock::default();
        let mut now = 0.0;
        for n in 0..10_000 {
            if n == 8_000 {
                now += 0.5;
            }
            clock.tick(now, BLOCK_SECS);
            now += BLOCK_SECS;
        }
        assert!((clock.heard_at_secs() - now).abs() < 0.01, "{} {now}", clock.heard_at_secs());
    }
}
