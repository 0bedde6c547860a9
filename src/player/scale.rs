//! A scale to try the sound with.

use crate::music::{Pitch, Velocity};

/// C major from the middle of the keyboard, up and down.
const KEYS: [u8; 15] = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60];
/// Time from one note to the next.
const STEP_SECS: f64 = 0.25;

/// A scale that is being played; without a first block it is over.
#[derive(Debug, Default)]
pub(super) struct Scale {
    next: usize,
    /// Until the next note.
    secs: f64,
    is_playing: bool,
}

impl Scale {
    pub fn start(&mut self) {
        *self = Scale { next: 0, secs: 0.0, is_playing: true };
    }

    pub fn stop(&mut self) {
        self.is_playing = false;
    }

    /// A block of `secs` begins; returns the note that begins with it.
    pub fn step(&mut self, secs: f64) -> Option<(Pitch, Velocity)> {
        if !self.is_playing {
            return None;
        }
        self.secs -= secs;
        if self.secs > 0.0 {
            return None;
        }
        self.secs += STEP_SECS;
        let key = KEYS.get(self.next).copied();
        self.next += 1;
        self.is_playing = key.is_some();
        Some((Pitch::new(key?)?, Velocity::clamped(80)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_up_and_down_in_even_steps_and_ends() {
        let mut scale = Scale::default();
        assert_eq!(scale.step(0.01), None);
        scale.start();
        let heard: Vec<(usize, u8)> =
            (0..500).filter_map(|block| Some((block, scale.step(0.01)?.0.number()))).collect();
        assert_eq!(heard.len(), 15);
        assert_eq!((heard[0], heard[7].1, heard[14].1), ((0, 60), 72, 60));
        assert!(heard.windows(2).all(|w| (24..=26).contains(&(w[1].0 - w[0].0))), "{heard:?}");
        scale.start();
        scale.step(0.01);
        scale.stop();
        assert!((0..500).all(|_| scale.step(0.01).is_none()));
    }
}
