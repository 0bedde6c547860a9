//! Takes: every result is saved at once, with its recipe.

mod batch;
mod draft;
mod history;
mod id;
mod made;
mod record;
mod store;
mod versions;

pub use batch::{BatchError, BatchItem, BatchOutcome, BatchTarget, save_all};
pub use draft::Draft;
pub use history::History;
pub use id::TakeId;
pub use made::{How, Made, Part};
pub use record::{ComposeSettings, Origin, Step, TakeRecord};
pub use store::{TakeEntry, TakeStore, TakeStoreError, now_secs};

/// Music for tests.
#[cfg(test)]
mod tests_support {
    use crate::music::{Note, Performance, Pitch, Velocity};

    pub fn performance() -> Performance {
        let note = |i: u8| Note {
            pitch: Pitch::new(60 + i).unwrap(),
            onset_secs: f64::from(i) * 0.5,
            duration_secs: 0.4,
            velocity: Velocity::clamped(64),
        };
        Performance::new((0..8).map(note).collect(), vec![])
    }
}
