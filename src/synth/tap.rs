//! Notes down what a renderer plays, for an instrument outside.

use super::playhead::PlayheadEvent;

/// Most events between two looks; a chord of all keys with their releases has 176.
const CAPACITY: usize = 512;

/// The events since the last look, in a list that never grows.
pub struct Tap {
    events: Vec<PlayheadEvent>,
    is_open: bool,
}

impl Default for Tap {
    fn default() -> Tap {
        Tap { events: Vec::with_capacity(CAPACITY), is_open: false }
    }
}

impl Tap {
    pub fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
        self.events.clear();
    }

    /// Notes an event down; what does not fit is left out.
    pub fn push(&mut self, event: PlayheadEvent) {
        if self.is_open && self.events.len() < CAPACITY {
            self.events.push(event);
        }
    }

    pub fn take(&mut self) -> impl Iterator<Item = PlayheadEvent> + '_ {
        self.events.drain(..)
    }
}
