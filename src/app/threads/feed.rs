//! Feeds the growing take from the engine's thread into the player.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::sound::log_busy;
use crate::generate::Growing;
use crate::jobs::{StreamPart, StreamSink};
use crate::music::Performance;
use crate::player::{PlayerBusy, PlayerHandle};
use crate::progress::StopFlag;
use crate::synth::ScoreId;

/// How far the composing of an endless take may be ahead of the playhead.
#[derive(Clone, Debug)]
pub struct Pace {
    pub ahead_secs: f64,
    /// The take's own flag: it ends the waiting too.
    pub stop: StopFlag,
}

/// How often a take that is far enough ahead looks at the playhead.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A take that starts with a later note starts this much before it.
const BEFORE_NOTE_SECS: f64 = 0.01;

/// How a take starts to play.
#[derive(Clone, Debug)]
pub struct Start {
    /// Load it into the player with its first notes; otherwise it stays silent.
    pub into_player: bool,
    pub play: bool,
    /// The note it starts with.
    pub from_note: usize,
    /// Maximum number of notes.
    pub note_capacity: usize,
    /// `None`: it is composed as fast as possible.
    pub pace: Option<Pace>,
}

/// Where the notes of the growing take go.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// Into a new score, with the first notes.
    NewScore,
    Score {
        id: ScoreId,
        /// Notes and pedal changes sent so far.
        notes: usize,
        pedal: usize,
    },
    Nowhere,
}

/// The window's end: chooses where the notes go.
#[derive(Debug)]
pub struct Feed {
    targets: Sender<Target>,
    sent: usize,
    received: Arc<AtomicUsize>,
}

impl Feed {
    /// Another take is on the stage: the growing one stays silent.
    pub fn mute(&mut self) {
        self.send(Target::Nowhere);
    }

    /// The growing take is in the player as `id`, with the notes of `so_far`; append the rest.
    pub fn go_on(&mut self, id: ScoreId, so_far: &Performance) {
        self.send(Target::Score { id, notes: so_far.notes().len(), pedal: so_far.pedal().len() });
    }

    fn send(&mut self, target: Target) {
        self.sent += 1;
        // Nobody receives once the take is finished; `is_up_to_date` then returns false.
        _ = self.targets.send(target);
    }

    /// False if the take ended before the engine received the last target.
    pub fn is_up_to_date(&self) -> bool {
        self.received.load(Ordering::Acquire) == self.sent
    }
}

/// The engine's end.
struct Pour {
    handle: PlayerHandle,
    start: Start,
    target: Target,
    targets: Receiver<Target>,
    received: Arc<AtomicUsize>,
}

impl Pour {
    fn take_targets(&mut self) {
        for target in self.targets.try_iter() {
            self.target = target;
            self.received.fetch_add(1, Ordering::Release);
        }
    }

    /// Waits while the music is far enough ahead of the playhead, or is not in the player at all.
    fn keep_pace(&mut self, ready_until_secs: f64) {
        let Some(pace) = self.start.pace.clone() else { return };
        loop {
            self.take_targets();
            let is_ahead = match self.target {
                Target::NewScore => false,
                Target::Score { .. } => ready_until_secs - self.handle.position_secs() > pace.ahead_secs,
                Target::Nowhere => true,
            };
            if !is_ahead || pace.stop.is_stopped() {
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn pour(&mut self, growing: &Growing) -> Result<(), PlayerBusy> {
        self.take_targets();
        let is_new = matches!(self.target, Target::NewScore);
        if is_new && growing.notes.len() <= self.start.from_note && self.start.from_note > 0 {
            return Ok(());
        }
        if is_new {
            self.target = self.new_score()?;
        }
        let Target::Score { id, notes, pedal } = &mut self.target else {
            return Ok(());
        };
        let new_notes = growing.notes.get(*notes..).unwrap_or_default();
        let new_pedal = growing.pedal.get(*pedal..).unwrap_or_default();
        (*notes, *pedal) = (growing.notes.len(), growing.pedal.len());
        self.handle.append(*id, new_notes.into(), new_pedal.into(), growing.ready_until_secs)?;
        if is_new { self.begin(growing) } else { Ok(()) }
    }

    /// Plays, if that is asked for, from the note that is asked for.
    fn begin(&self, growing: &Growing) -> Result<(), PlayerBusy> {
        if let Some(note) = growing.notes.get(self.start.from_note).filter(|_| self.start.from_note > 0) {
            self.handle.seek(note.onset_secs - BEFORE_NOTE_SECS)?;
        }
        if self.start.play { self.handle.play() } else { Ok(()) }
    }

    fn new_score(&self) -> Result<Target, PlayerBusy> {
        let capacity = self.start.note_capacity;
        let id = self.handle.load_growing(&Performance::default(), 0.0, capacity)?;
        self.handle.set_loop(None)?;
        Ok(Target::Score { id, notes: 0, pedal: 0 })
    }

    fn end(&self) -> Result<(), PlayerBusy> {
        match self.target {
            Target::Score { id, .. } => self.handle.finish(id),
            Target::NewScore | Target::Nowhere => Ok(()),
        }
    }
}

/// Creates a sink that feeds a growing take into the player, and then passes each part to `and_then`.
pub fn feed(
    handle: PlayerHandle,
    start: Start,
    mut and_then: impl FnMut(StreamPart<'_>) + Send + 'static,
) -> (Feed, StreamSink) {
    let (sender, targets) = unbounded();
    let received = Arc::new(AtomicUsize::new(0));
    let feed = Feed { targets: sender, sent: 0, received: received.clone() };
    let mut pour = Pour {
        handle,
        target: if start.into_player { Target::NewScore } else { Target::Nowhere },
        start,
        targets,
        received,
    };
    let sink = Box::new(move |part: StreamPart<'_>| {
        log_busy(match &part {
            StreamPart::Notes(growing) => pour.pour(growing),
            StreamPart::Finished(..) | StreamPart::Failed => pour.end(),
        });
        let ready_until_secs = match &part {
            StreamPart::Notes(growing) => Some(growing.ready_until_secs),
            StreamPart::Finished(..) | StreamPart::Failed => None,
        };
        and_then(part);
        if let Some(secs) = ready_until_secs {
            pour.keep_pace(secs);
        }
    });
    (feed, sink)
}
