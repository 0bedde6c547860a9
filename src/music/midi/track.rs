//! Reads the events of a track, and pairs note-ons with note-offs.

use std::collections::VecDeque;

use super::events::{Event, is_odd};
use super::repair::Events;
use super::text::Alphabet;
use super::{MAX_CHANGES, MAX_NOTES, MidiError, MidiReport, RECIPE_MARK};

const BANK: u8 = 0;
const SUSTAIN: u8 = 64;
const SOSTENUTO: u8 = 66;
const SOFT: u8 = 67;
const ALL_SOUND_OFF: u8 = 120;
const RESET_CONTROLLERS: u8 = 121;
/// Controllers from here to 127 are mode messages, each of which releases all keys.
const ALL_NOTES_OFF: u8 = 123;

/// A channel on one of a file's ports: the port times 16 plus the channel, counted from 0.
pub(super) type Channel = u16;

/// What ends a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its own release.
    Release,
    /// A message that lifts all keys.
    AllKeys,
    /// Nothing: it ends with its track.
    Track,
}

/// A note in ticks.
#[derive(Clone, Copy)]
pub(super) struct RawNote {
    pub channel: Channel,
    pub key: u8,
    pub velocity: u8,
    pub on: u64,
    pub off: u64,
    pub end: End,
}

/// A release of a key that was not down on its track.
#[derive(Clone, Copy)]
pub(super) struct StrayRelease {
    pub channel: Channel,
    pub key: u8,
    pub tick: u64,
}

/// A pedal of a channel moves to a value, at a tick.
#[derive(Clone, Copy)]
pub(super) struct RawPedal {
    pub tick: u64,
    pub channel: Channel,
    pub value: u8,
}

/// The three pedals of a piano.
#[derive(Default)]
pub(super) struct RawPedals {
    pub sustain: Vec<RawPedal>,
    pub sostenuto: Vec<RawPedal>,
    pub soft: Vec<RawPedal>,
}

/// Something that may turn channels into drums: see [`super::drums`].
#[derive(Clone, Copy)]
pub(super) enum KitEvent {
    Bank(u8),
    Part { is_drum: bool },
}

/// The contents of a track, in ticks.
#[derive(Default)]
pub(super) struct RawTrack {
    pub notes: Vec<RawNote>,
    pub strays: Vec<StrayRelease>,
    pub pedals: RawPedals,
    /// (tick, microseconds per quarter note).
    pub tempos: Vec<(u64, u32)>,
    /// (tick, beats per measure, beat as a power of two).
    pub metres: Vec<(u64, u8, u8)>,
    pub kits: Vec<(u64, Channel, KitEvent)>,
    pub systems: Vec<System>,
    /// Its names, not yet decoded.
    pub names: Vec<Vec<u8>>,
    pub recipe: Option<String>,
}

impl RawTrack {
    /// The number of changes, limited by [`MAX_CHANGES`].
    pub fn changes(&self) -> usize {
        let pedals = &self.pedals;
        let moved = pedals.sustain.len() + pedals.sostenuto.len() + pedals.soft.len();
        moved + self.tempos.len() + self.metres.len() + self.kits.len()
    }
}

/// The standard that a file claims to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Gs,
    Xg,
    Gm2,
}

/// The notes that are down on each channel and key, oldest first; allocated once for all tracks of a file.
pub(super) struct OpenNotes {
    down: Vec<VecDeque<usize>>,
    last_release: Vec<u64>,
}

impl OpenNotes {
    pub fn new() -> OpenNotes {
        OpenNotes { down: vec![VecDeque::new(); 16 * 128], last_release: vec![0; 16 * 128] }
    }

    /// Removes all notes that are still down, each with the last release of its key.
    fn drain(&mut self) -> impl Iterator<Item = (usize, u64)> {
        let releases = &mut self.last_release;
        self.down.iter_mut().enumerate().flat_map(|(slot, down)| {
            let release = std::mem::take(&mut releases[slot]);
            down.drain(..).map(move |note| (note, release))
        })
    }
}

fn slot(channel: u8, key: u8) -> usize {
    usize::from(channel & 15) * 128 + usize::from(key & 127)
}

/// Reads a track; adds repairs to `report` and text to `alphabet`.
pub(super) fn read_track(
    bytes: &[u8],
    open: &mut OpenNotes,
    alphabet: &mut Alphabet,
    report: &mut MidiReport,
) -> Result<RawTrack, MidiError> {
    let mut reader = TrackReader {
        track: RawTrack::default(),
        open,
        port: 0,
        tick: 0,
        depths: [[0; 16]; 3],
        silenced: [0; 16],
    };
    let mut events = Events::new(bytes, report);
    while let Some((delta, event)) = events.next() {
        reader.tick = reader.tick.saturating_add(u64::from(delta));
        match event {
            Event::Meta { kind, data } => {
                if is_odd(kind, data) {
                    events.report().odd_metas += 1
                } else {
                    reader.meta(kind, data, alphabet)?
                }
            }
            Event::SysEx(data) => reader.sysex(data),
            Event::Other => {}
            message => reader.message(message)?,
        }
    }
    let is_ended = events.is_ended();
    report.damaged_tracks += usize::from(!is_ended);
    report.tracks += 1;
    Ok(reader.finish())
}

struct TrackReader<'a> {
    track: RawTrack,
    open: &'a mut OpenNotes,
    port: u8,
    tick: u64,
    /// The pedals of each channel, in the order of [`RawPedals`].
    depths: [[u8; 16]; 3],
    /// The position of each channel's sustain pedal when its sound was switched off; the pedal returns there at the
    /// next note.
    silenced: [u8; 16],
}

impl TrackReader<'_> {
    fn channel(&self, channel: u8) -> Channel {
        u16::from(self.port) * 16 + u16::from(channel & 15)
    }

    fn message(&mut self, event: Event) -> Result<(), MidiError> {
        let tick = self.tick;
        match event {
            Event::NoteOn { channel, key, velocity } => {
                let depth = std::mem::take(&mut self.silenced[usize::from(channel & 15)]);
                if depth > 0 {
                    self.move_pedal(0, channel, depth)?;
                }
                check("notes", self.track.notes.len(), MAX_NOTES)?;
                self.open.down[slot(channel, key)].push_back(self.track.notes.len());
                self.track.notes.push(RawNote {
                    channel: self.channel(channel),
                    key,
                    velocity,
                    on: tick,
                    off: tick,
                    end: End::Track,
                });
            }
            Event::NoteOff { channel, key } => {
                let slot = slot(channel, key);
                self.open.last_release[slot] = tick;
                // Oldest first: when a key is struck again while it sounds, its own release comes first.
                match self.open.down[slot].pop_front() {
                    Some(note) => self.end_note(note, End::Release),
                    None => {
                        check("releases", self.track.strays.len(), MAX_NOTES)?;
                        let channel = self.channel(channel);
                        self.track.strays.push(StrayRelease { channel, key, tick });
                    }
                }
            }
            Event::Controller { channel, number, value } => self.control(channel, number, value)?,
            Event::Meta { .. } | Event::SysEx(_) | Event::Other => {}
        }
        Ok(())
    }

    fn end_note(&mut self, note: usize, end: End) {
        let note = &mut self.track.notes[note];
        (note.off, note.end) = (self.tick, end);
    }

    fn control(&mut self, channel: u8, number: u8, value: u8) -> Result<(), MidiError> {
        let at = usize::from(channel & 15);
        match number {
            BANK => {
                check("bank changes", self.track.kits.len(), MAX_CHANGES)?;
                let event = (self.tick, self.channel(channel), KitEvent::Bank(value));
                self.track.kits.push(event);
            }
            SUSTAIN => {
                self.silenced[at] = 0;
                self.move_pedal(0, channel, value)?;
            }
            SOSTENUTO => self.move_pedal(1, channel, value)?,
            SOFT => self.move_pedal(2, channel, value)?,
            ALL_SOUND_OFF => {
                self.lift_keys(channel);
                // Notes held by the pedal fall silent too.
                let depth = self.depths[0][at];
                if depth > 0 {
                    self.move_pedal(0, channel, 0)?;
                    self.silenced[at] = depth;
                }
            }
            RESET_CONTROLLERS => {
                self.silenced[at] = 0;
                for pedal in 0..3 {
                    if self.depths[pedal][at] > 0 {
                        self.move_pedal(pedal, channel, 0)?;
                    }
                }
            }
            ALL_NOTES_OFF.. => self.lift_keys(channel),
            _ => {}
        }
        Ok(())
    }

    /// Moves the pedal with this index in [`RawPedals`].
    fn move_pedal(&mut self, pedal: usize, channel: u8, value: u8) -> Result<(), MidiError> {
        self.depths[pedal][usize::from(channel & 15)] = value;
        let (tick, channel) = (self.tick, self.channel(channel));
        let changes = match pedal {
            0 => &mut self.track.pedals.sustain,
            1 => &mut self.track.pedals.sostenuto,
            _ => &mut self.track.pedals.soft,
        };
        check("pedal changes", changes.len(), MAX_CHANGES)?;
        changes.push(RawPedal { tick, channel, value });
        Ok(())
    }

    fn lift_keys(&mut self, channel: u8) {
        for slot in slot(channel, 0)..=slot(channel, 127) {
            while let Some(note) = self.open.down[slot].pop_front() {
                self.end_note(note, End::AllKeys);
            }
        }
    }

    fn meta(&mut self, kind: u8, data: &[u8], alphabet: &mut Alphabet) -> Result<(), MidiError> {
        let track = &mut self.track;
        if (0x01..=0x0f).contains(&kind) {
            let recipe = data.strip_prefix(RECIPE_MARK.as_bytes()).filter(|_| kind == 0x01);
            match recipe {
                Some(recipe) if track.recipe.is_none() => {
                    let text = String::from_utf8_lossy(recipe);
                    track.recipe = Some(text.trim().to_owned());
                }
                Some(_) => {}
                None => alphabet.hear(data),
            }
        }
        match (kind, data) {
            (0x03, name) if track.names.len() < MAX_NAMES => {
                track.names.push(name[..name.len().min(MAX_NAME_BYTES)].to_vec());
            }
            (0x21, &[port]) => self.port = port,
            (0x51, &[high, middle, low]) => {
                check("tempo changes", track.tempos.len(), MAX_CHANGES)?;
                let micros = u32::from_be_bytes([0, high, middle, low]);
                track.tempos.push((self.tick, micros));
            }
            (0x58, &[beats, power, ..]) => {
                check("metre changes", track.metres.len(), MAX_CHANGES)?;
                track.metres.push((self.tick, beats, power));
            }
            _ => {}
        }
        Ok(())
    }

    /// The few system messages that turn channels into drums or back.
    fn sysex(&mut self, data: &[u8]) {
        let track = &mut self.track;
        match *data {
            [0x41, _, 0x42, 0x12, 0x40, 0x00, 0x7f, ..] => track.systems.push(System::Gs),
            [0x43, _, 0x4c, 0x00, 0x00, 0x7e, ..] => track.systems.push(System::Xg),
            [0x7e, _, 0x09, 0x03, ..] => track.systems.push(System::Gm2),
            // GS orders its parts so that channel 10 comes first.
            [0x41, _, 0x42, 0x12, 0x40, part @ 0x10..=0x1f, 0x15, mode, ..] => {
                let channel = match part & 15 {
                    0 => 9,
                    part @ 1..=9 => part - 1,
                    part => part,
                };
                self.set_part(channel, mode != 0);
            }
            [0x43, _, 0x4c, 0x08, part @ 0..=15, 0x07, mode, ..] => self.set_part(part, mode != 0),
            _ => {}
        }
    }

    fn set_part(&mut self, channel: u8, is_drum: bool) {
        if self.track.kits.len() < MAX_CHANGES {
            let event = (self.tick, self.channel(channel), KitEvent::Part { is_drum });
            self.track.kits.push(event);
        }
    }

    fn finish(self) -> RawTrack {
        let TrackReader { mut track, open, tick, .. } = self;
        for (index, release) in open.drain() {
            let note = &mut track.notes[index];
            note.off = if release > note.on { release } else { tick.max(note.on) };
        }
        track.systems.truncate(MAX_NAMES);
        track
    }
}

/// Maximum number of names per track, and bytes per name.
const MAX_NAMES: usize = 8;
const MAX_NAME_BYTES: usize = 512;

/// Adds one to `count`, or fails at the limit.
pub(super) fn check(what: &'static str, count: usize, limit: usize) -> Result<(), MidiError> {
    if count < limit { Ok(()) } else { Err(MidiError::TooLarge { what, limit: limit as u64 }) }
}
