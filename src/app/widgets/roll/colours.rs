//! The colours of a roll, from the theme and the composer.

use eframe::egui::Color32;

use crate::app::kit::theme::Palette;
use crate::music::Velocity;

/// The roll's colours. Part of the cache key of painted notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RollColours {
    pub composer: Color32,
    pub panel: Color32,
    pub well: Color32,
    pub black_row: Color32,
    pub line: Color32,
    pub text: Color32,
    pub weak_text: Color32,
    pub raised: Color32,
    pub accent: Color32,
    pub is_dark: bool,
}

impl RollColours {
    pub fn new(palette: &Palette, composer: Color32, is_dark: bool) -> RollColours {
        RollColours {
            composer,
            panel: palette.panel,
            well: palette.well,
            black_row: palette.well_dark,
            line: palette.line,
            text: palette.text,
            weak_text: palette.weak_text,
            raised: palette.raised,
            accent: palette.accent,
            is_dark,
        }
    }

    /// Velocity as lightness: soft notes are close to the background, loud ones have the composer's full colour.
    pub fn note(&self, velocity: Velocity) -> Color32 {
        let softest = if self.is_dark { 0.42 } else { 0.40 };
        mix(self.well, self.composer, softest + (1.0 - softest) * loudness(velocity))
    }

    /// The colour of a note whose key is down: brighter than the others in the dark theme, stronger in the light one.
    pub fn sounding(&self, velocity: Velocity) -> Color32 {
        let towards = if self.is_dark { Color32::WHITE } else { Color32::BLACK };
        mix(self.composer, towards, 0.30 + 0.25 * loudness(velocity))
    }
}

/// 0 for the softest, 1 for the loudest. Most piano music is between 20 and 110, so that range is stretched.
pub fn loudness(velocity: Velocity) -> f32 {
    ((f32::from(velocity.value()) - 20.0) / 90.0).clamp(0.0, 1.0)
}

/// Blends from `a` (0) to `b` (1) in perceptually even steps.
pub fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    a.lerp_to_gamma(b, share)
}
