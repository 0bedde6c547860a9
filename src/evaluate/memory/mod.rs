//! Memory and form: does music repeat itself, know how it goes on, come back to a theme, begin and end?
//!
//! Every figure of takes stands beside that of real held-out pieces, which went through the tokens as takes do.

mod balanced;
mod edges;
mod features;
mod measure;
mod nll;
mod pieces;
mod prepared;
mod real_or_take;
mod report;
mod second_hearing;
mod self_similarity;
mod table;
mod theme_return;

pub use balanced::Balanced;
pub use edges::{FIGURES, Place};
pub use measure::{MIN_LONG_NOTES, measure_memory};
pub use nll::nll_of;
pub use real_or_take::{RealOrTake, Sign};
pub use report::{FormRow, MemoryReport, PlaceRow, SecondHearing};
pub use self_similarity::{SIDE, SelfSimilarity};
