//! Takes: every result is saved at once, with its recipe.

mod draft;
mod history;
mod id;
mod made;
mod record;
mod store;
mod versions;

pub use draft::Draft;
pub use history::History;
pub use id::TakeId;
pub use made::{How, Made, Part};
pub use record::{ComposeSettings, Origin, Step, TakeRecord};
pub use store::{TakeEntry, TakeStore, TakeStoreError, now_secs};
