//! Divides the roll into its areas: keyboard, ruler, notes, pedal lane and overview.

use eframe::egui::{Rect, pos2};

use super::layout::AreaSize;

const GUTTER_PX: f32 = 48.0;
const RULER_PX: f32 = 24.0;
const SECTIONS_PX: f32 = 18.0;
const PEDAL_PX: f32 = 14.0;
const OVERVIEW_PX: f32 = 40.0;
/// If the note area would be lower than this, the overview is hidden first, then the pedal lane, then the sections.
const MIN_NOTES_PX: f32 = 120.0;

/// The rectangles in this frame. Notes, ruler, pedal lane and overview share their left and right edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    pub ruler: Rect,
    /// Over the notes, where the take has sections.
    pub sections: Option<Rect>,
    pub keyboard: Rect,
    pub notes: Rect,
    pub pedal: Option<Rect>,
    pub overview: Option<Rect>,
    pub corner: Rect,
}

impl Parts {
    pub fn new(full: Rect, has_sections: bool) -> Parts {
        let spare = full.height() - RULER_PX - MIN_NOTES_PX;
        let sections_px = if has_sections && spare >= SECTIONS_PX { SECTIONS_PX } else { 0.0 };
        let spare = spare - sections_px;
        let overview_px = if spare >= OVERVIEW_PX + PEDAL_PX { OVERVIEW_PX } else { 0.0 };
        let pedal_px = if spare >= PEDAL_PX { PEDAL_PX } else { 0.0 };
        let (left, strip) = (full.left() + GUTTER_PX, full.top() + RULER_PX);
        let top = strip + sections_px;
        let notes_bottom = (full.bottom() - overview_px - pedal_px).max(top + 1.0);
        let right = full.right().max(left + 1.0);
        let across = |from: f32, to: f32| Rect::from_min_max(pos2(left, from), pos2(right, to));
        Parts {
            ruler: across(full.top(), strip),
            sections: (sections_px > 0.0).then(|| across(strip, top)),
            keyboard: Rect::from_min_max(pos2(full.left(), top), pos2(left, notes_bottom)),
            notes: across(top, notes_bottom),
            pedal: (pedal_px > 0.0).then(|| across(notes_bottom, notes_bottom + pedal_px)),
            overview: (overview_px > 0.0).then(|| across(full.bottom() - overview_px, full.bottom())),
            corner: Rect::from_min_max(full.left_top(), pos2(left, top)),
        }
    }

    /// Of the note area.
    pub fn size(&self) -> AreaSize {
        AreaSize { width: self.notes.width(), height: self.notes.height() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_roll_keeps_its_notes() {
        let full = |height| Rect::from_min_max(pos2(0.0, 0.0), pos2(600.0, height));
        let roomy = Parts::new(full(400.0), true);
        assert!(roomy.overview.is_some() && roomy.pedal.is_some());
        assert_eq!(roomy.sections.map(|s| s.bottom()), Some(roomy.notes.top()));
        assert_eq!(Parts::new(full(400.0), false).sections, None);
        let low = Parts::new(full(160.0), false);
        assert!(low.overview.is_none() && low.pedal.is_some() && low.notes.height() >= MIN_NOTES_PX);
        let tiny = Parts::new(full(10.0), true);
        assert!(tiny.pedal.is_none() && tiny.notes.height() > 0.0);
    }
}
