//! [`Performance`] → MIDI file.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::strokes::settle;
use super::{MAX_SECS, RECIPE_MARK};
use crate::music::Performance;

/// 960 ticks to a quarter at 120 quarters a minute: a tick is 0.52 ms, and every sequencer knows 960.
const TICKS_PER_QUARTER: u16 = 960;
const QUARTER_MICROS: u32 = 500_000;
const TICKS_PER_SEC: f64 = TICKS_PER_QUARTER as f64 * 1e6 / QUARTER_MICROS as f64;
const SUSTAIN: u8 = 64;
const DEFAULT_TITLE: &str = "Piano";

/// A format-0 MIDI file with one tempo and one piano on channel 1, times within half a tick (0.26 ms). `recipe`
/// goes into a text event from which [`super::read_recipe`] gets it back, `title` into the track name.
pub fn write(performance: &Performance, recipe: Option<&str>, title: Option<&str>) -> Vec<u8> {
    let recipe = recipe.map(|recipe| format!("{RECIPE_MARK}{recipe}"));
    let meta = |message| TrackEvent {
        delta: u28::new(0),
        kind: TrackEventKind::Meta(message),
    };
    let mut track = vec![meta(MetaMessage::TrackName(
        title.unwrap_or(DEFAULT_TITLE).as_bytes(),
    ))];
    track.extend(
        recipe
            .as_deref()
            .map(|text| meta(MetaMessage::Text(text.as_bytes()))),
    );
    track.push(meta(MetaMessage::Tempo(u24::new(QUARTER_MICROS))));
    track.push(meta(MetaMessage::TimeSignature(4, 2, 24, 8)));
    track.push(message(0, MidiMessage::ProgramChange { program: u7::new(0) }));
    let mut before = 0;
    for event in timed_messages(performance) {
        track.push(message(event.tick - before, event.message));
        before = event.tick;
    }
    track.push(meta(MetaMessage::EndOfTrack));
    let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS_PER_QUARTER)));
    let mut bytes = Vec::new();
    // Into memory this fails only for a track of 4 GiB, which no performance of a day's length can fill.
    let written = Smf {
        header,
        tracks: vec![track],
    }
    .write(&mut bytes);
    debug_assert!(written.is_ok());
    bytes
}

struct TimedMessage {
    tick: u32,
    /// At one tick the pedal moves first, then keys come up, then keys go down.
    rank: u8,
    message: MidiMessage,
}

fn timed_messages(performance: &Performance) -> Vec<TimedMessage> {
    let tick = |secs: f64| (secs.min(MAX_SECS) * TICKS_PER_SEC).round() as u32;
    let mut notes = performance.notes().to_vec();
    settle(&mut notes);
    let mut events: Vec<TimedMessage> = performance
        .pedal()
        .iter()
        .map(|change| {
            let (controller, value) = (u7::new(SUSTAIN), u7::new(change.value.min(127)));
            TimedMessage {
                tick: tick(change.time_secs),
                rank: 0,
                message: MidiMessage::Controller { controller, value },
            }
        })
        .collect();
    for note in notes {
        let (key, vel) = (u7::new(note.pitch.number()), u7::new(note.velocity.value()));
        let on = tick(note.onset_secs);
        let off = tick(note.release_secs()).max(on + 1);
        events.push(TimedMessage {
            tick: on,
            rank: 2,
            message: MidiMessage::NoteOn { key, vel },
        });
        events.push(TimedMessage {
            tick: off,
            rank: 1,
            message: MidiMessage::NoteOff {
                key,
                vel: u7::new(64),
            },
        });
    }
    events.sort_by_key(|e| (e.tick, e.rank));
    events
}

fn message(delta: u32, message: MidiMessage) -> TrackEvent<'static> {
    let delta = u28::try_from(delta).unwrap_or(u28::max_value());
    TrackEvent {
        delta,
        kind: TrackEventKind::Midi {
            channel: u4::new(0),
            message,
        },
    }
}
