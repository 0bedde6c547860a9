//! Changing a take in the window: selecting, editing by hand, undoing, locking, recomposing a region.
#![cfg(feature = "app")]

mod window_common;

use eframe::egui::{self, Event, Key, Modifiers, Pos2, pos2, vec2};
use egui_kittest::kittest::Queryable;
use pastiche::app::widgets::roll::Selection;
use pastiche::music::midi::read;
use pastiche::music::{Note, Performance, Pitch};
use window_common::studio::Window;

fn staged(window: &Window) -> Performance {
    let stage = window.app().state.stage.as_ref().expect("something is on the stage");
    (*stage.performance).clone()
}

/// The bytes of the only take on disk, once the window has written it.
fn bytes(window: &Window) -> Vec<u8> {
    let files = window.takes_on_disk();
    let [file] = &files[..] else { panic!("{files:?}") };
    std::fs::read(file).expect("its music")
}

fn wait_for_bytes(window: &mut Window, is_there: impl Fn(&[u8]) -> bool) {
    window.wait("the file", |w| is_there(&bytes(w)));
}

fn selection(window: &Window) -> &Selection {
    window.app().state.selection.as_ref().expect("a selection")
}

fn outside(music: &Performance, from: f64, to: f64) -> Vec<Note> {
    music.notes().iter().filter(|n| !(from..to).contains(&n.onset_secs)).copied().collect()
}

#[test]
fn edits_change_the_take_and_undo_restores_its_bytes() {
    let mut window = Window::with_model();
    window.generate();
    let (made, made_bytes) = (staged(&window), bytes(&window));
    window.press(Modifiers::COMMAND, Key::A);
    assert_eq!(selection(&window).notes.len(), made.notes().len());
    window.press(Modifiers::ALT, Key::ArrowUp);
    let up = staged(&window);
    assert_ne!(up, made);
    wait_for_bytes(&mut window, |b| b != made_bytes);
    let up_bytes = bytes(&window);
    window.press(Modifiers::COMMAND, Key::Z);
    window.wait("the old music", |w| staged(w) != up);
    assert_eq!(bytes(&window), made_bytes);
    let pitches = |m: &Performance| m.notes().iter().map(|n| n.pitch).collect::<Vec<Pitch>>();
    assert_eq!(pitches(&staged(&window)), pitches(&made));
    window.press(Modifiers::COMMAND, Key::Y);
    wait_for_bytes(&mut window, |b| b == up_bytes);
    window.press(Modifiers::COMMAND, Key::Z);
    wait_for_bytes(&mut window, |b| b == made_bytes);
    // There is nothing before the take as it was made.
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(window.shows("nothing to undo"));
}

/// An edit right after an undo, before the undone music is loaded: the edit counts, and the stage and the disk agree.
#[test]
fn an_edit_overtakes_an_undo() {
    let mut window = Window::with_model();
    window.generate();
    let made_bytes = bytes(&window);
    window.press(Modifiers::COMMAND, Key::A);
    window.press(Modifiers::ALT, Key::ArrowUp);
    wait_for_bytes(&mut window, |b| b != made_bytes);
    let up = staged(&window);
    // Both in one frame, so that nothing can be loaded in between.
    let press =
        |modifiers, key| Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    let presses = [press(Modifiers::COMMAND, Key::Z), press(Modifiers::ALT, Key::ArrowUp)];
    window.harness.input_mut().events.extend(presses);
    window.wait("the edit", |w| staged(w) != up);
    let pitches = |m: &Performance| m.notes().iter().map(|n| n.pitch).collect::<Vec<Pitch>>();
    let on_disk = |w: &Window| pitches(&read(&bytes(w)).unwrap().performance);
    let higher: Vec<Pitch> = up.notes().iter().filter_map(|n| n.pitch.transposed(1)).collect();
    window.wait("the file", |w| on_disk(w) == higher);
    window.harness.run_steps(5);
    assert_eq!(pitches(&staged(&window)), higher);
}

#[test]
fn shift_drag_selects_and_delete_removes_only_the_selection() {
    let mut window = Window::with_model();
    window.generate();
    let made = staged(&window);
    let area = window.harness.get_by_label_contains("Piano roll,").rect();
    let (from, to) = (pos2(area.left() + 20.0, area.top() + 4.0), area.center());
    window.drag_with_shift(from, to);
    let chosen = selection(&window).clone();
    assert!(!chosen.notes.is_empty() && chosen.notes.len() < made.notes().len());
    assert!(window.shows("Recompose…"));
    window.press(Modifiers::NONE, Key::Delete);
    let left = staged(&window);
    assert_eq!(left.notes().len(), made.notes().len() - chosen.notes.len());
    assert!(left.notes().iter().all(|n| made.notes().contains(n)));
    assert!(window.app().state.selection.is_none());
}

#[test]
fn a_region_is_recomposed_and_an_alternative_taken_or_discarded() {
    let mut window = Window::with_model();
    window.generate();
    let made = staged(&window);
    let made_bytes = bytes(&window);
    let end = made.duration_secs();
    let (from, to) = (end * 0.3, end * 0.6);
    let recompose = |window: &mut Window| {
        window.select_time(from, to);
        window.press(Modifiers::COMMAND, Key::R);
        assert!(window.shows("Recompose the selection"));
        window.press(Modifiers::NONE, Key::Enter);
        window.wait("alternatives", |w| w.app().state.alternatives.is_some());
        assert!(window.shows("Alternative 1 of 4"));
    };
    recompose(&mut window);
    let first = staged(&window);
    assert_ne!(first, made);
    assert_eq!(outside(&first, from, to), outside(&made, from, to));
    window.press(Modifiers::NONE, Key::ArrowRight);
    let second = staged(&window);
    assert!(window.shows("Alternative 2 of 4") && second != first);
    window.press(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(staged(&window), first);
    // After discarding, everything is as before, on disk too.
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(staged(&window), made);
    assert_eq!(bytes(&window), made_bytes);
    recompose(&mut window);
    let heard = staged(&window);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.app().state.alternatives.is_none());
    assert_eq!(staged(&window), heard);
    wait_for_bytes(&mut window, |b| b != made_bytes);
    window.press(Modifiers::COMMAND, Key::Z);
    wait_for_bytes(&mut window, |b| b == made_bytes);
}

/// Drags with the pointer, in steps.
fn drag(window: &mut Window, from: Pos2, to: Pos2) {
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let strokes = [
        egui::Event::PointerMoved(from),
        button(from, true),
        egui::Event::PointerMoved(from + (to - from) * 0.5),
        egui::Event::PointerMoved(to),
        button(to, false),
    ];
    for event in strokes {
        window.harness.input_mut().events.push(event);
        window.harness.step();
    }
    window.harness.run_steps(3);
}

#[test]
fn a_drag_of_chosen_notes_moves_them_in_one_step() {
    let mut window = Window::with_model();
    window.generate();
    let made = staged(&window);
    let made_bytes = bytes(&window);
    window.press(Modifiers::NONE, Key::F);
    window.press(Modifiers::COMMAND, Key::A);
    // Where the roll painted a note, and an empty place far from it.
    let area = window.harness.get_by_label_contains("Piano roll,").rect();
    let view = window.roll_view();
    let note = made.notes()[made.notes().len() / 2];
    let row = view.row_top(note.pitch) + view.px_per_key as f32 / 2.0;
    let at = pos2(area.left() + view.x(note.onset_secs) + 1.0, area.top() + row);
    let (secs, keys) = (0.5, 3);
    let by = vec2((secs * view.px_per_sec) as f32, -(keys as f32) * view.px_per_key as f32);
    drag(&mut window, at, at + by);
    let moved = staged(&window);
    assert_eq!(moved.notes().len(), made.notes().len());
    let fits = made.notes().iter().all(|n| n.pitch.transposed(keys).is_some());
    let wanted = if fits { keys } else { 0 };
    for (before, after) in made.notes().iter().zip(moved.notes()) {
        assert!((after.onset_secs - before.onset_secs - secs).abs() < 0.03, "{before:?} {after:?}");
        assert!(!fits || i32::from(after.pitch.number()) - i32::from(before.pitch.number()) == wanted);
    }
    wait_for_bytes(&mut window, |b| b != made_bytes);
    window.press(Modifiers::COMMAND, Key::Z);
    wait_for_bytes(&mut window, |b| b == made_bytes);
}

#[test]
fn locked_time_is_not_changed_by_hand() {
    let mut window = Window::with_model();
    window.generate();
    let made = staged(&window);
    let end = made.duration_secs();
    window.select_time(0.0, end / 2.0);
    window.press(Modifiers::NONE, Key::K);
    assert!(window.shows("Unlock"));
    window.press(Modifiers::COMMAND, Key::A);
    window.press(Modifiers::NONE, Key::Delete);
    let left = staged(&window);
    let locked: Vec<Note> = made.notes().iter().filter(|n| n.onset_secs < end / 2.0).copied().collect();
    assert_eq!(left.notes(), &locked[..]);
}
