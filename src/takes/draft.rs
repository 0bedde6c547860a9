//! Saves a take to disk while it is being composed.

use std::time::{Duration, Instant};

use super::id::TakeId;
use super::record::TakeRecord;
use super::store::{TakeEntry, TakeStore, TakeStoreError};
use crate::evaluate::Heard;
use crate::generate::{Growing, Take};
use crate::music::Performance;

/// Time between two writes, for each part of so many notes: a crash loses no more than a second of a short take, and the
/// file of a long one is not written again and again.
const EVERY: Duration = Duration::from_secs(1);
const PART_NOTES: usize = 2000;

/// Saves a growing take from time to time, and the finished one at the end.
pub struct Draft {
    store: TakeStore,
    record: TakeRecord,
    /// Its entry, once something was written.
    id: Option<TakeId>,
    written: Instant,
}

impl Draft {
    /// `record` is the record before the first note.
    pub fn new(store: TakeStore, record: TakeRecord) -> Draft {
        Draft { store, record, id: None, written: Instant::now() }
    }

    /// New notes. Failures of writing are only logged: saving the finished take reports them.
    pub fn grown(&mut self, growing: &Growing) {
        let parts = growing.notes.len() / PART_NOTES + 1;
        if growing.notes.is_empty() || self.written.elapsed() < EVERY * parts as u32 {
            return;
        }
        let so_far = growing.performance();
        let record = self.record.clone().measured(&so_far);
        if let Err(error) = self.write(record, &so_far) {
            tracing::warn!(%error, "the growing take is not on disk yet");
        }
        self.written = Instant::now();
    }

    /// The take is finished.
    ///
    /// # Errors
    /// As [`TakeStore::save`]; what was written before is unchanged.
    pub fn finish(&mut self, take: &Take, heard: &Heard) -> Result<TakeEntry, TakeStoreError> {
        self.write(self.record.clone().finished(take, heard), &take.performance)
    }

    /// The take failed: what was written is moved to the deleted takes.
    pub fn discard(&mut self) {
        if let Some(id) = self.id.take()
            && let Err(error) = self.store.delete(&id)
        {
            tracing::warn!(%error, "the beginning of a take that failed is still listed");
        }
    }

    fn write(&mut self, record: TakeRecord, music: &Performance) -> Result<TakeEntry, TakeStoreError> {
        let entry = match self.id.clone() {
            None => self.store.save(record, music)?,
            Some(id) => {
                let entry = TakeEntry { id, record };
                self.store.save_over(&entry, music)?;
                entry
            }
        };
        self.id = Some(entry.id.clone());
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, Pitch, Velocity};
    use crate::takes::ComposeSettings;

    fn growing(count: usize) -> Growing {
        let note = |i: usize| Note {
            pitch: Pitch::new(60).unwrap(),
            onset_secs: i as f64 * 0.5,
            duration_secs: 0.4,
            velocity: Velocity::clamped(64),
        };
        Growing { notes: (0..count).map(note).collect(), ..Growing::default() }
    }

    #[test]
    fn what_is_composed_so_far_survives_and_can_be_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let settings = ComposeSettings {
            composer: Some("Frédéric Chopin".to_owned()),
            seed: 7,
            ..ComposeSettings::default()
        };
        let mut draft = Draft::new(store.clone(), TakeRecord::begun(None, settings.clone(), 5));
        draft.grown(&growing(20));
        assert!(store.list().unwrap().is_empty(), "not with every note");
        for count in [30, 40] {
            draft.written -= EVERY;
            draft.grown(&growing(count));
        }
        // As after a crash: another store finds it once.
        let listed = TakeStore::new(folder.path()).list().unwrap();
        let [entry] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((entry.record.name.as_str(), entry.record.notes), ("Chopin 7", 40));
        assert_eq!(entry.record.settings.as_ref(), Some(&settings));
        assert_eq!(store.load(&entry.id).unwrap().notes().len(), 40);
        draft.discard();
        assert!(store.list().unwrap().is_empty());
    }
}
