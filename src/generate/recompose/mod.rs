//! Recomposing a region: new notes in a part of a piece, everything else exactly as it was.
//!
//! The decoder sees only the past, so what follows is prepared for in two ways. Every new note knows how much time
//! is left until the next kept note: a gap that would reach it or pass it leads to it exactly ([`filling`]). And of
//! several candidates that are composed side by side, the one stays after which the music that follows is least
//! surprising to the model ([`Generator::surprise`](super::Generator::surprise)).

mod compose;
pub(super) mod filling;
mod join;
mod region;
mod score;

pub use compose::{Alternative, DEFAULT_CANDIDATES, Recompose};
pub use region::Region;
