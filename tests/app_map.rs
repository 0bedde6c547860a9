//! The map in the window: endless takes, and places that are heard.
#![cfg(feature = "app")]

mod window_common;

use std::time::{Duration, Instant};

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use window_common::studio::Window;

/// Notes composed when the window has not heard of a new one for a while.
fn settled(window: &mut Window) -> usize {
    let done = |w: &Window| w.app().state.composing.as_ref().map_or(0, |c| c.done_notes);
    let (mut count, mut since) = (0, Instant::now());
    window.wait("composing pauses", |w| {
        if done(w) != count {
            (count, since) = (done(w), Instant::now());
        }
        count > 0 && since.elapsed() > Duration::from_millis(400)
    });
    count
}

#[test]
fn an_endless_take_waits_for_the_playhead_and_is_kept_when_it_is_stopped() {
    let mut window = Window::with_map();
    window.click("Endless");
    window.click("Generate");
    // The playhead moves, so a pause is a moment in which it composes no more than is played.
    window.wait("the first notes", |w| w.app().state.stage.is_some());
    window.wait("it plays", |w| w.app().state.sound.is_playing);
    window.click("Pause");
    let ahead = |window: &Window| {
        let state = &window.app().state;
        let last = state.stage.as_ref().and_then(|stage| stage.performance.notes().last().cloned());
        last.map_or(0.0, |note| note.onset_secs - state.sound.position_secs)
    };
    // On a busy machine it composes in fits and starts.
    window.wait("the lead", |w| ahead(w) > 15.0);
    let paused_at = settled(&mut window);
    let ahead = ahead(&window);
    assert!((15.0..45.0).contains(&ahead), "{ahead} s ahead of the playhead");
    // It goes on as soon as the playhead does.
    for _ in 0..3 {
        window.press(Modifiers::SHIFT, Key::ArrowRight);
    }
    window.wait("more notes", |w| w.app().state.composing.as_ref().is_some_and(|c| c.done_notes > paused_at));
    assert!(window.shows("composing until stopped"));
    window.click("Stop composing");
    window.wait("the take is kept", |w| w.app().state.composing.is_none() && !w.takes_on_disk().is_empty());
    let record = &window.app().state.staged_take().unwrap().record;
    let settings = record.settings.as_ref().unwrap();
    assert!(settings.is_endless && record.name.starts_with("Endless "), "{}", record.name);
    assert_eq!(settings.walk.len(), record.z.len(), "the walk as far as it was gone");
    assert!(record.notes > paused_at);
}

#[test]
fn a_place_that_is_heard_leaves_the_stage_as_it_is() {
    let mut window = Window::with_map();
    window.generate();
    window.click("Stop playing");
    window.wait("silence", |w| !w.app().state.sound.is_playing);
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    window.wait("the jump", |w| w.app().state.sound.position_secs > 0.0);
    let before = window.app().state.sound.position_secs;
    let music = window.app().state.stage.as_ref().unwrap().performance.clone();
    window.click("Latent space");
    let at = window.harness.get_by_label_contains("Map of the latent").rect().center();
    window.harness.hover_at(at);
    window.wait("the place is heard", |w| w.app().state.is_hearing);
    let state = &window.app().state;
    assert!(!state.sound.is_playing, "the transport shows the stage");
    assert_eq!(state.sound.position_secs, before, "the transport shows the stage");
    window.wait("two seconds are over", |w| !w.app().state.is_hearing);
    window.wait("the stage is back", |w| (w.app().state.sound.position_secs - before).abs() < 0.01);
    let state = &window.app().state;
    assert_eq!(state.takes.all().len(), 1, "nothing was kept of it");
    assert_eq!(state.stage.as_ref().unwrap().performance, music);
}
