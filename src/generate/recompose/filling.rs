//! A line that fills a region note by note.
//!
//! A free note may come at any time before the next event. The probability of every gap that would reach or pass the
//! event is assigned to the gap that leads exactly to it, so the timing always fits. Where only some keys are free, the
//! model may still choose any key: a note in another voice is dropped, because that voice already exists, and the time
//! of the next note is drawn again from the remaining gaps.

use std::sync::Arc;

use rand_pcg::Pcg64Mcg;

use super::score::{Event, Fixed, Score};
use crate::sampling::{SamplingSettings, draw};
use crate::tokens::{Field, GRID_SECS, NoteToken, gap_bin, gap_secs};

/// After this many refused notes in a row, the model is restricted to the free keys.
const MAX_REFUSALS: u8 = 6;

/// A composed note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Its onset, in steps of the token grid.
    pub step: i64,
    pub token: NoteToken,
    /// The index of the note whose rhythm it keeps.
    pub rhythm_of: Option<usize>,
}

/// The kind of note being written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Event(Event),
    Free,
}

/// The state of a line in the score that it fills.
#[derive(Clone, Debug)]
pub struct Filling {
    score: Arc<Score>,
    /// The first event not yet written.
    next: usize,
    /// The onset of the note being written, in steps.
    now: i64,
    /// The onset of the note before it, in steps.
    before: i64,
    /// The lowest allowed key: keys rise within a chord.
    floor: u8,
    /// May a free note come before the next event?
    is_open: bool,
    /// Its key, once it is chosen.
    key: Option<u8>,
    part: Part,
    /// The logits from which the gap before it was drawn; empty if the gap cannot be drawn again.
    gaps: Vec<f32>,
    refusals: u8,
    is_done: bool,
    /// The new notes so far.
    pub placed: Vec<Placed>,
}

fn steps(gap: u8) -> i64 {
    (gap_secs(gap) / GRID_SECS).round() as i64
}

/// The gap token nearest to `steps`; 0 only for zero steps.
fn gap_of(steps: i64) -> u8 {
    gap_bin(steps as f64 * GRID_SECS).max(u8::from(steps > 0))
}

impl Filling {
    pub fn new(score: Arc<Score>) -> Filling {
        let due = score.events.first().map(|e| e.step);
        // Without music before it, the region begins at its old beginning.
        let now = match due {
            Some(step) if !score.is_open || !score.before.is_empty() || step <= score.first => step,
            _ => score.first,
        };
        let is_done = due.is_none() && !score.is_open;
        Filling {
            next: 0,
            now,
            before: now,
            floor: 0,
            is_open: score.is_open,
            key: None,
            part: Part::Free,
            gaps: Vec::new(),
            refusals: 0,
            is_done,
            placed: Vec::new(),
            score,
        }
    }

    /// Is the next note the first one after the region?
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The event due at this time.
    fn due(&self) -> Option<Event> {
        self.score.events.get(self.next).copied().filter(|e| e.step <= self.now)
    }

    /// Keys that may be struck now, not counting the key of a kept event.
    fn free_keys(&self) -> Vec<u8> {
        const TOP: u8 = NoteToken::END_PITCH - 1;
        let ceiling = match self.due() {
            Some(Event { fixed: Fixed::Rhythm { .. }, token, .. }) => return self.slot_keys(token),
            Some(Event { fixed: Fixed::Whole, token, .. }) => token.pitch.checked_sub(1),
            None => Some(TOP),
        };
        match ceiling.filter(|_| self.may_add(self.is_open)) {
            Some(ceiling) => self.score.free_keys(self.now, self.floor, ceiling).collect(),
            None => Vec::new(),
        }
    }

    /// Keys for a note whose rhythm is kept, chosen so that the rest of its chord can rise above it; the key of the
    /// `old` note if no other is free.
    fn slot_keys(&self, old: NoteToken) -> Vec<u8> {
        let mut ceiling = *self.score.keys.end();
        let chord = self.score.events.iter().skip(self.next + 1).take_while(|e| e.step <= self.now);
        for (above, event) in (0u8..).zip(chord) {
            let highest = match event.fixed {
                Fixed::Whole => event.token.pitch,
                Fixed::Rhythm { .. } => *self.score.keys.end(),
            };
            ceiling = ceiling.min(highest.saturating_sub(above + 1));
        }
        let keys: Vec<u8> = self.score.free_keys(self.now, self.floor, ceiling).collect();
        if keys.is_empty() { vec![old.pitch.max(self.floor).min(NoteToken::END_PITCH - 1)] } else { keys }
    }

    fn may_add(&self, is_open: bool) -> bool {
        is_open && self.placed.len() < self.score.max_new
    }

    /// The value that a field of the next note must have.
    pub fn value(&self, field: Field) -> Option<u8> {
        if self.is_done {
            return None;
        }
        match (field, self.part) {
            (Field::Pitch, _) => self.key.or_else(|| {
                let event = self.due().filter(|e| e.fixed == Fixed::Whole)?;
                self.free_keys().is_empty().then_some(event.token.pitch)
            }),
            (Field::Gap, _) => self.forced_gap(),
            (_, Part::Event(Event { token, fixed: Fixed::Whole, .. })) => Some(token.get(field)),
            (Field::Duration | Field::Pedal, Part::Event(Event { token, .. })) => Some(token.get(field)),
            (Field::Pedal, Part::Free) => self.score.pedal_at(self.now),
            (Field::Velocity | Field::Duration, _) => None,
        }
    }

    /// Masks the logits of a field of the next note that do not fit.
    pub fn bar(&mut self, field: Field, logits: &mut [f32]) {
        if self.is_done {
            return;
        }
        match field {
            Field::Pitch => self.bar_keys(logits),
            Field::Gap => self.bar_gaps(logits),
            Field::Velocity | Field::Duration | Field::Pedal => {}
        }
    }

    fn bar_keys(&self, logits: &mut [f32]) {
        logits[usize::from(NoteToken::END_PITCH)] = f32::NEG_INFINITY;
        if self.due().is_none() && self.may_refuse() {
            return;
        }
        let mut is_allowed = [false; 88];
        let event = self.due().filter(|e| e.fixed == Fixed::Whole).map(|e| e.token.pitch);
        for key in self.free_keys().into_iter().chain(event) {
            is_allowed[usize::from(key)] = true;
        }
        for (logit, is_allowed) in logits.iter_mut().zip(is_allowed) {
            if !is_allowed {
                *logit = f32::NEG_INFINITY;
            }
        }
    }

    fn may_refuse(&self) -> bool {
        !self.gaps.is_empty() && self.refusals < MAX_REFUSALS && !self.must_add()
    }

    /// Is this the last chance for a new note in a region that had notes? Such a region is not left empty.
    fn must_add(&self) -> bool {
        self.placed.is_empty() && !self.score.replaced.is_empty() && self.is_last()
    }

    /// Passes on the key of the next note. Returns false if it is refused; [`Filling::draw_gap`] then decides when the
    /// next note is due.
    pub fn choose(&mut self, key: u8) -> bool {
        if self.is_done || self.key.is_some() {
            return true;
        }
        let free = self.free_keys();
        match self.due() {
            Some(event) if event.fixed != Fixed::Whole || key == event.token.pitch => {
                self.part = Part::Event(event);
            }
            _ if free.contains(&key) => self.part = Part::Free,
            // A key that may be refused is not masked, so it can arrive here.
            _ => return false,
        }
        self.key = Some(key);
        true
    }

    /// After a refusal, draws a longer gap after the previous note and returns its token.
    pub fn draw_gap(&mut self, settings: &SamplingSettings, rng: &mut Pcg64Mcg) -> u8 {
        self.refusals = self.refusals.saturating_add(1);
        let elapsed = self.now - self.before;
        for (gap, logit) in self.gaps.iter_mut().enumerate() {
            if steps(gap as u8) <= elapsed {
                *logit = f32::NEG_INFINITY;
            }
        }
        let is_left = self.gaps.iter().any(|l| l.is_finite());
        let gap = is_left.then(|| draw(&self.gaps, Field::Gap, settings, rng) as u8);
        self.arrive(self.before, gap)
    }

    /// The onset of the next event after the note being written, or of the music after the region.
    fn limit(&self) -> Option<i64> {
        self.limit_at(self.next + usize::from(matches!(self.part, Part::Event(_))))
    }

    fn limit_at(&self, next: usize) -> Option<i64> {
        self.score.events.get(next).map(|e| e.step).or(self.score.after)
    }

    /// May free notes follow the note being written?
    fn opens(&self) -> bool {
        self.may_add(match self.part {
            Part::Event(event) => event.is_open,
            Part::Free => self.is_open,
        })
    }

    /// May a free note begin `gap` after the note being written?
    fn leads_to_free(&self, gap: u8) -> bool {
        let (at, key) = (self.now + steps(gap), self.key.unwrap_or(0));
        let floor = if gap == 0 { key + 1 } else { 0 };
        self.opens() && self.score.free_keys(at, floor, NoteToken::END_PITCH - 1).next().is_some()
    }

    /// Is there no event after the note being written?
    fn is_last(&self) -> bool {
        self.next + usize::from(matches!(self.part, Part::Event(_))) >= self.score.events.len()
    }

    /// A gap of at least this many steps leads to the next event.
    fn cut(&self) -> i64 {
        self.limit().unwrap_or(i64::MAX).min(self.score.steps.end.max(self.now)) - self.now
    }

    /// The gap to the next event, if nothing may come before it.
    fn forced_gap(&self) -> Option<u8> {
        let cut = self.cut();
        let is_free = (0..64).any(|gap| steps(gap) < cut && self.leads_to_free(gap));
        (!is_free).then(|| self.gap_to_limit(self.now))
    }

    fn gap_to_limit(&self, from: i64) -> u8 {
        gap_of(self.limit().unwrap_or(self.score.steps.end.max(from)) - from)
    }

    fn bar_gaps(&mut self, logits: &mut [f32]) {
        let cut = self.cut();
        let first_beyond = (0..64u8).position(|gap| steps(gap) >= cut).unwrap_or(64);
        for (gap, logit) in logits.iter_mut().enumerate().take(first_beyond) {
            if !self.leads_to_free(gap as u8) {
                *logit = f32::NEG_INFINITY;
            }
        }
        if self.must_add() && self.part != Part::Free {
            logits[first_beyond..].fill(f32::NEG_INFINITY);
        } else if let Some((first, beyond)) = logits[first_beyond..].split_first_mut() {
            let highest = beyond.iter().copied().fold(*first, f32::max);
            let sum: f32 = beyond.iter().chain([&*first]).map(|l| (l - highest).exp()).sum();
            *first = highest + sum.ln();
            beyond.fill(f32::NEG_INFINITY);
        }
        self.gaps = if self.score.has_other_voices() { logits.to_vec() } else { Vec::new() };
    }

    /// Moves past the note being written and returns it with its gap.
    pub fn settle(&mut self, note: NoteToken) -> NoteToken {
        if self.is_done {
            return note;
        }
        let rhythm_of = match self.part {
            Part::Event(Event { fixed: Fixed::Rhythm { note }, .. }) => Some(note),
            Part::Event(_) | Part::Free => None,
        };
        if self.part == Part::Free || rhythm_of.is_some() {
            self.placed.push(Placed { step: self.now, token: note, rhythm_of });
        }
        let forced = self.forced_gap();
        let gap = match forced {
            Some(_) => None,
            None => Some(note.gap).filter(|&gap| steps(gap) < self.cut() && self.leads_to_free(gap)),
        };
        if forced.is_some() {
            self.gaps.clear();
        }
        if let Part::Event(event) = self.part {
            self.next += 1;
            self.is_open = event.is_open;
        }
        self.part = Part::Free;
        self.floor = note.pitch.saturating_add(1);
        (self.before, self.refusals) = (self.now, 0);
        let gap = self.arrive(self.before, gap);
        self.key = None;
        NoteToken { gap, ..note }
    }

    /// Sets the time of the next note: `gap` after `from`, or the next event if `gap` is `None`. Returns the nearest
    /// gap token.
    fn arrive(&mut self, from: i64, gap: Option<u8>) -> u8 {
        let limit = self.limit_at(self.next);
        let free = gap.filter(|&gap| {
            let at = from + steps(gap);
            at < self.score.steps.end && limit.is_none_or(|limit| at < limit)
        });
        let gap = match free {
            Some(gap) => {
                self.now = from + steps(gap);
                gap
            }
            None => {
                let end = limit.unwrap_or(self.score.steps.end.max(from));
                self.now = end;
                self.is_done = self.next >= self.score.events.len();
                gap_of(end - from)
            }
        };
        if self.now > from {
            self.floor = 0;
        }
        gap
    }
}
