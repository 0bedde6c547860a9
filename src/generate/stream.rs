//! Streams the notes of a take while it is composed.

use super::take::StreamedNotes;
use crate::tokens::{DecodeState, NoteToken, Silences, decode_step};

/// Decodes tokens as they arrive and passes on the new notes.
pub(super) struct Stream {
    state: DecodeState,
    silences: Silences,
    sent: usize,
}

impl Stream {
    /// `silences` are the silences that the tokens leave out.
    pub fn new(silences: Silences) -> Stream {
        Stream { state: DecodeState::begin(silences.lead_secs), silences, sent: 0 }
    }

    /// Passes on the `tokens` that are new.
    pub fn send(&mut self, tokens: &[NoteToken], on_notes: &mut dyn FnMut(StreamedNotes)) {
        let mut pedal = Vec::new();
        let new = &tokens[self.sent.min(tokens.len())..];
        if new.is_empty() {
            return;
        }
        let mut notes = Vec::new();
        for (i, &token) in new.iter().enumerate() {
            notes.extend(decode_step(token, &mut self.state, &mut pedal));
            self.state.time_secs += self.silences.after(self.sent + i);
        }
        self.sent = tokens.len();
        on_notes(StreamedNotes {
            notes,
            pedal,
            ready_until_secs: self.state.time_secs,
            done_notes: self.sent,
        });
    }
}
