//! The note area: rows, notes, pedal lane.

use std::sync::Arc;

use eframe::egui::{Color32, Context, Mesh, Painter, Pos2, Rect, Shape, pos2, vec2};

use super::colours::{loudness, mix};
use super::layout::{RollView, RulerStep};
use super::note_picture::NotePicture;
use super::{NoteIndex, RollColours};
use crate::music::{Note, Pitch, Velocity};

/// Notes in rows of at least this height have rounded corners.
const ROUNDED_FROM_PX: f64 = 7.0;
const CORNER_PX: f32 = 1.6;
const MIN_NOTE_WIDTH_PX: f32 = 2.0;
/// Distance from the playhead at which dimming is strongest.
const SPOTLIGHT_SECS: f64 = 7.0;

/// The rectangle of a note. Its height depends on the velocity; a small gap separates repeated notes.
pub fn note_rect(view: &RollView, area: Rect, note: &Note) -> Rect {
    let row = view.px_per_key as f32;
    let height = (row * (0.46 + 0.5 * loudness(note.velocity))).max(row.min(1.5));
    let left = area.left() + view.x(note.onset_secs);
    let mut width = (note.duration_secs * view.px_per_sec) as f32;
    if width > 4.0 {
        width -= 1.0;
    }
    let middle = area.top() + view.row_top(note.pitch) + row / 2.0;
    Rect::from_min_size(pos2(left, middle - height / 2.0), vec2(width.max(MIN_NOTE_WIDTH_PX), height))
}

/// A rectangle with slightly cut corners (eight vertices): at this size they look round.
fn add_rounded(mesh: &mut Mesh, rect: Rect, colour: Color32) {
    let cut = CORNER_PX.min(rect.width() / 2.0).min(rect.height() / 2.0);
    let first = mesh.vertices.len() as u32;
    let (l, r, t, b) = (rect.left(), rect.right(), rect.top(), rect.bottom());
    for (x, y) in [
        (l + cut, t),
        (r - cut, t),
        (r, t + cut),
        (r, b - cut),
        (r - cut, b),
        (l + cut, b),
        (l, b - cut),
        (l, t + cut),
    ] {
        mesh.colored_vertex(pos2(x, y), colour);
    }
    for i in 1..7 {
        mesh.add_triangle(first, first + i, first + i + 1);
    }
}

/// Cache key: everything that the painted notes depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct NotesKey {
    take_id: u64,
    revision: u64,
    view: RollView,
    area: Rect,
    colours: RollColours,
    pixels_per_point: f32,
}

/// All visible notes as one shape, cached.
#[derive(Debug, Default)]
pub struct NotesLayer {
    key: Option<NotesKey>,
    mesh: Arc<Mesh>,
    picture: NotePicture,
    is_picture: bool,
}

impl NotesLayer {
    /// `identity` is the take's id and revision.
    #[expect(clippy::too_many_arguments)]
    pub fn shape(
        &mut self,
        ctx: &Context,
        identity: (u64, u64),
        index: &NoteIndex,
        notes: &[Note],
        view: &RollView,
        area: Rect,
        colours: &RollColours,
    ) -> Shape {
        let (take_id, revision) = identity;
        let key = NotesKey {
            take_id,
            revision,
            view: *view,
            area,
            colours: *colours,
            pixels_per_point: ctx.pixels_per_point(),
        };
        if self.key != Some(key) {
            self.key = Some(key);
            let by_velocity: Vec<Color32> = (0..=127).map(|v| colours.note(Velocity::clamped(v))).collect();
            let in_sight = || index.notes_in(notes, view.visible_secs(area.width()));
            let rects = in_sight()
                .map(|(_, n)| (note_rect(view, area, n), by_velocity[usize::from(n.velocity.value())]))
                .filter(|(rect, _)| rect.bottom() >= area.top() && rect.top() <= area.bottom());
            self.is_picture = NotePicture::is_cheaper(ctx, in_sight().count(), area);
            if self.is_picture {
                self.picture.fill(ctx, area, rects)
            } else {
                fill_mesh(Arc::make_mut(&mut self.mesh), rects, view)
            }
        }
        if self.is_picture { self.picture.shape() } else { Shape::Mesh(self.mesh.clone()) }
    }
}

/// Reuses the old mesh if the painter has dropped it, so that scrolling does not allocate.
fn fill_mesh(mesh: &mut Mesh, rects: impl Iterator<Item = (Rect, Color32)>, view: &RollView) {
    mesh.clear();
    let is_rounded = view.px_per_key >= ROUNDED_FROM_PX;
    for (rect, colour) in rects {
        if is_rounded && rect.width() > 4.0 {
            add_rounded(mesh, rect, colour);
        } else {
            mesh.add_colored_rect(rect, colour);
        }
    }
}

/// Redraws the notes whose key is down brighter and with a glow.
pub fn paint_sounding<'a>(
    painter: &Painter,
    sounding: impl Iterator<Item = &'a Note>,
    view: &RollView,
    area: Rect,
    colours: &RollColours,
) {
    let mut glow = Mesh::default();
    let mut bright = Mesh::default();
    for note in sounding {
        let rect = note_rect(view, area, note);
        add_rounded(&mut glow, rect.expand(3.0), colours.composer.gamma_multiply(0.22));
        add_rounded(&mut glow, rect.expand(1.5), colours.composer.gamma_multiply(0.35));
        add_rounded(&mut bright, rect, colours.sounding(note.velocity));
    }
    painter.add(Shape::mesh(glow));
    painter.add(Shape::mesh(bright));
}

/// The background: shaded black-key rows, a line below every C, and the ruler's lines.
pub fn paint_rows(painter: &Painter, view: &RollView, area: Rect, colours: &RollColours) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(area, colours.well);
    let row = view.px_per_key as f32;
    for pitch in (0..Pitch::COUNT).filter_map(Pitch::from_key_index) {
        let top = area.top() + view.row_top(pitch);
        if pitch.is_black_key() {
            mesh.add_colored_rect(
                Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), row)),
                colours.black_row,
            );
        }
        // Two white rows meet between B and C and between E and F.
        let strength = match pitch.class() {
            0 => 0.9,
            5 => 0.35,
            _ => continue,
        };
        let line = Rect::from_min_size(pos2(area.left(), top + row - 0.5), vec2(area.width(), 1.0));
        mesh.add_colored_rect(line, mix(colours.well, colours.line, strength));
    }
    let step = RulerStep::for_scale(view.px_per_sec);
    for secs in RulerStep::multiples(step.label_secs, view.visible_secs(area.width())) {
        let x = area.left() + view.x(secs);
        let line = Rect::from_min_size(pos2(x.round(), area.top()), vec2(1.0, area.height()));
        mesh.add_colored_rect(line, colours.line.gamma_multiply(0.6));
    }
    painter.add(Shape::mesh(mesh));
}

/// Dims what is far from the playhead with an overlay in the background colour; `strength` 0–1.
pub fn paint_spotlight(
    painter: &Painter,
    view: &RollView,
    area: Rect,
    playhead_secs: f64,
    strength: f32,
    colours: &RollColours,
) {
    if strength <= 0.0 {
        return;
    }
    let near = SPOTLIGHT_SECS * 0.35;
    let edges = [-SPOTLIGHT_SECS, -near, near, SPOTLIGHT_SECS]
        .map(|d| (area.left() + view.x(playhead_secs + d)).clamp(area.left(), area.right()));
    let veil = colours.well.gamma_multiply(0.5 * strength);
    let none = Color32::TRANSPARENT;
    let mut mesh = Mesh::default();
    let mut band = |from: f32, to: f32, left: Color32, right: Color32| {
        if to - from < 0.5 {
            return;
        }
        let first = mesh.vertices.len() as u32;
        let corner = |x: f32, y: f32| Pos2::new(x, y);
        mesh.colored_vertex(corner(from, area.top()), left);
        mesh.colored_vertex(corner(to, area.top()), right);
        mesh.colored_vertex(corner(to, area.bottom()), right);
        mesh.colored_vertex(corner(from, area.bottom()), left);
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first, first + 2, first + 3);
    };
    band(area.left(), edges[0], veil, veil);
    band(edges[0], edges[1], veil, none);
    band(edges[2], edges[3], none, veil);
    band(edges[3], area.right(), veil, veil);
    painter.add(Shape::mesh(mesh));
}

/// The sustain pedal lane; height shows the depth of the pedal.
pub fn paint_pedal(painter: &Painter, index: &NoteIndex, view: &RollView, lane: Rect, colours: &RollColours) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(lane, colours.black_row);
    let half = mix(colours.black_row, colours.composer, 0.22);
    let down = mix(colours.black_row, colours.composer, 0.45);
    for span in index.pedal_in(view.visible_secs(lane.width())) {
        let left = lane.left() + view.x(span.from_secs).max(0.0);
        let right = (lane.left() + view.x(span.to_secs)).min(lane.right());
        let height = (lane.height() - 4.0) * f32::from(span.value) / 127.0;
        let rect =
            Rect::from_min_max(pos2(left, lane.bottom() - 2.0 - height), pos2(right, lane.bottom() - 2.0));
        let is_down = span.value >= crate::music::PEDAL_DOWN;
        mesh.add_colored_rect(rect, if is_down { down } else { half });
    }
    painter.add(Shape::mesh(mesh));
}
