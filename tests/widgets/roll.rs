//! The piano roll.

use eframe::egui::{Color32, Key, Modifiers, PointerButton, Pos2, Rect, Ui, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::widgets::roll::input::{RollEmpty, RollEvent, RollInput};
use pastiche::app::widgets::roll::piano_roll::PianoRoll;
use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};

use crate::snapshot::Drawn;
use crate::{click_at, harness, press_drag_release, settle, strokes, wheel_at};

struct State {
    roll: PianoRoll,
    performance: Performance,
    take_id: u64,
    playhead_secs: f64,
    is_playing: bool,
    is_growing: bool,
    loop_secs: Option<std::ops::Range<f64>>,
    empty_because: Option<&'static str>,
    events: Vec<RollEvent>,
}

fn note(number: u8, onset_secs: f64, duration_secs: f64) -> Note {
    let pitch = Pitch::new(number).unwrap();
    Note { pitch, onset_secs, duration_secs, velocity: Velocity::new(80).unwrap() }
}

/// Two minutes: a scale of one-second notes from middle C, over and over, and a held bass note.
fn performance() -> Performance {
    let mut notes: Vec<Note> = (0..120).map(|i| note(60 + (i % 12) as u8, f64::from(i), 0.9)).collect();
    notes.push(note(40, 2.0, 100.0));
    let pedal = vec![PedalChange { time_secs: 1.0, value: 127 }, PedalChange { time_secs: 5.0, value: 0 }];
    Performance::new(notes, pedal)
}

fn state(performance: Performance) -> State {
    State {
        roll: PianoRoll::default(),
        performance,
        take_id: 1,
        playhead_secs: 0.0,
        is_playing: false,
        is_growing: false,
        loop_secs: None,
        empty_because: None,
        events: Vec::new(),
    }
}

fn draw(ui: &mut Ui, s: &mut State) {
    let input = RollInput {
        selection: None,
        locks: &[],
        sections: &[],
        performance: &s.performance,
        take_id: s.take_id,
        revision: s.performance.notes().len() as u64,
        playhead_secs: s.playhead_secs,
        is_playing: s.is_playing,
        is_growing: s.is_growing,
        loop_secs: s.loop_secs.clone(),
        colour: Color32::LIGHT_RED,
        name: "Chopin 7",
        empty: RollEmpty {
            text: "Nothing yet.",
            button: Some("Generate"),
            disabled_because: s.empty_because,
        },
    };
    s.roll.ui(ui, &input, &mut s.events);
}

fn roll(performance: Performance) -> Harness<'static, State> {
    harness(vec2(900.0, 560.0), state(performance), draw)
}

/// The note area.
fn area(h: &Harness<'_, State>) -> Rect {
    h.get_by_label_contains("Piano roll").rect()
}

/// The middle of a note's picture.
fn place_of(h: &Harness<'_, State>, note: &Note) -> Pos2 {
    let view = h.state().roll.view();
    let (x, y) = (view.x(note.onset_secs + note.duration_secs / 2.0), view.row_top(note.pitch));
    area(h).min + vec2(x, y + view.px_per_key as f32 / 2.0)
}

fn ruler_at(h: &Harness<'_, State>, secs: f64) -> Pos2 {
    let ruler = h.get_by_label_contains("Time ruler").rect();
    pos2(ruler.left() + h.state().roll.view().x(secs), ruler.center().y)
}

#[test]
fn says_what_it_is_to_a_screen_reader() {
    let h = roll(performance());
    h.get_by_label("Piano roll, Chopin 7: 121 notes, 2:00");
    h.get_by_label_contains("Keyboard");
    h.get_by_label_contains("Overview");
}

#[test]
fn a_click_on_the_ruler_seeks_and_a_drag_loops() {
    let mut h = roll(performance());
    let at = ruler_at(&h, 7.5);
    click_at(&mut h, at);
    let [RollEvent::Seek { secs }] = h.state().events[..] else { panic!("{:?}", h.state().events) };
    assert!((secs - 7.5).abs() < 0.05);

    h.state_mut().events.clear();
    let places = [ruler_at(&h, 9.0), ruler_at(&h, 6.0), ruler_at(&h, 4.0)];
    press_drag_release(&mut h, PointerButton::Primary, &places);
    let [RollEvent::SetLoop(Some(range))] = &h.state().events[..] else { panic!("{:?}", h.state().events) };
    assert!(
        (range.start - 4.0).abs() < 0.05 && (range.end - 9.0).abs() < 0.05,
        "a drag to the left loops as well"
    );
}

#[test]
fn the_edge_of_a_loop_can_be_moved_and_a_double_click_ends_it() {
    let mut h = roll(performance());
    h.state_mut().loop_secs = Some(4.0..9.0);
    h.step();
    let places = [ruler_at(&h, 9.0), ruler_at(&h, 10.0), ruler_at(&h, 12.0)];
    press_drag_release(&mut h, PointerButton::Primary, &places);
    let [RollEvent::SetLoop(Some(range))] = &h.state().events[..] else { panic!("{:?}", h.state().events) };
    assert!((range.start - 4.0).abs() < 0.05 && (range.end - 12.0).abs() < 0.05);
    settle(&mut h);
    let at = ruler_at(&h, 6.0);
    click_at(&mut h, at);
    click_at(&mut h, at);
    assert!(h.state().events.contains(&RollEvent::SetLoop(None)));
}

#[test]
fn a_click_auditions_the_note_and_a_key() {
    let mut h = roll(performance());
    let third = *h.state().performance.notes().iter().find(|n| n.pitch.number() == 63).unwrap();
    let at = place_of(&h, &third);
    click_at(&mut h, at);
    let heard = RollEvent::Audition { pitch: third.pitch, velocity: third.velocity };
    assert_eq!(h.state().events, [heard]);

    h.state_mut().events.clear();
    settle(&mut h);
    let keyboard = h.get_by_label_contains("Keyboard").rect();
    let row = h.state().roll.view().row_top(Pitch::new(72).unwrap()) + 2.0;
    click_at(&mut h, pos2(keyboard.center().x, keyboard.top() + row));
    assert!(matches!(h.state().events[..], [RollEvent::Audition { pitch, .. }] if pitch.number() == 72));
    h.state_mut().events.clear();
    settle(&mut h);
    let nowhere = area(&h).right_top() + vec2(-20.0, 30.0);
    click_at(&mut h, nowhere);
    assert!(h.state().events.is_empty(), "{:?}", h.state().events);
}

#[test]
fn wheel_and_modifiers_move_and_zoom_each_axis_alone() {
    let mut h = roll(performance());
    let middle = area(&h).center();
    let start = h.state().roll.view();
    wheel_at(&mut h, middle, -1.0, Modifiers::COMMAND);
    wheel_at(&mut h, middle, 2.0, Modifiers::COMMAND | Modifiers::ALT);
    let zoomed = h.state().roll.view();
    assert!(zoomed.px_per_sec < start.px_per_sec && zoomed.px_per_key > start.px_per_key);

    let held = zoomed.secs(middle.x - area(&h).left());
    wheel_at(&mut h, middle, 2.0, Modifiers::COMMAND);
    let nearer = h.state().roll.view();
    assert!(nearer.px_per_sec > zoomed.px_per_sec && nearer.px_per_key == zoomed.px_per_key);
    assert!(
        (nearer.secs(middle.x - area(&h).left()) - held).abs() < 0.01,
        "the moment under the pointer stays"
    );

    wheel_at(&mut h, middle, -1.0, Modifiers::NONE);
    let lower = h.state().roll.view();
    assert!(lower.top_pitch < nearer.top_pitch && lower.left_secs == nearer.left_secs);
    wheel_at(&mut h, middle, -3.0, Modifiers::SHIFT);
    let later = h.state().roll.view();
    assert!(later.left_secs > lower.left_secs && later.top_pitch == lower.top_pitch);

    press_drag_release(
        &mut h,
        PointerButton::Middle,
        &[middle, middle + vec2(20.0, 0.0), middle + vec2(50.0, 9.0)],
    );
    let panned = h.state().roll.view();
    assert!(panned.left_secs < later.left_secs && panned.top_pitch > later.top_pitch);
}

#[test]
fn f_fits_and_a_double_click_resets() {
    let mut h = roll(performance());
    let start = h.state().roll.view();
    h.hover_at(area(&h).center());
    h.key_press(Key::F);
    settle(&mut h);
    let fitted = h.state().roll.view();
    assert!(fitted.x(0.0) >= 0.0 && fitted.x(120.0) <= area(&h).width());
    let nowhere = area(&h).right_top() + vec2(-20.0, 30.0);
    click_at(&mut h, nowhere);
    click_at(&mut h, nowhere);
    settle(&mut h);
    assert_eq!(h.state().roll.view(), start);
    h.get_by_label("Fit").click();
    settle(&mut h);
    assert_eq!(h.state().roll.view(), fitted);
}

#[test]
fn follow_stays_in_the_band_yields_to_scrolling_and_can_be_resumed() {
    let mut h = roll(performance());
    let share = |h: &Harness<'_, State>, secs: f64| h.state().roll.view().x(secs) / area(h).width();
    h.state_mut().is_playing = true;
    let mut last = h.state().roll.view().left_secs;
    let mut pages = 0;
    for tenth in 0..600 {
        h.state_mut().playhead_secs = f64::from(tenth) / 10.0;
        h.step();
        let left = h.state().roll.view().left_secs;
        pages += u32::from(left != last);
        last = left;
        let at = share(&h, f64::from(tenth) / 10.0);
        assert!((0.0..0.95).contains(&at), "{tenth}: {at}");
    }
    assert!(pages > 5 && pages < 300, "it stands still most of the time: moved in {pages} of 600 frames");

    let middle = area(&h).center();
    wheel_at(&mut h, middle, -10.0, Modifiers::SHIFT);
    let there = h.state().roll.view().left_secs;
    h.state_mut().playhead_secs = 20.0;
    settle(&mut h);
    assert_eq!(h.state().roll.view().left_secs, there, "a user who looks elsewhere is left alone");
    assert!(!h.state().roll.follows());
    h.get_by_label("Follow").click();
    settle(&mut h);
    assert!(h.state().roll.follows() && (0.15..0.85).contains(&share(&h, 20.0)));
}

#[test]
fn arrows_walk_through_the_notes_and_enter_plays_one() {
    let mut h = roll(performance());
    h.get_by_label_contains("Piano roll").focus();
    h.run_steps(3);
    assert!(PianoRoll::has_focus(&h.ctx));
    strokes(&mut h, &[Key::ArrowRight; 3]);
    let value = |h: &Harness<'_, State>| h.get_by_label_contains("Piano roll").value().unwrap_or_default();
    assert!(value(&h).starts_with("E2  at 0:02.00"), "{}", value(&h));
    h.key_press(Key::ArrowUp);
    h.run_steps(3);
    assert!(value(&h).starts_with("D4"), "{}", value(&h));
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert!(matches!(h.state().events[..], [RollEvent::Audition { pitch, .. }] if pitch.number() == 62));
    h.key_press(Key::End);
    h.run_steps(3);
    let view = h.state().roll.view();
    assert!((0.0..area(&h).width()).contains(&view.x(119.0)), "the selected note is visible");
    assert!(PianoRoll::has_focus(&h.ctx), "arrows do not move the focus away");
    h.get_by_label_contains("Piano roll").click_accesskit();
    h.run_steps(2);
    assert_eq!(h.state().events.len(), 2, "a screen reader's press plays the note too");
}

#[test]
fn the_overview_moves_the_view() {
    let mut h = roll(performance());
    let strip = h.get_by_label_contains("Overview").rect();
    click_at(&mut h, strip.center());
    settle(&mut h);
    let view = h.state().roll.view();
    let middle = view.secs(area(&h).width() / 2.0);
    assert!((middle - 60.0).abs() < 1.5, "{middle}");
    let step = vec2(strip.width() / 12.0, 0.0); // ten seconds
    press_drag_release(
        &mut h,
        PointerButton::Primary,
        &[strip.center(), strip.center() + step / 2.0, strip.center() + step],
    );
    let dragged = h.state().roll.view().secs(area(&h).width() / 2.0);
    assert!((dragged - middle - 10.0).abs() < 1.0, "{dragged}");
}

#[test]
fn notes_arrive_without_a_jump() {
    let mut h = roll(Performance::default());
    h.state_mut().is_growing = true;
    h.step();
    let all = performance();
    let before = h.state().roll.view();
    for count in 1..12 {
        h.state_mut().performance = Performance::new(all.notes()[..count].to_vec(), Vec::new());
        h.step();
        assert_eq!(h.state().roll.view(), before, "{count} notes");
    }
    h.get_by_label("Piano roll, Chopin 7: 11 notes, 1:42, composing");
    h.state_mut().performance = all;
    h.state_mut().is_growing = false;
    h.step();
    assert_eq!(h.state().roll.view(), before, "the end of composing moves nothing");
}

#[test]
fn an_empty_roll_offers_one_button_or_says_why_not() {
    let mut h = roll(Performance::default());
    h.get_by_label("Piano roll, empty. Nothing yet.");
    h.get_by_label("Generate").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [RollEvent::EmptyButton]);
    h.state_mut().empty_because = Some("no checkpoint is loaded");
    h.run_steps(2);
    h.get_by_label("no checkpoint is loaded");
    assert!(h.get_by_label("Generate").accesskit_node().is_disabled());
    h.get_by_label("Generate").click();
    h.run_steps(2);
    assert_eq!(h.state().events.len(), 1);
}

#[test]
fn another_take_at_the_same_playhead_keeps_the_place() {
    let mut h = roll(performance());
    h.state_mut().playhead_secs = 60.0;
    settle(&mut h);
    let before = h.state().roll.view();
    assert!((0.15..0.85).contains(&(before.x(60.0) / area(&h).width())));
    h.state_mut().take_id = 2;
    h.step();
    assert_eq!(h.state().roll.view().left_secs, before.left_secs);
    h.state_mut().take_id = 3;
    h.state_mut().playhead_secs = 0.0;
    h.step();
    assert!(h.state().roll.view().left_secs <= 0.0, "a take from the beginning is shown from there at once");
}

#[test]
fn survives_any_size() {
    for (width, height) in [(1.0, 1.0), (40.0, 30.0), (3000.0, 40.0), (100.0, 2000.0)] {
        let mut h = harness(vec2(width, height), state(performance()), draw);
        h.state_mut().loop_secs = Some(0.0..1e9);
        h.state_mut().playhead_secs = 1e12;
        h.run_steps(3);
    }
}

#[test]
fn looks_as_it_did() {
    let mut state = state(performance());
    state.loop_secs = Some(4.0..9.0);
    state.playhead_secs = 6.5;
    let mut drawn = Drawn::new(vec2(480.0, 300.0), state, draw);
    settle(&mut drawn.harness);
    drawn.assert_snapshot("roll");
}
