//! How the window and a composer's music look.

use eframe::egui::{ThemePreference, Ui};

use crate::app::kit::theme::{ComposerStyle, composer_style, neutral_style};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::Theme;
use crate::music::Composer;

/// The composer's style in the theme that `ui` has, or the neutral one.
pub fn style_of(ui: &Ui, state: &AppState, composer: Option<&str>) -> ComposerStyle {
    style(state, composer, ui.visuals().dark_mode)
}

/// As [`style_of`], outside the window's drawing.
pub fn style(state: &AppState, composer: Option<&str>, is_dark: bool) -> ComposerStyle {
    let Some(name) = composer else {
        return neutral_style(is_dark);
    };
    let index = state.model.composer(name).map_or(0, |(id, _)| id.index());
    let composer = Composer { name: name.to_owned() };
    composer_style(&composer, index, is_dark)
}

/// In egui's words.
pub fn preference(theme: Theme) -> ThemePreference {
    match theme {
        Theme::System => ThemePreference::System,
        Theme::Light => ThemePreference::Light,
        Theme::Dark => ThemePreference::Dark,
    }
}
