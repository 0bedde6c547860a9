//! What is played, with the times at which it is heard, for an instrument outside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::status::Shared;
use crate::music::{Pitch, Velocity};
use crate::synth::PlayheadEvent;

/// Capacity of the channel: some seconds of the densest music.
pub(super) const TAP: usize = 2048;

/// Something that is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayedEvent {
    Music(PlayheadEvent),
    /// A short note besides the music.
    Audition {
        pitch: Pitch,
        velocity: Velocity,
    },
}

/// An event, and when it is heard on the sound card, in seconds of [`TapReader::instant`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    pub heard_at_secs: f64,
    pub event: PlayedEvent,
}

/// Reads what the callback plays once it was asked for with
/// [`PlayerCommand::SetTapped`](super::PlayerCommand::SetTapped). It is polled: the callback must not wake a thread.
#[derive(Clone)]
pub struct TapReader {
    pub(super) events: Receiver<Played>,
    pub(super) shared: Arc<Shared>,
}

impl TapReader {
    /// The next event, if there is one.
    pub fn next(&self) -> Option<Played> {
        self.events.try_recv().ok()
    }

    /// The moment `secs` after the player was made.
    pub fn instant(&self, secs: f64) -> Instant {
        self.shared.epoch() + Duration::try_from_secs_f64(secs.max(0.0)).unwrap_or_default()
    }
}
