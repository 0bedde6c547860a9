//! Writes a [`Performance`] as a MIDI file.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::RECIPE_MARK;
use super::grid::Grid;
use super::overlaps::settle;
use crate::music::{PedalChange, Performance};

const SUSTAIN: u8 = 64;
const SOSTENUTO: u8 = 66;
const SOFT: u8 = 67;
const DEFAULT_TITLE: &str = "Piano";
/// MIDI clocks per metronome click and 32nd notes per quarter, with their usual values.
const CLOCKS_PER_CLICK: u8 = 24;
const THIRTY_SECONDS_PER_QUARTER: u8 = 8;

/// A format-0 MIDI file with one piano on channel 1; times are accurate to half a tick (0.26 ms). `recipe` is stored in
/// a text event, where [`super::read_recipe`] finds it, and `title` in the track name. The markings of the performance
/// (pedals, tempo, metre) are written as well; the default is 4/4 at 120 quarters a minute.
pub fn write(performance: &Performance, recipe: Option<&str>, title: Option<&str>) -> Vec<u8> {
    let recipe = recipe.map(|recipe| format!("{RECIPE_MARK}{recipe}"));
    let title = title.unwrap_or(DEFAULT_TITLE);
    let grid = Grid::new(performance.markings(), performance.duration_secs());
    let mut track = vec![meta(0, MetaMessage::TrackName(title.as_bytes()))];
    track.extend(recipe.as_deref().map(|text| meta(0, MetaMessage::Text(text.as_bytes()))));
    track.push(track_event(0, message(MidiMessage::ProgramChange { program: u7::new(0) })));
    let mut events = beats(performance, &grid);
    events.extend(pedals_and_keys(performance, &grid));
    events.sort_by_key(|event| (event.tick, event.rank));
    let mut before = 0;
    for event in events {
        track.push(track_event(event.tick - before, event.kind));
        before = event.tick;
    }
    track.push(meta(0, MetaMessage::EndOfTrack));
    let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(grid.ticks_per_quarter)));
    let mut bytes = Vec::new();
    // Writing to memory fails only for a track of 4 GiB, far more than a day of music.
    let written = Smf { header, tracks: vec![track] }.write(&mut bytes);
    debug_assert!(written.is_ok());
    bytes
}

struct TimedEvent {
    tick: u64,
    /// Order at the same tick: tempo and metre, pedals, releases, onsets.
    rank: u8,
    kind: TrackEventKind<'static>,
}

fn beats(performance: &Performance, grid: &Grid) -> Vec<TimedEvent> {
    let tempos = grid.tempos().map(|(tick, quarter_micros)| TimedEvent {
        tick,
        rank: 0,
        kind: TrackEventKind::Meta(MetaMessage::Tempo(u24::new(quarter_micros.min(0x00ff_ffff)))),
    });
    let metre = |tick, beats, beat_power| TimedEvent {
        tick,
        rank: 0,
        kind: TrackEventKind::Meta(MetaMessage::TimeSignature(
            beats,
            beat_power,
            CLOCKS_PER_CLICK,
            THIRTY_SECONDS_PER_QUARTER,
        )),
    };
    let metres = &performance.markings().metres;
    let begins = metres.first().is_some_and(|first| first.time_secs <= 0.0);
    let usual = (!begins).then(|| metre(0, 4, 2));
    let own = metres.iter().map(|m| metre(grid.tick(m.time_secs), m.beats, m.beat_power));
    tempos.chain(usual).chain(own).collect()
}

fn pedals_and_keys(performance: &Performance, grid: &Grid) -> Vec<TimedEvent> {
    let markings = performance.markings();
    let mut events = Vec::new();
    for (controller, changes) in
        [(SUSTAIN, performance.pedal()), (SOSTENUTO, &markings.sostenuto), (SOFT, &markings.soft)]
    {
        let event = |change: &PedalChange| TimedEvent {
            tick: grid.tick(change.time_secs),
            rank: 1,
            kind: message(MidiMessage::Controller {
                controller: u7::new(controller),
                value: u7::new(change.value.min(127)),
            }),
        };
        events.extend(changes.iter().map(event));
    }
    let mut notes = performance.notes().to_vec();
    settle(&mut notes);
    for note in notes {
        let (key, vel) = (u7::new(note.pitch.number()), u7::new(note.velocity.value()));
        let on = grid.tick(note.onset_secs);
        let off = grid.tick(note.release_secs()).max(on + 1);
        let release = MidiMessage::NoteOff { key, vel: u7::new(64) };
        for (tick, rank, kind) in [(on, 3, MidiMessage::NoteOn { key, vel }), (off, 2, release)] {
            events.push(TimedEvent { tick, rank, kind: message(kind) });
        }
    }
    events
}

fn message(message: MidiMessage) -> TrackEventKind<'static> {
    TrackEventKind::Midi { channel: u4::new(0), message }
}

fn meta(delta: u64, message: MetaMessage<'_>) -> TrackEvent<'_> {
    track_event(delta, TrackEventKind::Meta(message))
}

fn track_event(delta: u64, kind: TrackEventKind<'_>) -> TrackEvent<'_> {
    let delta = u32::try_from(delta).ok().and_then(u28::try_from);
    TrackEvent { delta: delta.unwrap_or(u28::max_value()), kind }
}
