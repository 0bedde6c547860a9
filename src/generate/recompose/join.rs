//! Joins the new notes of a region with the notes that are kept.

use super::filling::Placed;
use super::region::Region;
use super::score::Score;
use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};
use crate::tokens::{DecodeState, GRID_SECS, NoteToken, decode_step, duration_secs, velocity_value};

/// How long before the end of the region the old pedal position is restored, in seconds.
const RESTORE_SECS: f64 = 0.005;

/// `music` with the notes that `score` replaces exchanged for those of `placed`. All other notes, the pedal outside the
/// region and the markings stay exactly the same.
pub fn join(music: &Performance, region: &Region, score: &Score, placed: &[Placed]) -> Performance {
    let old = music.notes();
    let stays = |i: &usize| score.replaced.binary_search(i).is_err();
    let kept: Vec<Note> = (0..old.len()).filter(stays).map(|i| old[i]).collect();
    let mut new: Vec<Note> = placed.iter().filter_map(|p| note(p, region, old)).collect();
    cut_at_next_strike(&mut new, &kept);
    let pedal = if score.keeps_pedal() || placed.is_empty() {
        music.pedal().to_vec()
    } else {
        pedal(music, region, score, placed)
    };
    let notes = kept.into_iter().chain(new).collect();
    Performance::new(notes, pedal).with_markings(music.markings().clone())
}

fn note(placed: &Placed, region: &Region, old: &[Note]) -> Option<Note> {
    let rhythm = placed.rhythm_of.and_then(|i| old.get(i));
    let onset_secs = (placed.step as f64 * GRID_SECS).max(region.secs.start);
    Some(Note {
        pitch: Pitch::from_key_index(usize::from(placed.token.pitch))?,
        onset_secs: rhythm.map_or(onset_secs, |n| n.onset_secs),
        duration_secs: rhythm.map_or_else(|| duration_secs(placed.token.duration), |n| n.duration_secs),
        velocity: Velocity::clamped(i32::from(velocity_value(placed.token.velocity))),
    })
}

/// Ends new notes where their key is struck again.
fn cut_at_next_strike(new: &mut [Note], kept: &[Note]) {
    let mut strikes: Vec<(Pitch, f64)> = kept.iter().chain(&*new).map(|n| (n.pitch, n.onset_secs)).collect();
    strikes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    for note in new {
        let next = strikes.partition_point(|s| (s.0, s.1) <= (note.pitch, note.onset_secs));
        if let Some((_, secs)) = strikes.get(next).filter(|s| s.0 == note.pitch) {
            note.duration_secs = note.duration_secs.min(secs - note.onset_secs);
        }
    }
}

/// The pedal of the music, replaced within the region by that of the notes written there.
fn pedal(music: &Performance, region: &Region, score: &Score, placed: &[Placed]) -> Vec<PedalChange> {
    let secs = &region.secs;
    let mut written: Vec<(i64, NoteToken)> = placed.iter().map(|p| (p.step, p.token)).collect();
    written.extend(score.events.iter().map(|e| (e.step, e.token)));
    written.sort_by_key(|(step, token)| (*step, token.pitch));
    let mut state = DecodeState::begin(secs.start);
    state.set_pedal(music.is_pedal_down_at(secs.start));
    let mut new = Vec::new();
    for (step, token) in written {
        state.time_secs = step as f64 * GRID_SECS;
        decode_step(token, &mut state, &mut new);
    }
    let restore_at = (secs.end - RESTORE_SECS).max(secs.start);
    new.retain(|p| (secs.start..restore_at).contains(&p.time_secs));
    let value_before = |time: f64| {
        let next = music.pedal().partition_point(|p| p.time_secs < time);
        next.checked_sub(1).map_or(0, |last| music.pedal()[last].value)
    };
    let wanted = value_before(secs.end);
    if new.last().map_or(value_before(secs.start), |p| p.value) != wanted {
        new.push(PedalChange { time_secs: restore_at, value: wanted });
    }
    let is_outside = |p: &&PedalChange| !secs.contains(&p.time_secs);
    music.pedal().iter().filter(is_outside).copied().chain(new).collect()
}
