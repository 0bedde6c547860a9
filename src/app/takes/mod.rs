//! Takes: every result kept at once with its recipe, listed, searched, never lost.

mod draft;
mod made;
mod panel;
mod record;
mod row;
mod state;
mod store;

pub use draft::Draft;
pub use made::{How, Made, Part, surname};
pub use panel::TakesPanel;
pub(crate) use panel::{menu_ui, style_of};
pub use record::{ComposeSettings, Origin, TakeRecord};
pub(crate) use row::length;
pub use state::{Filter, TakesState};
pub use store::{TakeEntry, TakeId, TakeStore, TakeStoreError, now_secs};
