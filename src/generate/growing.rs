//! A take that is still being composed.

use super::take::StreamedNotes;
use crate::music::{Note, PedalChange, Performance};

/// The take so far.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    /// In the order in which they were composed.
    pub notes: Vec<Note>,
    pub pedal: Vec<PedalChange>,
    /// The music before this time is final, in seconds.
    pub ready_until_secs: f64,
    /// Notes so far, including the prompt.
    pub done_notes: usize,
}

impl Growing {
    pub fn add(&mut self, new: StreamedNotes) {
        self.notes.extend(new.notes);
        self.pedal.extend(new.pedal);
        self.ready_until_secs = new.ready_until_secs;
        self.done_notes = new.done_notes;
    }

    pub fn performance(&self) -> Performance {
        Performance::new(self.notes.clone(), self.pedal.clone())
    }
}
