//! The playhead: which events are due, and what sounds at any moment.
//!
//! The playhead knows neither samples nor SoundFonts. It allocates nothing while it moves: a table of 88 holds the keys
//! that are down, so notes need no sorted list of releases, and a take that is still being generated is appended to
//! storage that was reserved when it was loaded.

use std::ops::Range;

use super::score::{Score, ScoreId};
use crate::music::{Note, PedalChange, Pitch, Velocity};

/// Tempo scales between which a take can be played; 1 is as written.
pub const TEMPO_SCALES: Range<f64> = 0.25..2.0;
/// A loop region shorter than this is ignored.
pub const SHORTEST_LOOP_SECS: f64 = 0.05;
/// A growing take starts to play once this much of it is ready, so that it does not stall again.
const BEGIN_SECS: f64 = 0.4;
/// A take that ran out of notes is being composed more slowly than it plays: it resumes once this much is ready, rather
/// than note by note.
const RESUME_SECS: f64 = 1.5;
/// A note struck longer ago than this has died away, whatever the pedal does.
const LONGEST_RING_SECS: f64 = 20.0;
/// Restored notes softer than this velocity are left out.
const SOFTEST_RESTORED: f64 = 6.0;
/// [`Pitch::key_index`] of middle C.
const MIDDLE_KEY: f64 = 39.0;

/// An event for the voices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayheadEvent {
    /// The playhead jumped: fade out everything.
    Cut,
    Pedal {
        /// 0–127.
        value: u8,
        /// It went down or came up; else it only moved on.
        has_turned: bool,
    },
    Strike {
        pitch: Pitch,
        velocity: Velocity,
    },
    /// Restores a note that was struck some time ago, as it would sound by now, without its attack.
    Restore {
        pitch: Pitch,
        velocity: Velocity,
    },
    Release {
        pitch: Pitch,
    },
}

/// The playhead over a [`Score`].
pub struct Playhead {
    score: Box<Score>,
    position_secs: f64,
    tempo_scale: f64,
    loop_region: Option<Range<f64>>,
    next_note: usize,
    next_pedal: usize,
    /// The release time of each key, by [`Pitch::key_index`]; infinite if it is not down.
    held_until: [f64; Pitch::COUNT],
    is_pedal_down: bool,
    is_waiting: bool,
    /// Has it moved since it was placed?
    has_moved: bool,
}

impl Playhead {
    pub fn new(score: Box<Score>) -> Playhead {
        Playhead {
            score,
            position_secs: 0.0,
            tempo_scale: 1.0,
            loop_region: None,
            next_note: 0,
            next_pedal: 0,
            held_until: [f64::INFINITY; Pitch::COUNT],
            is_pedal_down: false,
            is_waiting: false,
            has_moved: false,
        }
    }

    pub fn score(&self) -> &Score {
        &self.score
    }

    /// The playhead, in seconds of the score.
    pub fn position_secs(&self) -> f64 {
        self.position_secs
    }

    pub fn tempo_scale(&self) -> f64 {
        self.tempo_scale
    }

    /// Is the playhead waiting for notes that are not composed yet?
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Is the playhead at the end of a complete score?
    pub fn is_at_end(&self) -> bool {
        self.score.is_complete() && self.position_secs >= self.score.duration_secs()
    }

    /// The position of the pedal, 0–127.
    pub fn pedal_value(&self) -> u8 {
        let last = self.next_pedal.checked_sub(1).and_then(|i| self.score.pedal().get(i));
        last.map_or(0, |change| change.value)
    }

    /// Clamped to [`TEMPO_SCALES`]; ignored when not a number.
    pub fn set_tempo_scale(&mut self, scale: f64) {
        if scale.is_finite() {
            self.tempo_scale = scale.clamp(TEMPO_SCALES.start, TEMPO_SCALES.end);
        }
    }

    /// `None` plays to the end. An invalid region (too short, not finite) counts as none.
    pub fn set_loop(&mut self, region: Option<Range<f64>>) {
        self.loop_region = region
            .map(|r| r.start.max(0.0)..r.end)
            .filter(|r| r.end.is_finite() && r.end - r.start >= SHORTEST_LOOP_SECS);
    }

    /// Replaces the score, starting at its beginning without a loop; returns the old one.
    pub fn load(&mut self, score: Box<Score>) -> Box<Score> {
        self.loop_region = None;
        let old = std::mem::replace(&mut self.score, score);
        self.place(0.0);
        old
    }

    /// Replaces the score at the same playhead; returns the old one.
    pub fn swap(&mut self, score: Box<Score>) -> Box<Score> {
        let old = std::mem::replace(&mut self.score, score);
        self.place(self.position_secs);
        old
    }

    /// Adds to a growing score. See [`Score::append`].
    pub fn append(&mut self, id: ScoreId, notes: &[Note], pedal: &[PedalChange], ready_until_secs: f64) {
        if id == self.score.id() {
            let (next_note, next_pedal) = (&mut self.next_note, &mut self.next_pedal);
            self.score.append(notes, pedal, ready_until_secs, next_note, next_pedal);
        }
    }

    /// The growing score is complete.
    pub fn finish(&mut self, id: ScoreId) {
        if id == self.score.id() {
            self.score.finish();
        }
    }

    /// Moves the playhead, clamped to the score. Does not restore what sounds there: see [`Playhead::restore`].
    pub fn place(&mut self, secs: f64) {
        let secs = if secs.is_finite() { secs.max(0.0) } else { 0.0 };
        self.position_secs = secs.min(self.score.duration_secs());
        let position = self.position_secs;
        self.next_note = self.score.notes().partition_point(|n| n.onset_secs < position);
        self.next_pedal = self.score.pedal().partition_point(|p| p.time_secs < position);
        self.held_until = [f64::INFINITY; Pitch::COUNT];
        self.is_pedal_down = false;
        self.is_waiting = false;
        self.has_moved = false;
    }

    /// Restores the pedal and the notes that sound at the playhead: keys still down, and keys released while the
    /// pedal has stayed down since. A note that has rung for a while is restored softer, by about as much as a piano
    /// string would have died away.
    pub fn restore(&mut self, emit: &mut impl FnMut(PlayheadEvent)) {
        let now = self.position_secs;
        let pedal_down_since = self.pedal_down_since();
        self.is_pedal_down = pedal_down_since.is_some();
        emit(PlayheadEvent::Pedal { value: self.pedal_value(), has_turned: true });

        let notes = self.score.notes();
        let first = notes.partition_point(|n| n.onset_secs < now - LONGEST_RING_SECS);
        let mut latest: [Option<Note>; Pitch::COUNT] = [None; Pitch::COUNT];
        for note in &notes[first.min(self.next_note)..self.next_note] {
            latest[note.pitch.key_index()] = Some(*note);
        }
        for note in latest.into_iter().flatten() {
            let is_key_down = note.release_secs() > now;
            let is_ringing = pedal_down_since.is_some_and(|since| note.release_secs() >= since);
            let elapsed_secs = (now - note.onset_secs) / self.tempo_scale;
            let Some(velocity) = decayed(note, elapsed_secs).filter(|_| is_key_down || is_ringing) else {
                continue;
            };
            emit(PlayheadEvent::Restore { pitch: note.pitch, velocity });
            if is_key_down {
                self.held_until[note.pitch.key_index()] = note.release_secs()
            } else {
                emit(PlayheadEvent::Release { pitch: note.pitch })
            }
        }
    }

    /// The time since which the pedal has been down at the playhead; `None` if it is up.
    fn pedal_down_since(&self) -> Option<f64> {
        let oldest = self.position_secs - LONGEST_RING_SECS;
        let mut since = None;
        for change in self.score.pedal()[..self.next_pedal].iter().rev() {
            if !change.is_down() {
                break;
            }
            since = Some(change.time_secs);
            if change.time_secs < oldest {
                break;
            }
        }
        since
    }

    /// Advances by `secs` of real time, and emits the events up to half a step ahead: voices are rendered in blocks, so
    /// this assigns each event to the nearest block start.
    pub fn advance(&mut self, secs: f64, emit: &mut impl FnMut(PlayheadEvent)) {
        let step = secs * self.tempo_scale;
        self.is_waiting = self.must_wait(step);
        if self.is_waiting {
            return;
        }
        self.has_moved = true;
        let end = self.position_secs + step;
        if let Some(region) = self.effective_loop()
            && self.position_secs < region.end
            && end >= region.end
        {
            self.emit_until(region.end, emit);
            let over = (end - region.end) % (region.end - region.start);
            self.place(region.start);
            emit(PlayheadEvent::Cut);
            self.restore(emit);
            self.emit_until(region.start + over + step / 2.0, emit);
            self.position_secs = region.start + over;
            self.has_moved = true;
            return;
        }
        self.emit_until(self.position_secs + step / 2.0, emit);
        self.position_secs = end;
        if self.is_at_end() {
            self.emit_until(f64::INFINITY, emit);
            self.position_secs = self.score.duration_secs();
        }
    }

    /// The loop, clipped to the end of the score.
    fn effective_loop(&self) -> Option<Range<f64>> {
        let region = self.loop_region.clone()?;
        let end =
            if self.score.is_complete() { region.end.min(self.score.duration_secs()) } else { region.end };
        (end - region.start >= SHORTEST_LOOP_SECS).then_some(region.start..end)
    }

    fn must_wait(&self, step: f64) -> bool {
        let needed = match (self.is_waiting, self.has_moved) {
            (_, false) => BEGIN_SECS * self.tempo_scale,
            (true, true) => RESUME_SECS * self.tempo_scale,
            (false, true) => step,
        };
        let loop_end = self.effective_loop().map_or(f64::INFINITY, |r| r.end);
        !self.score.is_complete()
            && self.score.ready_until_secs() < (self.position_secs + needed).min(loop_end)
    }

    /// Emits the events before `limit_secs`: releases, pedal, then onsets.
    fn emit_until(&mut self, limit_secs: f64, emit: &mut impl FnMut(PlayheadEvent)) {
        self.release_until(limit_secs, emit);
        while let Some(change) = self.score.pedal().get(self.next_pedal)
            && change.time_secs < limit_secs
        {
            let has_turned = change.is_down() != self.is_pedal_down;
            self.is_pedal_down = change.is_down();
            emit(PlayheadEvent::Pedal { value: change.value, has_turned });
            self.next_pedal += 1;
        }
        while let Some(note) = self.score.notes().get(self.next_note)
            && note.onset_secs < limit_secs
        {
            let held_until = &mut self.held_until[note.pitch.key_index()];
            if held_until.is_finite() {
                emit(PlayheadEvent::Release { pitch: note.pitch });
            }
            *held_until = note.release_secs();
            emit(PlayheadEvent::Strike { pitch: note.pitch, velocity: note.velocity });
            self.next_note += 1;
        }
        self.release_until(limit_secs, emit);
    }

    fn release_until(&mut self, limit_secs: f64, emit: &mut impl FnMut(PlayheadEvent)) {
        for (key, held_until) in self.held_until.iter_mut().enumerate() {
            if held_until.is_finite() && *held_until < limit_secs {
                *held_until = f64::INFINITY;
                if let Some(pitch) = Pitch::from_key_index(key) {
                    emit(PlayheadEvent::Release { pitch });
                }
            }
        }
    }
}

/// The velocity that sounds about as loud as `note` does `elapsed_secs` after its onset; `None` if that is inaudible. A
/// piano string decays fast at first and more slowly later: by 10 dB in the first second and 28 in four, and twice as
/// much two octaves above the middle, as measured on a sampled grand (`tests/seek.rs`). In a SoundFont, a tenth of the
/// velocity is 40 dB softer.
fn decayed(note: Note, elapsed_secs: f64) -> Option<Velocity> {
    let above_middle = (note.pitch.key_index() as f64 - MIDDLE_KEY).max(0.0);
    let lost_db = 10.0 * elapsed_secs.powf(0.75) * f64::exp2(above_middle / 24.0);
    let velocity = f64::from(note.velocity.value()) * 10f64.powf(-lost_db / 40.0);
    (velocity >= SOFTEST_RESTORED.min(f64::from(note.velocity.value())))
        .then(|| Velocity::clamped(velocity.round() as i32))
}
