//! A performance as a sequence of note tokens, one per note, and back.

mod encoded;
mod memory;
mod repetition;
mod silences;
mod tally;
mod tokenizer;
mod vocab;

pub use encoded::{EncodeReport, Encoded};
pub use memory::{Hint, Link, MAX_MATCH, Memory};
pub use repetition::{RecentRepetition, repeated_share};
pub use silences::{Rest, Silences};
pub use tally::{TALLY_LEN, tally};
pub use tokenizer::{DecodeState, decode, decode_step, decode_with, encode};
pub use vocab::{
    Field, GRID_SECS, NoteToken, PedalState, duration_bin, duration_secs, gap_bin, gap_secs, velocity_bin,
    velocity_value,
};
