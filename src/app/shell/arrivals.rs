//! Taking in what the threads have done.

use super::app::PasticheApp;
use crate::app::panels::look::preference;
use crate::app::state::action::Action;
use crate::app::state::app_state::{Effect, StageSource};
use crate::app::threads::workers::{Done, Then};

impl PasticheApp {
    /// Everything that has come since the last call; never blocks.
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
        self.state.is_training = self.link.is_busy();
        self.state.training_loss = self.link.would_lose();
        self.state.sound = self.sound.view();
        if let Some(stage) = self
            .state
            .stage
            .as_ref()
            .filter(|_| !self.state.is_stage_growing())
        {
            // The last notes ring on after the end of the take.
            self.state.sound.position_secs = self
                .state
                .sound
                .position_secs
                .min(stage.performance.duration_secs());
        }
        self.state.settings.sound = self.sound.settings().clone();
        if let Some(reason) = self.state.sound.failure.clone()
            && self.told_sound.as_ref() != Some(&reason)
        {
            self.toasts.failure("This sound cannot be played", reason.clone());
            self.told_sound = Some(reason);
        }
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
                self.toasts.failure(
                    format!("{} could not be loaded", crate::display::stem(&path)),
                    message,
                );
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
            Effect::Encoded(entry) => self.write_record(*entry),
        }
    }

    /// A piece that was opened before there was a model gets its place now.
    fn encode_staged(&mut self) {
        let unplaced = self
            .state
            .staged_take()
            .filter(|e| e.record.z.is_empty())
            .map(|e| e.id.clone());
        if let Some(id) = unplaced {
            self.read_take(id, Then::Encode);
        }
    }

    fn take_in(&mut self, done: Done) {
        match done {
            Done::TakesListed(Ok(entries)) => {
                // The seed in the panel is that of the last take of the last time.
                if !entries.is_empty() {
                    let seed = self.state.settings.form.settings.seed;
                    self.state.used_seed.get_or_insert(seed);
                }
                self.state.takes.set_listed(entries);
            }
            Done::TakesListed(Err(error)) => {
                self.state.takes.set_listed(Vec::new());
                self.toasts.error("The kept takes cannot be read", &error);
            }
            Done::TakeSaved {
                job,
                result: Ok(entry),
            } => {
                let id = entry.id.clone();
                self.state.take_saved(job, entry);
                let staged = self.state.stage.as_ref();
                if let Some(stage) = staged.filter(|s| s.source == StageSource::Take(id.clone())) {
                    self.state.takes.draw_thumbnail(&id, &stage.performance);
                }
            }
            Done::TakeSaved {
                result: Err(error), ..
            } => {
                self.toasts.error(
                    "The take could not be kept; save it before composing another",
                    &error,
                );
            }
            Done::TakeRead {
                id,
                then,
                music: Ok(music),
            } => self.take_read(id, then, music),
            Done::TakeRead {
                music: Err(error), ..
            } => self.toasts.error("This take cannot be opened", &error),
            Done::SourcesRead { order, music } => self.sources_read(*order, music),
            Done::ThumbnailDrawn { id, thumbnail } => self.state.takes.set_thumbnail(id, thumbnail),
            Done::TakeNotWritten(error) => self.toasts.error("The change was not kept", &error),
            other => self.take_in_file(other),
        }
    }

    fn take_in_file(&mut self, done: Done) {
        match done {
            Done::MusicOpened {
                path,
                result: Ok(read),
            } => self.music_opened(&path, read),
            Done::MusicOpened {
                result: Err(error), ..
            } => self.toasts.error("This file cannot be opened", &error),
            Done::MusicKept {
                result: Ok(entry),
                music,
            } => {
                let id = entry.id.clone();
                self.state.takes.put(entry);
                self.take_read(id.clone(), Then::Show { play: false }, music.clone());
                self.encode(id, music);
            }
            Done::MusicKept {
                result: Err(error), ..
            } => self.toasts.error("The file was not kept", &error),
            Done::SoundFontRead { path, result } => {
                self.sound.loading.take_if(|waiting| *waiting == path);
                match result {
                    Ok(font) => self.sound.set_font(font),
                    Err(error) => self.toasts.error("This SoundFont cannot be played", &error),
                }
            }
            Done::ReportRead { path, result } => self.report_read(path.as_deref(), result),
            Done::Exported { path, result } => self.exported(&path, result),
            Done::StarredExported {
                folder,
                result: Ok(count),
            } => {
                self.toasts
                    .done(format!("{count} takes are in {}", folder.display()));
            }
            Done::StarredExported {
                result: Err(error), ..
            } => {
                self.toasts.error("Not every take was exported", &error);
            }
            Done::DialogClosed { ask, path, after } => self.dialog_closed(ask, path, after),
            Done::DataInspected(facts) => self.training.set_data_facts(facts),
            Done::Prepared(result) => self.prepared(result),
            Done::SettingsNotSaved(error) => self.toasts.error("The settings could not be kept", &error),
            Done::Panicked(message) => self.toasts.failure("Something went wrong", message),
            _ => {}
        }
    }

    /// Does what a person asked for.
    pub(super) fn act(&mut self, action: Action) {
        tracing::debug!(?action);
        let rest = self
            .compose_action(action)
            .and_then(|a| self.take_action(a))
            .and_then(|a| self.transport_action(a))
            .and_then(|a| self.sound_action(a))
            .and_then(|a| self.file_action(a));
        match rest {
            Some(Action::ShowTab(tab)) => self.state.tab = tab,
            Some(Action::SetTheme(theme)) => {
                self.state.settings.theme = theme;
                self.ctx.set_theme(preference(theme));
            }
            Some(Action::ShowSheet(sheet)) => self.show_sheet(sheet),
            Some(Action::CloseSheet) => self.state.sheet = None,
            Some(Action::CopyText(text)) => self.ctx.copy_text(text),
            Some(Action::Quit) => {
                self.is_quitting = true;
                // What is waited for now is nobody's to look at.
                self.ctx
                    .send_viewport_cmd(eframe::egui::ViewportCommand::Visible(false));
                self.ctx.send_viewport_cmd(eframe::egui::ViewportCommand::Close);
            }
            _ => {}
        }
    }
}
