//! Actions on takes, the transport and the sound.

use std::sync::Arc;

use super::app::PasticheApp;
use super::compose::note_capacity;
use crate::app::state::action::{Action, Sheet};
use crate::app::state::app_state::StageSource;
use crate::app::threads::export::Subject;
use crate::app::threads::workers::{Done, Then};
use crate::music::Performance;
use crate::takes::{TakeEntry, TakeId};

impl PasticheApp {
    /// Does `action` if it is about takes; gives it back if not.
    pub(super) fn take_action(&mut self, action: Action) -> Option<Action> {
        match action {
            Action::Show { id, play } => self.read_take(id, Then::Show { play }),
            Action::ShowComposing => self.show_composing(),
            Action::SwapTakes => {
                if let Some(id) = self.state.previous.clone() {
                    self.read_take(id, Then::Swap);
                }
            }
            Action::ShowHere(id) => self.read_take(id, Then::Swap),
            Action::ToggleStar(id) => self.edit_take(&id, |e| e.record.is_starred = !e.record.is_starred),
            Action::Rename { id, name } => {
                self.edit_take(&id, |e| e.record.name = name.clone());
                let stage = self.state.stage.as_mut();
                if let Some(stage) = stage.filter(|s| s.source == StageSource::Take(id)) {
                    stage.name = name;
                }
            }
            Action::Delete(id) => self.delete_take(id),
            Action::Undelete(id) => self.undelete_take(id),
            Action::SetFilter(filter) => self.state.takes.set_filter(filter),
            other => return Some(other),
        }
        None
    }

    fn edit_take(&mut self, id: &TakeId, change: impl FnOnce(&mut TakeEntry)) {
        if let Some(entry) = self.state.takes.edit(id, change) {
            self.write_record(entry);
        }
    }

    pub(super) fn write_record(&self, entry: TakeEntry) {
        let store = self.store.clone();
        self.workers
            .write(move || store.update(&entry).err().map(Done::TakeNotWritten));
    }

    fn delete_take(&mut self, id: TakeId) {
        let Some(entry) = self.state.takes.remove(&id) else {
            return;
        };
        if self.state.previous.as_ref() == Some(&id) {
            self.state.previous = None;
        }
        if self
            .state
            .stage
            .as_ref()
            .is_some_and(|s| s.source == StageSource::Take(id.clone()))
        {
            self.state.stage = None;
            self.sound.load(Arc::default(), false);
        }
        let store = self.store.clone();
        self.toasts.offer(
            format!("{} was deleted.", entry.record.name),
            "Undo",
            Action::Undelete(id.clone()),
        );
        self.deleted.push(entry);
        self.state.find_blend();
        self.workers
            .write(move || store.delete(&id).err().map(Done::TakeNotWritten));
    }

    fn undelete_take(&mut self, id: TakeId) {
        let Some(at) = self.deleted.iter().position(|e| e.id == id) else {
            return;
        };
        self.state.takes.put(self.deleted.remove(at));
        self.state.find_blend();
        let store = self.store.clone();
        self.workers
            .write(move || store.restore(&id).err().map(Done::TakeNotWritten));
    }

    /// Reads a take's music; what is on the stage is at hand already.
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
        self.workers.read(move || Done::TakeRead {
            music: store.load(&id),
            id,
            then,
        });
    }

    /// Goes on with a take's music.
    pub(super) fn take_read(&mut self, id: TakeId, then: Then, music: Performance) {
        match then {
            Then::Show { play } => self.show(id, music, play),
            Then::Swap => self.swap(id, music),
            Then::Save => self.open_save_sheet(&id, Arc::new(music)),
            Then::Encode => self.encode(id, music),
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
        self.state.takes.draw_thumbnail(&id, &music);
        self.state.set_stage(StageSource::Take(id), name, composer, music);
        true
    }

    /// The growing take goes on without the stage.
    fn leave_composing(&mut self) {
        if let Some(feed) = &mut self.feed {
            feed.mute();
        }
        if let Some(composing) = &mut self.state.composing {
            composing.takes_stage = false;
        }
    }

    /// Back to the growing take.
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
            self.toasts.error("The player did not follow", &error);
        }
        self.state.stage_composing();
    }

    /// Does `action` if it is about playing; gives it back if not.
    pub(super) fn transport_action(&mut self, action: Action) -> Option<Action> {
        let length = self.state.stage.as_ref().map(|s| s.performance.duration_secs());
        match action {
            Action::PlayPause if length.is_some() => self.sound.toggle_play(),
            Action::Stop => self.sound.stop(),
            Action::SeekTo(secs) => self.sound.seek(secs),
            Action::SeekBy(secs) => self.sound.seek_by(secs),
            Action::SeekToEnd => self.sound.seek(length.unwrap_or(0.0)),
            Action::SetLoop(region) => self.sound.set_loop(region),
            Action::ToggleLoop => {
                let whole = length
                    .filter(|_| self.sound.loop_secs().is_none())
                    .map(|end| 0.0..end);
                self.sound.set_loop(whole);
            }
            Action::SetTempo(scale) => self.sound.set_tempo(scale),
            Action::ChangeTempo(by) => self.sound.change_tempo(by),
            Action::SetVolume(volume) => self.sound.set_volume(volume),
            Action::ToggleMute => self.sound.toggle_mute(),
            Action::Audition { pitch, velocity, .. } => self.sound.audition(pitch, velocity),
            Action::FitRoll => self.studio.roll.fit(),
            Action::PlayPause => {}
            other => return Some(other),
        }
        None
    }

    /// Does `action` if it is about the sound or the model; gives it back if not.
    pub(super) fn sound_action(&mut self, action: Action) -> Option<Action> {
        match action {
            Action::UseSoundFont(path) => self.load_soundfont(path),
            Action::UsePreset { bank, program } => self.sound.set_preset(bank, program),
            Action::UseOutput(name) => self.sound.select_output(name),
            Action::SetReverb(on) => self.sound.set_effects(on, self.sound.settings().has_chorus),
            Action::SetChorus(on) => self.sound.set_effects(self.sound.settings().has_reverb, on),
            Action::LoadCheckpoint(path) => self.load_checkpoint(path),
            Action::UseDevice(device) => {
                self.state.settings.device = device;
                let path = self.state.model.ready.as_ref().map(|info| info.path.clone());
                if let Some(path) = path {
                    self.load_checkpoint(path);
                }
            }
            other => return Some(other),
        }
        None
    }

    /// Asks where an opened piece lies in the latent space.
    pub(super) fn encode(&mut self, id: TakeId, music: Performance) {
        if self.state.model.ready.is_none() || self.state.composing.is_some() {
            return;
        }
        let job = self.state.jobs.fresh();
        let command = crate::jobs::EngineCommand::Encode {
            job,
            performance: Arc::new(music),
        };
        if self.engine.try_send(command).is_ok() {
            self.state.encoding = Some((job, id));
        }
    }

    pub(super) fn open_save_sheet(&mut self, id: &TakeId, music: Arc<Performance>) {
        let Some(entry) = self.state.takes.get(id) else {
            return;
        };
        let subject = Subject {
            name: entry.record.name.clone(),
            recipe: entry.record.recipe_line(),
            look: self.look(entry.record.composer.as_deref()),
            music,
        };
        self.show_save(subject, false);
    }

    pub(super) fn show_sheet(&mut self, sheet: Sheet) {
        let text = match &sheet {
            Sheet::Rename(id) => self.state.takes.get(id).map(|e| e.record.name.clone()),
            Sheet::Path(_) => self
                .state
                .settings
                .save_folder
                .as_ref()
                .map(|p| p.display().to_string()),
            _ => None,
        };
        self.sheets.prepare(text.unwrap_or_default());
        self.state.sheet = Some(sheet);
    }
}
