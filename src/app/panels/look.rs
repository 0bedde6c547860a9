//! How a composer's music looks.

use eframe::egui::Ui;

use crate::app::kit::theme::ComposerStyle;
use crate::app::state::app_state::AppState;

/// The composer's style, or the neutral one.
pub fn style_of(ui: &Ui, state: &AppState, composer: Option<&str>) -> ComposerStyle {
    state.style(composer, ui.visuals().dark_mode)
}
