//! Mixing composers: who is in the mix, and how much of each.

use eframe::egui::{Slider, Ui};

use super::setting::row_ui;
use crate::app::kit::theme::GRID;
use crate::app::state::settings::{Form, MAX_MIXED};
use crate::music::surname;

/// A composer has at least this weight; who is to have none is taken out of the mix.
const MIN_WEIGHT: f32 = 0.05;
/// Of a composer who joins the mix.
const NEW_WEIGHT: f32 = 0.5;

/// Turns mixing on, beginning with the chosen composer, or off, keeping the heaviest.
pub fn toggle_ui(ui: &mut Ui, form: &mut Form) {
    let is_mixing = !form.settings.mix.is_empty();
    let tip = "Mix composers: each click adds one to the mix or takes it out.";
    let response = ui.selectable_label(is_mixing, "Mix").on_hover_text(tip);
    let beginning = form.settings.composer.clone().filter(|_| !is_mixing);
    if response.clicked() {
        form.settings.mix = beginning.map(|name| (name, NEW_WEIGHT)).into_iter().collect();
    }
}

/// A composer was clicked: chooses it, or adds it to the mix or takes it out.
pub fn choose(form: &mut Form, name: &str) {
    let mix = &mut form.settings.mix;
    if mix.is_empty() {
        form.settings.composer = Some(name.to_owned());
        return;
    }
    match mix.iter().position(|(own, _)| own == name) {
        Some(at) if mix.len() > 1 => _ = mix.remove(at),
        None if mix.len() < MAX_MIXED => mix.push((name.to_owned(), NEW_WEIGHT)),
        Some(_) | None => {}
    }
    lead(form);
}

/// Is this composer chosen, alone or in the mix?
pub fn is_chosen(form: &Form, name: &str) -> bool {
    if form.settings.mix.is_empty() {
        form.settings.composer.as_deref() == Some(name)
    } else {
        form.settings.mix.iter().any(|(own, _)| own == name)
    }
}

/// The heaviest of the mix stands for it wherever there is room for one composer.
fn lead(form: &mut Form) {
    let heaviest = form.settings.mix.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((name, _)) = heaviest {
        form.settings.composer = Some(name.clone());
    }
}

/// One slider for each composer of a mix of several.
pub fn mix_ui(ui: &mut Ui, form: &mut Form) {
    let total: f32 = form.settings.mix.iter().map(|(_, weight)| weight).sum();
    if form.settings.mix.len() < 2 {
        return;
    }
    for (name, weight) in &mut form.settings.mix {
        let share = *weight / total * 100.0;
        let slider = Slider::new(weight, MIN_WEIGHT..=1.0)
            .custom_formatter(move |_, _| format!("{share:.0} %"))
            .custom_parser(|text| text.trim_end_matches(['%', ' ']).parse::<f64>().ok().map(|v| v / 100.0));
        row_ui(ui, surname(name), &format!("The share of {name} in the mix"), slider);
    }
    lead(form);
    ui.add_space(GRID / 2.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_add_to_a_mix_and_take_out_of_it() {
        let mut form = Form::default();
        choose(&mut form, "Bach");
        assert_eq!((form.settings.composer.as_deref(), form.settings.mix.len()), (Some("Bach"), 0));
        form.settings.mix = vec![("Bach".to_owned(), 0.5)];
        choose(&mut form, "Chopin");
        form.settings.mix[1].1 = 0.8;
        lead(&mut form);
        assert_eq!(form.settings.composer.as_deref(), Some("Chopin"));
        assert!(is_chosen(&form, "Bach") && is_chosen(&form, "Chopin") && !is_chosen(&form, "Liszt"));
        for name in ["Liszt", "Ravel", "Satie"] {
            choose(&mut form, name);
        }
        assert_eq!(form.settings.mix.len(), MAX_MIXED, "Satie has no room");
        for name in ["Chopin", "Liszt", "Ravel", "Bach"] {
            choose(&mut form, name);
        }
        assert_eq!(form.settings.mix.len(), 1, "one stays");
    }
}
