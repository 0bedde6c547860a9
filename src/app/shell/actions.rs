//! Dispatches actions to the files that carry them out.

use eframe::egui::ViewportCommand;

use super::app::PasticheApp;
use crate::app::panels::look::preference;
use crate::app::state::action::{Action, WindowAction};
use crate::app::state::diagnostics::studio_words;
use crate::app::threads::diagnostics::gather;
use crate::app::threads::workers::Done;
use crate::train::RunRequest;

impl PasticheApp {
    /// Carries out an action; panels push theirs to be carried out after they are drawn.
    pub fn act(&mut self, action: impl Into<Action>) {
        let action = action.into();
        tracing::debug!(?action);
        match &action {
            Action::Take(_) | Action::Edit(_) | Action::Transport(_) => self.end_preview(),
            Action::Compose(_)
            | Action::Sound(_)
            | Action::Model(_)
            | Action::File(_)
            | Action::Window(_) => {}
        }
        match action {
            Action::Compose(action) => self.compose_action(action),
            Action::Take(action) => self.take_action(action),
            Action::Edit(action) => self.edit_action(action),
            Action::Transport(action) => self.transport_action(action),
            Action::Sound(action) => self.sound_action(action),
            Action::Model(action) => self.model_action(action),
            Action::File(action) => self.file_action(action),
            Action::Window(action) => self.window_action(action),
        }
    }

    fn window_action(&mut self, action: WindowAction) {
        match action {
            WindowAction::ShowTab(tab) => self.state.tab = tab,
            WindowAction::ShowPlane(plane) => self.state.plane = plane,
            WindowAction::SetTheme(theme) => {
                self.state.settings.theme = theme;
                self.ctx.set_theme(preference(theme));
            }
            WindowAction::ShowSheet(sheet) => self.show_sheet(sheet),
            WindowAction::CloseSheet => self.state.sheet = None,
            WindowAction::CopyText(text) => self.ctx.copy_text(text),
            WindowAction::CopyDiagnostics => {
                let (studio, log_file) = (studio_words(&self.state), self.places.log_file.clone());
                self.workers.task("diagnostics", move || Done::Diagnostics(gather(&studio, &log_file)));
            }
            WindowAction::OpenFolder(folder) => {
                self.workers.task("open-folder", move || Done::FolderOpened {
                    result: open::that_detached(&folder),
                    folder,
                });
            }
            WindowAction::Quit => self.quit(),
            WindowAction::StopTrainingAndQuit => {
                self.ask_run(RunRequest::Stop);
                self.quit();
            }
        }
    }

    fn quit(&mut self) {
        self.is_quitting = true;
        // Ending the threads takes a moment; hide the window first.
        self.ctx.send_viewport_cmd(ViewportCommand::Visible(false));
        self.ctx.send_viewport_cmd(ViewportCommand::Close);
    }
}
