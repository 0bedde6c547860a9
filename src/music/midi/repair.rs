//! Reads the events of a track and repairs damaged ones.
//!
//! Valid bytes are read as the standard says. At damaged bytes there are several ways to continue; the one followed by
//! the most valid events is taken, and the report counts the damage.

use super::MidiReport;
use super::events::{
    END_OF_TRACK, ESCAPE, Event, META, Place, SURE_EVENTS, SYSEX, channel_event, data_bytes, sound_event,
    sound_run,
};

/// Valid events in a row that suffice if there is no alternative.
const LIKELY_EVENTS: usize = 3;
/// How far ahead to search for a valid event.
const MAX_SEARCH_BYTES: usize = 1 << 16;
/// Reading gives up after this many damaged places.
const MAX_REPAIRS: usize = 100_000;
/// The longest delta time in a file.
const MAX_DELTA: u32 = 0x0fff_ffff;

/// Walks through the events of a track.
pub(super) struct Events<'a, 'r> {
    bytes: &'a [u8],
    place: Place,
    is_ended: bool,
    report: &'r mut MidiReport,
}

impl<'a, 'r> Events<'a, 'r> {
    /// `bytes` are those of the track without its header. Repairs are counted in `report`.
    pub fn new(bytes: &'a [u8], report: &'r mut MidiReport) -> Self {
        Events { bytes, place: Place::fresh(0), is_ended: false, report }
    }

    /// Has the end mark been read?
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub fn report(&mut self) -> &mut MidiReport {
        self.report
    }

    /// The time since the previous event, in ticks, and the event; `None` at the end of the track, or if nothing of
    /// the rest can be read.
    pub fn next(&mut self) -> Option<(u32, Event<'a>)> {
        if self.is_ended || self.place.at >= self.bytes.len() {
            return None;
        }
        let Some(sound) = sound_event(self.bytes, self.place) else {
            return if self.report.repaired_places() < MAX_REPAIRS { self.repair() } else { self.give_up() };
        };
        self.report.kept_statuses += usize::from(sound.is_status_kept);
        self.place = sound.next;
        let event = match sound.event {
            Event::Meta { kind: END_OF_TRACK, .. } => {
                self.end();
                Event::Other
            }
            event => event,
        };
        Some((sound.delta, event))
    }

    /// An end mark: it counts unless valid events follow it.
    fn end(&mut self) {
        let rest = &self.bytes[self.place.at..];
        let goes_on = sound_run(self.bytes, Place::fresh(self.place.at)) >= LIKELY_EVENTS;
        if !rest.is_empty() && goes_on {
            self.report.early_ends += 1;
            return;
        }
        self.is_ended = true;
        if rest.iter().any(|byte| *byte != 0) {
            self.report.stray_bytes += rest.len();
        }
    }

    /// Gives up on the rest of the track.
    fn give_up(&mut self) -> Option<(u32, Event<'a>)> {
        self.report.damaged_bytes += self.bytes.len() - self.place.at;
        self.place.at = self.bytes.len();
        None
    }

    /// Handles an invalid event at the current place.
    fn repair(&mut self) -> Option<(u32, Event<'a>)> {
        let (delta, at) = if self.place.is_timed {
            (0, self.place.at)
        } else {
            let Some((delta, at)) = self.long_number(self.place.at) else {
                return self.give_up();
            };
            (delta, at)
        };
        if at - self.place.at > 4 {
            // Only the time before the event was wrong.
            self.report.damaged_messages += 1;
            self.place = self.place.timed(at);
            return Some((delta, Event::Other));
        }
        let Some(&first) = self.bytes.get(at) else {
            return self.give_up();
        };
        match first {
            META => self.repair_meta(delta, at),
            SYSEX | ESCAPE => self.repair_sysex(delta, at),
            0xf1..=0xfe => Some((delta, self.skip_system(first, at))),
            0x80.. => self.repair_message(delta, first, at + 1),
            _ => match self.place.status {
                Some(status) => self.repair_message(delta, status, at),
                None => self.search(delta, at),
            },
        }
    }

    /// [`number`](super::events::number) of any length.
    fn long_number(&self, at: usize) -> Option<(u32, usize)> {
        let mut value = 0u32;
        for (i, &byte) in self.bytes.get(at..)?.iter().enumerate() {
            value = (value << 7 | u32::from(byte & 0x7f)) & MAX_DELTA;
            if byte < 0x80 {
                return Some((value, at + i + 1));
            }
        }
        None
    }

    fn run(&self, place: Place) -> usize {
        sound_run(self.bytes, place)
    }

    /// Skips a message meant for a cable, not a file: it has its own delta time like an event, or lies within one.
    fn skip_system(&mut self, first: u8, at: usize) -> Event<'a> {
        let max_data = match first {
            0xf1 | 0xf3 => 1,
            0xf2 => 2,
            _ => 0,
        };
        let data = self.bytes[at + 1..].iter().take(max_data);
        let end = at + 1 + data.take_while(|byte| **byte < 0x80).count();
        let (own, within) = (self.place.then(end), self.place.timed(end));
        self.report.system_messages += 1;
        self.place = if self.run(within) > self.run(own) { within } else { own };
        Event::Other
    }

    /// Repairs a channel message with a data byte over 127: the value is too large, a system message interrupts the
    /// channel message, or a byte is missing.
    fn repair_message(&mut self, delta: u32, status: u8, begin: usize) -> Option<(u32, Event<'a>)> {
        let mut data = [0u8; 2];
        let mut at = begin;
        let wanted = data_bytes(status);
        self.place.status = Some(status);
        self.place.is_status_stale = false;
        let mut clamped = 0;
        for (i, value) in data.iter_mut().enumerate().take(wanted) {
            loop {
                let Some(&byte) = self.bytes.get(at) else {
                    return self.give_up();
                };
                if byte < 0x80 {
                    *value = byte;
                    break;
                }
                let left = wanted - i;
                let as_value = self.run(self.place.then(at + left));
                let without = match byte {
                    0xf8..=0xfe => self.run(self.place.then(at + 1 + left)),
                    _ => 0,
                };
                let as_time = self.run(self.place.then(at));
                if without > as_value && without >= as_time {
                    self.report.system_messages += 1;
                    at += 1;
                    continue;
                }
                if as_time > as_value {
                    self.report.damaged_messages += 1;
                    self.place = self.place.then(at);
                    return Some((delta, Event::Other));
                }
                clamped += 1;
                *value = 127;
                break;
            }
            at += 1;
        }
        self.report.clamped_bytes += clamped;
        self.place = self.place.then(at);
        Some((delta, channel_event(status, data)))
    }

    /// Repairs an 0xFF that begins no meta event, or a meta event longer than the rest of the track.
    fn repair_meta(&mut self, delta: u32, at: usize) -> Option<(u32, Event<'a>)> {
        match self.bytes.get(at + 1) {
            Some(&END_OF_TRACK) => {
                self.place.at = self.bytes.len();
                self.is_ended = true;
                self.report.odd_metas += 1;
                Some((delta, Event::Other))
            }
            // A byte that resets devices on a cable, or a text whose stated length is too long. The text must not be
            // read as notes under running status.
            next => {
                let is_text = next.is_some_and(|kind| *kind < 0x80);
                let status = self.place.status.filter(|_| !is_text);
                let own = Place { status, ..self.place.then(at + 1) };
                let within = Place { status, ..self.place.timed(at + 1) };
                let (own_run, within_run) = (self.run(own), self.run(within));
                if own_run.max(within_run) < LIKELY_EVENTS {
                    self.place.status = status;
                    return self.search(delta, at);
                }
                self.report.system_messages += 1;
                self.place = if within_run > own_run { within } else { own };
                Some((delta, Event::Other))
            }
        }
    }

    /// Repairs a SysEx event without a length, or one longer than the rest of the track.
    fn repair_sysex(&mut self, delta: u32, at: usize) -> Option<(u32, Event<'a>)> {
        let end = self.bytes[at + 1..].iter().position(|byte| *byte >= 0x80);
        let next = end
            .map(|end| at + 1 + end)
            .filter(|end| self.bytes[*end] == ESCAPE)
            .map(|end| self.place.then(end + 1));
        match next.filter(|next| self.run(*next) >= LIKELY_EVENTS) {
            Some(next) => {
                let data = &self.bytes[at + 1..next.at];
                self.report.damaged_messages += 1;
                self.place = next;
                Some((delta, Event::SysEx(data)))
            }
            None => {
                self.place.status = None;
                self.search(delta, at)
            }
        }
    }

    /// Searches for the next place with valid events.
    fn search(&mut self, delta: u32, at: usize) -> Option<(u32, Event<'a>)> {
        let last = (at + MAX_SEARCH_BYTES).min(self.bytes.len());
        let status = self.place.status;
        let found = (at + 1..last).find_map(|at| {
            let fresh = Place::fresh(at);
            if self.run(fresh) >= LIKELY_EVENTS {
                return Some(fresh);
            }
            let leaning = Place { status, ..fresh };
            (status.is_some() && self.run(leaning) >= SURE_EVENTS).then_some(leaning)
        });
        let Some(found) = found else {
            return self.give_up();
        };
        self.report.damaged_messages += 1;
        self.report.damaged_bytes += found.at - at;
        self.place = found;
        Some((delta, Event::Other))
    }
}

#[cfg(test)]
mod tests;
