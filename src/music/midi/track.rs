//! The events of one track, note-ons and note-offs paired.

use std::collections::VecDeque;

use midly::{EventIter, MetaMessage, MidiMessage, TrackEventKind};

use super::{MAX_CHANGES, MAX_NOTES, MidiError, MidiReport, RECIPE_MARK};

const DRUM_CHANNEL: u8 = 9;
const SUSTAIN: u8 = 64;
const ALL_SOUND_OFF: u8 = 120;
const RESET_CONTROLLERS: u8 = 121;
const ALL_NOTES_OFF: u8 = 123;

/// A note in ticks.
pub(super) struct RawNote {
    pub key: u8,
    pub velocity: u8,
    pub on: u64,
    pub off: u64,
}

/// What one track holds, in ticks.
#[derive(Default)]
pub(super) struct RawTrack {
    pub notes: Vec<RawNote>,
    /// (tick, channel, value) of controller 64.
    pub pedal: Vec<(u64, u8, u8)>,
    /// (tick, microseconds per quarter note).
    pub tempos: Vec<(u64, u32)>,
    pub name: Option<String>,
    pub recipe: Option<String>,
}

/// The notes of every channel and key that are down, oldest first; made once for all tracks of a file.
pub(super) struct OpenNotes {
    down: Vec<VecDeque<usize>>,
    last_release: Vec<u64>,
}

impl OpenNotes {
    pub fn new() -> OpenNotes {
        OpenNotes {
            down: vec![VecDeque::new(); 16 * 128],
            last_release: vec![0; 16 * 128],
        }
    }

    /// Takes everything still down, with the last time its key was released.
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

/// Reads one track; its counts are added to `report`.
pub(super) fn read_track(
    events: EventIter,
    open: &mut OpenNotes,
    report: &mut MidiReport,
) -> Result<RawTrack, MidiError> {
    let mut track = RawTrack::default();
    let mut tick = 0u64;
    let mut is_ended = false;
    for event in events {
        let Ok(event) = event else { break };
        tick = tick.saturating_add(u64::from(event.delta.as_int()));
        match event.kind {
            TrackEventKind::Midi { channel, message } => {
                if channel.as_int() == DRUM_CHANNEL {
                    report.drums +=
                        usize::from(matches!(message, MidiMessage::NoteOn { vel, .. } if vel > 0));
                } else {
                    track.apply(message, channel.as_int(), tick, open, report)?;
                }
            }
            TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                is_ended = true;
                break;
            }
            TrackEventKind::Meta(message) => track.apply_meta(message, tick)?,
            _ => {}
        }
    }
    report.damaged_tracks += usize::from(!is_ended);
    report.tracks += 1;
    for (index, release) in open.drain() {
        let note = &mut track.notes[index];
        note.off = if release > note.on {
            release
        } else {
            tick.max(note.on)
        };
        report.unreleased += 1;
    }
    Ok(track)
}

impl RawTrack {
    fn apply(
        &mut self,
        message: MidiMessage,
        channel: u8,
        tick: u64,
        open: &mut OpenNotes,
        report: &mut MidiReport,
    ) -> Result<(), MidiError> {
        match message {
            MidiMessage::NoteOn { key, vel } if vel > 0 => {
                check("notes", self.notes.len(), MAX_NOTES)?;
                open.down[slot(channel, key.as_int())].push_back(self.notes.len());
                self.notes.push(RawNote {
                    key: key.as_int(),
                    velocity: vel.as_int(),
                    on: tick,
                    off: tick,
                });
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                let slot = slot(channel, key.as_int());
                open.last_release[slot] = tick;
                // The oldest first: its own release comes first when a key is struck again while it sounds.
                match open.down[slot].pop_front() {
                    Some(note) => self.notes[note].off = tick,
                    None => report.stray_releases += 1,
                }
            }
            MidiMessage::Controller { controller, value } => match controller.as_int() {
                SUSTAIN => self.push_pedal(tick, channel, value.as_int())?,
                RESET_CONTROLLERS if self.is_pedal_down(channel) => self.push_pedal(tick, channel, 0)?,
                ALL_SOUND_OFF | ALL_NOTES_OFF => {
                    for slot in slot(channel, 0)..=slot(channel, 127) {
                        open.down[slot]
                            .drain(..)
                            .for_each(|note| self.notes[note].off = tick);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn apply_meta(&mut self, message: MetaMessage, tick: u64) -> Result<(), MidiError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match message {
            MetaMessage::Tempo(micros) => {
                check("tempo changes", self.tempos.len(), MAX_CHANGES)?;
                self.tempos.push((tick, micros.as_int()));
            }
            MetaMessage::TrackName(bytes) if self.name.is_none() => {
                self.name = Some(text(bytes)).filter(|name| !name.is_empty());
            }
            MetaMessage::Text(bytes) if self.recipe.is_none() => {
                self.recipe = text(bytes).strip_prefix(RECIPE_MARK).map(str::to_owned);
            }
            _ => {}
        }
        Ok(())
    }

    fn push_pedal(&mut self, tick: u64, channel: u8, value: u8) -> Result<(), MidiError> {
        check("pedal changes", self.pedal.len(), MAX_CHANGES)?;
        self.pedal.push((tick, channel, value));
        Ok(())
    }

    fn is_pedal_down(&self, channel: u8) -> bool {
        self.pedal
            .iter()
            .rev()
            .find(|change| change.1 == channel)
            .is_some_and(|change| change.2 > 0)
    }
}

/// May one more be added to `count`?
pub(super) fn check(what: &'static str, count: usize, limit: usize) -> Result<(), MidiError> {
    match count < limit {
        true => Ok(()),
        false => Err(MidiError::TooLarge {
            what,
            limit: limit as u64,
        }),
    }
}
