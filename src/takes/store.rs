//! Takes on disk: `<id>.json` beside `<id>.mid`, in the user's data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use rayon::prelude::*;

use super::record::TakeRecord;
use crate::files::write_whole;
use crate::music::Performance;
use crate::music::midi::{self, MidiError};
use crate::takes::id::TakeId;

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeEntry {
    pub id: TakeId,
    pub record: TakeRecord,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeStoreError {
    #[error("the takes folder cannot be used ({source}); check its permissions and the free space: {path}")]
    Folder { source: io::Error, path: PathBuf },
    #[error("the take could not be written ({source}); check the free space: {path}")]
    Write { source: io::Error, path: PathBuf },
    #[error("the music of this take cannot be read")]
    Music(#[from] MidiError),
}

/// Deleted takes stay this long in `deleted/`.
const KEEP_DELETED: Duration = Duration::from_secs(30 * 24 * 3600);

/// The folder of takes. Cheap to clone; every method works on the calling thread.
#[derive(Clone, Debug)]
pub struct TakeStore {
    folder: Arc<Path>,
}

impl TakeStore {
    pub fn new(folder: &Path) -> TakeStore {
        TakeStore { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, id: &TakeId, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", id.0))
    }

    pub fn midi_path(&self, id: &TakeId) -> PathBuf {
        self.path(id, "mid")
    }

    fn deleted(&self) -> PathBuf {
        self.folder.join("deleted")
    }

    /// All takes, newest first. Takes with an unreadable record are listed under their file name.
    ///
    /// # Errors
    /// [`TakeStoreError::Folder`] if the folder cannot be listed; without a folder there are no takes.
    pub fn list(&self) -> Result<Vec<TakeEntry>, TakeStoreError> {
        let folder_error = |source| TakeStoreError::Folder { source, path: self.folder.to_path_buf() };
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(folder_error(e)),
        };
        let music: Vec<PathBuf> = files
            .filter_map(|f| Some(f.ok()?.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "mid"))
            .collect();
        let mut entries: Vec<TakeEntry> = music.par_iter().filter_map(|path| self.entry(path)).collect();
        entries
            .sort_by(|a, b| b.record.created_secs.cmp(&a.record.created_secs).then_with(|| b.id.cmp(&a.id)));
        Ok(entries)
    }

    fn entry(&self, music: &Path) -> Option<TakeEntry> {
        let id = TakeId(music.file_stem()?.to_str()?.to_owned());
        let text = fs::read(self.path(&id, "json")).ok();
        let record = text.and_then(|text| serde_json::from_slice(&text).ok());
        let record = record.unwrap_or_else(|| TakeRecord {
            name: id.0.clone(),
            created_secs: fs::metadata(music).and_then(|m| m.modified()).map_or(0, unix_secs),
            ..TakeRecord::default()
        });
        Some(TakeEntry { id, record })
    }

    /// Saves a new take under a new id.
    ///
    /// # Errors
    /// [`TakeStoreError`]; nothing is left behind that would be listed.
    pub fn save(&self, record: TakeRecord, performance: &Performance) -> Result<TakeEntry, TakeStoreError> {
        let folder_error = |source| TakeStoreError::Folder { source, path: self.folder.to_path_buf() };
        fs::create_dir_all(&self.folder).map_err(folder_error)?;
        let entry = TakeEntry { id: self.fresh_id(&record), record };
        self.save_over(&entry, performance)?;
        Ok(entry)
    }

    /// Saves a take again, such as one that has grown.
    ///
    /// # Errors
    /// [`TakeStoreError`]; the old music is then unchanged.
    pub fn save_over(&self, entry: &TakeEntry, performance: &Performance) -> Result<(), TakeStoreError> {
        // The record first: without music it is not listed, while music without it would lose its recipe.
        self.update(entry)?;
        let recipe = entry.record.recipe_line();
        midi::write_file(
            &self.midi_path(&entry.id),
            performance,
            recipe.as_deref(),
            Some(&entry.record.name),
        )?;
        Ok(())
    }

    fn fresh_id(&self, record: &TakeRecord) -> TakeId {
        let safe: String = deunicode::deunicode(&record.name)
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(40)
            .collect();
        let stem = format!("{}-{}", record.created_secs, safe.trim_matches('-'));
        let taken = |id: &TakeId| {
            self.path(id, "json").exists()
                || self.path(id, "mid").exists()
                || self.deleted().join(&id.0).exists()
        };
        let numbered = (2..).map(|n| TakeId(format!("{stem}-{n}")));
        std::iter::once(TakeId(stem.clone())).chain(numbered).find(|id| !taken(id)).unwrap_or(TakeId(stem))
    }

    /// Writes the record of a take again, after a new name or star.
    ///
    /// # Errors
    /// [`TakeStoreError::Write`]; the old record is then unchanged.
    pub fn update(&self, entry: &TakeEntry) -> Result<(), TakeStoreError> {
        let path = self.path(&entry.id, "json");
        let text = serde_json::to_vec_pretty(&entry.record).map_err(io::Error::other);
        let written = text.and_then(|text| write_whole(&path, &text));
        written.map_err(|source| TakeStoreError::Write { source, path })
    }

    /// # Errors
    /// [`TakeStoreError::Music`] if the file is missing or broken.
    pub fn load(&self, id: &TakeId) -> Result<Performance, TakeStoreError> {
        Ok(midi::read_file(&self.midi_path(id))?.performance)
    }

    /// Moves a take to `deleted/`; [`TakeStore::restore`] brings it back.
    ///
    /// # Errors
    /// [`TakeStoreError::Write`] if it cannot be moved; it is then still listed.
    pub fn delete(&self, id: &TakeId) -> Result<(), TakeStoreError> {
        let aside = self.deleted().join(&id.0);
        let moved = fs::create_dir_all(&aside).and_then(|()| {
            for ending in ["mid", "json"] {
                let name = format!("{}.{ending}", id.0);
                ignore_missing(fs::rename(self.folder.join(&name), aside.join(&name)))?;
            }
            Ok(())
        });
        moved.map_err(|source| TakeStoreError::Write { source, path: aside })
    }

    /// # Errors
    /// [`TakeStoreError::Write`] if it cannot be moved back.
    pub fn restore(&self, id: &TakeId) -> Result<(), TakeStoreError> {
        let aside = self.deleted().join(&id.0);
        let moved = ["json", "mid"].into_iter().try_for_each(|ending| {
            let name = format!("{}.{ending}", id.0);
            ignore_missing(fs::rename(aside.join(&name), self.folder.join(&name)))
        });
        moved.map_err(|source| TakeStoreError::Write { source, path: aside.clone() })?;
        // At most an empty folder is left if this fails.
        _ = fs::remove_dir(&aside);
        Ok(())
    }

    /// Removes takes that were deleted more than thirty days ago.
    pub fn purge(&self) {
        let Ok(folders) = fs::read_dir(self.deleted()) else {
            return;
        };
        for folder in folders.flatten() {
            let age = folder.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            if age.is_some_and(|age| age > KEEP_DELETED)
                && let Err(error) = fs::remove_dir_all(folder.path())
            {
                tracing::warn!(%error, "cannot free a deleted take");
            } else if age.is_some_and(|age| age > KEEP_DELETED)
                && let Some(name) = folder.file_name().to_str()
            {
                self.purge_versions(&TakeId(name.to_owned()));
            }
        }
    }
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn unix_secs(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Seconds since 1970, UTC.
pub fn now_secs() -> u64 {
    unix_secs(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::Value;

    use super::*;
    use crate::takes::tests_support::performance;

    fn record(name: &str, created_secs: u64) -> TakeRecord {
        TakeRecord { name: name.to_owned(), created_secs, ..TakeRecord::default() }
    }

    #[test]
    fn a_take_survives_with_its_record() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(&folder.path().join("takes"));
        assert!(store.list().unwrap().is_empty());
        let older = store.save(record("Bach 1", 100), &performance()).unwrap();
        let newer = store.save(record("Bach 1", 100), &performance()).unwrap();
        assert_ne!(older.id, newer.id);
        let listed = store.list().unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.contains(&older) && listed.contains(&newer));
        assert_eq!(store.load(&older.id).unwrap().notes().len(), 8);
    }

    #[test]
    fn delete_can_be_undone() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let entry = store.save(record("Chopin 7", 5), &performance()).unwrap();
        store.delete(&entry.id).unwrap();
        assert!(store.list().unwrap().is_empty());
        assert_ne!(store.save(record("Chopin 7", 5), &performance()).unwrap().id, entry.id);
        store.restore(&entry.id).unwrap();
        assert!(store.list().unwrap().contains(&entry));
    }

    /// Only Unix allows setting a folder's time.
    #[test]
    #[cfg(unix)]
    fn what_was_deleted_is_kept_for_thirty_days() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let day = Duration::from_secs(24 * 3600);
        let deleted = [29, 31].map(|age| {
            let entry = store.save(record("Chopin 7", 5), &performance()).unwrap();
            store.delete(&entry.id).unwrap();
            let aside = store.deleted().join(entry.id.as_str());
            fs::File::open(&aside).unwrap().set_modified(SystemTime::now() - age * day).unwrap();
            aside
        });
        store.purge();
        assert_eq!(deleted.map(|aside| aside.exists()), [true, false]);
    }

    #[test]
    fn a_take_of_another_version_still_opens_and_keeps_what_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let mut entry = store.save(record("Liszt 3", 9), &performance()).unwrap();
        let json = folder.path().join(format!("{}.json", entry.id.as_str()));
        let later = r#"{"format": 99, "name": "Liszt 3", "origin": "dreamt", "mood": "dark", "settings": {"seed": 3, "swing": 1}}"#;
        fs::write(&json, later).unwrap();
        let listed = store.list().unwrap();
        assert_eq!(listed[0].record.origin, crate::takes::Origin::Other);
        assert_eq!(listed[0].record.settings.as_ref().unwrap().seed, 3);
        entry.record = listed[0].record.clone();
        entry.record.is_starred = true;
        store.update(&entry).unwrap();
        let again: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        assert_eq!(again["mood"], "dark");
        assert_eq!(again["is_starred"], true);
        fs::write(&json, "{ broken").unwrap();
        assert_eq!(store.list().unwrap()[0].record.name, entry.id.as_str());
    }

    #[test]
    fn a_thousand_takes_list_quickly() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let text = serde_json::to_vec_pretty(&TakeRecord {
            z: vec![vec![0.123_456; 32]; 2],
            confidence: vec![("Frédéric Chopin".to_owned(), 0.7); 14],
            ..record("Chopin 7", 1)
        })
        .unwrap();
        for i in 0..1000 {
            fs::write(folder.path().join(format!("{i}.json")), &text).unwrap();
            fs::write(folder.path().join(format!("{i}.mid")), b"").unwrap();
        }
        let begun = Instant::now();
        assert_eq!(store.list().unwrap().len(), 1000);
        // The aim is 200 ms in the release build; this machine may be busy.
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
