//! Performance ⇄ note tokens.
//!
//! A round trip makes the following changes, counted in [`EncodeReport`]: silences over 6 s are cut to 6 s, unless the
//! decoder is given the [`Silences`] found by the encoder; a key struck again while it is down ends at its next onset;
//! a key struck twice within one 10-ms step becomes one note. Everything else is within one quantum of its field, and
//! onsets do not drift: the next coarse gap corrects the rounding error of the last one.

use super::encoded::{EncodeReport, Encoded};
use super::silences::{Rest, Silences};
use super::vocab::{
    GRID_SECS, NoteToken, PedalState, duration_bin, duration_secs, gap_bin, gap_secs, velocity_bin,
    velocity_value,
};
use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};

/// A note on the 10-ms grid.
struct GridNote {
    step: i64,
    note: Note,
}

fn to_grid(performance: &Performance, report: &mut EncodeReport) -> Vec<GridNote> {
    let step = |secs: f64| (secs / GRID_SECS).round() as i64;
    let mut grid: Vec<GridNote> =
        performance.notes().iter().map(|&note| GridNote { step: step(note.onset_secs), note }).collect();
    grid.sort_by_key(|g| (g.step, g.note.pitch));
    let before = grid.len();
    grid.dedup_by_key(|g| (g.step, g.note.pitch));
    report.merged_notes = before - grid.len();
    // Backwards, so that each note knows when its key is struck next.
    let mut next_onset = [f64::INFINITY; Pitch::COUNT];
    for g in grid.iter_mut().rev() {
        let next = &mut next_onset[g.note.pitch.key_index()];
        if g.note.release_secs() > *next {
            g.note.duration_secs = (*next - g.note.onset_secs).max(0.0);
            report.cut_notes += 1;
        }
        *next = g.note.onset_secs;
    }
    grid
}

/// The bin for a gap of `steps` grid steps, given how many steps the decoded onset lags behind the true one.
fn choose_gap(steps: i64, lag: i64) -> u8 {
    let bin = gap_bin(steps as f64 * GRID_SECS);
    let steps_of = |bin: u8| (gap_secs(bin) / GRID_SECS).round() as i64;
    if steps_of(bin) == steps && steps_of(bin.saturating_add(1)) - steps <= 1 {
        return bin;
    }
    [bin.saturating_sub(1), bin, (bin + 1).min(63)]
        .into_iter()
        .filter(|&b| (steps_of(b) - steps).abs() <= quantum(bin))
        .min_by_key(|&b| (steps + lag - steps_of(b)).abs())
        .unwrap_or(bin)
}

/// The distance from a gap bin to the next one, in grid steps.
fn quantum(bin: u8) -> i64 {
    let steps_of = |bin: u8| (gap_secs(bin) / GRID_SECS).round() as i64;
    let bin = bin.clamp(1, 62);
    steps_of(bin + 1) - steps_of(bin)
}

/// Tokens of a performance; its first onset becomes time zero.
pub fn encode(performance: &Performance) -> Encoded {
    let mut report = EncodeReport::default();
    let grid = to_grid(performance, &mut report);
    let mut tokens = Vec::with_capacity(grid.len());
    let mut pedal = PedalReader::new(performance.pedal());
    let longest = (gap_secs(63) / GRID_SECS).round() as i64;
    let mut silences = Silences {
        lead_secs: grid.first().map_or(0.0, |first| first.step as f64 * GRID_SECS),
        rests: Vec::new(),
    };
    let mut lag = 0;
    for (i, g) in grid.iter().enumerate() {
        let gap = match grid.get(i + 1) {
            None => 0,
            Some(next) => {
                let mut steps = next.step - g.step;
                if steps > longest {
                    report.capped_silences += 1;
                    silences.rests.push(Rest { note: i, secs: (steps - longest) as f64 * GRID_SECS });
                    steps = longest;
                }
                let bin = choose_gap(steps, lag);
                lag += steps - (gap_secs(bin) / GRID_SECS).round() as i64;
                bin
            }
        };
        let is_chord = i > 0 && grid[i - 1].step == g.step;
        tokens.push(NoteToken {
            pitch: g.note.pitch.key_index() as u8,
            velocity: velocity_bin(g.note.velocity.value()),
            duration: duration_bin(g.note.duration_secs),
            pedal: pedal.at(g.step as f64 * GRID_SECS, is_chord) as u8,
            gap,
        });
    }
    Encoded { tokens, report, silences }
}

/// A cursor through the pedal changes.
struct PedalReader<'a> {
    changes: &'a [PedalChange],
    next: usize,
    is_down: bool,
}

impl<'a> PedalReader<'a> {
    fn new(changes: &'a [PedalChange]) -> Self {
        PedalReader { changes, next: 0, is_down: false }
    }

    /// The state at `time_secs`; times must ascend. The notes of a chord share the state of its first note, but only
    /// the first note can see a renewal.
    fn at(&mut self, time_secs: f64, is_chord: bool) -> PedalState {
        let was_down = self.is_down;
        let mut lifted = false;
        if !is_chord {
            // Half a grid step of tolerance: a change at the onset belongs to it.
            while let Some(change) =
                self.changes.get(self.next).filter(|c| c.time_secs <= time_secs + GRID_SECS / 2.0)
            {
                self.is_down = change.is_down();
                lifted |= !self.is_down;
                self.next += 1;
            }
        }
        match (self.is_down, was_down && lifted) {
            (false, _) => PedalState::Up,
            (true, true) => PedalState::Renewed,
            (true, false) => PedalState::Down,
        }
    }
}

/// The state of decoding between two tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecodeState {
    /// The onset of the next note.
    pub time_secs: f64,
    previous_onset_secs: Option<f64>,
    is_pedal_down: bool,
}

impl DecodeState {
    /// Before a first note at `time_secs`.
    pub fn begin(time_secs: f64) -> DecodeState {
        DecodeState { time_secs, ..DecodeState::default() }
    }

    /// The pedal before the next note.
    pub fn set_pedal(&mut self, is_down: bool) {
        self.is_pedal_down = is_down;
    }
}

/// Turns one token into its note and the pedal changes since the previous note, and advances `state` to the next onset.
/// An end token or an invalid one gives nothing and changes nothing.
pub fn decode_step(token: NoteToken, state: &mut DecodeState, pedal: &mut Vec<PedalChange>) -> Option<Note> {
    let pitch = Pitch::from_key_index(usize::from(token.pitch)).filter(|_| token.is_valid())?;
    let onset = state.time_secs;
    push_pedal_changes(PedalState::from_bin(token.pedal), onset, state, pedal);
    state.previous_onset_secs = Some(onset);
    state.time_secs = onset + gap_secs(token.gap);
    Some(Note {
        pitch,
        onset_secs: onset,
        duration_secs: duration_secs(token.duration),
        velocity: Velocity::clamped(i32::from(velocity_value(token.velocity))),
    })
}

/// A renewed pedal is lifted just after the previous note and pressed while that note is probably still held, as in
/// legato pedalling; a pedal that comes up does so with the new note.
fn push_pedal_changes(wanted: PedalState, onset: f64, state: &mut DecodeState, pedal: &mut Vec<PedalChange>) {
    const LIFT_AFTER_SECS: f64 = 0.03;
    const PRESS_AFTER_SECS: f64 = 0.09;
    let previous = state.previous_onset_secs.unwrap_or(onset);
    let gap = onset - previous;
    let mut push = |time_secs: f64, is_down: bool| {
        pedal.push(PedalChange { time_secs, value: if is_down { 127 } else { 0 } });
    };
    match (state.is_pedal_down, wanted) {
        (true, PedalState::Up) => push(onset, false),
        (true, PedalState::Renewed) if gap > 0.0 => {
            push(previous + LIFT_AFTER_SECS.min(gap * 0.3), false);
            push(previous + PRESS_AFTER_SECS.min(gap * 0.8), true);
        }
        (false, PedalState::Down | PedalState::Renewed) => {
            push(previous + PRESS_AFTER_SECS.min(gap * 0.8), true)
        }
        _ => {}
    }
    state.is_pedal_down = wanted != PedalState::Up;
}

/// The performance that the tokens represent: it begins at time zero and ends at the end token, if there is one. The
/// last notes ring: a pedal that is down is lifted some time after the last key release.
pub fn decode(tokens: &[NoteToken]) -> Performance {
    decode_with(tokens, &Silences::default())
}

/// [`decode`] with the silences that the tokens leave out.
pub fn decode_with(tokens: &[NoteToken], silences: &Silences) -> Performance {
    let mut state = DecodeState::begin(silences.lead_secs);
    let mut notes = Vec::with_capacity(tokens.len());
    let mut pedal = Vec::new();
    for (i, &token) in tokens.iter().take_while(|t| !t.is_end()).enumerate() {
        notes.extend(decode_step(token, &mut state, &mut pedal));
        state.time_secs += silences.after(i);
    }
    finish(&mut notes, &state, &mut pedal);
    Performance::new(notes, pedal)
}

/// Ends notes where their key is struck again, and lifts a pedal that is still down.
fn finish(notes: &mut [Note], state: &DecodeState, pedal: &mut Vec<PedalChange>) {
    const RING_SECS: f64 = 1.5;
    let mut next_onset = [f64::INFINITY; Pitch::COUNT];
    for note in notes.iter_mut().rev() {
        let next = &mut next_onset[note.pitch.key_index()];
        note.duration_secs = note.duration_secs.min(*next - note.onset_secs);
        *next = note.onset_secs;
    }
    if state.is_pedal_down {
        let last = notes.iter().map(Note::release_secs).fold(0.0, f64::max);
        pedal.push(PedalChange { time_secs: last + RING_SECS, value: 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(number: u8, onset_secs: f64, duration_secs: f64) -> Note {
        Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs,
            velocity: Velocity::new(70).unwrap(),
        }
    }

    #[test]
    fn decoded_tokens_encode_to_themselves() {
        // Pseudo-random tokens with ascending chords, so that order is canonical.
        let mut seed = 12345u32;
        let mut next = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        let tokens: Vec<NoteToken> = (0..500u32)
            .map(|i| NoteToken {
                pitch: (i % 88) as u8,
                velocity: next(32) as u8,
                duration: next(64) as u8,
                pedal: 0,
                gap: 1 + next(24) as u8,
            })
            .collect();
        let again = encode(&decode(&tokens));
        assert_eq!(again.tokens.len(), tokens.len());
        for (a, b) in tokens.iter().zip(&again.tokens).take(499) {
            assert_eq!((a.pitch, a.velocity, a.gap), (b.pitch, b.velocity, b.gap));
        }
    }

    #[test]
    fn pedal_states_survive() {
        let states = [1, 1, 2, 0, 0, 1, 2, 2, 0, 1];
        let tokens: Vec<NoteToken> = states
            .iter()
            .enumerate()
            .map(|(i, &pedal)| NoteToken {
                pitch: 40 + i as u8,
                velocity: 16,
                duration: 10,
                pedal,
                gap: [3, 12, 40][i % 3],
            })
            .collect();
        let again: Vec<u8> = encode(&decode(&tokens)).tokens.iter().map(|t| t.pedal).collect();
        assert_eq!(again, states);
    }

    #[test]
    fn long_silences_do_not_drift() {
        let notes: Vec<Note> = (0..400).map(|i| note(60, f64::from(i) * 1.237, 0.1)).collect();
        let performance = Performance::new(notes, vec![]);
        let back = decode(&encode(&performance).tokens);
        for (a, b) in performance.notes().iter().zip(back.notes()) {
            assert!((a.onset_secs - b.onset_secs).abs() < 0.12, "{} {}", a.onset_secs, b.onset_secs);
        }
    }

    #[test]
    fn counts_what_it_changes() {
        let performance = Performance::new(
            vec![
                note(60, 0.0, 2.0),
                note(60, 1.0, 0.5),
                note(64, 1.0, 0.2),
                note(64, 1.002, 0.2),
                note(60, 20.0, 1.0),
            ],
            vec![],
        );
        let encoded = encode(&performance);
        assert_eq!(encoded.report, EncodeReport { capped_silences: 1, cut_notes: 1, merged_notes: 1 });
        assert_eq!(encoded.tokens.len(), 4);
        let onset = |music: &Performance| music.notes()[3].onset_secs;
        assert!(onset(&decode(&encoded.tokens)) < 8.0);
        assert!((onset(&decode_with(&encoded.tokens, &encoded.silences)) - 20.0).abs() < 0.1);
    }

    #[test]
    fn any_bytes_decode_without_panic() {
        let tokens: Vec<NoteToken> =
            (0..=255u8).map(|b| NoteToken { pitch: b, velocity: b, duration: b, pedal: b, gap: b }).collect();
        let performance = decode(&tokens);
        assert!(performance.notes().len() <= 88);
    }

    #[test]
    fn the_last_pedal_is_lifted() {
        let tokens = [NoteToken { pitch: 40, velocity: 16, duration: 30, pedal: 1, gap: 0 }];
        let performance = decode(&tokens);
        assert_eq!(performance.pedal().last().map(|p| p.value), Some(0));
        assert!(performance.duration_secs() > performance.notes()[0].release_secs());
    }
}
