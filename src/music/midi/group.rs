//! Merges tracks that sound together into the music of one piano.

use std::collections::{HashMap, HashSet, VecDeque};

use midly::Timing;

use super::MidiReport;
use super::clock::Clock;
use super::drums::Drums;
use super::overlaps::{Stroke, hold_keys};
use super::pedals::{drop_late, merge};
use super::track::{Channel, End, RawNote, RawPedal, RawTrack};
use crate::music::{
    DEFAULT_QUARTER_MICROS, Markings, MetreChange, Note, PedalChange, Pitch, TempoChange, Velocity,
};

/// Duration given to notes of zero length: an audible staccato.
const SHORTEST_NOTE_SECS: f64 = 0.05;
/// Longest time that an unreleased note rings after the last key moves.
const UNRELEASED_SECS: f64 = 10.0;
/// Shorter quarters are a mistake; tempo and metre are then dropped.
const MIN_QUARTER_MICROS: u32 = 10_000;

/// The music of some tracks, in seconds from their beginning. Notes are as they were read: the same key may sound
/// twice.
pub(super) struct Group {
    pub notes: Vec<Note>,
    pub pedal: Vec<PedalChange>,
    pub markings: Markings,
    /// The time of the last release or pedal change.
    pub end_secs: f64,
}

impl Group {
    pub fn read(tracks: &mut [RawTrack], timing: Timing, report: &mut MidiReport) -> Group {
        let drums = Drums::new(tracks);
        pair_across_tracks(tracks, &drums, report);
        let tempos = tracks.iter().flat_map(|t| t.tempos.iter().copied()).collect();
        let clock = Clock::new(timing, tempos);
        let secs = |tick: u64| clock.secs(tick);
        let (notes, channels) = notes(tracks, &drums, &secs, report);
        let end_secs = notes.iter().map(Note::release_secs).fold(0.0, f64::max);

        let mut pedal = |of: fn(&RawTrack) -> &[RawPedal]| {
            let all: Vec<RawPedal> = tracks.iter().flat_map(|t| of(t).iter().copied()).collect();
            let (heard, idle): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|p| channels.contains(&p.channel));
            let is_idle = |p: &&RawPedal| p.value > 0 && !drums.is_drum(p.channel, p.tick);
            report.idle_pedals += idle.iter().filter(is_idle).count();
            let mut merged = merge(heard, &secs);
            report.late_pedals += drop_late(&mut merged, end_secs);
            merged
        };
        let (sustain, soft, sostenuto) =
            (pedal(|t| &t.pedals.sustain), pedal(|t| &t.pedals.soft), pedal(|t| &t.pedals.sostenuto));
        let last_pedal_secs = sustain.last().map_or(0.0, |change| change.time_secs);
        let end_secs = end_secs.max(last_pedal_secs);
        let markings = Markings { soft, sostenuto, ..beat(tracks, timing, &secs, end_secs) };
        Group { notes, pedal: sustain, markings, end_secs }
    }
}

/// Ends notes that were never released on their own track at the release of their key on another track of the same
/// channel.
fn pair_across_tracks(tracks: &mut [RawTrack], drums: &Drums, report: &mut MidiReport) {
    let mut strays: HashMap<(Channel, u8), VecDeque<u64>> = HashMap::new();
    for track in tracks.iter_mut() {
        for stray in std::mem::take(&mut track.strays) {
            let own = strays.entry((stray.channel, stray.key)).or_default();
            own.push_back(stray.tick);
        }
    }
    for ticks in strays.values_mut() {
        ticks.make_contiguous().sort_unstable();
    }
    let is_open = |note: &&mut RawNote| note.end == End::Track && !drums.plays(note);
    let all = tracks.iter_mut().flat_map(|t| &mut t.notes);
    let mut open: Vec<&mut RawNote> = all.filter(is_open).collect();
    open.sort_by_key(|note| note.on);
    for note in open {
        let release = strays.get_mut(&(note.channel, note.key)).and_then(|ticks| {
            let after = ticks.partition_point(|tick| *tick <= note.on);
            report.stray_releases += ticks.drain(..after).count();
            ticks.pop_front()
        });
        match release {
            Some(tick) => (note.off, note.end) = (tick, End::Release),
            None => report.unreleased += 1,
        }
    }
    let left =
        strays.iter().flat_map(|(&(channel, _), ticks)| ticks.iter().map(move |tick| (channel, *tick)));
    report.stray_releases += left.filter(|&(channel, tick)| !drums.is_drum(channel, tick)).count();
}

/// The notes of a piano, and the channels they come from.
fn notes(
    tracks: &[RawTrack],
    drums: &Drums,
    secs: &impl Fn(u64) -> f64,
    report: &mut MidiReport,
) -> (Vec<Note>, HashSet<Channel>) {
    let all = || tracks.iter().flat_map(|t| &t.notes);
    let is_drum: Vec<bool> = all().map(|raw| drums.plays(raw)).collect();
    let last_moves = all().zip(&is_drum).filter(|(_, is_drum)| !**is_drum).map(|(raw, _)| match raw.end {
        End::Release => raw.off.max(raw.on),
        End::AllKeys | End::Track => raw.on,
    });
    let latest_secs = secs(last_moves.max().unwrap_or(0)) + UNRELEASED_SECS;
    let mut channels = HashSet::new();
    let mut strokes = Vec::new();
    for (raw, is_drum) in all().zip(is_drum) {
        if is_drum {
            report.drums += 1;
            continue;
        }
        let (Some(pitch), Some(velocity)) = (Pitch::new(raw.key), Velocity::new(raw.velocity)) else {
            report.out_of_range += 1;
            continue;
        };
        channels.insert(raw.channel);
        let onset_secs = secs(raw.on);
        let is_held = raw.end == End::Release;
        let release_secs = if is_held { secs(raw.off) } else { secs(raw.off).min(latest_secs) };
        let mut duration_secs = release_secs - onset_secs;
        if duration_secs <= 0.0 {
            report.zero_length += 1;
            duration_secs = SHORTEST_NOTE_SECS;
        }
        strokes.push(Stroke { note: Note { pitch, onset_secs, duration_secs, velocity }, is_held });
    }
    hold_keys(&mut strokes);
    (strokes.into_iter().map(|stroke| stroke.note).collect(), channels)
}

/// Tempo and metre up to the end of the music.
fn beat(tracks: &[RawTrack], timing: Timing, secs: &impl Fn(u64) -> f64, end_secs: f64) -> Markings {
    let Timing::Metrical(_) = timing else {
        return Markings::default();
    };
    let mut tempos: Vec<(u64, u32)> = tracks.iter().flat_map(|t| t.tempos.iter().copied()).collect();
    let mut metres: Vec<(u64, u8, u8)> = tracks.iter().flat_map(|t| t.metres.iter().copied()).collect();
    tempos.sort_by_key(|tempo| tempo.0);
    metres.sort_by_key(|metre| metre.0);
    // Of several at the same time, the last one counts.
    tempos.reverse();
    tempos.dedup_by_key(|tempo| tempo.0);
    tempos.reverse();
    if tempos.iter().any(|tempo| tempo.1 < MIN_QUARTER_MICROS) {
        tempos.clear();
    } else if tempos.first().is_some_and(|first| first.0 > 0) {
        tempos.insert(0, (0, DEFAULT_QUARTER_MICROS));
    }
    let is_heard = |time_secs: f64| time_secs <= end_secs;
    let tempos = tempos
        .into_iter()
        .map(|(tick, quarter_micros)| TempoChange { time_secs: secs(tick), quarter_micros });
    let metres = metres.into_iter().map(|(tick, beats, beat_power)| MetreChange {
        time_secs: secs(tick),
        beats,
        beat_power,
    });
    Markings {
        tempos: tempos.filter(|tempo| is_heard(tempo.time_secs)).collect(),
        metres: metres.filter(|metre| is_heard(metre.time_secs)).collect(),
        ..Markings::default()
    }
}
