//! Saves all starred takes.

use std::path::Path;

use super::app::PasticheApp;
use crate::app::state::action::Sheet;
use crate::app::state::export::{ExportState, StarredPlan};
use crate::app::threads::workers::Done;
use crate::causes::details;
use crate::display::count;
use crate::takes::{BatchItem, BatchOutcome, save_all};

impl PasticheApp {
    pub(super) fn save_starred(&mut self, plan: StarredPlan) {
        if self.state.export.is_some() {
            return;
        }
        let starred = self.state.takes.all().iter().filter(|e| e.record.is_starred);
        let items: Vec<BatchItem> = starred
            .map(|e| BatchItem { look: self.look(e.record.composer.as_deref()), entry: e.clone() })
            .collect();
        let StarredPlan { target, wav } = plan;
        self.state.settings.save_folder = Some(target.folder.clone());
        self.state.settings.wav = wav;
        let state = ExportState { takes: Some(items.len()), ..ExportState::new(target.folder.clone()) };
        let (stop, progress) = (state.stop.clone(), state.progress.clone());
        self.state.export = Some(state);
        let font = self.sound.font().cloned();
        let settings = self.sound.export_settings(wav);
        let store = self.store.clone();
        self.workers.task("save-starred", move || {
            let sound = font.as_ref().map(|font| (font, &settings));
            let made = std::fs::create_dir_all(&target.folder);
            let result = made
                .map(|()| save_all(&store, items, &target, sound, &stop, &mut |share| progress.set(share)));
            Done::StarredSaved { folder: target.folder, result }
        });
    }

    pub(super) fn starred_saved(&mut self, folder: &Path, result: std::io::Result<BatchOutcome>) {
        self.state.export = None;
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => return self.toasts.error("The folder cannot be used", &error),
        };
        self.state.sheet.take_if(|sheet| *sheet == Sheet::SaveStarred);
        let saved = format!("Saved {} in {}", count(outcome.saved.len(), "take"), folder.display());
        if !outcome.failed.is_empty() {
            let names: Vec<&str> = outcome.failed.iter().map(|(name, _)| name.as_str()).collect();
            let lines = outcome.failed.iter().map(|(name, error)| format!("{name}: {}", details(error)));
            let lines: Vec<String> = lines.collect();
            self.toasts.failure(format!("{saved}, but not {}", names.join(", ")), lines.join("\n"));
        } else if outcome.is_stopped && outcome.saved.is_empty() {
            self.toasts.done("Cancelled; nothing was written.");
        } else if outcome.is_stopped {
            self.toasts.done(format!("{saved}; the others were cancelled."));
        } else {
            self.toasts.done(saved);
        }
    }
}
