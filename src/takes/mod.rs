//! Takes: every result kept at once with its recipe, listed, searched, never lost.

mod draft;
mod id;
mod made;
mod record;
mod store;

pub use draft::Draft;
pub use id::TakeId;
pub use made::{How, Made, Part};
pub use record::{ComposeSettings, Origin, TakeRecord};
pub use store::{TakeEntry, TakeStore, TakeStoreError, now_secs};
