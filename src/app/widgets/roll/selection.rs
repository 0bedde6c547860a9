//! Notes that are chosen in the roll.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use eframe::egui::{Color32, Painter, Rect, Stroke, StrokeKind, pos2};

use super::layout::{PITCH_BOTTOM, PITCH_TOP, RollView};
use super::{RollColours, note_rect};
use crate::generate::Region;
use crate::music::{Note, Performance, Pitch};

/// A part of the music, and the notes of it that are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    pub secs: Range<f64>,
    pub pitches: RangeInclusive<Pitch>,
    /// Indices of notes.
    pub notes: BTreeSet<usize>,
}

impl Selection {
    /// The notes that begin within `secs` and lie within `pitches`.
    pub fn new(music: &Performance, secs: Range<f64>, pitches: RangeInclusive<Pitch>) -> Selection {
        let holds = |n: &Note| secs.contains(&n.onset_secs) && pitches.contains(&n.pitch);
        let notes = music.notes().iter().enumerate().filter(|(_, n)| holds(n)).map(|(i, _)| i).collect();
        Selection { secs, pitches, notes }
    }

    /// The smallest part that holds all of `notes`; `None` for none.
    pub fn of_notes(music: &Performance, notes: BTreeSet<usize>) -> Option<Selection> {
        let own = || notes.iter().filter_map(|&i| music.notes().get(i));
        let (low, high) = (own().map(|n| n.pitch).min()?, own().map(|n| n.pitch).max()?);
        let from = own().map(|n| n.onset_secs).fold(f64::INFINITY, f64::min);
        let to = own().map(Note::release_secs).fold(from, f64::max);
        Some(Selection { secs: from..to, pitches: low..=high, notes })
    }

    /// With the note, or without it where it was chosen; `None` when no note is left.
    pub fn toggled(&self, music: &Performance, note: usize) -> Option<Selection> {
        let mut notes = self.notes.clone();
        if !notes.remove(&note) {
            notes.insert(note);
        }
        Selection::of_notes(music, notes)
    }
}

/// What a chosen part is filled with.
pub fn ground(colours: &RollColours) -> Color32 {
    colours.accent.gamma_multiply(0.14)
}

/// What it is framed with.
pub fn edge(colours: &RollColours) -> Stroke {
    Stroke::new(1.0, colours.accent)
}

/// The part that is chosen, and its notes.
pub fn paint_selection(
    painter: &Painter,
    view: &RollView,
    area: Rect,
    selection: &Selection,
    notes: &[Note],
    colours: &RollColours,
) {
    let rect = part_rect(view, area, &selection.secs, &selection.pitches);
    painter.rect(rect, 2.0, ground(colours), edge(colours), StrokeKind::Inside);
    for note in selection.notes.iter().filter_map(|&i| notes.get(i)) {
        let rect = note_rect(view, area, note);
        if rect.intersects(area) {
            painter.rect_stroke(rect.expand(1.0), 2.0, Stroke::new(1.5, colours.accent), StrokeKind::Outside);
        }
    }
}

/// Time and keys as a rectangle.
fn part_rect(view: &RollView, area: Rect, secs: &Range<f64>, pitches: &RangeInclusive<Pitch>) -> Rect {
    let x = |secs: f64| area.left() + view.x(secs);
    let y = |axis: f64| area.top() + view.y(axis.clamp(PITCH_BOTTOM, PITCH_TOP));
    let (low, high) = (pitches.start().number(), pitches.end().number());
    Rect::from_min_max(pos2(x(secs.start), y(f64::from(high) + 1.0)), pos2(x(secs.end), y(f64::from(low))))
}

/// Parts that nothing may change.
pub fn paint_locks(painter: &Painter, view: &RollView, area: Rect, locks: &[Region], colours: &RollColours) {
    for lock in locks {
        let rect = part_rect(view, area, &lock.secs, &lock.pitches).intersect(area);
        painter.rect_filled(rect, 0.0, colours.text.gamma_multiply(0.06));
        let bar = Rect::from_x_y_ranges(rect.x_range(), rect.top()..=rect.top() + 3.0);
        painter.rect_filled(bar, 0.0, colours.weak_text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Velocity;

    fn music() -> Performance {
        let note = |number: u8, onset_secs| Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs: 0.5,
            velocity: Velocity::clamped(64),
        };
        Performance::new(vec![note(48, 0.0), note(60, 0.0), note(64, 1.0), note(72, 2.0)], vec![])
    }

    #[test]
    fn notes_are_chosen_by_part_and_one_by_one() {
        let pitch = |n| Pitch::new(n).unwrap();
        let music = music();
        let part = Selection::new(&music, 0.0..1.5, pitch(55)..=pitch(70));
        assert_eq!(part.notes, BTreeSet::from([1, 2]));
        let more = part.toggled(&music, 3).unwrap();
        assert_eq!((more.secs.clone(), more.pitches.clone()), (0.0..2.5, pitch(60)..=pitch(72)));
        let less = more.toggled(&music, 1).unwrap().toggled(&music, 2).unwrap();
        assert_eq!(less.notes, BTreeSet::from([3]));
        assert_eq!(less.toggled(&music, 3), None);
    }
}
