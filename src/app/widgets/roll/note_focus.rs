//! Single notes: the note under the pointer and the note with keyboard focus.

use eframe::egui::{
    self, CursorIcon, EventFilter, FontId, Key, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui, vec2,
};

use super::input::{RollEvent, RollInput};
use super::layout::RollView;
use super::{NoteIndex, RollColours, note_rect};
use crate::app::kit::keys::take_plain;
use crate::display::clock;
use crate::music::Note;

/// Notes further apart than this, in seconds, are not neighbours.
const NEAR_SECS: f64 = 2.0;
const MOVES: [Key; 6] = [Key::ArrowRight, Key::ArrowLeft, Key::ArrowUp, Key::ArrowDown, Key::Home, Key::End];

/// The note that arrow keys start from.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoteFocus {
    place: Option<usize>,
}

impl NoteFocus {
    /// Keeps the focus while a take grows.
    pub fn refresh(&mut self, notes: &[Note], is_new_take: bool) {
        self.place = self.place.filter(|i| !is_new_take && *i < notes.len());
    }

    pub fn note<'a>(&self, notes: &'a [Note]) -> Option<&'a Note> {
        notes.get(self.place?)
    }

    /// Handles arrows, Home, End and Enter while the roll has focus. Returns the note that was moved to.
    pub fn keys<'a>(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        input: &RollInput<'a>,
        events: &mut Vec<RollEvent>,
    ) -> Option<&'a Note> {
        let notes = input.performance.notes();
        if !response.has_focus() || notes.is_empty() {
            return None;
        }
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
        let mut moved = None;
        for key in take_plain(ui.ctx(), &MOVES) {
            moved = Some(self.target(key, notes, input.playhead_secs));
            self.place = moved;
        }
        // egui turns Enter and a screen reader's press into a click without a pointer.
        let is_pressed = response.clicked() && response.interact_pointer_pos().is_none();
        if let Some(note) =
            self.note(notes).filter(|_| is_pressed || !take_plain(ui.ctx(), &[Key::Enter]).is_empty())
        {
            events.push(audition(note));
        }
        notes.get(moved?)
    }

    /// The note that a key moves to; the first key moves to the note at the playhead.
    fn target(&self, key: Key, notes: &[Note], playhead_secs: f64) -> usize {
        let last = notes.len() - 1;
        let at_playhead = notes.partition_point(|n| n.onset_secs < playhead_secs).min(last);
        match (key, self.place) {
            (Key::Home, _) => 0,
            (Key::End, _) => last,
            (_, None) => at_playhead,
            (Key::ArrowRight, Some(i)) => (i + 1).min(last),
            (Key::ArrowLeft, Some(i)) => i.saturating_sub(1),
            (Key::ArrowUp, Some(i)) => neighbour(notes, i, true),
            (_, Some(i)) => neighbour(notes, i, false),
        }
    }

    /// Outlines and labels both notes; a click plays the one under the pointer.
    #[expect(clippy::too_many_arguments)]
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        input: &RollInput<'_>,
        index: &NoteIndex,
        area: Rect,
        view: &RollView,
        colours: &RollColours,
        events: &mut Vec<RollEvent>,
    ) {
        let notes = input.performance.notes();
        let painter = ui.painter().with_clip_rect(area);
        if response.has_focus() {
            painter.rect_stroke(area, 0.0, Stroke::new(1.5, colours.accent), StrokeKind::Inside);
            if let Some(note) = self.note(notes) {
                outline(&painter, note_rect(view, area, note), Stroke::new(2.0, colours.accent));
                note_card(ui, area, note_rect(view, area, note).center_bottom(), note, colours);
            }
        }
        let Some(pos) = response.hover_pos() else { return };
        let at = pos - area.min;
        let slack_secs = 3.0 / view.px_per_sec;
        let found = view
            .pitch_at(at.y)
            .and_then(|pitch| index.note_at(notes, view.secs(at.x), pitch, slack_secs))
            .and_then(|i| Some((i, notes.get(i)?)));
        let Some((place, note)) = found else { return };
        outline(&painter, note_rect(view, area, note), Stroke::new(1.0, colours.text));
        if !response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
            note_card(ui, area, pos + vec2(0.0, 10.0), note, colours);
        }
        if response.clicked() && ui.input(|i| i.modifiers.shift) {
            events.push(RollEvent::ToggleNote(place));
        } else if response.clicked() {
            self.place = Some(place);
            events.push(audition(note));
        }
    }
}

fn audition(note: &Note) -> RollEvent {
    RollEvent::Audition { pitch: note.pitch, velocity: note.velocity }
}

/// The next note above or below, preferring near in time, then in pitch.
fn neighbour(notes: &[Note], from: usize, up: bool) -> usize {
    let here = &notes[from];
    let near = notes.partition_point(|n| n.onset_secs < here.onset_secs - NEAR_SECS)
        ..notes.partition_point(|n| n.onset_secs <= here.onset_secs + NEAR_SECS);
    let cost = |n: &Note| {
        let keys = f64::from(n.pitch.number().abs_diff(here.pitch.number()));
        keys / 12.0 + (n.onset_secs - here.onset_secs).abs() * 4.0
    };
    let is_beyond = |n: &Note| {
        if up { n.pitch > here.pitch } else { n.pitch < here.pitch }
    };
    near.filter(|i| is_beyond(&notes[*i]))
        .min_by(|a, b| cost(&notes[*a]).total_cmp(&cost(&notes[*b])))
        .unwrap_or(from)
}

/// "F♯4  at 0:12.34  0.52 s  velocity 71".
pub fn note_text(ui: &Ui, note: &Note) -> String {
    let font = FontId::proportional(11.0);
    let mut name = note.pitch.name();
    if !ui.ctx().fonts_mut(|f| f.has_glyphs(&font, &name)) {
        name = name.replace('♯', "#");
    }
    let onset = clock(note.onset_secs, 2);
    format!("{name}  at {onset}  {:.2} s  velocity {}", note.duration_secs, note.velocity.value())
}

fn outline(painter: &Painter, rect: Rect, stroke: Stroke) {
    painter.rect_stroke(rect.expand(1.5), 2.0, stroke, StrokeKind::Outside);
}

fn note_card(ui: &Ui, area: Rect, below: Pos2, note: &Note, colours: &RollColours) {
    let font = FontId::proportional(11.0);
    let galley = ui.painter().layout_no_wrap(note_text(ui, note), font, colours.text);
    let size = galley.size() + vec2(16.0, 10.0);
    let mut rect = Rect::from_min_size(below + vec2(10.0, 8.0), size);
    if rect.right() > area.right() {
        rect = rect.translate(vec2(area.right() - rect.right() - 4.0, 0.0));
    }
    if rect.bottom() > area.bottom() {
        rect = rect.translate(vec2(0.0, -size.y - 34.0));
    }
    let edge = egui::Stroke::new(1.0, colours.line);
    ui.painter().rect(rect, 4.0, colours.raised, edge, StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(8.0, 5.0), galley, colours.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Pitch, Velocity};

    fn note(number: u8, onset_secs: f64) -> Note {
        let velocity = Velocity::new(64).unwrap();
        Note { pitch: Pitch::new(number).unwrap(), onset_secs, duration_secs: 0.5, velocity }
    }

    #[test]
    fn arrows_move_in_time_and_to_the_voices_above_and_below() {
        // A chord, a later chord, and a far high note.
        let notes =
            [note(48, 0.0), note(60, 0.0), note(64, 0.0), note(50, 1.0), note(65, 1.0), note(100, 9.0)];
        let from = |i| NoteFocus { place: Some(i) };
        assert_eq!(from(1).target(Key::ArrowUp, &notes, 0.0), 2);
        assert_eq!(from(1).target(Key::ArrowDown, &notes, 0.0), 0);
        assert_eq!(from(2).target(Key::ArrowUp, &notes, 0.0), 4, "the next voice up begins a second later");
        assert_eq!(from(4).target(Key::ArrowUp, &notes, 0.0), 4, "nothing above is near");
        assert_eq!(from(5).target(Key::ArrowRight, &notes, 0.0), 5);
        assert_eq!(NoteFocus::default().target(Key::ArrowLeft, &notes, 0.7), 3);
    }
}
