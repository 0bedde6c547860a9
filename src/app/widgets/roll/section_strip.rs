//! The strip of sections over the notes: a letter for each, where the take was composed in a form.

use eframe::egui::{Align2, FontId, Rect, Sense, Ui, pos2};

use super::input::RollEvent;
use super::layout::RollView;
use super::section_mark::SectionMark;
use super::{RollColours, mix};

/// Narrower sections show no letter.
const MIN_LABEL_PX: f32 = 14.0;
/// How strongly sections are tinted: the first letter most, the fourth least, then from the beginning.
const TINTS: [f32; 4] = [0.50, 0.30, 0.18, 0.09];

/// Paints the strip; a click goes to the beginning of a section.
pub fn sections_ui(
    ui: &mut Ui,
    sections: &[SectionMark],
    view: &RollView,
    strip: Rect,
    colours: &RollColours,
    events: &mut Vec<RollEvent>,
) {
    let painter = ui.painter().with_clip_rect(strip);
    painter.rect_filled(strip, 0.0, colours.panel);
    for (i, section) in sections.iter().enumerate() {
        let x = |secs: f64| strip.left() + view.x(secs);
        let rect = Rect::from_min_max(
            pos2(x(section.secs.start) + 1.0, strip.top() + 1.0),
            pos2(x(section.secs.end), strip.bottom() - 1.0),
        );
        let seen = rect.intersect(strip);
        if !seen.is_positive() {
            continue;
        }
        let tint = TINTS[section.letter % TINTS.len()];
        let response = ui.interact(seen, ui.scope_id().with(("section", i)), Sense::CLICK);
        let tint = if response.hovered() { tint + 0.15 } else { tint };
        painter.rect_filled(rect, 2.0, mix(colours.panel, colours.composer, tint));
        if seen.width() >= MIN_LABEL_PX {
            let font = FontId::proportional(11.0);
            let text = section.label.replace('\'', "′");
            painter.text(seen.center(), Align2::CENTER_CENTER, text, font, colours.text);
        }
        if response.on_hover_text(&section.description).clicked() {
            events.push(RollEvent::Seek { secs: section.secs.start });
        }
    }
}
