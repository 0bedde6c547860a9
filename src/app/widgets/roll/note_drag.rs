//! Moving and stretching the chosen notes with the pointer.

use eframe::egui::{CursorIcon, Key, Painter, PointerButton, Pos2, Rect, Response, Ui, Vec2};

use super::input::{RollEvent, RollInput};
use super::layout::RollView;
use super::{NoteIndex, RollColours, note_rect};
use crate::music::NoteEdit;

/// The end of a note, by which it is stretched, points.
const EDGE_PX: f32 = 5.0;
/// Shorter notes have no end to take hold of, points.
const MIN_WIDTH_PX: f32 = 14.0;
/// A shorter drag is a click with an unsteady hand, points.
const MIN_DRAG_PX: f32 = 3.0;
/// A stretched note keeps at least this share of its length.
const MIN_FACTOR: f64 = 0.05;

/// What the pointer took hold of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Grip {
    Note,
    /// The end of a note that is held this long.
    End {
        duration_secs: f64,
    },
}

/// A drag of the chosen notes, from where the pointer went down.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoteDrag {
    held: Option<(Pos2, Grip)>,
}

impl NoteDrag {
    pub fn is_active(&self) -> bool {
        self.held.is_some()
    }

    /// Begins with a drag of a chosen note, and reports the edit when the drag ends; Esc ends it without.
    pub fn ui(
        &mut self,
        ui: &Ui,
        response: &Response,
        input: &RollInput<'_>,
        index: &NoteIndex,
        view: &RollView,
        events: &mut Vec<RollEvent>,
    ) {
        let area = response.rect;
        if response.drag_started_by(PointerButton::Primary) && ui.input(|i| !i.modifiers.shift) {
            let origin = ui.input(|i| i.pointer.press_origin());
            self.held = origin.and_then(|at| Some((at, grip(input, index, view, area, at)?)));
        }
        let Some((_, held)) = self.held else {
            let over = response.hover_pos().and_then(|at| grip(input, index, view, area, at));
            if let Some(grip) = over.filter(|_| !response.dragged()) {
                ui.ctx().set_cursor_icon(cursor(grip));
            }
            return;
        };
        ui.ctx().set_cursor_icon(cursor(held));
        if ui.input_mut(|i| i.consume_key(Default::default(), Key::Escape)) {
            self.held = None;
        } else if !response.dragged() {
            let edit = self.edit(ui, view);
            self.held = None;
            events.extend(edit.map(RollEvent::Edit));
        }
    }

    /// What the drag so far does to the notes.
    fn edit(&self, ui: &Ui, view: &RollView) -> Option<NoteEdit> {
        let (origin, grip) = self.held?;
        let delta = ui.input(|i| i.pointer.latest_pos())? - origin;
        (delta.length() >= MIN_DRAG_PX).then(|| edit(grip, delta, view))
    }

    /// The chosen notes where the drag would put them.
    pub fn paint(
        &self,
        ui: &Ui,
        painter: &Painter,
        input: &RollInput<'_>,
        view: &RollView,
        area: Rect,
        colours: &RollColours,
    ) {
        let (Some(selection), Some(edit)) = (input.selection, self.edit(ui, view)) else { return };
        for note in input.performance.changed(&selection.notes, edit) {
            let rect = note_rect(view, area, &note);
            if rect.intersects(area) {
                painter.rect_filled(rect, 2.0, colours.accent.gamma_multiply(0.7));
            }
        }
    }
}

fn cursor(grip: Grip) -> CursorIcon {
    match grip {
        Grip::Note => CursorIcon::Move,
        Grip::End { .. } => CursorIcon::ResizeHorizontal,
    }
}

fn edit(grip: Grip, delta: Vec2, view: &RollView) -> NoteEdit {
    let secs = f64::from(delta.x) / view.px_per_sec;
    match grip {
        Grip::Note => {
            let semitones = (f64::from(-delta.y) / view.px_per_key).round() as i32;
            NoteEdit::Move { secs, semitones }
        }
        Grip::End { duration_secs } => {
            NoteEdit::Stretch { factor: ((duration_secs + secs) / duration_secs).max(MIN_FACTOR) }
        }
    }
}

/// What can be dragged at `at`: a selected note, or its end.
fn grip(input: &RollInput<'_>, index: &NoteIndex, view: &RollView, area: Rect, at: Pos2) -> Option<Grip> {
    let selection = input.selection?;
    let notes = input.performance.notes();
    let place = at - area.min;
    let slack_secs = 3.0 / view.px_per_sec;
    let found = index.note_at(notes, view.secs(place.x), view.pitch_at(place.y)?, slack_secs)?;
    let note = notes.get(found).filter(|_| selection.notes.contains(&found))?;
    let rect = note_rect(view, area, note);
    let is_end = rect.width() >= MIN_WIDTH_PX && at.x > rect.right() - EDGE_PX;
    let duration_secs = note.duration_secs;
    Some(if is_end && duration_secs > 0.0 { Grip::End { duration_secs } } else { Grip::Note })
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

    use super::*;
    use crate::app::widgets::roll::layout::AreaSize;

    #[test]
    fn a_drag_moves_by_time_and_keys_and_an_end_stretches() {
        let view = RollView::initial(AreaSize { width: 1000.0, height: 440.0 });
        let delta = vec2(view.px_per_sec as f32, -2.2 * view.px_per_key as f32);
        let NoteEdit::Move { secs, semitones } = edit(Grip::Note, delta, &view) else { panic!() };
        assert!((secs - 1.0).abs() < 1e-3 && semitones == 2, "{secs} {semitones}");
        let NoteEdit::Stretch { factor } = edit(Grip::End { duration_secs: 0.5 }, delta, &view) else {
            panic!()
        };
        assert!((factor - 3.0).abs() < 1e-3, "{factor}");
        let back = edit(Grip::End { duration_secs: 0.5 }, -delta, &view);
        assert_eq!(back, NoteEdit::Stretch { factor: MIN_FACTOR });
    }
}
