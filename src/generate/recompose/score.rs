//! The constraints on new notes in a region: the notes that are kept, and the time available.

use std::ops::{Range, RangeInclusive};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::region::Region;
use crate::music::{Note, PedalChange, Performance};
use crate::tokens::{GRID_SECS, NoteToken, PedalState, encode};

/// More new notes per second than any pianist plays.
const MAX_NEW_PER_SEC: f64 = 60.0;
/// Minimum limit on new notes, for very short regions.
const MIN_MAX_NEW: usize = 16;

/// How much of a region is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keep {
    /// The probability that a chord is kept, 0–1.
    pub closeness: f32,
    /// New notes keep the onsets, durations and pedal of the old ones.
    pub rhythm: bool,
}

/// What is known about a note before it is composed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fixed {
    /// Everything except the gap to the next note.
    Whole,
    /// Onset and duration: those of the note with this index.
    Rhythm { note: usize },
}

/// A note with a fixed onset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Its onset, in steps of the token grid.
    pub step: i64,
    pub token: NoteToken,
    pub fixed: Fixed,
    /// May new notes come between it and the next one?
    pub is_open: bool,
}

/// A key held down by a kept note.
#[derive(Clone, Copy, Debug)]
struct Held {
    key: u8,
    steps: (i64, i64),
}

/// A region on the token grid, as seen by the notes that will fill it.
#[derive(Clone, Debug)]
pub struct Score {
    /// The music before the first event.
    pub before: Vec<NoteToken>,
    /// In the order in which the model writes them.
    pub events: Vec<Event>,
    /// The onset of the first note after the region, in steps; `None` if no notes follow.
    pub after: Option<i64>,
    /// Steps at which new notes may begin.
    pub steps: Range<i64>,
    /// Keys of new notes, 0–87.
    pub keys: RangeInclusive<u8>,
    /// The first onset, in steps, if no note precedes the region.
    pub first: i64,
    /// May there be more notes than events?
    pub is_open: bool,
    /// Maximum number of new notes.
    pub max_new: usize,
    held: Vec<Held>,
    /// Steps at which no new note may have these keys.
    locked: Vec<(Range<i64>, RangeInclusive<u8>)>,
    /// The pedal for new notes, if the old one is kept.
    pedal: Option<Vec<PedalChange>>,
    /// Indices of the tokens whose onset lies within the region.
    pub inside: Range<usize>,
    /// Tokens of the whole piece.
    pub tokens: Vec<NoteToken>,
    /// Indices of the replaced notes, in order.
    pub replaced: Vec<usize>,
}

/// The nearest step of the token grid.
fn step_of(secs: f64) -> i64 {
    (secs / GRID_SECS).round() as i64
}

/// The first step at or after `secs`.
fn first_step(secs: f64) -> i64 {
    (secs / GRID_SECS - 1e-6).ceil() as i64
}

/// Notes in token order: their step and index.
fn order(notes: &[Note]) -> Vec<(i64, usize)> {
    let mut all: Vec<(i64, usize)> =
        notes.iter().enumerate().map(|(i, n)| (step_of(n.onset_secs), i)).collect();
    all.sort_by_key(|&(step, i)| (step, notes[i].pitch));
    all.dedup_by_key(|&mut (step, i)| (step, notes[i].pitch));
    all
}

impl Score {
    /// `region` lies within `music`; notes in `locked` are kept, and no new notes begin there.
    pub fn new(music: &Performance, region: &Region, keep: Keep, locked: &[Region], seed: u64) -> Score {
        let notes = music.notes();
        let order = order(notes);
        let tokens = encode(music).tokens;
        let start = order.partition_point(|o| o.0 < step_of(region.secs.start));
        let end = order.partition_point(|o| o.0 <= step_of(region.secs.end));
        // The chord before the region is written again, so that the gap after its last note can lead to the first new
        // note.
        let chord = start.checked_sub(1).map(|last| order[last].0);
        let begin = chord.map_or(start, |step| order.partition_point(|o| o.0 < step));
        let is_locked = |note: &Note| locked.iter().any(|l| l.holds(note));
        let replaced = replaced(notes, |n| region.holds(n) && !is_locked(n), keep.closeness, seed);
        let is_new = |i: usize| replaced.binary_search(&i).is_ok();
        let is_open = !keep.rhythm && keep.closeness == 0.0;
        let (mut opens, mut events) = (is_open, Vec::<Event>::new());
        for (&(step, i), &token) in order.iter().zip(&tokens).take(end).skip(begin) {
            match (is_new(i), keep.rhythm) {
                (true, false) => *events.last_mut().map_or(&mut opens, |e| &mut e.is_open) = true,
                (true, true) => events.push(Event { step, token, fixed: Fixed::Rhythm { note: i }, is_open }),
                (false, _) => events.push(Event { step, token, fixed: Fixed::Whole, is_open }),
            }
        }
        let steps = first_step(region.secs.start)..first_step(region.secs.end);
        let first = order.get(start).map_or(steps.start, |o| o.0);
        let secs = region.secs.end - region.secs.start;
        let keeps_pedal = keep.rhythm || !region.has_all_keys() || keep.closeness >= 1.0;
        Score {
            before: tokens[..begin].to_vec(),
            after: order.get(end).map(|o| o.0),
            first: first.clamp(steps.start, (steps.end - 1).max(steps.start)),
            keys: keys(region),
            is_open: opens,
            max_new: ((secs * MAX_NEW_PER_SEC) as usize).max(MIN_MAX_NEW),
            pedal: keeps_pedal.then(|| music.pedal().to_vec()),
            inside: start..end,
            held: held(notes, &region.secs, |i| !is_new(i)),
            locked: locked
                .iter()
                .map(|l| (first_step(l.secs.start)..first_step(l.secs.end), keys(l)))
                .collect(),
            events,
            steps,
            tokens,
            replaced,
        }
    }

    /// Are there keys that new notes may not use?
    pub fn has_other_voices(&self) -> bool {
        self.keys != (0..=NoteToken::END_PITCH - 1)
    }

    /// Is the old pedal kept?
    pub fn keeps_pedal(&self) -> bool {
        self.pedal.is_some()
    }

    /// The pedal at `step`, if the old pedal is kept.
    pub fn pedal_at(&self, step: i64) -> Option<u8> {
        let pedal = self.pedal.as_ref()?;
        let secs = (step as f64 + 0.5) * GRID_SECS;
        let next = pedal.partition_point(|p| p.time_secs <= secs);
        let is_down = next > 0 && pedal[next - 1].is_down();
        Some(if is_down { PedalState::Down } else { PedalState::Up } as u8)
    }

    /// Keys that a new note may strike at `step`, above the others of its chord.
    pub fn free_keys(&self, step: i64, floor: u8, ceiling: u8) -> impl Iterator<Item = u8> + '_ {
        let is_time = self.steps.contains(&step);
        let is_locked = move |key: u8| self.locked.iter().any(|l| l.0.contains(&step) && l.1.contains(&key));
        let (low, high) = ((*self.keys.start()).max(floor), (*self.keys.end()).min(ceiling));
        let is_held =
            move |key: u8| self.held.iter().any(|h| h.key == key && (h.steps.0..h.steps.1).contains(&step));
        (low..=high).filter(move |&key| is_time && !is_locked(key) && !is_held(key))
    }
}

/// The keys of a region, 0–87.
fn keys(region: &Region) -> RangeInclusive<u8> {
    region.pitches.start().key_index() as u8..=region.pitches.end().key_index() as u8
}

/// Indices of the notes to replace: those of `is_inside`, except for chords kept with probability `closeness`.
fn replaced(notes: &[Note], is_inside: impl Fn(&Note) -> bool, closeness: f32, seed: u64) -> Vec<usize> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x636c_6f73);
    let (mut chord, mut stays) = (i64::MIN, false);
    let mut goes = |&(_, note): &(usize, &Note)| {
        let step = step_of(note.onset_secs);
        if step != chord {
            (chord, stays) = (step, rng.random_range(0.0..1.0f32) < closeness);
        }
        is_inside(note) && !stays
    };
    notes.iter().enumerate().filter(|item| goes(item)).map(|(i, _)| i).collect()
}

/// The keys held down during `secs` by kept notes.
fn held(notes: &[Note], secs: &Range<f64>, stays: impl Fn(usize) -> bool) -> Vec<Held> {
    let sounds = |n: &Note| n.onset_secs < secs.end && n.release_secs() > secs.start;
    let staying = notes.iter().enumerate().filter(|(i, n)| sounds(n) && stays(*i));
    let steps = |n: &Note| (step_of(n.onset_secs), step_of(n.release_secs()).max(step_of(n.onset_secs) + 1));
    staying.map(|(_, n)| Held { key: n.pitch.key_index() as u8, steps: steps(n) }).collect()
}
