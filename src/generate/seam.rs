//! The seam of a continuation, where the original performance meets the new notes.

use super::{StreamedNotes, Take};
use crate::music::{Note, PedalChange, Performance};
use crate::tokens::{decode, encode};

/// The model continues the music as quantised to the token grid; this puts the original performance back in its place.
#[derive(Clone, Debug)]
pub struct Seam<'a> {
    music: &'a Performance,
    /// Number of notes of the quantised music, with which the take begins.
    grid_notes: usize,
    /// The last onset of the quantised music, in seconds.
    grid_secs: f64,
    /// How far the new notes are delayed, in seconds.
    shift_secs: f64,
    /// Notes passed through [`Seam::stream`] so far.
    streamed: usize,
}

impl<'a> Seam<'a> {
    pub fn new(music: &'a Performance) -> Seam<'a> {
        let grid = decode(&encode(music).tokens);
        let grid_secs = grid.notes().last().map_or(0.0, |n| n.onset_secs);
        let last_secs = music.notes().last().map_or(0.0, |n| n.onset_secs);
        Seam {
            music,
            grid_notes: grid.notes().len(),
            grid_secs,
            shift_secs: last_secs - grid_secs,
            streamed: 0,
        }
    }

    fn shifted_note(&self, note: &Note) -> Note {
        Note { onset_secs: note.onset_secs + self.shift_secs, ..*note }
    }

    /// The pedal changes of the original music up to its last onset.
    fn original_pedal(&self) -> impl Iterator<Item = PedalChange> + '_ {
        let until = self.grid_secs + self.shift_secs;
        let is_before = move |p: &&PedalChange| p.time_secs <= until;
        self.music.pedal().iter().filter(is_before).copied()
    }

    fn shifted_pedal<'p>(&'p self, pedal: &'p [PedalChange]) -> impl Iterator<Item = PedalChange> + 'p {
        let is_new = |p: &&PedalChange| p.time_secs > self.grid_secs;
        pedal.iter().filter(is_new).map(|p| PedalChange { time_secs: p.time_secs + self.shift_secs, ..*p })
    }

    /// The original music, followed by the new notes of `take`.
    pub fn join(&self, take: &Performance) -> Performance {
        let new = take.notes().iter().skip(self.grid_notes);
        let old = self.music.notes().iter().copied();
        Performance::new(
            old.chain(new.map(|n| self.shifted_note(n))).collect(),
            self.original_pedal().chain(self.shifted_pedal(take.pedal())).collect(),
        )
    }

    /// [`Seam::join`] for a stream; call it with every part, starting with the first.
    pub fn stream(&mut self, part: StreamedNotes) -> StreamedNotes {
        let is_first = self.streamed == 0;
        let known = self.grid_notes.saturating_sub(self.streamed);
        self.streamed += part.notes.len();
        let new = part.notes.iter().skip(known).map(|n| self.shifted_note(n));
        let pedal = self.shifted_pedal(&part.pedal);
        let (notes, pedal) = if is_first {
            (
                self.music.notes().iter().copied().chain(new).collect(),
                self.original_pedal().chain(pedal).collect(),
            )
        } else {
            (new.collect(), pedal.collect())
        };
        StreamedNotes {
            notes,
            pedal,
            ready_until_secs: part.ready_until_secs + self.shift_secs,
            done_notes: part.done_notes,
        }
    }
}

/// The music with its continuation. Its own notes are the original ones, not quantised to the token grid; the new notes
/// follow its last onset.
pub fn splice(music: &Performance, take: &Take) -> Performance {
    Seam::new(music).join(&take.performance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Pitch, Velocity};

    fn note(number: u8, onset_secs: f64) -> Note {
        Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs: 0.3,
            velocity: Velocity::clamped(71),
        }
    }

    #[test]
    fn streaming_and_joining_give_the_same_notes() {
        let music = Performance::new((0..9).map(|i| note(60 + i, 0.1234 * f64::from(i))).collect(), vec![]);
        let grid = decode(&encode(&music).tokens);
        let last = grid.notes()[8].onset_secs;
        let new = [note(50, last + 0.25), note(52, last + 0.5), note(55, last + 0.75)];
        let take = Performance::new(grid.notes().iter().chain(&new).copied().collect(), vec![]);
        let mut seam = Seam::new(&music);
        let whole = seam.join(&take);
        assert_eq!(&whole.notes()[..9], music.notes());
        let mut streamed = Vec::new();
        for part in [&take.notes()[..10], &take.notes()[10..]] {
            let part =
                StreamedNotes { notes: part.to_vec(), pedal: vec![], ready_until_secs: last, done_notes: 0 };
            streamed.extend(seam.stream(part).notes);
        }
        assert_eq!(streamed, whole.notes());
        let gap = streamed[9].onset_secs - music.notes()[8].onset_secs;
        assert!((gap - 0.25).abs() < 1e-9, "{gap}");
    }
}
