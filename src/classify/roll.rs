//! The judge's view of music: which keys are struck and held in each frame, in seconds.

use tch::{Device, Kind, Tensor};

use crate::tokens::{NoteToken, duration_secs, gap_secs};

/// Length of a frame.
pub const FRAME_SECS: f64 = 0.05;
/// Frames read together by the first layer; rolls are padded to a multiple.
pub const STRIDE: usize = 4;
/// A segment is cut after this many frames (51 s); 256 notes rarely last longer.
pub const MAX_FRAMES: usize = 1024;
/// Keys, with one row on top that is always empty.
pub const ROWS: usize = 88;
/// Struck, and held.
pub const CHANNELS: usize = 2;

/// A piano roll, `[frames, ROWS, CHANNELS]`, values 0 or 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Roll {
    pub frames: usize,
    pub cells: Vec<u8>,
}

impl Roll {
    /// Reads notes up to an end token; velocity and pedal are not looked at.
    pub fn new(notes: &[NoteToken]) -> Roll {
        let heard: Vec<NoteToken> = notes.iter().copied().take_while(|n| !n.is_end()).collect();
        let onsets: Vec<f64> = heard
            .iter()
            .scan(0.0, |time, n| {
                let onset = *time;
                *time += gap_secs(n.gap);
                Some(onset)
            })
            .collect();
        let last = onsets.last().copied().unwrap_or(0.0) + 1.0;
        let frames = ((last / FRAME_SECS).ceil() as usize).clamp(1, MAX_FRAMES).next_multiple_of(STRIDE);
        let mut cells = vec![0; frames * ROWS * CHANNELS];
        for (note, onset) in heard.iter().zip(onsets) {
            let first = (onset / FRAME_SECS) as usize;
            let after = ((onset + duration_secs(note.duration)) / FRAME_SECS).ceil() as usize;
            for frame in first..after.min(frames) {
                let at = (frame * ROWS + usize::from(note.pitch)) * CHANNELS;
                cells[at + 1] = 1;
                if frame == first {
                    cells[at] = 1;
                }
            }
        }
        Roll { frames, cells }
    }

    /// Rolls as one float tensor `[B, frames of the longest, ROWS, CHANNELS]`, and which strides of it are music:
    /// float `[B, frames / STRIDE]`.
    pub fn stack(rolls: &[Roll], device: Device) -> (Tensor, Tensor) {
        let frames = rolls.iter().map(|r| r.frames).max().unwrap_or(STRIDE);
        let row = ROWS * CHANNELS;
        let mut cells = vec![0u8; rolls.len() * frames * row];
        let mut present = Vec::with_capacity(rolls.len() * frames / STRIDE);
        for (roll, out) in rolls.iter().zip(cells.chunks_mut(frames * row)) {
            out[..roll.cells.len()].copy_from_slice(&roll.cells);
            present.extend((0..frames / STRIDE).map(|i| if i * STRIDE < roll.frames { 1f32 } else { 0.0 }));
        }
        let dims = [rolls.len() as i64, frames as i64, ROWS as i64, CHANNELS as i64];
        let cells = Tensor::from_slice(&cells).to_device(device).to_kind(Kind::Float).view(dims);
        (cells, Tensor::from_slice(&present).view([dims[0], -1]).to_device(device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_and_holds_lie_where_they_sound() {
        // Gap bin 10 is 100 ms: two frames. Duration bin 24 is about 0.21 s: frames 0–4.
        let note = |pitch, velocity| NoteToken { pitch, velocity, duration: 24, pedal: 1, gap: 10 };
        let roll = Roll::new(&[note(10, 3), note(20, 30), NoteToken::END, note(30, 1)]);
        let cell = |frame: usize, pitch: usize, channel: usize| roll.cells[(frame * ROWS + pitch) * CHANNELS + channel];
        assert_eq!((cell(0, 10, 0), cell(0, 10, 1), cell(1, 10, 0), cell(1, 10, 1)), (1, 1, 0, 1));
        assert_eq!((cell(2, 20, 0), cell(1, 20, 1), cell(4, 10, 1), cell(5, 10, 1)), (1, 0, 1, 0));
        assert!((0..roll.frames).all(|f| cell(f, 30, 1) == 0));
        assert_eq!(roll, Roll::new(&[note(10, 9), note(20, 9)]));
    }

    #[test]
    fn a_stack_is_padded_and_says_so() {
        let short = Roll::new(&[NoteToken { gap: 0, ..NoteToken::default() }]);
        let long = Roll::new(&[NoteToken { gap: 63, ..NoteToken::default() }; 300]);
        assert_eq!(long.frames, MAX_FRAMES);
        let (cells, present) = Roll::stack(&[short.clone(), long], Device::Cpu);
        assert_eq!(cells.size(), [2, MAX_FRAMES as i64, ROWS as i64, CHANNELS as i64]);
        let counted = present.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        assert_eq!(counted.double_value(&[0]) as usize, short.frames / STRIDE);
    }
}
