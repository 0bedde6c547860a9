//! The report on reading a MIDI file: what was repaired or left out.

use serde::{Deserialize, Serialize};

use crate::display::count;

/// What a MIDI file contains that the [`Performance`](crate::music::Performance) lacks or has in another form, and what
/// had to be repaired to read it. All are counts. If all but `tracks` and `declared_tracks` are zero, and those two
/// agree, the performance is exactly what the file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MidiReport {
    /// Tracks found.
    pub tracks: usize,
    /// Tracks according to the header.
    pub declared_tracks: usize,

    /// Notes outside the 88 keys, dropped.
    pub out_of_range: usize,
    /// Notes of drum channels, dropped.
    pub drums: usize,
    /// Notes that were never released: they end at the next release of their key, or with their track.
    pub unreleased: usize,
    /// Releases of keys that were not down, ignored.
    pub stray_releases: usize,
    /// Notes that ended early because their key was struck again, on this or another track.
    pub overlapping: usize,
    /// Strokes of one key within a millisecond of each other, merged.
    pub doubled: usize,
    /// Notes of zero length, lengthened to the shortest audible length.
    pub zero_length: usize,
    /// Pedal changes on channels without notes, ignored.
    pub idle_pedals: usize,
    /// Pedal changes after the end of the music, ignored.
    pub late_pedals: usize,

    /// Data bytes over 127, taken as 127.
    pub clamped_bytes: usize,
    /// System and real-time messages within tracks, skipped.
    pub system_messages: usize,
    /// Messages without a status byte after a text or SysEx event, read with the previous status.
    pub kept_statuses: usize,
    /// Text and meta events with impossible contents, ignored.
    pub odd_metas: usize,
    /// Messages that lack a byte or have a damaged time.
    pub damaged_messages: usize,
    /// Bytes within tracks that make no sense, skipped.
    pub damaged_bytes: usize,
    /// End marks in the middle of a track, ignored.
    pub early_ends: usize,
    /// Tracks that break off before their end.
    pub damaged_tracks: usize,
    /// Tracks with a wrong stated length.
    pub wrong_lengths: usize,
    /// Bytes before the header, skipped.
    pub leading_bytes: usize,
    /// Bytes between and after the tracks, skipped.
    pub stray_bytes: usize,
    /// Headers of unknown format, read as format 1, or of impossible length.
    pub odd_headers: usize,
    /// Bytes of a second MIDI file after the first, left out.
    pub second_file_bytes: usize,
}

impl MidiReport {
    /// Was nothing repaired and nothing left out?
    pub fn is_clean(&self) -> bool {
        self.sentences().is_empty()
    }

    /// What was repaired and left out, as sentences, the most important first.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.tracks < self.declared_tracks {
            let (declared, found) = (count(self.declared_tracks, "track"), self.tracks);
            sentences.push(format!("the header declares {declared}, but only {found} could be found"));
        }
        let counts = self.losses().into_iter().chain(self.repairs());
        sentences.extend(
            counts
                .filter(|(number, ..)| *number > 0)
                .map(|(number, what, fate)| format!("{} {fate}", count(number, what))),
        );
        sentences
    }

    /// Count, noun and outcome, for the music.
    fn losses(&self) -> [(usize, &'static str, &'static str); 9] {
        [
            (self.damaged_tracks, "track", "broken off before the end"),
            (self.out_of_range, "note", "outside the 88 keys, left out"),
            (self.drums, "drum note", "left out"),
            (self.zero_length, "note", "without length, made just long enough to hear"),
            (self.unreleased, "note", "never released, ended with the music"),
            (self.stray_releases, "release", "of keys that were not down, ignored"),
            (self.overlapping, "note", "cut where the key is struck again"),
            (self.doubled, "doubled stroke", "merged"),
            (self.idle_pedals, "pedal change", "on channels without notes, ignored"),
        ]
    }

    /// Count, noun and outcome, for the file.
    fn repairs(&self) -> [(usize, &'static str, &'static str); 13] {
        [
            (self.late_pedals, "pedal change", "after the end of the music, ignored"),
            (self.clamped_bytes, "data byte", "over 127, taken as 127"),
            (self.system_messages, "system message", "within tracks, skipped"),
            (
                self.kept_statuses,
                "message",
                "without a status byte after a text or SysEx event, read all the same",
            ),
            (self.odd_metas, "text or meta event", "with impossible contents, ignored"),
            (self.damaged_messages, "damaged message", "skipped or repaired"),
            (self.damaged_bytes, "damaged byte", "skipped"),
            (self.early_ends, "end mark", "in the middle of a track, ignored"),
            (self.wrong_lengths, "track", "with a wrong length, read to the end"),
            (self.leading_bytes, "byte", "before the header, skipped"),
            (self.stray_bytes, "byte", "between or after the tracks, skipped"),
            (self.odd_headers, "unknown format", "in the header, read as format 1"),
            (self.second_file_bytes, "byte", "of another MIDI file after this one, left out"),
        ]
    }

    /// The number of repairs so far.
    pub(super) fn repaired_places(&self) -> usize {
        self.clamped_bytes + self.system_messages + self.damaged_messages + self.early_ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_what_and_how_much() {
        let report = MidiReport {
            tracks: 1,
            declared_tracks: 2,
            clamped_bytes: 1,
            zero_length: 8,
            ..MidiReport::default()
        };
        assert_eq!(
            report.sentences(),
            [
                "the header declares 2 tracks, but only 1 could be found",
                "8 notes without length, made just long enough to hear",
                "1 data byte over 127, taken as 127",
            ]
        );
        let clean = MidiReport { tracks: 3, declared_tracks: 3, ..MidiReport::default() };
        assert!(clean.is_clean() && !report.is_clean());
    }
}
