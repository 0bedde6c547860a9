//! Recomposes a region: new notes in a part of a piece, everything else exactly as it was.
//!
//! The decoder sees only the past, so two things make the new notes lead to what follows. Every new note knows how much
//! time is left until the next kept note: a gap that would reach or pass it leads exactly to it ([`filling`]). And of
//! several candidates composed side by side, the one is kept after which the following music surprises the model least
//! ([`Generator::surprise`](super::Generator::surprise)).

mod compose;
pub(super) mod filling;
mod join;
mod region;
mod score;

pub use compose::{Alternative, DEFAULT_CANDIDATES, Recompose};
pub use region::Region;
