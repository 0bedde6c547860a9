//! The list of takes.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use deunicode::deunicode;

use crate::app::widgets::roll::Thumbnail;
use crate::music::Performance;
use crate::takes::{TakeEntry, TakeId};

/// The filter of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that must all be in the name or the composer, without case or accents.
    pub text: String,
    pub only_starred: bool,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && !self.only_starred
    }
}

/// Most thumbnails kept; the oldest are dropped.
const THUMBNAILS: usize = 300;

#[derive(Debug, Default)]
pub struct TakesState {
    entries: Vec<TakeEntry>,
    /// Indices into `entries` that pass the filter.
    shown: Vec<usize>,
    filter: Filter,
    thumbnails: HashMap<TakeId, Thumbnail>,
    /// Takes that were drawn without a thumbnail and need one.
    wanted: RefCell<Vec<TakeId>>,
    asked: HashSet<TakeId>,
    pub is_listed: bool,
}

impl TakesState {
    /// Sets the takes found on disk; takes made in the meantime are kept.
    pub fn set_listed(&mut self, listed: Vec<TakeEntry>) {
        let newer: Vec<TakeEntry> =
            self.entries.drain(..).filter(|e| listed.iter().all(|other| other.id != e.id)).collect();
        self.entries = newer.into_iter().chain(listed).collect();
        self.is_listed = true;
        self.refilter();
    }

    /// Adds a take at the top, or replaces it if it is known.
    pub fn put(&mut self, entry: TakeEntry) {
        match self.entries.iter_mut().find(|e| e.id == entry.id) {
            Some(known) => *known = entry,
            None => {
                let later = |e: &TakeEntry| e.record.created_secs > entry.record.created_secs;
                let at = self.entries.iter().take_while(|e| later(e)).count();
                self.entries.insert(at, entry);
            }
        }
        self.refilter();
    }

    pub fn remove(&mut self, id: &TakeId) -> Option<TakeEntry> {
        let at = self.entries.iter().position(|e| &e.id == id)?;
        let entry = self.entries.remove(at);
        self.refilter();
        Some(entry)
    }

    pub fn get(&self, id: &TakeId) -> Option<&TakeEntry> {
        self.entries.iter().find(|e| &e.id == id)
    }

    /// Changes the record of a take and returns it, to be written.
    pub fn edit(&mut self, id: &TakeId, change: impl FnOnce(&mut TakeEntry)) -> Option<TakeEntry> {
        let entry = self.entries.iter_mut().find(|e| &e.id == id)?;
        change(entry);
        let edited = entry.clone();
        self.refilter();
        Some(edited)
    }

    pub fn all(&self) -> &[TakeEntry] {
        &self.entries
    }

    pub fn shown_count(&self) -> usize {
        self.shown.len()
    }

    /// The take in row `row` of the filtered list.
    pub fn shown(&self, row: usize) -> Option<&TakeEntry> {
        self.entries.get(*self.shown.get(row)?)
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.refilter();
    }

    fn refilter(&mut self) {
        let fold = |text: &str| deunicode(text).to_lowercase();
        let words: Vec<String> = self.filter.text.split_whitespace().map(fold).collect();
        let matches = |entry: &TakeEntry| {
            let record = &entry.record;
            if self.filter.only_starred && !record.is_starred {
                return false;
            }
            let text = fold(&format!("{} {}", record.name, record.composer.as_deref().unwrap_or_default()));
            words.iter().all(|word| text.contains(word))
        };
        self.shown = (0..self.entries.len()).filter(|&i| matches(&self.entries[i])).collect();
    }

    /// The thumbnail of a take; if there is none yet, notes that it is wanted.
    pub fn thumbnail(&self, id: &TakeId) -> Option<&Thumbnail> {
        let known = self.thumbnails.get(id);
        if known.is_none() && !self.asked.contains(id) {
            self.wanted.borrow_mut().push(id.clone());
        }
        known
    }

    /// The takes whose thumbnails are wanted and not yet requested.
    pub fn take_wanted(&mut self) -> Vec<TakeId> {
        let mut wanted = std::mem::take(&mut *self.wanted.borrow_mut());
        wanted.sort();
        wanted.dedup();
        self.asked.extend(wanted.iter().cloned());
        wanted
    }

    pub fn set_thumbnail(&mut self, id: TakeId, thumbnail: Thumbnail) {
        if self.thumbnails.len() >= THUMBNAILS {
            self.thumbnails.clear();
            self.asked.clear();
        }
        self.asked.insert(id.clone());
        self.thumbnails.insert(id, thumbnail);
    }

    pub fn draw_thumbnail(&mut self, id: &TakeId, performance: &Performance) {
        self.set_thumbnail(id.clone(), Thumbnail::new(performance));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, Pitch, Velocity};
    use crate::takes::{TakeRecord, TakeStore};

    fn entries() -> (tempfile::TempDir, Vec<TakeEntry>) {
        let folder = tempfile::tempdir().unwrap();
        let store = TakeStore::new(folder.path());
        let note = Note {
            pitch: Pitch::LOWEST,
            onset_secs: 0.0,
            duration_secs: 1.0,
            velocity: Velocity::clamped(64),
        };
        let music = Performance::new(vec![note], vec![]);
        let entry = |name: &str, composer: &str, created_secs| {
            let record = TakeRecord {
                name: name.to_owned(),
                composer: Some(composer.to_owned()),
                created_secs,
                ..TakeRecord::default()
            };
            store.save(record, &music).unwrap()
        };
        let made =
            vec![entry("Night piece", "Frédéric Chopin", 2), entry("Bach 3", "Johann Sebastian Bach", 1)];
        (folder, made)
    }

    #[test]
    fn search_ignores_case_and_accents_and_needs_every_word() {
        let (_folder, made) = entries();
        let mut state = TakesState::default();
        state.set_listed(made);
        for (text, count) in [("", 2), ("FREDERIC", 1), ("night chopin", 1), ("night bach", 0), ("a", 1)] {
            state.set_filter(Filter { text: text.to_owned(), only_starred: false });
            assert_eq!(state.shown_count(), count, "{text}");
        }
        state.set_filter(Filter { text: String::new(), only_starred: true });
        assert_eq!(state.shown_count(), 0);
        let id = state.all()[1].id.clone();
        state.edit(&id, |e| e.record.is_starred = true);
        assert_eq!(state.shown(0).map(|e| &e.id), Some(&id));
    }

    #[test]
    fn a_listing_that_comes_late_keeps_what_was_made_meanwhile() {
        let (_folder, made) = entries();
        let mut state = TakesState::default();
        state.put(made[0].clone());
        state.set_listed(vec![made[1].clone()]);
        assert_eq!(state.all(), made);
        assert_eq!(state.remove(&made[0].id), Some(made[0].clone()));
        state.put(made[0].clone());
        assert_eq!(state.all(), made);
    }

    #[test]
    fn a_picture_is_asked_for_once() {
        let (_folder, made) = entries();
        let mut state = TakesState::default();
        assert!(state.thumbnail(&made[0].id).is_none() && state.thumbnail(&made[0].id).is_none());
        assert_eq!(state.take_wanted(), [made[0].id.clone()]);
        assert!(state.thumbnail(&made[0].id).is_none());
        assert!(state.take_wanted().is_empty());
        state.set_thumbnail(made[0].id.clone(), Thumbnail::default());
        assert!(state.thumbnail(&made[0].id).is_some());
    }
}
