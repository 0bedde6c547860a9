//! The window, driven by its labels as a person or a screen reader would, with real threads, files and model.
#![cfg(feature = "app")]

mod window_common;

use std::path::Path;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::state::action::TakeAction;
use pastiche::app::state::diagnostics::studio_words;
use pastiche::app::state::settings::{Settings, Theme};
use pastiche::app::threads::diagnostics::gather;
use pastiche::music::midi;
use pastiche::music::{Note, Performance, Pitch, Velocity};
use pastiche::takes::TakeStore;
use window_common::studio::Window;
use window_common::tiny_checkpoint;

#[test]
fn an_empty_studio_opens_and_says_what_next() {
    let mut window = Window::open(|_, _| {});
    window.wait("the device is known", |w| w.app().state.takes.is_listed);
    assert!(window.shows("There is no checkpoint yet"));
    assert!(window.shows("Checkpoint: No checkpoint"));
    assert!(window.harness.get_by_label("Generate").accesskit_node().is_disabled());
    assert!(window.shows("Choose a SoundFont"));
    assert!(window.shows("Every take you generate is saved here"));
}

#[test]
fn a_corrupt_checkpoint_is_reported_and_the_window_survives() {
    let mut window = Window::open(|folder, s| {
        let path = folder.join("broken.safetensors");
        std::fs::write(&path, b"rubbish").expect("a file");
        s.checkpoint = Some(path);
    });
    window.wait("the failure", |w| w.app().state.model.failure.is_some());
    assert!(window.shows("broken could not be loaded"));
    window.click("Details");
    assert!(window.shows("Hide details"));
    window.click("Training");
    window.click("Studio");
    assert!(window.shows("Open checkpoint…"));
}

#[test]
fn generate_makes_a_take_that_is_shown_kept_and_saved() {
    let mut window = Window::with_model();
    window.click("Debussy");
    window.generate();
    let state = &window.app().state;
    let entry = state.takes.all()[0].clone();
    assert_eq!(entry.record.composer.as_deref(), Some("Claude Debussy"));
    assert_eq!(entry.record.z.first().map(Vec::len), Some(4));
    let stage = state.stage.as_ref().expect("the take is on the stage");
    assert_eq!(stage.performance.notes().len(), entry.record.notes);
    assert!(window.shows(&format!("{} notes", entry.record.notes)));
    assert_eq!(window.takes_on_disk().len(), 1);

    window.click("Save");
    let path = window.folder.path().join(format!("{}.mid", entry.record.name));
    assert!(window.shows("MIDI") && window.shows("WAV"));
    let save = window.harness.get_all_by_label("Save").last().expect("the button of the sheet");
    save.click();
    window.wait("the file", |_| path.exists());
    let read = midi::read_file(&path).expect("a MIDI file");
    assert_eq!(read.performance.notes().len(), entry.record.notes);
    assert!(read.recipe.is_some_and(|r| r.contains("Debussy")));

    window.wait("the sheet is gone", |w| w.app().state.sheet.is_none());
    window.click("Save");
    window.click("Picture");
    let save = window.harness.get_all_by_label("Save").last().expect("the button of the sheet");
    save.click();
    let picture = path.with_extension("png");
    window.wait("the picture", |_| picture.exists());
    let bytes = std::fs::read(&picture).expect("a file");
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 3_000);
}

#[test]
fn the_evaluation_shows_what_was_measured() {
    let mut window = Window::with_model();
    window.click("Evaluation");
    assert!(window.shows("There is no report for this checkpoint."));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.evaluation.json");
    window.drop_file(&shipped);
    window.wait("the report", |w| w.shows("Evaluation: pastiche-small"));
    assert!(window.shows("The checkpoint in use is a different one."));
    let report: pastiche::evaluate::Report =
        serde_json::from_str(include_str!("../checkpoints/pastiche-small.evaluation.json"))
            .expect("the report that ships");
    let nll = report.latent.validation.nll;
    assert!(window.shows(&format!("validation NLL, nats per note: {nll:.2}")));
    let real = report.adherence.iter().find(|row| row.name == "real held-out").expect("real music");
    let named = format!("{} segments: named right {}", real.all.segments, real.all.top1);
    assert!(window.shows(&format!("real held-out, {named}")), "{named}");
    assert!(window.shows("Confusion matrix of takes, N = 1; heard as themselves: "));
    window.click("real held-out");
    assert!(window.shows("Confusion matrix of real held-out"));
    let path = window.folder.path().join("no report.json");
    std::fs::write(&path, "{}").expect("a file");
    window.drop_file(&path);
    window.wait("the failure", |w| w.shows("This report cannot be shown"));
    assert!(window.shows("Evaluation: pastiche-small"), "the old report stays");
}

#[test]
fn the_same_settings_make_the_same_take_again() {
    let mut window = Window::with_model();
    window.generate();
    let first = window.app().state.stage.clone().expect("a take");
    window.click("More about this take");
    window.click("Make again");
    window.wait("the second take", |w| {
        w.app().state.takes.all().len() == 2 && w.app().state.composing.is_none()
    });
    let second = window.app().state.stage.clone().expect("a take");
    assert_eq!(first.performance, second.performance);
}

#[test]
fn delete_is_undone_and_takes_survive_the_window() {
    let mut window = Window::with_model();
    window.generate();
    window.click("More about this take");
    window.click("Delete");
    assert!(window.app().state.takes.all().is_empty());
    assert!(window.app().state.stage.is_none());
    window.click("Undo");
    assert_eq!(window.app().state.takes.all().len(), 1);
    window.wait("the file is back", |w| w.takes_on_disk().len() == 1);

    let Window { harness, folder } = window;
    drop(harness);
    let mut again = Window::open_in(folder, |_, _| {});
    again.wait("the list", |w| w.app().state.takes.all().len() == 1);
    let id = again.app().state.takes.all()[0].id.clone();
    let label = again.app().state.takes.all()[0].record.name.clone();
    again.harness.get_all_by_label_contains(&label).next().expect("a row").click();
    again.wait("the music", |w| w.app().state.stage.is_some());
    assert_eq!(again.app().state.staged_take().map(|e| &e.id), Some(&id));
}

#[test]
fn the_last_viewed_take_is_shown_after_a_restart() {
    let mut window = Window::with_model();
    window.generate();
    window.generate();
    // Not the newest take, but the one that was viewed last.
    let older = window.app().state.takes.all()[1].clone();
    window
        .harness
        .get_all_by_label_contains(&format!("{}, ", older.record.name))
        .next()
        .expect("a row")
        .click();
    window.wait("the older one", |w| w.app().state.staged_take().is_some_and(|e| e.id == older.id));
    window.wait("the settings", |w| {
        let kept = Settings::load(&w.folder.path().join("settings.json"));
        kept.last_take.as_ref() == Some(&older.id)
    });
    let Window { harness, folder } = window;
    drop(harness);
    let mut again = Window::open_in(folder, |_, _| {});
    again.wait("the music", |w| w.app().state.stage.is_some());
    assert_eq!(again.app().state.staged_take().map(|e| &e.id), Some(&older.id));
}

#[test]
fn a_right_click_on_a_take_opens_its_menu() {
    let mut window = Window::with_model();
    window.generate();
    let name = window.app().state.takes.all()[0].record.name.clone();
    assert!(!window.shows("Reuse settings"));
    window.harness.get_all_by_label_contains(&format!("{name}, ")).next().expect("a row").click_secondary();
    window.harness.run_steps(3);
    assert!(window.shows("Reuse settings"));
}

#[test]
fn all_composers_of_the_shipped_model_are_visible_at_the_initial_size() {
    for form in ["free", "ABA"] {
        all_composers_are_seen(form);
    }
}

fn all_composers_are_seen(form: &str) {
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.safetensors");
    let mut window = Window::open(|_, settings| {
        settings.checkpoint = Some(checkpoint);
        settings.form.settings.form = form.parse().expect("a form");
        settings.form.settings.notes = 300;
    });
    window.wait("the model is there", |w| w.app().state.model.ready.is_some());
    window.harness.run_steps(3);
    let last = window.harness.get_by_label("Any composer").rect();
    let first_control = window.harness.get_all_by_label("Strength").next().expect("a slider").rect();
    assert!(last.bottom() <= first_control.top(), "{last:?} {first_control:?}");
}

/// The same number of notes under the same name, but other music.
#[test]
fn an_edited_file_opened_again_is_another_take() {
    let mut window = Window::with_model();
    let path = window.folder.path().join("sketch.mid");
    let open = |window: &mut Window, key: u8| {
        let note = |i: u8| Note {
            pitch: Pitch::new(key + i).expect("a key"),
            onset_secs: f64::from(i) * 0.25,
            duration_secs: 0.2,
            velocity: Velocity::clamped(70),
        };
        let music = Performance::new((0..20).map(note).collect(), vec![]);
        midi::write_file(&path, &music, None, None).expect("a file");
        window.drop_file(&path);
        window.wait("the piece", |w| {
            let stage = w.app().state.stage.as_ref();
            stage.is_some_and(|s| s.performance.notes()[0].pitch.number() == key)
                && w.app().state.staged_take().is_some()
        });
        window.app().state.staged_take().expect("a take").id.clone()
    };
    let before = open(&mut window, 48);
    let edited = open(&mut window, 50);
    assert_ne!(before, edited);
    let store = TakeStore::new(&window.folder.path().join("data/takes"));
    let kept = store.load(&edited).expect("what is varied and continued");
    assert_eq!(kept.notes()[0].pitch.number(), 50);
    // Opening the first file again adds no third take.
    assert_eq!(open(&mut window, 48), before);
    assert_eq!(window.app().state.takes.all().len(), 2);
}

#[test]
fn a_midi_file_opens_and_is_placed_on_the_map() {
    let mut window = Window::with_model();
    let note = |i: u8| Note {
        pitch: Pitch::new(48 + i).expect("a key"),
        onset_secs: f64::from(i) * 0.25,
        duration_secs: 0.2,
        velocity: Velocity::clamped(70),
    };
    let path = window.folder.path().join("my own piece.mid");
    let music = Performance::new((0..40).map(note).collect(), vec![]);
    midi::write_file(&path, &music, None, None).expect("a file");
    window.drop_file(&path);
    window.wait("the piece", |w| w.app().state.stage.is_some());
    assert!(window.shows("my own piece"));
    window.wait("its place", |w| w.app().state.takes.all()[0].record.z.first().is_some_and(|z| z.len() == 4));
}

#[test]
fn shortcuts_act_on_the_window_but_not_in_text() {
    let mut window = Window::with_model();
    window.press(Modifiers::SHIFT, Key::Questionmark);
    assert!(window.shows("Stop and go to the start"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.app().state.sheet.is_none());
    window.press(Modifiers::COMMAND, Key::Enter);
    assert!(window.app().state.composing.is_some());
    window.wait("the take", |w| w.app().state.composing.is_none() && w.app().state.takes.all().len() == 1);

    window.press(Modifiers::NONE, Key::M);
    assert!(window.app().state.settings.sound.is_muted);
    window.press(Modifiers::ALT, Key::M);
    assert!(window.app().state.settings.sound.is_muted, "Alt+M is a different shortcut");
    // Three presses within one slow frame.
    let stroke = |repeat| eframe::egui::Event::Key {
        key: Key::ArrowUp,
        physical_key: None,
        pressed: true,
        repeat,
        modifiers: Modifiers::NONE,
    };
    let events = &mut window.harness.input_mut().events;
    events.extend([stroke(false), stroke(false), stroke(true)]);
    window.harness.run_steps(3);
    let tempo = window.app().state.sound.tempo_scale;
    assert!((tempo - 1.15).abs() < 1e-3, "{tempo}");
    window.harness.get_by_label("Search takes").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::M);
    assert!(window.app().state.settings.sound.is_muted, "M in a text field is a letter");
}

#[test]
fn settings_are_kept() {
    let mut window = Window::with_model();
    window.click("Bach");
    window.click("Theme");
    window.click("Light");
    let file = window.folder.path().join("settings.json");
    window.wait("the settings", |_| {
        let kept = Settings::load(&file);
        kept.theme == Theme::Light && kept.form.settings.composer.as_deref() == Some("Johann Sebastian Bach")
    });
}

#[test]
fn closing_asks_first_while_something_would_be_lost() {
    let mut window = Window::open(|folder, s| {
        s.checkpoint = Some(tiny_checkpoint(folder));
        s.form.settings.notes = 4000;
    });
    window.wait("the model is there", |w| w.app().state.model.ready.is_some());
    window.click("Generate");
    assert!(window.app().state.composing.is_some());
    let root = egui::ViewportId::ROOT;
    let viewport = window.harness.input_mut().viewports.entry(root).or_default();
    viewport.events.push(egui::ViewportEvent::Close);
    window.wait("the question", |w| w.shows("Close Pastiche?"));
    window.click("Stay");
    assert!(window.app().state.sheet.is_none());
    window.click("Stop composing");
    window.wait("the partial take", |w| w.app().state.composing.is_none());
    window.wait("it is kept", |w| w.takes_on_disk().len() == 1);
}

#[test]
fn a_take_is_renamed_starred_and_found() {
    let mut window = Window::with_model();
    window.generate();
    window.click("More about this take");
    window.click("Rename…");
    window.harness.get_by_label("Name of the take").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window.harness.get_by_label("Name of the take").type_text("Evening prelude");
    window.harness.run_steps(2);
    window.click("Rename");
    window.press(Modifiers::NONE, Key::S);
    let record = window.app().state.takes.all()[0].record.clone();
    assert_eq!((record.name.as_str(), record.is_starred), ("Evening prelude", true));
    window.harness.get_by_label("Search takes").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Search takes").type_text("mazurka");
    window.wait("nothing is found", |w| w.shows("No take matches."));
}

#[test]
fn all_starred_takes_are_saved_at_once() {
    let mut window = Window::with_model();
    for _ in 0..3 {
        window.generate();
    }
    let names: Vec<String> =
        window.app().state.takes.all().iter().take(2).map(|e| e.record.name.clone()).collect();
    window.press(Modifiers::NONE, Key::S);
    let second = window.app().state.takes.all()[1].id.clone();
    window.act(TakeAction::ToggleStar(second));
    window.click("More about takes");
    window.click("Save all starred…");
    assert!(window.shows("2 takes, each under its name."));
    let folder = window.folder.path().join("new folder");
    window.harness.get_by_label("Folder").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::COMMAND, Key::A);
    window.harness.get_by_label("Folder").type_text(&folder.display().to_string());
    window.harness.run_steps(2);
    window.click("MP3");
    assert!(window.shows("A recording needs a SoundFont"));
    window.click("MIDI");
    assert!(window.shows("The folder will be created."));
    window.click("Save all");
    window.wait("the message", |w| w.shows("Saved 2 takes in"));
    assert!(window.app().state.sheet.is_none() && window.app().state.export.is_none());
    for name in names {
        let read = midi::read_file(&folder.join(format!("{name}.mid"))).expect("a MIDI file");
        assert!(!read.performance.is_empty());
    }
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 2);
}

#[test]
fn diagnostics_are_copied_from_the_about_box() {
    let mut window = Window::with_model();
    std::fs::write(window.folder.path().join("pastiche.log"), "one line of the log\n").expect("a log");
    window.click("Help");
    window.click("About Pastiche");
    assert!(window.shows("Open data folder") && window.shows("Open log folder"));
    window.harness.get_by_label("Copy diagnostics").click();
    window.wait("the message", |w| w.shows("The diagnostics are in the clipboard"));
    let log = window.folder.path().join("pastiche.log");
    let copied = gather(&studio_words(&window.app().state), &log);
    for part in ["libtorch: 2.", "Checkpoint: tiny, step 0", "Processor: ", "one line of the log"] {
        assert!(copied.contains(part), "{part}: {copied}");
    }
}
