//! Actions on takes.

use std::sync::Arc;

use super::app::PasticheApp;
use super::compose::note_capacity;
use crate::app::state::action::{Sheet, SoundAction, TakeAction};
use crate::app::state::stage::StageSource;
use crate::app::threads::workers::{Done, Then};
use crate::jobs::JobId;
use crate::music::Performance;
use crate::save::Piece;
use crate::takes::{TakeEntry, TakeId, TakeStoreError};

impl PasticheApp {
    pub(super) fn take_action(&mut self, action: TakeAction) {
        match action {
            TakeAction::Show { id, play } => self.read_take(id, Then::Show { play }),
            TakeAction::ShowComposing => self.show_composing(),
            TakeAction::Swap => {
                if let Some(id) = self.state.previous.clone() {
                    self.read_take(id, Then::Swap);
                }
            }
            TakeAction::ShowHere(id) => self.read_take(id, Then::Swap),
            TakeAction::ToggleStar(id) => self.edit_take(&id, |e| e.record.is_starred = !e.record.is_starred),
            TakeAction::Rename { id, name } => {
                self.edit_take(&id, |e| e.record.name = name.clone());
                let stage = self.state.stage.as_mut();
                if let Some(stage) = stage.filter(|s| s.source == StageSource::Take(id)) {
                    stage.name = name;
                }
            }
            TakeAction::Delete(id) => self.delete_take(id),
            TakeAction::Undelete(id) => self.undelete_take(id),
            TakeAction::SetFilter(filter) => self.state.takes.set_filter(filter),
        }
    }

    pub(super) fn takes_listed(&mut self, result: Result<Vec<TakeEntry>, TakeStoreError>) {
        let entries = result.unwrap_or_else(|error| {
            self.toasts.error("The saved takes cannot be read", &error);
            Vec::new()
        });
        // The panel still holds the seed of the last take before the restart.
        if !entries.is_empty() {
            let seed = self.state.settings.form.settings.seed;
            self.state.used_seed.get_or_insert(seed);
        }
        self.state.takes.set_listed(entries);
        let last = self.state.settings.last_take.as_ref();
        let last = last.and_then(|id| self.state.takes.get(id)).or(self.state.takes.all().first());
        if let Some(id) = last.map(|entry| entry.id.clone()) {
            self.read_take(id, Then::Restore);
        }
    }

    pub(super) fn take_saved(&mut self, job: JobId, result: Result<TakeEntry, TakeStoreError>) {
        match result {
            Ok(entry) => {
                let id = entry.id.clone();
                self.state.take_saved(job, entry);
                let staged = self.state.stage.as_ref();
                if let Some(stage) = staged.filter(|s| s.source == StageSource::Take(id.clone())) {
                    self.state.takes.draw_thumbnail(&id, &stage.performance);
                }
            }
            Err(error) => {
                let what = "The take could not be saved; save it to a file before composing another";
                self.toasts.error(what, &error);
            }
        }
    }

    fn edit_take(&mut self, id: &TakeId, change: impl FnOnce(&mut TakeEntry)) {
        if let Some(entry) = self.state.takes.edit(id, change) {
            self.write_record(entry);
        }
    }

    pub(super) fn write_record(&self, entry: TakeEntry) {
        let store = self.store.clone();
        self.workers.write(move || store.update(&entry).err().map(Done::TakeNotWritten));
    }

    fn delete_take(&mut self, id: TakeId) {
        let Some(entry) = self.state.takes.remove(&id) else {
            return;
        };
        if self.state.previous.as_ref() == Some(&id) {
            self.state.previous = None;
        }
        if self.state.stage.as_ref().is_some_and(|s| s.source == StageSource::Take(id.clone())) {
            (self.state.selection, self.state.alternatives) = (None, None);
            self.state.stage = None;
            self.sound.load(Arc::default(), false);
        }
        let store = self.store.clone();
        self.toasts.offer(
            format!("Deleted {}.", entry.record.name),
            "Undo",
            TakeAction::Undelete(id.clone()),
        );
        self.deleted.push(entry);
        self.state.find_blend();
        self.workers.write(move || store.delete(&id).err().map(Done::TakeNotWritten));
    }

    fn undelete_take(&mut self, id: TakeId) {
        let Some(at) = self.deleted.iter().position(|e| e.id == id) else {
            return;
        };
        self.state.takes.put(self.deleted.remove(at));
        self.state.find_blend();
        let store = self.store.clone();
        self.workers.write(move || store.restore(&id).err().map(Done::TakeNotWritten));
    }

    /// Reads a take's music, unless it is on the stage already.
    pub(super) fn read_take(&mut self, id: TakeId, then: Then) {
        if let Some(stage) = &self.state.stage
            && stage.source == StageSource::Take(id.clone())
        {
            let music = stage.performance.clone();
            if matches!(then, Then::Show { .. }) {
                if then == (Then::Show { play: true }) {
                    self.sound.load(music, true);
                }
                return;
            }
            return self.take_read(id, then, (*music).clone());
        }
        let store = self.store.clone();
        self.workers.read(move || Done::TakeRead { result: store.load(&id), id, then });
    }

    /// Uses a take's music once it is read.
    pub(super) fn take_read(&mut self, id: TakeId, then: Then, music: Performance) {
        match then {
            Then::Show { play } => self.show(id, music, play),
            Then::Swap => self.swap(id, music),
            Then::Save => self.open_save_sheet(&id, Arc::new(music)),
            Then::Encode => self.encode(id, music),
            Then::Restore => {
                if self.state.stage.is_none() && self.state.composing.is_none() {
                    self.show(id, music, false);
                }
            }
        }
    }

    /// Puts a take on the stage and into the player; it plays when asked to, or when something was playing.
    fn show(&mut self, id: TakeId, music: Performance, play: bool) {
        let play = play || self.sound.is_playing();
        let music = Arc::new(music);
        if self.put_on_stage(id, music.clone()) {
            self.sound.load(music, play);
        }
    }

    fn swap(&mut self, id: TakeId, music: Performance) {
        let music = Arc::new(music);
        if self.put_on_stage(id, music.clone()) {
            self.sound.swap(music);
        }
    }

    fn put_on_stage(&mut self, id: TakeId, music: Arc<Performance>) -> bool {
        let Some(entry) = self.state.takes.get(&id) else {
            return false;
        };
        let (name, composer) = (entry.record.name.clone(), entry.record.composer.clone());
        self.leave_composing();
        self.leave_alternatives();
        self.state.takes.draw_thumbnail(&id, &music);
        self.state.set_stage(StageSource::Take(id), name, composer, music);
        true
    }

    /// The growing take leaves the stage and continues in the background.
    pub(super) fn leave_composing(&mut self) {
        if let Some(feed) = &mut self.feed {
            feed.mute();
        }
        if let Some(composing) = &mut self.state.composing {
            composing.takes_stage = false;
        }
    }

    /// Puts the growing take back on the stage.
    fn show_composing(&mut self) {
        let (Some(composing), Some(feed)) = (&self.state.composing, &mut self.feed) else {
            return;
        };
        let so_far = &composing.performance;
        let ready = so_far.notes().last().map_or(0.0, |n| n.onset_secs);
        let play = self.sound.is_playing();
        let handle = self.sound.handle();
        let loaded = handle.load_growing(so_far, ready, note_capacity(composing.asked_notes));
        let result = loaded.and_then(|id| {
            feed.go_on(id, so_far);
            if play { handle.play() } else { Ok(()) }
        });
        if let Err(error) = result {
            self.toasts.error("The player is busy", &error);
        }
        self.state.stage_composing();
    }

    /// Requests the latent of an opened piece.
    pub(super) fn encode(&mut self, id: TakeId, music: Performance) {
        if self.state.model.ready.is_none() || self.state.composing.is_some() {
            return;
        }
        let job = self.state.jobs.fresh();
        let command = crate::jobs::EngineCommand::Encode { job, performance: Arc::new(music) };
        if self.engine.try_send(command).is_ok() {
            self.state.encoding = Some((job, id));
        }
    }

    pub(super) fn open_save_sheet(&mut self, id: &TakeId, music: Arc<Performance>) {
        let Some(entry) = self.state.takes.get(id) else {
            return;
        };
        let piece = Piece {
            performance: music,
            range_secs: None,
            title: Some(entry.record.name.clone()),
            recipe: entry.record.recipe_line(),
            look: self.look(entry.record.composer.as_deref()),
        };
        self.show_save(piece, false);
    }

    pub(super) fn show_sheet(&mut self, sheet: Sheet) {
        let text = match &sheet {
            Sheet::Rename(id) => self.state.takes.get(id).map(|e| e.record.name.clone()),
            Sheet::Path(_) => self.state.settings.save_folder.as_ref().map(|p| p.display().to_string()),
            Sheet::SaveStarred => {
                self.sheets.starred.open(&self.save_folder(), self.state.settings.wav);
                None
            }
            Sheet::Sound => {
                self.sound_action(SoundAction::LookForOutputs);
                None
            }
            Sheet::Shortcuts
            | Sheet::About
            | Sheet::Save
            | Sheet::Verb(..)
            | Sheet::Recompose
            | Sheet::Close => None,
        };
        self.sheets.prepare(text.unwrap_or_default());
        self.state.sheet = Some(sheet);
    }
}
