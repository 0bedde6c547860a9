//! Actions that change the take on the stage.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::app::PasticheApp;
use crate::app::state::action::{EditAction, Sheet};
use crate::app::state::edit::{Alternatives, RecomposeForm, Recomposing};
use crate::app::state::stage::StageSource;
use crate::app::threads::workers::Done;
use crate::app::widgets::roll::Selection;
use crate::generate::{Recompose, Region, Source};
use crate::jobs::EngineCommand;
use crate::music::{NoteEdit, Performance, Pitch};
use crate::progress::StopFlag;
use crate::sampling::{SamplingSettings, fresh_seed};
use crate::takes::{History, TakeId, TakeStoreError};

/// Versions of a region to choose from.
const ALTERNATIVES: usize = 4;
const ALL_KEYS: RangeInclusive<Pitch> = Pitch::LOWEST..=Pitch::HIGHEST;

impl PasticheApp {
    pub(super) fn edit_action(&mut self, action: EditAction) {
        match action {
            EditAction::Select { secs, pitches } => self.select(secs.start, secs.end, pitches),
            EditAction::ToggleNote(note) => self.toggle_note(note),
            EditAction::SelectLoop => {
                let end = self.state.stage.as_ref().map_or(0.0, |s| s.performance.duration_secs());
                let secs = self.sound.loop_secs().unwrap_or(0.0..end);
                self.select(secs.start, secs.end, ALL_KEYS);
            }
            EditAction::SelectFromHere => {
                let end = self.state.selection.as_ref().map(|s| s.secs.end);
                let length = self.state.stage.as_ref().map_or(0.0, |s| s.performance.duration_secs());
                let from = self.state.sound.position_secs;
                self.select(from, end.filter(|end| *end > from).unwrap_or(length), self.selected_keys());
            }
            EditAction::SelectToHere => {
                let start = self.state.selection.as_ref().map(|s| s.secs.start);
                let to = self.state.sound.position_secs;
                self.select(start.filter(|start| *start < to).unwrap_or(0.0), to, self.selected_keys());
            }
            EditAction::ClearSelection => self.state.selection = None,
            EditAction::Notes(edit) => self.edit_notes(edit),
            EditAction::Recompose(form) => self.recompose(&form),
            EditAction::StepAlternative(by) => self.step_alternative(by),
            EditAction::TakeAlternative => self.take_alternative(),
            EditAction::LeaveAlternatives => self.leave_alternatives(),
            EditAction::ToggleLock => self.toggle_lock(),
            EditAction::Undo => self.step_version(History::undo, "There is nothing to undo."),
            EditAction::Redo => self.step_version(History::redo, "There is nothing to redo."),
        }
    }

    fn selected_keys(&self) -> RangeInclusive<Pitch> {
        self.state.selection.as_ref().map_or(ALL_KEYS, |s| s.pitches.clone())
    }

    fn select(&mut self, from: f64, to: f64, pitches: RangeInclusive<Pitch>) {
        let music = self.state.stage.as_ref().map(|s| s.performance.clone());
        let music = music.filter(|music| !music.is_empty() && from < to);
        self.state.selection = music.map(|music| Selection::new(&music, from..to, pitches));
    }

    fn toggle_note(&mut self, note: usize) {
        let Some(music) = self.state.stage.as_ref().map(|s| s.performance.clone()) else {
            return;
        };
        self.state.selection = match &self.state.selection {
            Some(selection) => selection.toggled(&music, note),
            None => Selection::of_notes(&music, BTreeSet::from([note])),
        };
    }

    /// Can the take on the stage be changed? If not, says why.
    fn may_edit(&mut self) -> Option<(TakeId, Arc<Performance>)> {
        if let Some(why_not) = self.state.cannot_edit() {
            self.toasts.warn(why_not);
            return None;
        }
        let music = self.state.stage.as_ref()?.performance.clone();
        Some((self.state.staged_take()?.id.clone(), music))
    }

    fn edit_notes(&mut self, edit: NoteEdit) {
        let Some((id, music)) = self.may_edit() else { return };
        let Some(selection) = &self.state.selection else { return };
        let locks = self.state.takes.get(&id).map_or(&[][..], |e| &e.record.locks);
        let is_free = |i: &usize| {
            let note = music.notes().get(*i);
            note.is_some_and(|note| !locks.iter().any(|lock| lock.holds(note)))
        };
        let free: BTreeSet<usize> = selection.notes.iter().copied().filter(is_free).collect();
        if free.is_empty() {
            self.toasts.warn("The selection contains no unlocked notes.");
            return;
        }
        let (edited, places) = music.edited(&free, edit);
        if edited.is_empty() {
            self.toasts.warn("A take keeps at least one note; delete the take instead.");
            return;
        }
        let selection = Selection::of_notes(&edited, places);
        self.keep_version(&id, Arc::new(edited));
        self.state.selection = selection;
    }

    /// The take on the stage now has this music; what it had before is kept as a version.
    fn keep_version(&mut self, id: &TakeId, music: Arc<Performance>) {
        let entry = self.state.takes.edit(id, |entry| {
            entry.record.history.add();
            entry.record.notes = music.notes().len();
            entry.record.duration_secs = music.duration_secs();
        });
        let Some(entry) = entry else { return };
        self.hear(id, music.clone());
        let store = self.store.clone();
        self.workers.write(move || store.save_version(&entry, &music).err().map(Done::TakeNotWritten));
    }

    /// Puts other music of the same take on the stage and into the player, at the same playhead.
    fn hear(&mut self, id: &TakeId, music: Arc<Performance>) {
        self.state.takes.draw_thumbnail(id, &music);
        self.state.restage(music.clone());
        self.sound.swap(music);
    }

    fn step_version(&mut self, step: fn(&mut History) -> bool, nothing: &str) {
        let Some((id, _)) = self.may_edit() else { return };
        let mut has_moved = false;
        let entry = self.state.takes.edit(&id, |entry| has_moved = step(&mut entry.record.history));
        let Some(entry) = entry.filter(|_| has_moved) else {
            self.toasts.warn(nothing);
            return;
        };
        let store = self.store.clone();
        let version = entry.record.history.present();
        // After all that was asked to be written before.
        self.workers.write(move || {
            Some(Done::VersionRead { result: store.restore_version(&entry), version, id: entry.id })
        });
    }

    pub(super) fn version_read(
        &mut self,
        id: &TakeId,
        version: Option<u32>,
        result: Result<Performance, TakeStoreError>,
    ) {
        // The take was changed again meanwhile: its newer music is on the stage already, or being read.
        if self.state.takes.get(id).is_none_or(|entry| entry.record.history.present() != version) {
            return;
        }
        let music = match result {
            Ok(music) => Arc::new(music),
            Err(error) => return self.toasts.error("This version cannot be brought back", &error),
        };
        let entry = self.state.takes.edit(id, |entry| {
            entry.record.notes = music.notes().len();
            entry.record.duration_secs = music.duration_secs();
        });
        if let Some(entry) = entry {
            self.write_record(entry);
        }
        if self.state.stage.as_ref().is_some_and(|s| s.source == StageSource::Take(id.clone())) {
            self.hear(id, music);
        }
    }

    fn toggle_lock(&mut self) {
        let Some((id, _)) = self.may_edit() else { return };
        let Some(selection) = &self.state.selection else { return };
        let part = Region { secs: selection.secs.clone(), pitches: selection.pitches.clone() };
        let entry = self.state.takes.edit(&id, |entry| {
            let locks = &mut entry.record.locks;
            let before = locks.len();
            locks.retain(|lock| !lock.meets(&part));
            if locks.len() == before {
                locks.push(part);
                locks.sort_by(|a, b| a.secs.start.total_cmp(&b.secs.start));
            }
        });
        if let Some(entry) = entry {
            self.write_record(entry);
        }
    }

    /// Composes alternatives for the selection.
    fn recompose(&mut self, form: &RecomposeForm) {
        if !self.may_compose() {
            return;
        }
        let (Some((id, music)), Some(selection)) = (self.may_edit(), self.state.selection.clone()) else {
            return;
        };
        let pitches = if form.all_keys { ALL_KEYS } else { selection.pitches.clone() };
        let region = Region { secs: selection.secs.clone(), pitches };
        let entry = self.state.takes.get(&id);
        let own = entry.and_then(|e| e.record.composer.as_deref());
        let known = |name: &str| Some(self.state.model.composer(name)?.0);
        let request = Recompose {
            composer: form.to.as_deref().and_then(known),
            closeness: form.closeness,
            keep_rhythm: form.keep_rhythm,
            locked: entry.map(|e| e.record.locks.clone()).unwrap_or_default(),
            count: ALTERNATIVES,
            sampling: SamplingSettings {
                guidance: form.strength,
                ..self.state.settings.form.settings.sampling
            },
            ..Recompose::new(Source { music, composer: own.and_then(known) }, region.clone(), fresh_seed())
        };
        let (job, stop) = (self.state.jobs.fresh(), StopFlag::new());
        let command = EngineCommand::Recompose { job, request: Box::new(request), stop: stop.clone() };
        match self.engine.try_send(command) {
            Ok(()) => self.state.recomposing = Some(Recomposing { job, stop, id, region }),
            Err(error) => self.toasts.error("The region was not composed", &error),
        }
        self.state.sheet.take_if(|sheet| *sheet == Sheet::Recompose);
    }

    pub(super) fn recomposed(&mut self, of: Recomposing, all: Vec<Arc<Performance>>) {
        let staged = self.state.staged_take().map(|e| e.id.clone());
        let Some(original) = self.state.stage.as_ref().map(|s| s.performance.clone()) else {
            return;
        };
        // Stopped, or another take is on the stage by now.
        if all.is_empty() || staged.as_ref() != Some(&of.id) {
            return;
        }
        let loop_before = self.sound.loop_secs();
        let alternatives = Alternatives { id: of.id, region: of.region, original, all, at: 0, loop_before };
        let around = alternatives.around();
        self.state.alternatives = Some(alternatives);
        self.hear_alternative();
        self.sound.set_loop(Some(around.clone()));
        self.sound.seek(around.start);
        if !self.sound.is_playing() {
            self.sound.toggle_play();
        }
    }

    /// Shows and plays the chosen alternative in place of the region.
    fn hear_alternative(&mut self) {
        let Some(alternatives) = &self.state.alternatives else { return };
        let (music, region) = (alternatives.heard(), alternatives.region.clone());
        self.state.restage(music.clone());
        self.state.selection = Some(Selection::new(&music, region.secs, region.pitches));
        self.sound.swap(music);
    }

    fn step_alternative(&mut self, by: isize) {
        if let Some(alternatives) = &mut self.state.alternatives {
            alternatives.step(by);
            self.hear_alternative();
        }
    }

    fn take_alternative(&mut self) {
        let Some(alternatives) = self.state.alternatives.take() else { return };
        self.sound.set_loop(alternatives.loop_before.clone());
        self.keep_version(&alternatives.id, alternatives.heard());
        let region = alternatives.region;
        self.select(region.secs.start, region.secs.end, region.pitches);
    }

    /// Discards the alternatives and restores the take.
    pub(super) fn leave_alternatives(&mut self) {
        let Some(alternatives) = self.state.alternatives.take() else { return };
        self.sound.set_loop(alternatives.loop_before.clone());
        self.hear(&alternatives.id, alternatives.original.clone());
        let region = alternatives.region;
        self.select(region.secs.start, region.secs.end, region.pitches);
    }
}
