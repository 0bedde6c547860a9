//! MIDI file → [`Performance`].

use midly::EventIter;

use super::chunks::{self, Format, Header};
use super::clock::Clock;
use super::strokes::settle;
use super::track::{OpenNotes, RawTrack, check, read_track};
use super::{MAX_BYTES, MAX_CHANGES, MAX_NOTES, MAX_SECS, MAX_TRACKS, MidiError, MidiRead, MidiReport};
use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};

/// Reads a Standard MIDI file of format 0, 1 or 2 with metrical or SMPTE time.
///
/// All tracks and channels but percussion become one piano. The patterns of a format-2 file follow one another.
/// Several sustain pedals are one, as far down as the lowest of them. What can't be kept is counted in the report.
/// A track that breaks off is read as far as it goes.
///
/// # Errors
/// [`MidiError::NotMidi`] without a usable header, [`MidiError::NoNotes`] when nothing a piano can play was found,
/// [`MidiError::TooLarge`] and [`MidiError::TooLong`] beyond the limits of this module.
pub fn read(bytes: &[u8]) -> Result<MidiRead, MidiError> {
    let (header, tracks, mut report) = read_tracks(bytes)?;
    let title = tracks.iter().find_map(|t| t.name.clone());
    let recipe = tracks.iter().find_map(|t| t.recipe.clone());
    let mut notes = Vec::new();
    let mut pedal = Vec::new();
    let mut begin_secs = 0.0;
    let groups: Vec<&[RawTrack]> = match header.format {
        Format::InTurn => tracks.chunks(1).collect(),
        Format::Together => vec![&tracks],
    };
    for group in groups {
        let tempos = group.iter().flat_map(|t| t.tempos.iter().copied()).collect();
        let clock = Clock::new(header.timing, tempos);
        let secs = |tick: u64| begin_secs + clock.secs(tick);
        let first_note = notes.len();
        push_notes(group, &secs, &mut notes, &mut report);
        let first_change = pedal.len();
        push_pedal(group, &secs, &mut pedal);
        let releases = notes[first_note..].iter().map(Note::release_secs);
        begin_secs = releases
            .chain(pedal[first_change..].iter().map(|p| p.time_secs))
            .fold(begin_secs, f64::max);
        if begin_secs > MAX_SECS {
            return Err(MidiError::TooLong {
                hours: begin_secs / 3600.0,
            });
        }
    }
    if notes.is_empty() {
        return Err(MidiError::NoNotes);
    }
    let settled = settle(&mut notes);
    report.overlapping = settled.overlapping;
    report.doubled = settled.doubled;
    Ok(MidiRead {
        performance: Performance::new(notes, pedal),
        report,
        title,
        recipe,
    })
}

/// The recipe this program wrote into a MIDI file, if it did.
pub fn read_recipe(bytes: &[u8]) -> Option<String> {
    let (_, tracks, _) = read_tracks(bytes).ok()?;
    tracks.into_iter().find_map(|t| t.recipe)
}

fn read_tracks(bytes: &[u8]) -> Result<(Header, Vec<RawTrack>, MidiReport), MidiError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(MidiError::TooLarge {
            what: "bytes",
            limit: MAX_BYTES,
        });
    }
    let (header, chunks) = chunks::parse(bytes)?;
    let mut report = MidiReport::default();
    let mut open = OpenNotes::new();
    let mut tracks: Vec<RawTrack> = Vec::new();
    let (mut notes, mut changes) = (0, 0);
    for track in chunks {
        check("tracks", tracks.len(), MAX_TRACKS)?;
        let track = read_track(EventIter::new(track), &mut open, &mut report)?;
        notes += track.notes.len();
        changes += track.pedal.len() + track.tempos.len();
        check("notes", notes, MAX_NOTES + 1)?;
        check("pedal and tempo changes", changes, MAX_CHANGES + 1)?;
        tracks.push(track);
    }
    Ok((header, tracks, report))
}

fn push_notes(
    group: &[RawTrack],
    secs: &impl Fn(u64) -> f64,
    notes: &mut Vec<Note>,
    report: &mut MidiReport,
) {
    for raw in group.iter().flat_map(|t| &t.notes) {
        let (Some(pitch), Some(velocity)) = (Pitch::new(raw.key), Velocity::new(raw.velocity)) else {
            report.out_of_range += 1;
            continue;
        };
        let onset_secs = secs(raw.on);
        notes.push(Note {
            pitch,
            onset_secs,
            duration_secs: secs(raw.off) - onset_secs,
            velocity,
        });
    }
}

/// One pedal that is as far down as the lowest of those of all tracks and channels.
fn push_pedal(group: &[RawTrack], secs: &impl Fn(u64) -> f64, pedal: &mut Vec<PedalChange>) {
    // (tick, which pedal, value)
    let mut changes: Vec<(u64, usize, u8)> = Vec::new();
    for (index, track) in group.iter().enumerate() {
        changes.extend(
            track
                .pedal
                .iter()
                .map(|&(tick, channel, value)| (tick, index * 16 + usize::from(channel), value)),
        );
    }
    changes.sort_by_key(|&(tick, ..)| tick);
    let is_one = changes.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let mut value_of = vec![0u8; group.len() * 16];
    // How many pedals stand at each value, so that many pedals cost no more than one.
    let mut count_at = [0usize; 128];
    let mut deepest = 0;
    for (tick, which, value) in changes {
        let (before, value) = (std::mem::replace(&mut value_of[which], value & 127), value & 127);
        count_at[usize::from(before)] = count_at[usize::from(before)].saturating_sub(1);
        count_at[usize::from(value)] += 1;
        let now = (0..128u8)
            .rev()
            .find(|&v| count_at[usize::from(v)] > 0)
            .unwrap_or(0);
        if is_one || now != deepest {
            pedal.push(PedalChange {
                time_secs: secs(tick),
                value: now,
            });
            deepest = now;
        }
    }
}
