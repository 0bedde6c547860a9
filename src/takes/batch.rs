//! Saves several takes at once, as files of one format.

use std::path::{Path, PathBuf};

use super::store::{TakeEntry, TakeStore, TakeStoreError};
use crate::picture::Look;
use crate::progress::{Progress, StopFlag};
use crate::save::{Piece, Recording, SaveError, file_name, free_path, save};
use crate::synth::SoundFont;
use crate::synth::export::ExportSettings;

/// A take to save, and the colours of its picture.
#[derive(Clone, Debug)]
pub struct BatchItem {
    pub entry: TakeEntry,
    pub look: Look,
}

/// Where the files go, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTarget {
    pub folder: PathBuf,
    /// The extension of the files, which chooses the format.
    pub ending: String,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct BatchOutcome {
    pub saved: Vec<PathBuf>,
    /// The names of the takes that were not saved, and why.
    pub failed: Vec<(String, BatchError)>,
    /// It was stopped before the last take.
    pub is_stopped: bool,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    #[error(transparent)]
    Read(#[from] TakeStoreError),
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// Saves each take under its name; a name that is taken gets a number, so that no file is overwritten. A take that
/// fails does not keep the others from being saved. `on_progress` gets the share that is done, 0–1.
pub fn save_all(
    store: &TakeStore,
    items: Vec<BatchItem>,
    target: &BatchTarget,
    sound: Option<(&SoundFont, &ExportSettings)>,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(f32),
) -> BatchOutcome {
    let mut outcome = BatchOutcome::default();
    let all = items.len().max(1) as f32;
    for (done, item) in items.into_iter().enumerate() {
        if stop.is_stopped() {
            outcome.is_stopped = true;
            break;
        }
        let share = |part: f32| (done as f32 + part.clamp(0.0, 1.0)) / all;
        on_progress(share(0.0));
        let name = item.entry.record.name.clone();
        let path = free_path(&target.folder, &file_name(&name), &target.ending);
        let mut on_part = |progress: Progress| {
            if let Some(part) = progress.fraction() {
                on_progress(share(part));
            }
        };
        let recording = sound.map(|(sound_font, settings)| Recording {
            sound_font,
            settings: settings.clone(),
            stop,
            on_progress: &mut on_part,
        });
        match save_one(store, item, &path, recording) {
            Ok(()) => outcome.saved.push(path),
            Err(BatchError::Save(error)) if error.is_cancel() => {
                outcome.is_stopped = true;
                break;
            }
            Err(error) => outcome.failed.push((name, error)),
        }
    }
    outcome
}

fn save_one(
    store: &TakeStore,
    item: BatchItem,
    path: &Path,
    recording: Option<Recording<'_>>,
) -> Result<(), BatchError> {
    let BatchItem { entry, look } = item;
    let piece = Piece {
        performance: store.load(&entry.id)?.into(),
        range_secs: None,
        title: Some(entry.record.name.clone()),
        recipe: entry.record.recipe_line(),
        look,
    };
    save(path, piece, recording)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::takes::TakeRecord;
    use crate::takes::tests_support::performance;

    const LOOK: Look = Look { notes: [0, 0, 0], is_dark: false };

    fn items(store: &TakeStore, names: &[&str]) -> Vec<BatchItem> {
        let item = |name: &&str| {
            let record = TakeRecord { name: (*name).to_owned(), ..TakeRecord::default() };
            BatchItem { entry: store.save(record, &performance()).unwrap(), look: LOOK }
        };
        names.iter().map(item).collect()
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn names_never_collide_and_a_failure_stops_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(&folder.path().join("takes"));
        let target = BatchTarget { folder: folder.path().join("out"), ending: "mid".to_owned() };
        std::fs::create_dir(&target.folder).unwrap();
        std::fs::write(target.folder.join("Bach 1.mid"), b"mine").unwrap();
        let items = items(&store, &["Bach 1", "Bach 1", "a/b", "lost", "last"]);
        std::fs::remove_file(store.midi_path(&items[3].entry.id)).unwrap();
        let mut shares = Vec::new();
        let stop = StopFlag::new();
        let outcome = save_all(&store, items, &target, None, &stop, &mut |share| shares.push(share));
        assert_eq!(
            names_in(&target.folder),
            ["Bach 1 2.mid", "Bach 1 3.mid", "Bach 1.mid", "a-b.mid", "last.mid"]
        );
        assert_eq!(std::fs::read(target.folder.join("Bach 1.mid")).unwrap(), b"mine");
        let failed: Vec<_> = outcome.failed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((outcome.saved.len(), failed, outcome.is_stopped), (4, vec!["lost"], false));
        assert_eq!(shares, [0.0, 0.2, 0.4, 0.6, 0.8]);
    }

    #[test]
    fn a_stopped_batch_keeps_what_it_saved() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(&folder.path().join("takes"));
        let target = BatchTarget { folder: folder.path().to_owned(), ending: "png".to_owned() };
        let items = items(&store, &["one", "two", "three"]);
        let stop = StopFlag::new();
        let mut begun = 0;
        let outcome = save_all(&store, items, &target, None, &stop, &mut |_| {
            begun += 1;
            if begun == 2 {
                stop.stop();
            }
        });
        assert!(outcome.is_stopped && outcome.failed.is_empty());
        assert_eq!(outcome.saved, ["one", "two"].map(|name| folder.path().join(format!("{name}.png"))));
        assert!(!folder.path().join("three.png").exists());
    }

    #[test]
    fn recordings_need_a_soundfont_and_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(&folder.path().join("takes"));
        let target = BatchTarget { folder: folder.path().to_owned(), ending: "mp3".to_owned() };
        let items = items(&store, &["one"]);
        let outcome = save_all(&store, items, &target, None, &StopFlag::new(), &mut |_| {});
        assert!(matches!(&outcome.failed[..], [(_, BatchError::Save(SaveError::NoSoundFont))]));
    }
}
