//! Takes in what the threads report.

use super::app::PasticheApp;
use crate::app::state::app_state::Effect;
use crate::app::state::sound::Output;
use crate::app::threads::workers::{Done, Then};
use crate::app::widgets::training::AddedComposer;
use crate::display::stem;

impl PasticheApp {
    /// Takes in everything since the last call; never blocks.
    pub(super) fn drain(&mut self) {
        let events: Vec<_> = self.engine.events().collect();
        for event in events {
            if let Some(effect) = self.state.apply(event) {
                self.follow(effect);
            }
        }
        for done in self.workers.done() {
            self.take_in(done);
        }
        self.drain_training();
        self.state.training_loss = self.link.would_lose();
        self.state.sound = self.sound.view();
        self.watch_preview();
        if let Some(stage) = self.state.stage.as_ref().filter(|_| !self.state.is_stage_growing()) {
            // The last notes ring on after the end of the take.
            self.state.sound.position_secs =
                self.state.sound.position_secs.min(stage.performance.duration_secs());
        }
        self.state.settings.sound = self.sound.settings().clone();
        self.notice_fallback();
        self.drain_midi();
        if let Some(reason) = self.state.sound.failure.clone()
            && self.reported_sound_failure.as_ref() != Some(&reason)
        {
            self.toasts.failure("This sound cannot be used", reason.clone());
            self.reported_sound_failure = Some(reason);
        }
    }

    /// Says when another device stands in for the one that was chosen, and when that is back.
    fn notice_fallback(&mut self) {
        let Output::Device { name, instead_of, .. } = &self.state.sound.output else { return };
        if *instead_of == self.missing_output {
            return;
        }
        match (instead_of, &self.missing_output) {
            (Some(missing), _) => {
                self.toasts.warn(format!("{missing} is not there; {name} plays until it is."))
            }
            (None, Some(missing)) if missing == name => self.toasts.done(format!("{name} is back.")),
            (None, _) => {}
        }
        self.missing_output.clone_from(instead_of);
    }

    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::ModelReady => {
                if let Some(info) = &self.state.model.ready {
                    self.state.settings.checkpoint = Some(info.path.clone());
                }
                self.encode_staged();
            }
            Effect::ModelFailed { path, message } => {
                self.toasts.failure(format!("{} could not be loaded", stem(&path)), message);
            }
            Effect::ComposeFailed { message } => {
                self.feed = None;
                self.state.orders.clear();
                self.toasts.failure("The take could not be composed", message);
            }
            Effect::ComposeEnded { on_stage } => {
                if let (Some(feed), Some(music)) = (self.feed.take(), on_stage)
                    && !feed.is_up_to_date()
                {
                    self.sound.swap(music);
                }
                self.next_order();
            }
            Effect::Recomposed { of, all } => self.recomposed(of, all),
            Effect::RecomposeFailed { message } => {
                self.toasts.failure("The region could not be composed", message);
            }
            Effect::Encoded(entry) => self.write_record(*entry),
        }
    }

    /// Asks for the latent of a piece that was opened before a model was loaded.
    fn encode_staged(&mut self) {
        let unplaced = self.state.staged_take().filter(|e| e.record.z.is_empty()).map(|e| e.id.clone());
        if let Some(id) = unplaced {
            self.read_take(id, Then::Encode);
        }
    }

    fn take_in(&mut self, done: Done) {
        match done {
            Done::TakesListed(result) => self.takes_listed(result),
            Done::TakeSaved { job, result } => self.take_saved(job, result),
            Done::TakeRead { id, then, result } => match result {
                Ok(music) => self.take_read(id, then, music),
                Err(error) => self.toasts.error("This take cannot be opened", &error),
            },
            Done::VersionRead { id, version, result } => self.version_read(&id, version, result),
            Done::SourcesRead { order, music } => self.sources_read(*order, music),
            Done::ThumbnailDrawn { id, thumbnail } => self.state.takes.set_thumbnail(id, thumbnail),
            Done::TakeNotWritten(error) => self.toasts.error("The change was not saved", &error),
            Done::MusicOpened { path, result } => match result {
                Ok((record, read)) => self.music_opened(&path, *record, read),
                Err(error) => self.toasts.error("This file cannot be opened", &error),
            },
            Done::MusicKept { music, result } => match result {
                Ok(entry) => self.music_kept(entry, music),
                Err(error) => self.toasts.error("The file was not saved among the takes", &error),
            },
            Done::SoundFontRead { path, result } => {
                self.sound.loading.take_if(|waiting| *waiting == path);
                match result {
                    Ok((font, remark)) => {
                        self.sound.set_font(font);
                        if let Some(remark) = remark {
                            self.toasts.warn(format!("{}: {remark}.", stem(&path)));
                        }
                    }
                    Err(error) => self.toasts.error("This SoundFont cannot be played", &error),
                }
            }
            Done::ReportRead { is_beside_checkpoint, result } => {
                self.report_read(is_beside_checkpoint, result)
            }
            Done::SelectionWritten { path, result } => self.selection_written(&path, result),
            Done::Exported { path, result } => self.exported(&path, result),
            Done::StarredSaved { folder, result } => self.starred_saved(&folder, result),
            Done::Diagnostics(text) => {
                self.ctx.copy_text(text);
                self.toasts.done("The diagnostics are in the clipboard. Read them before you send them.");
            }
            Done::FolderOpened { folder, result } => {
                if let Err(error) = result {
                    let what = format!("No file manager opened {}", folder.display());
                    self.toasts.error(what, &error);
                }
            }
            Done::CallKept { result, music } => self.call_kept(result, music),
            Done::DialogClosed { ask, path, after } => self.dialog_closed(ask, path, after),
            Done::DevicesFound(devices) => self.devices = devices,
            Done::DataInspected(facts) => self.training.set_data_facts(facts),
            Done::Prepared(result) => self.prepared(result),
            Done::TrainingEnded(result) => self.training_ended(result),
            Done::Downloaded(result) => self.downloaded(result),
            Done::Probed(result) => {
                self.link.is_probing = false;
                self.training.set_preflight(result);
            }
            Done::ComposersAdded(result) => {
                self.link.added = result.map_or_else(AddedComposer::Failed, AddedComposer::Done);
            }
            Done::ConfigRead(Ok(config)) => self.training.set_config(*config),
            Done::ConfigRead(Err(message)) => {
                self.toasts.failure("This is not a training configuration", message);
            }
            Done::ConfigWritten { path, result } => match result {
                Ok(()) => self.toasts.done(format!("Saved {}", path.display())),
                Err(message) => self.toasts.failure("The settings were not written", message),
            },
            Done::RunNotAsked(error) => self.toasts.error("The run cannot be asked", &error),
            Done::ChartsWritten { path, result } => match result {
                Ok(()) => self.toasts.done(format!("Saved {}", path.display())),
                Err(message) => self.toasts.failure("The file was not written", message),
            },
            Done::RunTakeRead { path, title, result } => match result {
                Ok(read) => self.hear_run_take(path, title, read.performance),
                Err(error) => self.toasts.error("This take cannot be heard", &error),
            },
            Done::SettingsNotSaved(error) => self.toasts.error("The settings could not be saved", &error),
            Done::Panicked(message) => self.toasts.failure("Something went wrong", message),
        }
    }
}
