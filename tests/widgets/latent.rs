//! The latent-space map.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, PointerButton, Ui, accesskit, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::widgets::latent::input::{LatentEvent, LatentInput, LatentTake, TakePath};
use pastiche::app::widgets::latent::plot::LatentPlot;
use pastiche::latent_map::{LatentMap, Plane};
use pastiche::music::{ComposerId, ComposerSet};

use crate::{click_at, harness, press_drag_release, strokes};

struct State {
    plot: LatentPlot,
    map: Option<Arc<LatentMap>>,
    composers: ComposerSet,
    takes: Vec<LatentTake>,
    path: Option<TakePath>,
    can_hear: bool,
    disabled_because: Option<&'static str>,
    is_compact: bool,
    events: Vec<LatentEvent>,
}

/// Bach's segments on one side, Chopin's on the other, and an unlabelled one far from both.
fn map() -> LatentMap {
    let mut z: Vec<Vec<f32>> = Vec::new();
    let (mut composers, mut titles) = (Vec::new(), Vec::new());
    for i in 0..20 {
        let y = (i as f32 - 10.0) * 0.1;
        z.extend([vec![-2.0, y, 0.0], vec![2.0, y, 0.0]]);
        composers.extend([Some(ComposerId(0)), Some(ComposerId(1))]);
        titles.extend([format!("Fugue {i}"), format!("Nocturne {i}")]);
    }
    z.push(vec![0.0, 1.5, 0.1]);
    composers.push(None);
    titles.push("Isle of Joy".to_owned());
    LatentMap::new(z, composers, titles, &[vec![-2.0, 0.0, 0.0], vec![2.0, 0.0, 0.0]], &[0, 1]).unwrap()
}

fn state(is_compact: bool) -> State {
    let names = ["Johann Sebastian Bach", "Frédéric Chopin"].map(str::to_owned);
    State {
        plot: LatentPlot::default(),
        map: Some(Arc::new(map())),
        composers: ComposerSet::new(names),
        takes: vec![LatentTake {
            id: 9,
            xy: [0.5, -1.0],
            name: "Chopin 7".to_owned(),
            composer: Some(ComposerId(1)),
            is_current: true,
        }],
        path: None,
        can_hear: false,
        disabled_because: None,
        is_compact,
        events: Vec::new(),
    }
}

fn draw(ui: &mut Ui, s: &mut State) {
    let input = LatentInput {
        map: s.map.as_ref(),
        mix: None,
        has_planes: s.map.as_ref().is_some_and(|map| map.plane == Plane::Wheel),
        composers: &s.composers,
        takes: &s.takes,
        path: s.path.clone(),
        selected: Some(ComposerId(1)),
        can_hear: s.can_hear,
        is_hearing: false,
        disabled_because: s.disabled_because,
    };
    if s.is_compact {
        s.plot.compact_ui(ui, &input, &mut s.events)
    } else {
        s.plot.full_ui(ui, &input, &mut s.events)
    }
}

fn plot(state: State) -> Harness<'static, State> {
    let mut h = harness(vec2(900.0, 700.0), state, draw);
    h.run_steps(4);
    h
}

fn is_on(h: &Harness<'_, State>, composer: &str) -> bool {
    h.get_by_label(composer).accesskit_node().toggled() == Some(accesskit::Toggled::True)
}

#[test]
fn says_what_it_is_and_what_it_shows() {
    let h = plot(state(false));
    h.get_by_label("Map of the latent space: 41 segments, 1 takes");
    h.get_by_label_contains("All 41 segments are shown.");
    h.get_by_label_contains("inverse of the projection");
    assert!(is_on(&h, "Bach") && is_on(&h, "Chopin") && is_on(&h, "Other composers"));
}

#[test]
fn a_click_on_empty_ground_is_a_place_and_a_click_on_a_take_is_that_take() {
    let mut h = plot(state(true));
    let middle = h.get_by_label_contains("Map of the latent").rect().center();
    click_at(&mut h, middle);
    let [LatentEvent::ClickedAt { xy }] = h.state().events[..] else { panic!("{:?}", h.state().events) };
    assert!(xy[0].abs() < 0.2 && xy[1].abs() < 1.0, "{xy:?}");
    // Go to the right and down by what separates the take from that place.
    let scale = {
        click_at(&mut h, middle + vec2(60.0, 0.0));
        let Some(LatentEvent::ClickedAt { xy: other }) = h.state().events.last() else { panic!() };
        60.0 / (other[0] - xy[0])
    };
    let take = middle + vec2((0.5 - xy[0]) * scale, (xy[1] + 1.0) * scale);
    click_at(&mut h, take);
    assert_eq!(h.state().events.last(), Some(&LatentEvent::TakeClicked { id: 9 }));
}

#[test]
fn a_click_near_a_piece_means_the_piece() {
    let mut h = plot(state(true));
    // All pieces at one place: a click beside it must snap to exactly that place.
    let mut only = map();
    only.points.truncate(1);
    only.points[0].xy = [-2.0, -1.0];
    h.state_mut().map = Some(Arc::new(only));
    h.state_mut().takes.clear();
    h.run_steps(4);
    let frame = h.get_by_label_contains("Map of the latent").rect();
    let mut exact = 0;
    for column in 0..60 {
        for row in 0..40 {
            let at =
                frame.min + vec2(column as f32 * frame.width() / 60.0, row as f32 * frame.height() / 40.0);
            click_at(&mut h, at);
        }
    }
    for event in &h.state().events {
        let LatentEvent::ClickedAt { xy } = event else { panic!() };
        exact += u32::from(*xy == [-2.0, -1.0]);
    }
    assert!((1..12).contains(&exact), "{exact} of 2400 clicks snapped to the only segment");
}

#[test]
fn arrow_keys_move_between_the_points_and_enter_composes() {
    let mut h = plot(state(true));
    h.get_by_label_contains("Map of the latent").focus();
    h.run_steps(2);
    let words = |h: &Harness<'_, State>| {
        let node = h.get_by_label_contains("Map of the latent");
        node.accesskit_node().label().unwrap_or_default()
    };
    let press = |h: &mut Harness<'_, State>, key: Key| {
        h.key_press(key);
        h.run_steps(3);
    };
    // The first press starts at the chosen composer's mean.
    press(&mut h, Key::ArrowDown);
    assert!(words(&h).contains("Nocturne 10, Chopin. Enter composes near it"), "{}", words(&h));
    press(&mut h, Key::ArrowLeft);
    assert!(words(&h).contains("Isle of Joy") || words(&h).contains("Fugue"), "{}", words(&h));
    strokes(&mut h, &[Key::ArrowRight, Key::ArrowUp]);
    let here = words(&h);
    assert!(here.contains("Nocturne") && !here.contains("Nocturne 10,"), "{here}");
    press(&mut h, Key::Enter);
    let [LatentEvent::ClickedAt { xy }] = h.state().events[..] else { panic!("{:?}", h.state().events) };
    let map = h.state().map.clone().unwrap();
    let point = map.points.iter().find(|p| p.xy == xy).expect("a point of the map");
    assert!(here.contains(&format!("{}, ", point.title)), "{here}: {}", point.title);
}

#[test]
fn the_legend_hides_and_alt_shows_alone() {
    let mut h = plot(state(false));
    h.get_by_label("Bach").click();
    h.run_steps(3);
    assert!(!is_on(&h, "Bach") && is_on(&h, "Chopin"));
    h.get_by_label_contains("21 of 41 segments are shown.");
    h.get_by_label("Chopin").click_modifiers(Modifiers::ALT);
    h.run_steps(3);
    assert!(!is_on(&h, "Bach") && is_on(&h, "Chopin") && !is_on(&h, "Other composers"));
    h.get_by_label_contains("20 of 41 segments are shown.");
    h.get_by_label("Chopin").click_modifiers(Modifiers::ALT);
    h.run_steps(3);
    assert!(is_on(&h, "Bach") && is_on(&h, "Other composers"), "Alt again shows all");
}

#[test]
fn the_list_names_the_nearest_pieces_and_plays_them() {
    let mut h = plot(state(false));
    // Nothing is hovered: the list begins at the chosen composer's mean.
    h.get_by_label("Nearest to the composer's mean");
    h.get_by_label("Compose near Nocturne 10, Chopin").click();
    h.run_steps(3);
    let map = h.state().map.clone().unwrap();
    let xy = map.points.iter().find(|p| p.title == "Nocturne 10").unwrap().xy;
    assert_eq!(h.state().events, [LatentEvent::ClickedAt { xy }]);
    h.get_by_label("Like Nocturne 10");
    assert!(
        h.query_by_label("Compose near Nocturne 10, Chopin").is_none(),
        "a piece is not its own neighbour"
    );
    h.get_by_label("Compose near Nocturne 11, Chopin");
}

#[test]
fn while_it_cannot_compose_it_says_why_and_a_click_does_nothing() {
    let mut s = state(false);
    s.disabled_because = Some("a take is being composed");
    let mut h = plot(s);
    h.get_by_label_contains("a take is being composed");
    let middle = h.get_by_label_contains("Map of the latent").rect().center();
    click_at(&mut h, middle);
    assert!(h.get_by_label("Compose near Nocturne 10, Chopin").accesskit_node().is_disabled());
    assert!(h.state().events.is_empty());
}

#[test]
fn without_a_map_it_says_so() {
    let mut s = state(false);
    s.map = None;
    let mut h = plot(s);
    h.get_by_label("This checkpoint carries no map.");
    h.state_mut().composers = ComposerSet::default();
    h.run_steps(2);
    h.get_by_label_contains("No model is loaded");
}

#[test]
fn odd_maps_do_not_panic() {
    let mut odd = map();
    odd.points[0].xy = [f32::NAN, 1.0];
    odd.points[1].xy = [f32::INFINITY, 1.0];
    odd.points[2].composer = Some(ComposerId(200));
    odd.components.push([f32::NAN, f32::NAN]);
    for is_compact in [false, true] {
        let mut s = state(is_compact);
        s.map = Some(Arc::new(odd.clone()));
        let mut h = plot(s);
        let middle = h.get_by_label_contains("Map of the latent").rect().center();
        click_at(&mut h, middle);
        assert_eq!(h.state().events.len(), 1);
    }
}

#[test]
fn a_lasso_selects_and_its_list_composes_and_exports() {
    let mut h = plot(state(false));
    let frame = h.get_by_label_contains("Map of the latent").rect();
    // Around the right half, where Chopin's segments lie.
    let corner = |x: f32, y: f32| frame.min + vec2(frame.width() * x, frame.height() * y);
    let around =
        [corner(0.6, 0.03), corner(0.97, 0.03), corner(0.97, 0.97), corner(0.6, 0.97), corner(0.6, 0.05)];
    press_drag_release(&mut h, PointerButton::Primary, &around);
    assert!(h.query_by_label_contains("selected").is_none(), "without Shift the map moves");
    h.get_by_label("Reset view").click();
    h.run_steps(4);
    h.event(Event::ModifiersChanged(Modifiers::SHIFT));
    h.step();
    press_drag_release(&mut h, PointerButton::Primary, &around);
    h.event(Event::ModifiersChanged(Modifiers::NONE));
    h.run_steps(3);
    h.get_by_label("20 segments selected");
    h.get_by_label("Selected: Nocturne 0, Chopin");
    assert!(h.query_by_label_contains("Selected: Fugue").is_none());
    for name in ["Compose from these", "Export CSV…"] {
        h.get_by_label(name).click();
        h.run_steps(2);
    }
    let chopin: Vec<usize> = (0..20).map(|i| 2 * i + 1).collect();
    let like = LatentEvent::ComposeLike { segments: chopin.clone() };
    assert_eq!(h.state().events, [like, LatentEvent::ExportCsv { segments: chopin }]);
    h.get_by_label("Clear").click();
    h.run_steps(2);
    assert!(h.query_by_label_contains("selected").is_none());
}

#[test]
fn the_other_plane_keeps_what_is_hidden() {
    let mut h = plot(state(false));
    assert!(h.query_by_label("PCA").is_none(), "two composers make no wheel");
    let means: Vec<Vec<f32>> = (0..3).map(|k| (0..3).map(|i| f32::from(i == k) * 8.0).collect()).collect();
    let points = map().points;
    let (z, composers) = points.iter().map(|p| (p.z.clone(), p.composer)).unzip();
    let titles = points.iter().map(|p| p.title.clone()).collect();
    let wheel = LatentMap::new(z, composers, titles, &means, &[0, 1, 2]).unwrap();
    h.state_mut().map = Some(Arc::new(wheel.clone()));
    h.run_steps(4);
    h.get_by_label("Bach").click();
    h.run_steps(2);
    h.get_by_label("PCA").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [LatentEvent::ShowPlane(Plane::Principal)]);
    h.state_mut().map = wheel.principal().map(Arc::new);
    h.run_steps(4);
    h.get_by_label_contains("The two directions of most variance (PCA).");
    assert!(!is_on(&h, "Bach") && is_on(&h, "Chopin"));
}

/// Drags from the left of the map to its right in ten steps.
fn drag(h: &mut Harness<'_, State>, modifiers: Modifiers) {
    let rect = h.get_by_label_contains("Map of the latent").rect();
    let at = |t: f32| rect.left_center() + vec2(rect.width() * (0.25 + 0.5 * t), 0.0);
    let button = |pressed: bool, pos| {
        let button = PointerButton::Primary;
        Event::PointerButton { pos, button, pressed, modifiers }
    };
    h.event(Event::ModifiersChanged(modifiers));
    h.event(Event::PointerMoved(at(0.0)));
    h.step();
    h.event(button(true, at(0.0)));
    h.step();
    for i in 1..=10 {
        h.event(Event::PointerMoved(at(i as f32 / 10.0)));
        h.step();
    }
    h.event(button(false, at(1.0)));
    h.run_steps(3);
}

#[test]
fn a_drag_with_ctrl_draws_a_walk_and_without_it_moves_the_map() {
    for is_compact in [true, false] {
        let mut h = plot(state(is_compact));
        drag(&mut h, Modifiers::NONE);
        assert!(h.state().events.is_empty(), "{:?}", h.state().events);
        let mut h = plot(state(is_compact));
        drag(&mut h, Modifiers::COMMAND);
        let [LatentEvent::Walked { path }] = &h.state().events[..] else { panic!("{:?}", h.state().events) };
        assert!(path.len() >= 5, "{path:?}");
        assert!(path.windows(2).all(|pair| pair[0][0] < pair[1][0]), "from left to right: {path:?}");
        let mut s = state(is_compact);
        s.disabled_because = Some("a take is being composed");
        let mut h = plot(s);
        drag(&mut h, Modifiers::COMMAND);
        assert!(h.state().events.is_empty(), "nothing is composed now");
    }
}

#[test]
fn a_path_of_any_kind_is_painted() {
    let paths = [
        (vec![[-2.0, 0.0], [2.0, 0.5], [0.0, 1.0]], 1.4),
        (vec![[-2.0, 0.0], [2.0, 0.5]], f32::NAN),
        (vec![[f32::NAN, 0.0], [2.0, 0.5]], 0.0),
        (vec![[1.0, 0.0]], 7.0),
        (Vec::new(), 0.0),
    ];
    for (xy, at) in paths {
        let mut s = state(true);
        s.path = Some(TakePath { xy, at, composer: Some(ComposerId(1)) });
        plot(s).get_by_label_contains("Map of the latent");
    }
}

/// The pointer rests, moves on and leaves.
#[test]
fn a_place_is_heard_while_the_pointer_rests_there() {
    let mut h = plot(State { can_hear: true, ..state(false) });
    let at = h.get_by_label_contains("Map of the latent").rect().center();
    h.hover_at(at);
    h.run_steps(12);
    assert_eq!(h.state().events, [], "a fifth of a second is no rest");
    h.run_steps(30);
    let [LatentEvent::Hear { xy }] = h.state().events[..] else { panic!("{:?}", h.state().events) };
    h.run_steps(60);
    assert_eq!(h.state().events.len(), 1, "once for each rest");
    h.hover_at(at + vec2(80.0, 0.0));
    h.run_steps(40);
    let [_, LatentEvent::HearNoMore, LatentEvent::Hear { xy: other }] = h.state().events[..] else {
        panic!("{:?}", h.state().events)
    };
    assert!(other[0] > xy[0]);
    h.event(Event::PointerGone);
    h.run_steps(3);
    assert_eq!(h.state().events.last(), Some(&LatentEvent::HearNoMore));
}

#[test]
fn the_small_map_is_heard_with_alt_only_and_never_while_something_plays() {
    let mut h = plot(State { can_hear: true, ..state(true) });
    let at = h.get_by_label_contains("Map of the latent").rect().center();
    h.hover_at(at);
    h.run_steps(60);
    assert_eq!(h.state().events, []);
    h.event(Event::ModifiersChanged(Modifiers::ALT));
    h.run_steps(10);
    assert!(matches!(h.state().events[..], [LatentEvent::Hear { .. }]), "{:?}", h.state().events);
    let mut h = plot(state(false));
    h.hover_at(at);
    h.run_steps(60);
    assert_eq!(h.state().events, []);
}
