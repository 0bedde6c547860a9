//! Parses the events of a track as the standard defines them.

/// This many valid events in a row show that a repair is right.
pub(super) const SURE_EVENTS: usize = 8;

pub(super) const SYSEX: u8 = 0xf0;
pub(super) const ESCAPE: u8 = 0xf7;
pub(super) const META: u8 = 0xff;
pub(super) const END_OF_TRACK: u8 = 0x2f;

/// An event, as far as it matters for a piano. Channels count from 0.
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
    /// Any other event, or a skipped one.
    Other,
}

/// A position in a track.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub at: usize,
    /// The running status: the last status byte, which following messages may omit.
    pub status: Option<u8>,
    /// Was there a text or SysEx event after it? The standard then forbids running status.
    pub is_status_stale: bool,
    /// The time before the event has been read already.
    pub is_timed: bool,
}

impl Place {
    /// Before the time of an event, without running status.
    pub fn fresh(at: usize) -> Place {
        Place { at, status: None, is_status_stale: false, is_timed: false }
    }

    /// Before the time of the next event.
    pub fn then(self, at: usize) -> Place {
        Place { at, is_timed: false, ..self }
    }

    /// After the time of an event.
    pub fn timed(self, at: usize) -> Place {
        Place { at, is_timed: true, ..self }
    }
}

/// A valid event.
pub(super) struct Sound<'a> {
    pub delta: u32,
    pub event: Event<'a>,
    pub next: Place,
    pub is_status_kept: bool,
}

/// A variable-length number of at most four bytes.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
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
pub(super) fn data_bytes(status: u8) -> usize {
    match status >> 4 {
        0xc | 0xd => 1,
        _ => 2,
    }
}

pub(super) fn channel_event(status: u8, data: [u8; 2]) -> Event<'static> {
    let channel = status & 15;
    match (status >> 4, data) {
        (0x9, [key, velocity]) if velocity > 0 => Event::NoteOn { channel, key, velocity },
        (0x8 | 0x9, [key, _]) => Event::NoteOff { channel, key },
        (0xb, [number, value]) => Event::Controller { channel, number, value },
        _ => Event::Other,
    }
}

/// The event at `place` if it is valid, except perhaps for a missing status byte.
pub(super) fn sound_event(bytes: &[u8], place: Place) -> Option<Sound<'_>> {
    let (delta, at) = if place.is_timed { (0, place.at) } else { number(bytes, place.at)? };
    let sound = |event, next, is_status_kept| Sound { delta, event, next, is_status_kept };
    let first = *bytes.get(at)?;
    match first {
        META => {
            let kind = *bytes.get(at + 1).filter(|kind| **kind < 0x80)?;
            let (length, begin) = number(bytes, at + 2)?;
            let data = bytes.get(begin..begin + length as usize)?;
            let next = place.then(begin + data.len());
            Some(sound(Event::Meta { kind, data }, Place { is_status_stale: true, ..next }, false))
        }
        SYSEX | ESCAPE => {
            let (length, begin) = number(bytes, at + 1)?;
            let data = bytes.get(begin..begin + length as usize)?;
            let next = place.then(begin + data.len());
            Some(sound(Event::SysEx(data), Place { is_status_stale: true, ..next }, false))
        }
        0xf1..=0xfe => None,
        _ => {
            let (status, begin) = if first < 0x80 { (place.status?, at) } else { (first, at + 1) };
            let data = bytes.get(begin..begin + data_bytes(status))?;
            if data.iter().any(|byte| *byte >= 0x80) {
                return None;
            }
            let next =
                Place { status: Some(status), is_status_stale: false, ..place.then(begin + data.len()) };
            let event = channel_event(status, [data[0], data.get(1).copied().unwrap_or(0)]);
            Some(sound(event, next, begin == at && place.is_status_stale))
        }
    }
}

/// The number of valid events in a row from `place` on, up to [`SURE_EVENTS`]; the end of a track counts as that many.
pub(super) fn sound_run(bytes: &[u8], mut place: Place) -> usize {
    for run in 0..SURE_EVENTS {
        let Some(sound) = sound_event(bytes, place) else {
            return run;
        };
        let is_end = matches!(sound.event, Event::Meta { kind: END_OF_TRACK, .. });
        if is_end || sound.next.at == bytes.len() {
            return SURE_EVENTS;
        }
        place = sound.next;
    }
    SURE_EVENTS
}

/// Are the contents of a meta event invalid for its kind?
pub(super) fn is_odd(kind: u8, data: &[u8]) -> bool {
    match (kind, data) {
        (0x00, data) => !matches!(data.len(), 0 | 2),
        (0x20 | 0x21, data) => data.len() != 1,
        (0x51, data) => data.len() != 3 || data == [0; 3],
        (0x54, &[hour, minute, second, frame, part]) => {
            hour & 0x1f > 23 || minute > 59 || second > 59 || frame > 29 || part > 99
        }
        (0x58, &[beats, power, ..]) => data.len() != 4 || beats == 0 || power > 7,
        (0x59, &[sharps, mode]) => !(-7..=7).contains(&(sharps as i8)) || mode > 1,
        (0x54 | 0x58 | 0x59, _) => true,
        _ => false,
    }
}
