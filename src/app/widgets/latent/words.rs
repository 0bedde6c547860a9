//! Texts of the map: the hovered point, the caption, and why there is no map.

use eframe::egui::{self, CursorIcon, Pos2, Rect, RichText, Ui};

use super::hover_card;
use super::input::LatentInput;
use crate::app::kit::theme::{ComposerStyle, GRID, Palette, composer_style, neutral_style};
use crate::latent_map::{LatentMap, MapPoint, Reading};
use crate::music::{ComposerId, ComposerSet};

/// What the pointer is on: a take, a point of the map, or the ground between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Under {
    Take(usize),
    Point(usize),
    Place,
}

/// Cursor and card for what the pointer is on.
pub fn hover_ui(
    ui: &Ui,
    input: &LatentInput<'_>,
    map: &LatentMap,
    frame: Rect,
    pos: Pos2,
    under: Under,
    palette: &Palette,
) {
    if !ui.input(|i| i.pointer.is_decidedly_dragging()) {
        ui.set_cursor_icon(match (input.disabled_because, under) {
            (Some(_), Under::Place | Under::Point(_)) => CursorIcon::NotAllowed,
            _ => CursorIcon::PointingHand,
        });
    }
    under_ui(ui, input, map, frame, pos, under, palette);
}

fn who(composers: &ComposerSet, composer: Option<ComposerId>) -> &str {
    composer.map_or("another composer", |id| composers.surname(id))
}

/// A point for a screen reader.
pub fn point_words(input: &LatentInput<'_>, map: &LatentMap, point: usize) -> String {
    let Some(at) = map.points.get(point) else {
        return String::new();
    };
    let press = match input.disabled_because {
        Some(why) => format!("Enter composes nothing now: {why}"),
        None => "Enter composes near it".to_owned(),
    };
    format!("{}, {}. {press}", at.title, who(input.composers, at.composer))
}

/// The card of a take or a point.
pub fn under_ui(
    ui: &Ui,
    input: &LatentInput<'_>,
    map: &LatentMap,
    frame: Rect,
    pos: Pos2,
    under: Under,
    palette: &Palette,
) {
    let style_of = styles(input.composers, ui.visuals().dark_mode);
    let who = |composer| who(input.composers, composer);
    match under {
        Under::Take(i) => {
            let take = &input.takes[i];
            let second = format!("take in the manner of {}", who(take.composer));
            let colour = style_of(take.composer).colour;
            hover_card(ui, frame, pos, &take.name, &second, colour, palette);
        }
        Under::Point(i) => {
            let point = &map.points[i];
            let colour = style_of(point.composer).colour;
            let heard = if input.is_hearing { "  ·  heard: composed from its place" } else { "" };
            let second = format!("{}{heard}", who(point.composer));
            hover_card(ui, frame, pos, &point.title, &second, colour, palette);
        }
        Under::Place if input.is_hearing => {
            hover_card(ui, frame, pos, "Heard: composed from this place", "", palette.weak_text, palette);
        }
        Under::Place => {}
    }
}

/// How well the composers are separated, in two sentences.
pub fn reading_words(reading: &Reading, composers: &ComposerSet) -> String {
    let confused = reading.confused.iter().map(|(from, to, share)| {
        format!("{} with {} ({:.0} %)", composers.surname(*from), composers.surname(*to), share * 100.0)
    });
    let confused: Vec<String> = confused.collect();
    let mut words = format!(
        "{:.0} % of the segments lie nearest to their own composer's mean; silhouette {:.2} (1: apart, 0: overlapping).",
        reading.nearest_is_own * 100.0,
        reading.silhouette
    );
    if !confused.is_empty() {
        words += &format!(" Most often confused: {}.", confused.join(", "));
    }
    words
}

/// How many points are shown, what they are, and what a click does.
pub fn caption(input: &LatentInput<'_>, shown: usize, map: &LatentMap) -> String {
    let total = map.points.len();
    let shown = if shown == total {
        format!("All {total} segments are shown.")
    } else {
        format!("{shown} of {total} segments are shown.")
    };
    let why =
        input.disabled_because.map_or(String::new(), |why| format!(" A click composes nothing now: {why}."));
    format!(
        "{} {shown} A segment is 256 notes of a real piece; large marks are the composers' means, ringed ones your \
         takes. A click becomes a latent by the inverse of the projection; the rest comes from the nearest segment. \
         Shift-drag selects segments.{why}",
        map.caption()
    )
}

/// The caption and the way back to the whole map; true when that was asked for.
pub fn caption_ui(ui: &mut Ui, text: &str, draws_walks: &mut bool, is_quiet: &mut bool) -> bool {
    ui.add_space(GRID / 2.0);
    ui.horizontal_top(|ui| {
        let reset = ui
            .add(egui::Button::new(small("Reset view")))
            .on_hover_text("Show the whole map. Drag: move. Ctrl+wheel: zoom. Arrows: from point to point.");
        ui.toggle_value(draws_walks, small("Draw a walk")).on_hover_text(
            "A drag draws a path, and a take is composed that moves along it. Ctrl+drag does so at any time. A longer take has more steps.",
        );
        let mut listens = !*is_quiet;
        ui.toggle_value(&mut listens, small("Listen")).on_hover_text(
            "Rest the pointer on the map to hear two seconds composed there, while nothing else plays. With Alt at any time.",
        );
        *is_quiet = !listens;
        let text = small(text).color(Palette::of(ui).weak_text);
        ui.add(egui::Label::new(text).wrap());
        reset.clicked()
    })
    .inner
}

/// Text of captions.
pub fn small(text: &str) -> RichText {
    RichText::new(text).size(12.0)
}

/// The look of each composer's marks; `None` is music without a label.
pub fn styles(composers: &ComposerSet, is_dark: bool) -> impl Fn(Option<ComposerId>) -> ComposerStyle + '_ {
    move |id| match id.and_then(|id| Some((id, composers.get(id)?))) {
        Some((id, composer)) => composer_style(composer, id.index(), is_dark),
        None => neutral_style(is_dark),
    }
}

/// Why there is no map, and what to do.
pub fn empty_ui(ui: &mut Ui, input: &LatentInput<'_>) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    ui.painter().rect_filled(rect, 4.0, palette.well);
    let (what, next) = if input.composers.is_empty() {
        ("No model is loaded, so there is no map.", "Open a checkpoint to see where its composers lie.")
    } else {
        ("This checkpoint carries no map.", "You can still compose. A map is made when a training run ends.")
    };
    let room = Rect::from_center_size(rect.center(), egui::vec2((rect.width() - 16.0).min(420.0), 44.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(room), |ui| {
        ui.vertical_centered(|ui| {
            ui.label(what);
            ui.label(RichText::new(next).size(12.0).color(palette.weak_text));
        });
    });
}

/// The heading of the list of neighbours, and the place that they are neighbours of: the pinned point, else the chosen
/// place, else the mean of the chosen composer.
pub fn neighbours_of(
    pinned: Option<&MapPoint>,
    place: Option<[f32; 2]>,
    mean: Option<[f32; 2]>,
) -> (String, [f32; 2]) {
    match (pinned, place, mean) {
        (Some(point), _, _) => (format!("Like {}", point.title), point.xy),
        (None, Some(place), _) => ("Nearest to the chosen place".to_owned(), place),
        (None, None, Some(mean)) => ("Nearest to the composer's mean".to_owned(), mean),
        (None, None, None) => ("Nearest to the middle".to_owned(), [0.0, 0.0]),
    }
}
