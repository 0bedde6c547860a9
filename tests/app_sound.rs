//! The window and its sound: what plays is left alone, takes are compared, recordings are written.
#![cfg(feature = "app")]

mod sound_common;
mod window_common;

use std::path::Path;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use sound_common::sf2;
use window_common::studio::Window;
use window_common::tiny_checkpoint;

/// A window with the small model and a SoundFont of sine waves.
fn studio() -> Window {
    let mut window = Window::open(|folder, settings| {
        let font = folder.join("sines.sf2");
        std::fs::write(&font, sf2::sines()).expect("a SoundFont");
        settings.sound.soundfont = Some(font);
        settings.checkpoint = Some(tiny_checkpoint(folder));
    });
    window.wait("model and sound", |w| {
        w.app().state.model.ready.is_some() && w.app().state.sound.font.is_some()
    });
    window
}

#[test]
fn a_new_take_sounds_at_once_unless_it_is_asked_to_wait() {
    let mut window = studio();
    window.generate();
    let first = window.app().state.stage.clone().expect("a take");
    window.wait("it plays", |w| w.app().state.sound.is_playing);
    // The loop keeps it playing, however slow this machine is.
    window.press(Modifiers::NONE, Key::L);
    window.wait("it loops", |w| w.app().state.sound.loop_secs.is_some() && w.app().state.sound.is_playing);
    window.click("Play when ready");
    window.generate();
    let state = &window.app().state;
    assert_eq!(state.stage.as_ref().map(|s| s.number), Some(first.number), "the stage was left alone");
    assert!(state.sound.is_playing && state.sound.loop_secs.is_some());
    assert_eq!(state.takes.all().len(), 2);
}

#[test]
fn two_takes_are_compared_at_the_same_playhead() {
    let mut window = studio();
    window.generate();
    window.generate();
    window.click("Stop playing");
    window.wait("it stopped", |w| !w.app().state.sound.is_playing);
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    window.wait("the playhead moved", |w| w.app().state.sound.position_secs > 0.5);
    let at = window.app().state.sound.position_secs;
    let on_stage = |w: &Window| w.app().state.staged_take().map(|e| e.id.clone());
    let second = on_stage(&window);
    window.press(Modifiers::NONE, Key::B);
    window.wait("the other take", |w| on_stage(w).is_some() && on_stage(w) != second);
    assert!((window.app().state.sound.position_secs - at).abs() < 1.0);
    window.press(Modifiers::NONE, Key::B);
    window.wait("and back", |w| on_stage(w) == second);
}

#[test]
fn a_recording_is_written_from_the_window() {
    let mut window = studio();
    window.generate();
    let name = window.app().state.takes.all()[0].record.name.clone();
    let secs = window.app().state.stage.as_ref().map_or(0.0, |s| s.performance.duration_secs());
    window.press(Modifiers::COMMAND, Key::E);
    let path = window.folder.path().join(format!("{name}.wav"));
    window.click("24 bit");
    window.harness.get_all_by_label("Save").last().expect("the button of the sheet").click();
    window.wait("the file", |_| path.exists());
    window.wait("the message", |w| w.shows("Saved "));
    assert!(window.app().state.sheet.is_none());
    let mut reader = hound::WavReader::open(&path).expect("a WAV file");
    assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (2, 24));
    assert!(f64::from(reader.duration()) / f64::from(reader.spec().sample_rate) >= secs);
    let peak = reader.samples::<i32>().flatten().map(i32::abs).max().unwrap_or(0);
    assert!(peak > 1 << 20, "peak {peak}");
}

#[test]
fn a_failed_recording_is_reported_and_leaves_no_file() {
    let mut window = studio();
    window.generate();
    window.press(Modifiers::COMMAND, Key::S);
    type_path(&mut window, "/proc/nowhere.mid");
    window.harness.get_all_by_label("Save").last().expect("the button of the sheet").click();
    window.wait("the message", |w| w.shows("The file was not written"));
    assert!(window.app().state.sheet.is_some(), "the sheet stays, to try elsewhere");
    assert!(!Path::new("/proc/nowhere.mid").exists());
}

fn type_path(window: &mut Window, path: &str) {
    window.harness.get_by_label("File path").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window.harness.get_by_label("File path").type_text(path);
    window.harness.run_steps(2);
}

#[test]
fn a_soundfont_without_samples_is_refused_with_a_message_and_the_old_one_stays() {
    let mut window = studio();
    let name = |window: &Window| window.app().state.sound.font.as_ref().map(|f| f.name().to_owned());
    let before = name(&window);
    let path = window.folder.path().join("grand.sf2");
    let mut font = sf2::Font::new();
    font.samples[0].kind = sf2::IN_ROM;
    std::fs::write(&path, font.bytes()).expect("a file");
    window.drop_file(&path);
    window.wait("the message", |w| w.shows("This SoundFont cannot be played"));
    assert_eq!(name(&window), before);
    window.click("Details");
    assert!(window.shows("synthesizer's ROM"));
}
