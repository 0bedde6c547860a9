//! The choice of a form, and how closely its themes return.

use eframe::egui::{self, ComboBox, RichText, Slider, TextEdit, Ui, vec2};

use super::setting::{name_ui, row_ui};
use crate::app::kit::parts::named_field;
use crate::app::kit::theme::Palette;
use crate::app::state::settings::{Form, RECALL};
use crate::generate::{self, DEFAULT_RECALL};

/// Named forms: label in the panel, label in the list, and the form as text.
const NAMED: [(&str, &str, &str); 4] = [
    ("Free", "Free", "free"),
    ("A B A", "A B A", "ABA"),
    ("Rondo", "Rondo (ABACA)", "rondo"),
    ("Variations", "Theme and variations", "variations"),
];
const OWN: &str = "Own";
/// Width of the list when a text field is beside it, in points.
const NARROW: f32 = 64.0;

pub fn form_ui(ui: &mut Ui, form: &mut Form) {
    let chosen = chosen(form);
    ui.horizontal(|ui| {
        let label = name_ui(ui, "Form");
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = chosen.map_or(NARROW, |_| ui.available_width());
        let response = ComboBox::from_id_salt("form")
            .selected_text(chosen.unwrap_or(OWN))
            .width(width)
            .show_ui(ui, |ui| choices_ui(ui, form, chosen))
            .response;
        response.labelled_by(label.id).on_hover_text(
            "Free lets themes return as often as in real music. The others divide the take into sections, and a \
             letter that comes again brings its theme back.",
        );
        if chosen.is_none() {
            letters_ui(ui, form);
        }
    });
    // Takes the slider's place, so that the panel keeps its height.
    if let Some(problem) = form.form_problem() {
        let text = RichText::new(problem).small().color(Palette::of(ui).warning);
        ui.horizontal(|ui| {
            ui.set_min_height(24.0);
            ui.label(text);
        });
    } else if chosen != Some("Free") {
        let slider =
            Slider::new(&mut form.settings.recall, RECALL.start..=RECALL.end).fixed_decimals(2).step_by(0.05);
        let tip = "How closely themes return: 0 is loosely, 1 is note for note.";
        row_ui(ui, "Return", tip, slider);
    }
}

/// The name of the form, unless it was typed.
fn chosen(form: &Form) -> Option<&'static str> {
    if form.typed_form.is_some() {
        return None;
    }
    let named = NAMED.iter().find(|(.., text)| parsed(text) == form.settings.form);
    named.map(|(name, ..)| *name)
}

fn parsed(text: &str) -> generate::Form {
    text.parse().unwrap_or_default()
}

fn choices_ui(ui: &mut Ui, form: &mut Form, chosen: Option<&str>) {
    for (name, row, text) in NAMED {
        let named = parsed(text);
        if ui.selectable_label(chosen == Some(name), row).clicked() {
            form.typed_form = None;
            if named == generate::Form::Free {
                // The slider for it is gone.
                form.settings.recall = DEFAULT_RECALL;
            }
            form.settings.form = named;
        }
    }
    let own = ui.selectable_label(chosen.is_none(), "Own letters…");
    if own.clicked() && chosen.is_some() {
        form.type_form(letters(&form.settings.form));
    }
}

/// The text to start typing from; ABA if the form is free.
fn letters(form: &generate::Form) -> String {
    match form {
        generate::Form::Free => "ABA".to_owned(),
        generate::Form::Sections(_) => form.to_string(),
    }
}

fn letters_ui(ui: &mut Ui, form: &mut Form) {
    let typed = form.typed_form.clone();
    let mut text = typed.unwrap_or_else(|| form.settings.form.to_string());
    let edit = TextEdit::singleline(&mut text)
        .hint_text("ABA'C")
        .char_limit(120)
        .margin(egui::Margin::symmetric(6, 3));
    let response = ui.add_sized(vec2(ui.available_width(), 24.0), edit);
    response.widget_info(|| named_field("Letters of the form", &text));
    let is_changed = response.changed();
    response.on_hover_text(
        "One letter per section, such as ABACA. A' is a varied return, A+5 a return five semitones higher.",
    );
    if is_changed {
        form.type_form(text);
    }
}
