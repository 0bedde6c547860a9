//! Memory and form in the compose panel.
#![cfg(feature = "app")]

mod window_common;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use window_common::studio::Window;

#[test]
fn form_and_memory_travel_into_the_take_and_back() {
    let mut window = Window::with_model();
    assert!(!window.shows("Return"), "a free form has no slider for it");
    window.choose_form("A B A");
    // 60 notes are too few for three sections.
    assert!(window.shows("3 sections need at least 96 notes."));
    assert!(window.is_generate_disabled());
    window.press(Modifiers::COMMAND, Key::Enter);
    assert!(window.app().state.composing.is_none());

    window.set("Notes", 120.0);
    window.set("Memory", 2.0);
    assert!(!window.shows("3 sections need"));
    window.set("Return", 1.0);
    assert!(!window.is_generate_disabled());
    let state = &window.app().state;
    let request = state.request(&state.settings.form.settings);
    assert_eq!(request.form.to_string(), "ABA");
    assert_eq!((request.recall, request.sampling.memory, request.notes), (1.0, 2.0, 120));
    window.generate();
    let entry = window.app().state.takes.all()[0].clone();
    let settings = entry.record.settings.as_ref().expect("settings");
    assert_eq!((settings.form.to_string().as_str(), settings.recall), ("ABA", 1.0));
    assert_eq!(settings.sampling.memory, 2.0);
    let recipe = entry.record.recipe_line().expect("a recipe");
    assert!(recipe.contains("memory 2; form ABA; recall 1;"), "{recipe}");

    window.choose_form("Free");
    let settings = &window.app().state.settings.form.settings;
    assert_eq!((settings.form.to_string().as_str(), settings.recall), ("free", 0.7));
    window.click("More about this take");
    window.click("Reuse settings");
    let state = &window.app().state;
    assert_eq!(state.settings.form.settings.form, request.form);
    window.click("More about this take");
    window.click("Make again");
    window.wait("the second take", |w| {
        w.app().state.takes.all().len() == 2 && w.app().state.composing.is_none()
    });
    let recipes: Vec<_> = window.app().state.takes.all().iter().map(|e| &e.record.recipe).collect();
    assert_eq!(recipes[0], recipes[1]);
}

#[test]
fn custom_letters_make_a_form_or_explain_what_is_wrong() {
    let mut window = Window::with_model();
    window.set("Notes", 400.0);
    window.choose_form("Own letters…");
    let form = |w: &Window| w.app().state.settings.form.settings.form.to_string();
    assert_eq!(form(&window), "ABA");
    window.harness.get_by_label("Letters of the form").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window.harness.get_by_label("Letters of the form").type_text("abca'+5");
    window.harness.run_steps(3);
    assert_eq!(form(&window), "ABCA'+5");
    window.harness.get_by_label("Letters of the form").type_text("?");
    window.harness.run_steps(3);
    assert_eq!(form(&window), "ABCA'+5", "the last one that could be read");
    assert!(window.shows("Write letters such as ABA or ABA'C."));
    assert!(window.is_generate_disabled());
    window.choose_form("Rondo (ABACA)");
    assert_eq!(form(&window), "ABACA");
    assert!(!window.is_generate_disabled());
    assert!(!window.shows("Write letters"));
}
