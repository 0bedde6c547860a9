//! More or less of a quality: one slider for each that the checkpoint offers.

use eframe::egui::{CollapsingHeader, RichText, Slider, Ui};

use super::setting::row_ui;
use crate::app::state::app_state::AppState;
use crate::app::state::settings::{Form, QUALITY};
use crate::generate::Quality;

/// Nothing where the checkpoint offers none.
pub fn qualities_ui(ui: &mut Ui, state: &AppState, form: &mut Form) {
    let offered = state.model.ready.as_ref().map_or(&[][..], |info| &info.qualities);
    if offered.is_empty() {
        return;
    }
    let all = &mut form.settings.qualities;
    let is_used = all.iter().any(|(quality, amount)| offered.contains(quality) && *amount != 0.0);
    let title = if is_used { "Qualities (in use)" } else { "Qualities" };
    CollapsingHeader::new(RichText::new(title)).id_salt("qualities").show(ui, |ui| {
        for &quality in offered {
            let mut amount = all.iter().find(|(q, _)| *q == quality).map_or(0.0, |(_, amount)| *amount);
            let [less, more] = quality.poles();
            let tip = format!(
                "Below 0 is {less}, above 0 is {more}, in standard deviations of the composers' own music. Also for \
                 variations."
            );
            let before = amount;
            let range = QUALITY.start..=QUALITY.end;
            row_ui(ui, name(quality), &tip, Slider::new(&mut amount, range).fixed_decimals(1).step_by(0.1));
            if amount != before {
                all.retain(|(q, _)| *q != quality);
                all.extend((amount != 0.0).then_some((quality, amount)));
            }
        }
    });
}

fn name(quality: Quality) -> &'static str {
    match quality {
        Quality::Dense => "Density",
        Quality::Loud => "Loudness",
        Quality::High => "Height",
        Quality::Pedal => "Pedal",
        Quality::Major => "Major",
        Quality::Wild => "Wildness",
    }
}
