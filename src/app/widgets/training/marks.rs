//! The colours of runs, and numbers on axes.

use eframe::egui::{Color32, Ui};

use crate::app::kit::theme::{Palette, run_colour};

/// The colour of a run: the accent for the first one.
pub fn colour_of_run(number: usize, ui: &Ui) -> Color32 {
    match number {
        0 => Palette::of(ui).accent,
        other => run_colour(other - 1, ui.visuals().dark_mode),
    }
}

/// The colour of the validations of the first run.
pub fn validation_colour(palette: &Palette) -> Color32 {
    palette.warning
}

/// A step, shortened.
pub fn step_text(step: f64) -> String {
    match step {
        s if s >= 999_500.0 => format!("{:.1}M", s / 1e6),
        s if s >= 10_000.0 => format!("{:.0}k", s / 1e3),
        s if s < 1.0 && s > 0.0 => String::new(),
        s => format!("{s:.0}"),
    }
}

/// A value in at most four digits.
pub fn value_text(value: f64) -> String {
    match value.abs() {
        v if v >= 9_999.5 => format!("{:.0}k", value / 1e3),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 || v == 0.0 => format!("{value:.2}"),
        v if v >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_the_axes_are_short() {
        let texts = [0.0, 250.0, 12_000.0, 1_500_000.0].map(step_text);
        assert_eq!(texts, ["0", "250", "12k", "1.5M"]);
        let texts = [0.0, 0.00002, 0.02, 9.876, 12.34, 612.4, 45_678.0].map(value_text);
        assert_eq!(texts, ["0.00", "2e-5", "0.020", "9.88", "12.3", "612", "46k"]);
    }
}
