//! The keyboard on the left of the roll.

use eframe::egui::{
    self, Align2, Color32, FontId, Mesh, Rect, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2,
};

use super::layout::RollView;
use super::{NoteIndex, RollColours};
use crate::music::{Note, Pitch, Velocity};

/// The velocity shown on each of the 88 keys; `None` if the key is up.
pub type LitKeys = [Option<Velocity>; Pitch::COUNT];

/// The keys that are down at the playhead, also while paused.
pub fn lit_keys(index: &NoteIndex, notes: &[Note], playhead_secs: f64) -> LitKeys {
    let mut lit = [None; Pitch::COUNT];
    for (_, note) in index.sounding(notes, playhead_secs) {
        lit[note.pitch.key_index()] = Some(note.velocity);
    }
    lit
}

/// Paints the keyboard; returns the key that was clicked.
pub fn keyboard_ui(
    ui: &mut Ui,
    view: &RollView,
    rect: Rect,
    lit: &LitKeys,
    colours: &RollColours,
) -> Option<Pitch> {
    let response = ui.interact(rect, ui.scope_id().with("keyboard"), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Keyboard: click a key to hear it"));
    let hovered = response.hover_pos().and_then(|pos| view.pitch_at(pos.y - rect.top()));
    paint_keys(ui, view, rect, lit, hovered, colours);
    if response.clicked() { hovered } else { None }
}

fn paint_keys(
    ui: &Ui,
    view: &RollView,
    rect: Rect,
    lit: &LitKeys,
    hovered: Option<Pitch>,
    colours: &RollColours,
) {
    let painter = ui.painter().with_clip_rect(rect);
    let (ivory, ebony, gap) = if colours.is_dark {
        (Color32::from_gray(200), Color32::from_gray(38), Color32::from_gray(140))
    } else {
        (Color32::from_gray(252), Color32::from_gray(70), Color32::from_gray(205))
    };
    let row = view.px_per_key as f32;
    let black_width = rect.width() * 0.6;
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, ivory);
    let all = || (0..Pitch::COUNT).filter_map(Pitch::from_key_index);
    let top = |pitch: Pitch| rect.top() + view.row_top(pitch);
    for pitch in all().filter(|p| !p.is_black_key()) {
        let mut key = white_key(rect, top(pitch), row, pitch);
        if let Some(colour) = key_colour(pitch, lit, hovered, ivory, colours) {
            mesh.add_colored_rect(key, colour);
        }
        key.set_top(key.bottom().round());
        key.set_bottom(key.top() + 1.0);
        mesh.add_colored_rect(key, gap);
    }
    for pitch in all().filter(|p| p.is_black_key()) {
        let key = Rect::from_min_size(pos2(rect.left(), top(pitch)), vec2(black_width, row));
        let colour = key_colour(pitch, lit, hovered, ebony, colours).unwrap_or(ebony);
        mesh.add_colored_rect(key, colour);
    }
    painter.add(Shape::mesh(mesh));
    paint_names(&painter, view, rect, lit, colours);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), egui::Stroke::new(1.0, colours.line));
}

/// A white key extends half a row under its black neighbours, as on a piano.
fn white_key(rect: Rect, top: f32, row: f32, pitch: Pitch) -> Rect {
    let has_black = |step: i32| pitch.transposed(step).is_some_and(Pitch::is_black_key);
    let above = if has_black(1) { row / 2.0 } else { 0.0 };
    let below = if has_black(-1) { row / 2.0 } else { 0.0 };
    Rect::from_min_max(pos2(rect.left(), top - above), pos2(rect.right(), top + row + below))
}

fn key_colour(
    pitch: Pitch,
    lit: &LitKeys,
    hovered: Option<Pitch>,
    rest: Color32,
    colours: &RollColours,
) -> Option<Color32> {
    if let Some(velocity) = lit[pitch.key_index()] {
        let strength = 0.65 + 0.35 * super::colours::loudness(velocity);
        return Some(super::colours::mix(rest, colours.composer, strength));
    }
    (hovered == Some(pitch)).then(|| super::colours::mix(rest, colours.composer, 0.3))
}

fn paint_names(painter: &egui::Painter, view: &RollView, rect: Rect, lit: &LitKeys, colours: &RollColours) {
    let row = view.px_per_key as f32;
    // With low rows an octave is little higher than a line of text: label every other C.
    let every_octaves = if row * 12.0 < 24.0 { 2 } else { 1 };
    let size = (row * 1.3).clamp(8.5, 11.0);
    for octave in (1..=8u8).filter(|octave| octave % every_octaves == 0) {
        let Some(pitch) = Pitch::new((octave + 1) * 12) else {
            continue;
        };
        let is_lit = lit[pitch.key_index()].is_some();
        let text = if is_lit && !colours.is_dark { Color32::WHITE } else { Color32::from_gray(48) };
        let middle = rect.top() + view.row_top(pitch) + row / 2.0;
        let at = pos2(rect.right() - 4.0, middle.clamp(rect.top() + 6.0, rect.bottom() - 6.0));
        if rect.y_range().contains(middle) {
            painter.text(at, Align2::RIGHT_CENTER, pitch.name(), FontId::proportional(size), text);
        }
    }
}
