//! The verbs in the window: what they make of takes and files, keep, report, and can make again.
#![cfg(feature = "app")]

mod window_common;

use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::music::{Note, Performance, Pitch, Velocity, midi};
use pastiche::takes::{ComposeSettings, How, TakeEntry, TakeRecord, TakeStore};
use window_common::studio::Window;
use window_common::tiny_checkpoint;

fn newest(window: &Window) -> TakeEntry {
    window.app().state.takes.all()[0].clone()
}

fn staged(window: &Window) -> Performance {
    let stage = window.app().state.stage.as_ref().expect("something is on the stage");
    (*stage.performance).clone()
}

/// The music of a take as stored on disk.
fn on_disk(window: &Window, entry: &TakeEntry) -> Performance {
    let store = TakeStore::new(&window.folder.path().join("data/takes"));
    store.load(&entry.id).expect("its music")
}

fn choose(window: &mut Window, item: &str) {
    window.click("More about this take");
    window.click(item);
}

fn wait_for_takes(window: &mut Window, count: usize) {
    window.wait("the takes", |w| {
        let state = &w.app().state;
        state.takes.all().len() == count && state.is_busy().is_none()
    });
}

/// Clicks the row of a take.
fn show(window: &mut Window, entry: &TakeEntry) {
    let start = format!("{}, ", entry.record.name);
    let is_length = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == ':');
    let is_row = |node: &egui_kittest::Node<'_>| {
        let label = node.accesskit_node().label().unwrap_or_default();
        label.strip_prefix(&start).is_some_and(is_length)
    };
    // Of two takes with the same name, the older is listed below.
    let mut of_this_name = window.harness.get_all_by_label_contains(&entry.record.name).rev();
    of_this_name.find(is_row).expect("its row").click();
    drop(of_this_name);
    let id = entry.id.clone();
    window.wait("the take", |w| w.app().state.staged_take().map(|e| &e.id) == Some(&id));
}

fn is_disabled(window: &Window, label: &str) -> bool {
    window.harness.get_by_label(label).accesskit_node().is_disabled()
}

/// Hovers over an item until its tooltip appears.
fn hover(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).hover();
    window.harness.run_steps(60);
}

/// A piece whose onsets are on no token grid.
fn own_piece() -> Performance {
    let note = |i: u8| Note {
        pitch: Pitch::new(40 + (u32::from(i) * 7 % 45) as u8).expect("a key"),
        onset_secs: f64::from(i) * 0.2137,
        duration_secs: 0.15,
        velocity: Velocity::clamped(60 + i32::from(i % 9)),
    };
    Performance::new((0..100).map(note).collect(), vec![])
}

#[test]
fn a_variation_names_its_source_and_can_be_made_again() {
    let mut window = Window::with_model();
    window.generate();
    let first = newest(&window);
    choose(&mut window, "Vary…");
    assert!(window.shows("Recomposes"));
    window.click("Compose");
    wait_for_takes(&mut window, 2);
    let (varied, music) = (newest(&window), staged(&window));
    assert_ne!(music, on_disk(&window, &first));
    assert_eq!(varied.record.notes, first.record.notes);
    assert_eq!(varied.record.composer, first.record.composer);
    let made = varied.record.made().expect("it knows what it is of");
    assert_eq!(made.source.id, first.id);
    assert!(matches!(made.how, How::Vary { amount } if (amount - 0.3).abs() < 1e-6));
    assert!(varied.record.name.contains("varied 30 %"), "{}", varied.record.name);
    let recipe = varied.record.recipe_line().expect("a recipe");
    assert!(recipe.contains("a variation of"), "{recipe}");

    choose(&mut window, "Make again");
    wait_for_takes(&mut window, 3);
    assert_eq!(staged(&window), music);

    // Without its source it cannot be made again, and the menu says why.
    show(&mut window, &first);
    choose(&mut window, "Delete");
    show(&mut window, &varied);
    window.click("More about this take");
    assert!(is_disabled(&window, "Make again"));
    hover(&mut window, "Make again");
    assert!(window.shows(&format!("{} was deleted, and this take was made from it.", first.record.name)));
    assert!(!is_disabled(&window, "Vary…"));
}

#[test]
fn a_dropped_file_is_continued_from_exactly_its_own_notes() {
    let mut window = Window::with_model();
    let path = window.folder.path().join("my own piece.mid");
    midi::write_file(&path, &own_piece(), None, None).expect("a file");
    window.drop_file(&path);
    window.wait("the piece", |w| w.app().state.stage.is_some());
    let first = newest(&window);
    choose(&mut window, "Continue…");
    assert!(window.shows("All 100 notes are kept exactly"));
    // The panel has a row with the same name; the sheet lies over it.
    window.harness.get_all_by_label("Debussy").last().expect("the row of the sheet").click();
    window.harness.run_steps(3);
    window.click("Compose");
    wait_for_takes(&mut window, 2);
    let (longer, own) = (staged(&window), on_disk(&window, &first));
    assert_eq!(&longer.notes()[..100], own.notes());
    assert!(longer.notes().len() > 150);
    assert!(longer.notes()[100].onset_secs > own.notes()[99].onset_secs);
    let entry = newest(&window);
    assert_eq!(entry.record.composer.as_deref(), Some("Claude Debussy"));
    assert_eq!(entry.record.name, "my own piece, continued as Debussy");
}

#[test]
fn restyling_keeps_the_rhythm() {
    let mut window = Window::with_model();
    let path = window.folder.path().join("my own piece.mid");
    midi::write_file(&path, &own_piece(), None, None).expect("a file");
    window.drop_file(&path);
    window.wait("the piece", |w| w.app().state.stage.is_some());
    choose(&mut window, "In the manner of…");
    assert!(is_disabled(&window, "Compose") && window.shows("Choose a composer."));
    window.harness.get_all_by_label("Bach").last().expect("the row of the sheet").click();
    window.harness.run_steps(3);
    window.click("Compose");
    wait_for_takes(&mut window, 2);
    let entry = newest(&window);
    assert_eq!(entry.record.composer.as_deref(), Some("Johann Sebastian Bach"));
    assert_eq!(entry.record.name, "my own piece as Bach");
    assert_eq!(entry.record.notes, 100);
    let (made, own) = (staged(&window), own_piece());
    let pairs = made.notes().iter().zip(own.notes());
    for (a, b) in pairs.clone() {
        // Gaps under a quarter second have bins of 10 ms, and rounding errors do not accumulate.
        assert!((a.onset_secs - b.onset_secs).abs() < 0.0051, "{a:?} for {b:?}");
    }
    assert!(pairs.filter(|(a, b)| a.pitch != b.pitch).count() > 10);
}

#[test]
fn a_blend_has_stops_between_its_ends() {
    let mut window = Window::with_model();
    window.generate();
    let first = newest(&window);
    choose(&mut window, "Blend with…");
    assert!(is_disabled(&window, "Compose") && window.shows("There is no other take yet"));
    window.click("Cancel");
    window.generate();
    let second = newest(&window);
    choose(&mut window, "Blend with…");
    window.click("Compose 3");
    wait_for_takes(&mut window, 5);
    let state = &window.app().state;
    let way = state.blend.clone().expect("the stage is on the way");
    assert!(way.stops.iter().all(Option::is_some));
    assert_eq!(way.stops[0].as_ref(), Some(&second.id));
    assert_eq!(way.stops[4].as_ref(), Some(&first.id));
    let staged_id = state.staged_take().map(|e| e.id.clone());
    assert_eq!(staged_id, way.stops[1], "the first of them is the one to listen to");
    // The slider leads to the others and to the ends, and stays.
    window.harness.get_by_label("Blend").focus();
    window.harness.run_steps(2);
    for stop in 2..5 {
        window.press(eframe::egui::Modifiers::NONE, eframe::egui::Key::ArrowRight);
        window
            .wait("the next stop", |w| w.app().state.staged_take().map(|e| e.id.clone()) == way.stops[stop]);
    }
    assert!(window.shows("5 of 5"));
}

#[test]
fn continuations_of_the_first_version_open_and_say_why_they_cannot_be_made_again() {
    let mut window = Window::open(|folder, s| {
        s.checkpoint = Some(tiny_checkpoint(folder));
        let store = TakeStore::new(&folder.join("data/takes"));
        let record = TakeRecord {
            name: "Chopin 7".to_owned(),
            created_secs: 1,
            settings: Some(ComposeSettings { prompt_notes: 40, ..ComposeSettings::default() }),
            ..TakeRecord::default()
        };
        store.save(record, &own_piece()).expect("a take");
    });
    window.wait("the model is there", |w| w.app().state.model.ready.is_some());
    window.wait("the take", |w| w.app().state.takes.all().len() == 1);
    let entry = newest(&window);
    show(&mut window, &entry);
    window.click("More about this take");
    assert!(is_disabled(&window, "Make again"));
    hover(&mut window, "Make again");
    assert!(window.shows("An older version continued this and did not keep its source"));
    assert!(!is_disabled(&window, "Continue…"));
}
