//! The drawn widgets of the window, driven by label, pointer and keyboard; no window, no sound card.
#![cfg(feature = "app")]

mod latent;
mod roll;
mod snapshot;
mod training;

use eframe::egui::{
    self, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, Ui, Vec2,
};
use egui_kittest::{Harness, HarnessBuilder};

/// A harness with the fonts and theme of the window.
pub fn harness<'a, State>(
    size: Vec2,
    state: State,
    ui: impl FnMut(&mut Ui, &mut State) + 'a,
) -> Harness<'a, State> {
    builder(size).build_ui_state(ui, state)
}

fn builder<State>(size: Vec2) -> HarnessBuilder<State> {
    Harness::builder()
        .with_size(size)
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(pastiche::app::kit::theme::install)
}

/// Runs enough frames for smooth scrolling and gliding to end.
pub fn settle<State>(harness: &mut Harness<'_, State>) {
    harness.run_steps(60);
}

pub fn click_at<State>(harness: &mut Harness<'_, State>, pos: Pos2) {
    press_drag_release(harness, PointerButton::Primary, &[pos]);
}

/// Presses at the first place, moves through the others and lets go at the last.
pub fn press_drag_release<State>(harness: &mut Harness<'_, State>, button: PointerButton, places: &[Pos2]) {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return;
    };
    harness.hover_at(*first);
    harness.event(Event::PointerButton { pos: *first, button, pressed: true, modifiers: Modifiers::NONE });
    for place in &places[1..] {
        harness.hover_at(*place);
    }
    harness.event(Event::PointerButton { pos: *last, button, pressed: false, modifiers: Modifiers::NONE });
    harness.step();
    harness.step();
}

/// Key presses that all fall into the next frame, as after a slow one.
pub fn strokes<State>(harness: &mut Harness<'_, State>, keys: &[Key]) {
    let events = keys.iter().flat_map(|key| {
        [true, false].map(|pressed| Event::Key {
            key: *key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        })
    });
    harness.input_mut().events.extend(events);
    harness.run_steps(3);
}

/// Turns the wheel over a place; `lines` as the wheel gives them, up is positive.
pub fn wheel_at<State>(harness: &mut Harness<'_, State>, pos: Pos2, lines: f32, modifiers: Modifiers) {
    harness.hover_at(pos);
    harness.event(Event::ModifiersChanged(modifiers));
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: egui::vec2(0.0, lines),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers,
    });
    harness.step();
    settle(harness);
    harness.event(Event::ModifiersChanged(Modifiers::NONE));
    harness.step();
}
