//! The versions of a take that was changed after it was made: every one is kept, and none is overwritten.

use std::path::PathBuf;
use std::{fs, io};

use super::id::TakeId;
use super::store::{TakeEntry, TakeStore, TakeStoreError};
use crate::files::write_whole;
use crate::music::Performance;
use crate::music::midi;

impl TakeStore {
    fn versions(&self, id: &TakeId) -> PathBuf {
        self.folder().join("versions").join(id.as_str())
    }

    /// Writes the present version of `entry`, which is new; what the take was before its first change is kept too.
    ///
    /// # Errors
    /// [`TakeStoreError`]; the music that was there before is then still there.
    pub fn save_version(&self, entry: &TakeEntry, performance: &Performance) -> Result<(), TakeStoreError> {
        let (folder, midi_path) = (self.versions(&entry.id), self.midi_path(&entry.id));
        let write_error = |path: PathBuf| move |source: io::Error| TakeStoreError::Write { source, path };
        fs::create_dir_all(&folder).map_err(write_error(folder.clone()))?;
        let first = folder.join("0.mid");
        if !first.exists() {
            let made = fs::read(&midi_path).and_then(|bytes| write_whole(&first, &bytes));
            made.map_err(write_error(first))?;
        }
        let number = entry.record.history.present().unwrap_or(0);
        let path = folder.join(format!("{number}.mid"));
        let recipe = entry.record.recipe_line();
        let bytes = midi::write(performance, recipe.as_deref(), Some(&entry.record.name));
        write_whole(&path, &bytes).map_err(write_error(path))?;
        self.update(entry)?;
        write_whole(&midi_path, &bytes).map_err(write_error(midi_path))
    }

    /// Makes the present version of `entry`, which is on disk, the take's music again, byte for byte, and returns it.
    ///
    /// # Errors
    /// [`TakeStoreError`]; the music that was there before is then still there.
    pub fn restore_version(&self, entry: &TakeEntry) -> Result<Performance, TakeStoreError> {
        let number = entry.record.history.present().unwrap_or(0);
        let path = self.versions(&entry.id).join(format!("{number}.mid"));
        let music = midi::read_file(&path)?.performance;
        let copied = fs::read(&path).and_then(|bytes| write_whole(&self.midi_path(&entry.id), &bytes));
        copied.map_err(|source| TakeStoreError::Write { source, path })?;
        self.update(entry)?;
        Ok(music)
    }

    /// Frees the versions of a take that is gone for good.
    pub(super) fn purge_versions(&self, id: &TakeId) {
        let folder = self.versions(id);
        if folder.exists()
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            tracing::warn!(%error, "cannot free the versions of a deleted take");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::music::NoteEdit;
    use crate::takes::tests_support::performance;
    use crate::takes::{History, TakeRecord};

    #[test]
    fn undo_restores_the_bytes_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let record = TakeRecord { name: "Study".to_owned(), ..TakeRecord::default() };
        let mut entry = store.save(record, &performance()).unwrap();
        let bytes = || fs::read(store.midi_path(&entry.id)).unwrap();
        let made = bytes();
        let shorter = |from: &Performance| from.edited(&BTreeSet::from([0]), NoteEdit::Delete).0;
        let (first, second) = (shorter(&performance()), shorter(&shorter(&performance())));
        let mut history = History::default();
        let mut seen = vec![made.clone()];
        for version in [&first, &second] {
            history.add();
            entry.record.history = history.clone();
            store.save_version(&entry, version).unwrap();
            seen.push(fs::read(store.midi_path(&entry.id)).unwrap());
        }
        assert_eq!(store.load(&entry.id).unwrap().notes().len(), 6);
        for wanted in [&seen[1], &seen[0]] {
            assert!(entry.record.history.undo());
            store.restore_version(&entry).unwrap();
            assert_eq!(&fs::read(store.midi_path(&entry.id)).unwrap(), wanted);
        }
        assert!(!entry.record.history.undo() && entry.record.history.redo());
        assert_eq!(store.restore_version(&entry).unwrap().notes().len(), 7);
        // A change after an undo discards the redo; the undone version stays on disk.
        entry.record.history.add();
        store.save_version(&entry, &performance()).unwrap();
        assert!(!entry.record.history.redo());
        let kept = fs::read_dir(folder.path().join("versions").join(entry.id.as_str())).unwrap().count();
        assert_eq!(kept, 4);
        // It is all there after a restart, and not listed as takes of its own.
        let listed = TakeStore::new(folder.path()).list().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].record.history, entry.record.history);
        store.purge_versions(&entry.id);
        assert!(!folder.path().join("versions").join(entry.id.as_str()).exists());
    }
}
