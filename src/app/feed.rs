//! The growing take, from the engine's thread into the player.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::sound::log_busy;
use crate::generate::StreamedNotes;
use crate::jobs::{StreamPart, StreamSink};
use crate::music::Performance;
use crate::player::{PlayerBusy, PlayerHandle};
use crate::synth::ScoreId;

/// The way of a growing take from the engine's thread into the player, without the window in between.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Cleared when another take is put on the stage: the growing one goes on in silence.
    is_open: Arc<AtomicBool>,
}

impl Feed {
    pub fn new(is_open: bool) -> Feed {
        Feed {
            is_open: Arc::new(AtomicBool::new(is_open)),
        }
    }

    pub fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
    }

    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }
}

/// Pours a growing take into the player, on the engine's thread.
struct Pour {
    handle: PlayerHandle,
    feed: Feed,
    play: bool,
    note_capacity: usize,
    score: Option<ScoreId>,
}

impl Pour {
    fn add(&mut self, streamed: &StreamedNotes) -> Result<(), PlayerBusy> {
        if !self.feed.is_open() {
            return Ok(());
        }
        let id = match self.score {
            Some(id) => id,
            None => self.begin()?,
        };
        let (notes, pedal) = (streamed.notes.as_slice().into(), streamed.pedal.as_slice().into());
        self.handle.append(id, notes, pedal, streamed.ready_until_secs)
    }

    fn begin(&mut self) -> Result<ScoreId, PlayerBusy> {
        let id = self
            .handle
            .load_growing(&Performance::default(), 0.0, self.note_capacity)?;
        self.score = Some(id);
        self.handle.set_loop(None)?;
        if self.play {
            self.handle.play()?;
        }
        Ok(id)
    }

    fn end(&self) -> Result<(), PlayerBusy> {
        self.score.map_or(Ok(()), |id| self.handle.finish(id))
    }
}

/// Feeds a take into the player as it is made: loads it with its first notes, plays it if asked to. `and_then` is
/// told everything after the player. `note_capacity` is the most notes the take may get.
pub fn sink(
    handle: PlayerHandle,
    feed: Feed,
    play: bool,
    note_capacity: usize,
    mut and_then: impl FnMut(StreamPart<'_>) + Send + 'static,
) -> StreamSink {
    let mut pour = Pour {
        handle,
        feed,
        play,
        note_capacity,
        score: None,
    };
    Box::new(move |part| {
        log_busy(match &part {
            StreamPart::Notes(streamed) => pour.add(streamed),
            StreamPart::Finished(..) | StreamPart::Failed => pour.end(),
        });
        and_then(part);
    })
}
