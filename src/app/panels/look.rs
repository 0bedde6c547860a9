//! Composer styles in the current theme.

use eframe::egui::{ThemePreference, Ui};

use crate::app::kit::theme::{ComposerStyle, composer_style, neutral_style};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::Theme;
use crate::music::Composer;

/// The style of a composer in the theme of `ui`, or the neutral style.
pub fn style_of(ui: &Ui, state: &AppState, composer: Option<&str>) -> ComposerStyle {
    style(state, composer, ui.visuals().dark_mode)
}

/// [`style_of`] without a `Ui`.
pub fn style(state: &AppState, composer: Option<&str>, is_dark: bool) -> ComposerStyle {
    let Some(name) = composer else {
        return neutral_style(is_dark);
    };
    let index = state.model.composer(name).map_or(0, |(id, _)| id.index());
    let composer = Composer { name: name.to_owned() };
    composer_style(&composer, index, is_dark)
}

/// The same theme as egui's type.
pub fn preference(theme: Theme) -> ThemePreference {
    match theme {
        Theme::System => ThemePreference::System,
        Theme::Light => ThemePreference::Light,
        Theme::Dark => ThemePreference::Dark,
    }
}
