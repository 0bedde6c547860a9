//! The events of one track, read through damage.
//!
//! Where the bytes are sound they are read as the standard says. Where they are not, there are a few ways to go on,
//! and the one behind which most sound events follow is taken; what it costs is counted in the report.

use super::MidiReport;

/// So many sound events in a row show that a way is right.
const SURE_EVENTS: usize = 8;
/// So many are enough where nothing else can be tried.
const LIKELY_EVENTS: usize = 3;
/// How far ahead a sound event is looked for.
const MAX_SEARCH_BYTES: usize = 1 << 16;
/// A file with more damaged places than this is not worth the time.
const MAX_REPAIRS: usize = 100_000;
/// The longest time between two events that a file can hold.
const MAX_DELTA: u32 = 0x0fff_ffff;

const SYSEX: u8 = 0xf0;
const ESCAPE: u8 = 0xf7;
const META: u8 = 0xff;
pub(super) const END_OF_TRACK: u8 = 0x2f;

/// One event, as far as a piano cares. Channels count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    NoteOn {
        channel: u8,
        key: u8,
        velocity: u8,
    },
    NoteOff {
        channel: u8,
        key: u8,
    },
    Controller {
        channel: u8,
        number: u8,
        value: u8,
    },
    Meta {
        kind: u8,
        data: &'a [u8],
    },
    SysEx(&'a [u8]),
    /// Anything else, or something that was skipped.
    Other,
}

/// Where reading stands.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    /// The last status byte, which following messages may leave out.
    status: Option<u8>,
    /// Has there been a text or SysEx event since? The standard then forbids to leave it out.
    is_status_stale: bool,
    /// The time before the event has been read already.
    is_timed: bool,
}

impl Place {
    /// Before the time of an event, with no status to lean on.
    fn fresh(at: usize) -> Place {
        Place {
            at,
            status: None,
            is_status_stale: false,
            is_timed: false,
        }
    }

    /// Before the time of the next event.
    fn then(self, at: usize) -> Place {
        Place {
            at,
            is_timed: false,
            ..self
        }
    }

    /// Behind the time of an event.
    fn timed(self, at: usize) -> Place {
        Place {
            at,
            is_timed: true,
            ..self
        }
    }
}

/// A sound event.
struct Sound<'a> {
    delta: u32,
    event: Event<'a>,
    next: Place,
    is_status_kept: bool,
}

/// A number in groups of seven bits, of at most four bytes.
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut value = 0;
    for (i, &byte) in bytes.get(at..)?.iter().take(4).enumerate() {
        value = value << 7 | u32::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value, at + i + 1));
        }
    }
    None
}

/// The data bytes of a channel message.
fn data_bytes(status: u8) -> usize {
    match status >> 4 {
        0xc | 0xd => 1,
        _ => 2,
    }
}

fn channel_event(status: u8, data: [u8; 2]) -> Event<'static> {
    let channel = status & 15;
    match (status >> 4, data) {
        (0x9, [key, velocity]) if velocity > 0 => Event::NoteOn {
            channel,
            key,
            velocity,
        },
        (0x8 | 0x9, [key, _]) => Event::NoteOff { channel, key },
        (0xb, [number, value]) => Event::Controller {
            channel,
            number,
            value,
        },
        _ => Event::Other,
    }
}

/// The event at `place` if nothing about it is wrong but perhaps a status byte that should not have been left out.
fn sound_event(bytes: &[u8], place: Place) -> Option<Sound<'_>> {
    let (delta, at) = match place.is_timed {
        true => (0, place.at),
        false => number(bytes, place.at)?,
    };
    let sound = |event, next, is_status_kept| Sound {
        delta,
        event,
        next,
        is_status_kept,
    };
    let first = *bytes.get(at)?;
    match first {
        META => {
            let kind = *bytes.get(at + 1).filter(|kind| **kind < 0x80)?;
            let (length, begin) = number(bytes, at + 2)?;
            let data = bytes.get(begin..begin + length as usize)?;
            let next = place.then(begin + data.len());
            Some(sound(
                Event::Meta { kind, data },
                Place {
                    is_status_stale: true,
                    ..next
                },
                false,
            ))
        }
        SYSEX | ESCAPE => {
            let (length, begin) = number(bytes, at + 1)?;
            let data = bytes.get(begin..begin + length as usize)?;
            let next = place.then(begin + data.len());
            Some(sound(
                Event::SysEx(data),
                Place {
                    is_status_stale: true,
                    ..next
                },
                false,
            ))
        }
        0xf1..=0xfe => None,
        _ => {
            let (status, begin) = match first < 0x80 {
                true => (place.status?, at),
                false => (first, at + 1),
            };
            let data = bytes.get(begin..begin + data_bytes(status))?;
            if data.iter().any(|byte| *byte >= 0x80) {
                return None;
            }
            let next = Place {
                status: Some(status),
                is_status_stale: false,
                ..place.then(begin + data.len())
            };
            let event = channel_event(status, [data[0], data.get(1).copied().unwrap_or(0)]);
            Some(sound(event, next, begin == at && place.is_status_stale))
        }
    }
}

/// How many sound events follow one another from `place` on, up to [`SURE_EVENTS`]; the end of a track makes it sure.
fn sound_run(bytes: &[u8], mut place: Place) -> usize {
    for run in 0..SURE_EVENTS {
        let Some(sound) = sound_event(bytes, place) else {
            return run;
        };
        let is_end = matches!(
            sound.event,
            Event::Meta {
                kind: END_OF_TRACK,
                ..
            }
        );
        if is_end || sound.next.at == bytes.len() {
            return SURE_EVENTS;
        }
        place = sound.next;
    }
    SURE_EVENTS
}

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
        Events {
            bytes,
            place: Place::fresh(0),
            is_ended: false,
            report,
        }
    }

    /// Has the end mark been read?
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub fn report(&mut self) -> &mut MidiReport {
        self.report
    }

    /// The time since the event before, in ticks, and the event; `None` at the end of the track, or where nothing
    /// can be made of the rest.
    pub fn next(&mut self) -> Option<(u32, Event<'a>)> {
        if self.is_ended || self.place.at >= self.bytes.len() {
            return None;
        }
        let Some(sound) = sound_event(self.bytes, self.place) else {
            return match self.report.repaired_places() < MAX_REPAIRS {
                true => self.repair(),
                false => self.give_up(),
            };
        };
        self.report.kept_statuses += usize::from(sound.is_status_kept);
        self.place = sound.next;
        let event = match sound.event {
            Event::Meta {
                kind: END_OF_TRACK, ..
            } => {
                self.end();
                Event::Other
            }
            event => event,
        };
        Some((sound.delta, event))
    }

    /// An end mark: it counts unless sound events follow it.
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

    /// The rest is left out.
    fn give_up(&mut self) -> Option<(u32, Event<'a>)> {
        self.report.damaged_bytes += self.bytes.len() - self.place.at;
        self.place.at = self.bytes.len();
        None
    }

    /// Something is wrong with the event at the place.
    fn repair(&mut self) -> Option<(u32, Event<'a>)> {
        let (delta, at) = match self.place.is_timed {
            true => (0, self.place.at),
            false => {
                let Some((delta, at)) = self.long_number(self.place.at) else {
                    return self.give_up();
                };
                (delta, at)
            }
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

    /// As [`number`], of any length.
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

    /// A message for a cable, not for a file: it has a time of its own like an event, or stands within one.
    fn skip_system(&mut self, first: u8, at: usize) -> Event<'a> {
        let most = match first {
            0xf1 | 0xf3 => 1,
            0xf2 => 2,
            _ => 0,
        };
        let data = self.bytes[at + 1..].iter().take(most);
        let end = at + 1 + data.take_while(|byte| **byte < 0x80).count();
        let (own, within) = (self.place.then(end), self.place.timed(end));
        self.report.system_messages += 1;
        self.place = if self.run(within) > self.run(own) {
            within
        } else {
            own
        };
        Event::Other
    }

    /// A channel message with a data byte over 127: too large a value, a message from within which a system message
    /// interrupts, or one that lacks a byte.
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

    /// An 0xFF that begins no meta event, or one that claims more bytes than there are.
    fn repair_meta(&mut self, delta: u32, at: usize) -> Option<(u32, Event<'a>)> {
        match self.bytes.get(at + 1) {
            Some(&END_OF_TRACK) => {
                self.place.at = self.bytes.len();
                self.is_ended = true;
                self.report.odd_metas += 1;
                Some((delta, Event::Other))
            }
            // A byte that resets the devices on a cable, or a text that claims more than there is. That must not be
            // taken for notes that leave out their status.
            next => {
                let is_text = next.is_some_and(|kind| *kind < 0x80);
                let status = self.place.status.filter(|_| !is_text);
                let own = Place {
                    status,
                    ..self.place.then(at + 1)
                };
                let within = Place {
                    status,
                    ..self.place.timed(at + 1)
                };
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

    /// A SysEx event without a length, or one that claims more bytes than there are.
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

    /// Looks for the next place from which on events are sound.
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
mod tests {
    use super::*;

    /// Time and key of every note-on, and what was repaired.
    fn strokes(track: &[u8]) -> (Vec<(u32, u8, u8)>, MidiReport) {
        let mut report = MidiReport::default();
        let mut events = Events::new(track, &mut report);
        let (mut tick, mut found) = (0, Vec::new());
        while let Some((delta, event)) = events.next() {
            tick += delta;
            if let Event::NoteOn { key, velocity, .. } = event {
                found.push((tick, key, velocity));
            }
        }
        (found, report)
    }

    /// C, then `between`, then D a tick after it and E, each one tick long.
    fn around(between: &[u8]) -> Vec<u8> {
        let before = b"\0\x90\x3c\x40\x01\x80\x3c\x40";
        let after = b"\x01\x90\x3e\x40\x01\x80\x3e\x40\0\x90\x40\x40\x01\x80\x40\x40\0\xff\x2f\0";
        [before, between, after].concat()
    }

    const ALL: [(u32, u8, u8); 3] = [(0, 60, 64), (2, 62, 64), (3, 64, 64)];

    #[test]
    fn system_messages_are_skipped_wherever_they_stand() {
        for between in [
            b"\0\xf8".as_slice(),
            b"\0\xfe\0\xfa",
            b"\0\xf1\x20",
            b"\0\xf2\x01\x02",
            b"\0\xf3\x01",
            b"\0\xf6",
            b"\0\xf4\0\xfd",
            b"\0\xff",
            b"\0\xf8\0\xff",
        ] {
            let (found, report) = strokes(&around(between));
            assert_eq!(found, ALL, "{between:x?}");
            assert!(report.system_messages > 0, "{between:x?}");
        }
        // Without a time of its own, and between the bytes of a message.
        for (message, interrupted) in [
            (b"\x01\x80\x3c\x40".as_slice(), b"\x01\xf8\x80\x3c\x40".as_slice()),
            (b"\x01\x90\x3e\x40", b"\x01\x90\xf8\x3e\x40"),
            (b"\x01\x80\x3e\x40", b"\x01\x80\x3e\xfe\x40"),
        ] {
            let track = around(b"");
            let at = track.windows(4).position(|part| part == message).unwrap();
            let (found, report) = strokes(&[&track[..at], interrupted, &track[at + 4..]].concat());
            assert_eq!(found, ALL, "{interrupted:x?}");
            assert_eq!((report.system_messages, report.clamped_bytes), (1, 0));
        }
    }

    #[test]
    fn values_over_127_are_clamped() {
        let (found, report) = strokes(&around(b"\0\x90\x3d\xc8\0\x80\x3d\xff\0\xb0\x40\x80"));
        assert_eq!(found, [(0, 60, 64), (1, 61, 127), (2, 62, 64), (3, 64, 64)]);
        assert_eq!(report.clamped_bytes, 3);
    }

    #[test]
    fn a_message_that_lacks_a_byte_costs_no_other() {
        // Where the time behind it can be a value, it is taken for one.
        for (between, clamped, damaged) in [
            (b"\0\x90\x3d\x81\0\xb0\x07\x40".as_slice(), 1, 0),
            (b"\0\x90\x81\x70\xb0\x07\x40", 0, 1),
        ] {
            let (found, report) = strokes(&around(between));
            let keys: Vec<u8> = found.iter().map(|n| n.1).filter(|key| *key != 61).collect();
            assert_eq!(keys, [60, 62, 64]);
            assert_eq!(
                (report.clamped_bytes, report.damaged_messages),
                (clamped, damaged)
            );
        }
    }

    #[test]
    fn a_status_left_out_after_text_is_kept() {
        let track =
            b"\0\x90\x3c\x40\x01\xff\x01\x02la\0\x3c\0\x01\xf0\x02\x7e\xf7\x01\x3e\x40\x01\x3e\0\0\xff\x2f\0";
        let (found, report) = strokes(track);
        assert_eq!(found, [(0, 60, 64), (3, 62, 64)]);
        assert_eq!(report.kept_statuses, 2);
    }

    #[test]
    fn reading_goes_on_behind_damage() {
        for between in [
            // A text that claims more than there is, a SysEx without a length, data without a status.
            b"\0\xff\x01\xff\x7fsome words that are no notes at all".as_slice(),
            b"\0\xf0\x41\x10\x42\x12\x40\0\x7f\0\x41\xf7",
            b"\0\xff\xff\xff\xff\xff\xff\x01\x02\x03",
        ] {
            let (found, report) = strokes(&around(between));
            let keys: Vec<u8> = found.iter().map(|n| n.1).collect();
            assert_eq!(keys, [60, 62, 64], "{between:x?}");
            assert!(report.damaged_bytes + report.damaged_messages > 0, "{between:x?}");
        }
        let (found, report) = strokes(b"\x3c\x40\x01\0\x90\x3e\x40\x01\x80\x3e\x40\0\xff\x2f\0");
        assert_eq!((found.len(), report.damaged_messages), (1, 1));
    }

    #[test]
    fn a_time_of_more_than_four_bytes_is_a_time() {
        let (found, report) = strokes(&around(b"\x80\x80\x80\x80\x80\x01\x90\x3d\x40\0\x80\x3d\0"));
        assert_eq!(found[1], (2, 61, 64));
        assert_eq!(report.damaged_messages, 1);
    }

    #[test]
    fn an_end_in_the_middle_is_none() {
        let (found, report) = strokes(&around(b"\0\xff\x2f\0"));
        assert_eq!((found.len(), report.early_ends), (3, 1));
        // The last byte is missing.
        let cut = around(b"");
        let (found, report) = strokes(&cut[..cut.len() - 1]);
        assert_eq!((found.len(), report.odd_metas), (3, 1));
    }
}
