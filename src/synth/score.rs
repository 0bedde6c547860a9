//! The score: a whole performance, or a take that is still being composed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::music::{Note, PedalChange, Performance};

/// Identifies a loaded score, so that notes of a take that is no longer loaded are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScoreId(u64);

impl ScoreId {
    fn next() -> ScoreId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ScoreId(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// A new id, unique in this process and never 0.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// Notes and pedal in order of time, and the time up to which they are complete.
pub struct Score {
    id: ScoreId,
    content: Content,
    duration_secs: f64,
    /// Infinite once nothing more will come.
    ready_until_secs: f64,
    dropped: usize,
}

enum Content {
    Whole(Arc<Performance>),
    Growing { notes: Vec<Note>, pedal: Vec<PedalChange> },
}

impl Score {
    pub fn whole(performance: Arc<Performance>) -> Score {
        Score {
            id: ScoreId::next(),
            duration_secs: performance.duration_secs(),
            content: Content::Whole(performance),
            ready_until_secs: f64::INFINITY,
            dropped: 0,
        }
    }

    /// An empty score.
    pub fn empty() -> Score {
        Score::whole(Arc::default())
    }

    /// A take that begins with `so_far` and is complete up to `ready_until_secs`, with room for `note_capacity`
    /// notes in all. Nothing is allocated when the rest is appended; what does not fit is dropped and counted.
    pub fn growing(so_far: &Performance, ready_until_secs: f64, note_capacity: usize) -> Score {
        let room = note_capacity.max(so_far.notes().len());
        let mut notes = Vec::with_capacity(room);
        notes.extend_from_slice(so_far.notes());
        let mut pedal = Vec::with_capacity(so_far.pedal().len() + 4 * room + 64);
        pedal.extend_from_slice(so_far.pedal());
        Score {
            id: ScoreId::next(),
            duration_secs: so_far.duration_secs(),
            content: Content::Growing { notes, pedal },
            ready_until_secs,
            dropped: 0,
        }
    }

    pub fn id(&self) -> ScoreId {
        self.id
    }

    pub fn notes(&self) -> &[Note] {
        match &self.content {
            Content::Whole(performance) => performance.notes(),
            Content::Growing { notes, .. } => notes,
        }
    }

    pub fn pedal(&self) -> &[PedalChange] {
        match &self.content {
            Content::Whole(performance) => performance.pedal(),
            Content::Growing { pedal, .. } => pedal,
        }
    }

    /// The last key release or pedal change known so far, in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.duration_secs
    }

    /// The time before which nothing more will be added; infinite if complete.
    pub fn ready_until_secs(&self) -> f64 {
        self.ready_until_secs
    }

    pub fn is_complete(&self) -> bool {
        self.ready_until_secs == f64::INFINITY
    }

    /// Notes and pedal changes dropped for lack of room.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Adds to a growing score without allocating, in order of time; `next_note` and `next_pedal` keep pointing at
    /// the same elements. A complete score is unchanged.
    pub(super) fn append(
        &mut self,
        added_notes: &[Note],
        added_pedal: &[PedalChange],
        ready_until_secs: f64,
        next_note: &mut usize,
        next_pedal: &mut usize,
    ) {
        let Content::Growing { notes, pedal } = &mut self.content else {
            return;
        };
        for note in added_notes {
            let is_timed =
                note.onset_secs >= 0.0 && note.release_secs().is_finite() && note.duration_secs >= 0.0;
            if is_timed && insert(notes, *note, |n| n.onset_secs, next_note) {
                self.duration_secs = self.duration_secs.max(note.release_secs());
            } else {
                self.dropped += 1;
            }
        }
        for change in added_pedal {
            let is_timed = change.time_secs >= 0.0 && change.time_secs.is_finite();
            if is_timed && insert(pedal, *change, |p| p.time_secs, next_pedal) {
                self.duration_secs = self.duration_secs.max(change.time_secs);
            } else {
                self.dropped += 1;
            }
        }
        if ready_until_secs.is_finite() {
            self.ready_until_secs = self.ready_until_secs.max(ready_until_secs);
        }
    }

    pub(super) fn finish(&mut self) {
        self.ready_until_secs = f64::INFINITY;
    }
}

/// Inserts in order of `time`, after equal times, if there is room.
fn insert<T>(list: &mut Vec<T>, item: T, time: impl Fn(&T) -> f64, next: &mut usize) -> bool {
    if list.len() == list.capacity() {
        return false;
    }
    let at = list.iter().rposition(|other| time(other) <= time(&item)).map_or(0, |i| i + 1);
    list.insert(at, item);
    if at < *next {
        *next += 1;
    }
    true
}
