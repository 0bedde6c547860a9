//! A performance as a row of note tokens, one per key stroke, and back.

mod memory;
mod tally;
mod tokenizer;
mod vocab;

pub use memory::{Hint, Link, MAX_MATCH, Memory};
pub use tally::{TALLY_LEN, tally};
pub use tokenizer::{DecodeState, EncodeReport, Encoded, decode, decode_step, encode};
pub use vocab::{
    Field, NoteToken, PedalState, duration_bin, duration_secs, gap_bin, gap_secs, velocity_bin,
    velocity_value,
};
