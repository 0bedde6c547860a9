//! MIDI file → [`Performance`].

use midly::Timing;

use super::chunks::{self, Format, Header};
use super::group::Group;
use super::overlaps::settle;
use super::text::Alphabet;
use super::track::{OpenNotes, RawTrack, check, read_track};
use super::{
    MAX_BYTES, MAX_CHANGES, MAX_NOTES, MAX_SECS, MidiError, MidiRead, MidiReport, TICKS_PER_QUARTER,
};
use crate::music::{DEFAULT_QUARTER_MICROS, Markings, Note, PedalChange, Performance};

/// Reads a Standard MIDI file of format 0, 1 or 2 with metrical or SMPTE time.
///
/// All tracks and channels except drums are merged into one piano. The patterns of a format-2 file follow one another.
/// Several sustain pedals are merged into one, as far down as the lowest of them. Damage is repaired where possible,
/// and a truncated track is read as far as it goes; the report counts what was repaired and what was left out.
/// `docs/files.md` lists how each kind of damage is handled.
///
/// # Errors
/// [`MidiError::OtherKind`] and [`MidiError::NotMidi`] if there is no usable header, [`MidiError::NoNotes`] if there
/// are no notes that a piano can play, [`MidiError::TooLarge`] and [`MidiError::TooLong`] beyond the limits of this
/// module.
pub fn read(bytes: &[u8]) -> Result<MidiRead, MidiError> {
    let Contents { header, mut tracks, alphabet, mut report } = read_tracks(bytes)?;
    let names = tracks.iter().flat_map(|t| &t.names);
    let title = names.map(|name| alphabet.decode(name)).find(|name| !name.is_empty());
    let recipe = tracks.iter().find_map(|t| t.recipe.clone());
    let mut music = Music::default();
    let groups: Vec<&mut [RawTrack]> = match header.format {
        Format::InTurn => tracks.chunks_mut(1).collect(),
        Format::Together => vec![&mut tracks],
    };
    for group in groups {
        music.lift_pedals();
        music.add(Group::read(group, header.timing, &mut report))?;
    }
    if music.notes.is_empty() {
        return Err(MidiError::NoNotes);
    }
    let settled = settle(&mut music.notes);
    report.overlapping = settled.overlapping;
    report.doubled = settled.doubled;
    Ok(MidiRead { performance: music.performance(header.timing), report, title, recipe })
}

/// The recipe stored in a MIDI file, if this program wrote it.
pub fn read_recipe(bytes: &[u8]) -> Option<String> {
    let contents = read_tracks(bytes).ok()?;
    contents.tracks.into_iter().find_map(|t| t.recipe)
}

struct Contents {
    header: Header,
    tracks: Vec<RawTrack>,
    alphabet: Alphabet,
    report: MidiReport,
}

fn read_tracks(bytes: &[u8]) -> Result<Contents, MidiError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(MidiError::TooLarge { what: "bytes", limit: MAX_BYTES });
    }
    let mut report = MidiReport::default();
    let (header, chunks) = chunks::parse(bytes, &mut report)?;
    let mut open = OpenNotes::new();
    let mut alphabet = Alphabet::new();
    let mut tracks: Vec<RawTrack> = Vec::new();
    let (mut notes, mut changes) = (0, 0);
    for track in chunks {
        let track = read_track(track, &mut open, &mut alphabet, &mut report)?;
        notes += track.notes.len();
        changes += track.changes();
        check("notes", notes, MAX_NOTES + 1)?;
        check("pedal and tempo changes", changes, MAX_CHANGES + 1)?;
        tracks.push(track);
    }
    Ok(Contents { header, tracks, alphabet, report })
}

/// The contents of the groups of tracks, one after the other, in seconds from the beginning.
#[derive(Default)]
struct Music {
    notes: Vec<Note>,
    pedal: Vec<PedalChange>,
    markings: Markings,
    /// Where the next group begins.
    end_secs: f64,
}

impl Music {
    /// Lifts all pedals, so that the next pattern begins with them up.
    fn lift_pedals(&mut self) {
        let time_secs = self.end_secs;
        let Markings { soft, sostenuto, .. } = &mut self.markings;
        for pedal in [&mut self.pedal, soft, sostenuto] {
            if pedal.last().is_some_and(|last| last.value > 0) {
                pedal.push(PedalChange { time_secs, value: 0 });
            }
        }
    }

    fn add(&mut self, mut group: Group) -> Result<(), MidiError> {
        let hours = (self.end_secs + group.end_secs) / 3600.0;
        if self.end_secs + group.end_secs > MAX_SECS {
            return Err(MidiError::TooLong { hours });
        }
        let begin_secs = self.end_secs;
        let shift = |time_secs: &mut f64| *time_secs += begin_secs;
        group.notes.iter_mut().for_each(|note| shift(&mut note.onset_secs));
        let markings = &mut group.markings;
        for pedal in [&mut group.pedal, &mut markings.soft, &mut markings.sostenuto] {
            pedal.iter_mut().for_each(|change| shift(&mut change.time_secs));
        }
        markings.tempos.iter_mut().for_each(|tempo| shift(&mut tempo.time_secs));
        markings.metres.iter_mut().for_each(|metre| shift(&mut metre.time_secs));
        self.end_secs += group.end_secs;
        self.notes.append(&mut group.notes);
        self.pedal.append(&mut group.pedal);
        self.markings.soft.append(&mut markings.soft);
        self.markings.sostenuto.append(&mut markings.sostenuto);
        self.markings.tempos.append(&mut markings.tempos);
        self.markings.metres.append(&mut markings.metres);
        Ok(())
    }

    fn performance(mut self, timing: Timing) -> Performance {
        let markings = &mut self.markings;
        if let [tempo] = markings.tempos[..]
            && tempo.quarter_micros == DEFAULT_QUARTER_MICROS
        {
            markings.tempos.clear();
        }
        if let [metre] = markings.metres[..]
            && (metre.time_secs, metre.beats, metre.beat_power) == (0.0, 4, 2)
        {
            markings.metres.clear();
        }
        if let Timing::Metrical(ticks) = timing {
            markings.ticks_per_quarter =
                Some(ticks.as_int()).filter(|ticks| !TICKS_PER_QUARTER.is_multiple_of(*ticks));
        }
        Performance::new(self.notes, self.pedal).with_markings(self.markings)
    }
}
