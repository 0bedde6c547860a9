//! Notes handed on while a take is being made.

use super::take::StreamedNotes;
use crate::tokens::{DecodeState, NoteToken, decode_step};

/// Decodes tokens as they come and hands on what is new.
#[derive(Default)]
pub(super) struct Stream {
    state: DecodeState,
    sent: usize,
}

impl Stream {
    /// Hands on what of `tokens` was not handed on before.
    pub fn send(&mut self, tokens: &[NoteToken], on_notes: &mut dyn FnMut(StreamedNotes)) {
        let mut pedal = Vec::new();
        let new = &tokens[self.sent.min(tokens.len())..];
        if new.is_empty() {
            return;
        }
        let notes = new
            .iter()
            .filter_map(|&t| decode_step(t, &mut self.state, &mut pedal))
            .collect();
        self.sent = tokens.len();
        on_notes(StreamedNotes {
            notes,
            pedal,
            ready_until_secs: self.state.time_secs,
            done_notes: self.sent,
        });
    }
}
