//! What lies over the cloud: component means, takes, the chosen place and the card of the hovered point.

use eframe::egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, vec2};
use egui_plot::PlotTransform;

use super::cloud::screen;
use super::input::LatentTake;
use crate::app::kit::theme::{ComposerStyle, Palette, paint_marker};
use crate::display::shortened;
use crate::music::{ComposerId, ComposerSet};

/// Letters of a take's name that are set on the map.
const LONGEST_NAME: usize = 28;

/// The means of the mixture components, with the composers' names where there is room for them.
#[expect(clippy::too_many_arguments)]
pub fn paint_components(
    painter: &Painter,
    transform: &PlotTransform,
    components: &[[f32; 2]],
    composers: &ComposerSet,
    takes: &[LatentTake],
    selected: Option<ComposerId>,
    is_hidden: &dyn Fn(ComposerId) -> bool,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
    palette: &Palette,
) {
    let mut marks: Vec<(ComposerId, &str, Pos2)> = composers
        .iter()
        .zip(components)
        .map(|((id, composer), xy)| (id, composer.surname(), screen(transform, *xy)))
        .filter(|(id, _, at)| painter.clip_rect().contains(*at) && !is_hidden(*id))
        .collect();
    // The chosen composer's name is set first: it never gives way to another.
    marks.sort_by_key(|(id, _, _)| Some(*id) != selected);
    let square = |at: Pos2, side: f32| Rect::from_center_size(at, vec2(side, side));
    let ring =
        |take: &LatentTake| square(screen(transform, take.xy), if take.is_current { 22.0 } else { 14.0 });
    let mut taken: Vec<Rect> =
        marks.iter().map(|(_, _, at)| square(*at, 14.0)).chain(takes.iter().map(ring)).collect();
    for (id, _, at) in &marks {
        let style = style_of(Some(*id));
        let radius = if Some(*id) == selected { 8.0 } else { 6.0 };
        paint_marker(painter, *at, radius + 2.0, ComposerStyle { colour: palette.well, ..style });
        paint_marker(painter, *at, radius, style);
    }
    for (id, name, at) in &marks {
        let font = FontId::proportional(if Some(*id) == selected { 13.0 } else { 12.0 });
        let galley = painter.layout_no_wrap((*name).to_owned(), font, palette.text);
        let size = galley.size();
        let places = [
            vec2(11.0, -size.y / 2.0),
            vec2(-11.0 - size.x, -size.y / 2.0),
            vec2(-size.x / 2.0, -11.0 - size.y),
            vec2(-size.x / 2.0, 9.0),
        ];
        let free = places.iter().map(|offset| Rect::from_min_size(*at + *offset, size)).find(|rect| {
            painter.clip_rect().contains_rect(*rect) && !taken.iter().any(|other| other.intersects(*rect))
        });
        let Some(rect) = free else { continue };
        painter.rect_filled(rect.expand2(vec2(3.0, 0.0)), 4.0, palette.well.gamma_multiply(0.75));
        painter.galley(rect.min, galley, palette.text);
        taken.push(rect);
    }
}

/// The takes so far: ringed points, the current one larger and named.
pub fn paint_takes(
    painter: &Painter,
    transform: &PlotTransform,
    takes: &[LatentTake],
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
    palette: &Palette,
) {
    for take in takes {
        let at = screen(transform, take.xy);
        if !painter.clip_rect().expand(8.0).contains(at) {
            continue;
        }
        let style = style_of(take.composer);
        let (dot, ring) = if take.is_current { (5.0, 10.0) } else { (3.0, 6.0) };
        painter.circle_filled(at, ring, palette.well.gamma_multiply(0.6));
        paint_marker(painter, at, dot, style);
        painter.circle_stroke(at, ring, Stroke::new(if take.is_current { 2.0 } else { 1.2 }, palette.text));
        if take.is_current {
            let name = shortened(&take.name, LONGEST_NAME);
            name_tag(painter, at + vec2(0.0, -ring - 3.0), &name, palette);
        }
    }
}

fn name_tag(painter: &Painter, at: Pos2, name: &str, palette: &Palette) {
    let galley = painter.layout_no_wrap(name.to_owned(), FontId::proportional(12.0), palette.text);
    let rect = Align2::CENTER_BOTTOM.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(4.0, 1.0)), 4.0, palette.raised.gamma_multiply(0.9));
    painter.galley(rect.min, galley, palette.text);
}

/// The place that was clicked last.
pub fn paint_place(painter: &Painter, transform: &PlotTransform, xy: [f32; 2], palette: &Palette) {
    let at = screen(transform, xy);
    let stroke = Stroke::new(1.5, palette.accent);
    painter.circle_stroke(at, 7.0, stroke);
    for arm in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
        painter.line_segment([at + arm * 4.0, at + arm * 11.0], stroke);
    }
}

/// The card beside a hovered point: a title in the text's colour, a second line in the composer's.
pub fn hover_card(
    ui: &Ui,
    frame: Rect,
    at: Pos2,
    title: &str,
    second: &str,
    colour: Color32,
    palette: &Palette,
) {
    let width = (frame.width() * 0.6).clamp(120.0, 320.0);
    let painter = ui.painter();
    let title = painter.layout(title.to_owned(), FontId::proportional(13.0), palette.text, width);
    let second = painter.layout(second.to_owned(), FontId::proportional(12.0), colour, width);
    let size =
        vec2(title.size().x.max(second.size().x), title.size().y + second.size().y + 2.0) + vec2(20.0, 14.0);
    let mut min = at + vec2(14.0, 14.0);
    if min.x + size.x > frame.right() {
        min.x = at.x - 14.0 - size.x;
    }
    if min.y + size.y > frame.bottom() {
        min.y = at.y - 14.0 - size.y;
    }
    min = min.max(frame.min);
    let rect = Rect::from_min_size(min, size);
    painter.rect(rect, 6.0, palette.raised, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let text_at = rect.min + vec2(10.0, 7.0);
    let below = text_at + vec2(0.0, title.size().y + 2.0);
    painter.galley(text_at, title, palette.text);
    painter.galley(below, second, colour);
}
