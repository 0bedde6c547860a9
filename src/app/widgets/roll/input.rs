//! Input and events of the roll.

use std::ops::{Range, RangeInclusive};

use eframe::egui::Color32;

use super::section_mark::SectionMark;
use super::selection::Selection;
use crate::generate::Region;
use crate::music::{NoteEdit, Performance, Pitch, Velocity};

/// What to show in this frame.
pub struct RollInput<'a> {
    /// The music so far.
    pub performance: &'a Performance,
    /// Identifies the take; for a different one the view goes to the playhead. It stays the same while a take grows.
    pub take_id: u64,
    /// Changes whenever `performance` does; for a growing take, the number of notes will do.
    pub revision: u64,
    pub playhead_secs: f64,
    pub is_playing: bool,
    /// More notes will follow.
    pub is_growing: bool,
    pub loop_secs: Option<Range<f64>>,
    pub selection: Option<&'a Selection>,
    /// Parts that nothing may change.
    pub locks: &'a [Region],
    /// In order; empty without a form.
    pub sections: &'a [SectionMark],
    pub colour: Color32,
    /// The take's name for screen readers, such as "Chopin 7".
    pub name: &'a str,
    pub empty: RollEmpty<'a>,
}

/// The text of an empty roll.
#[derive(Clone, Copy, Debug, Default)]
pub struct RollEmpty<'a> {
    pub text: &'a str,
    pub button: Option<&'a str>,
    /// Disables the button, with this reason.
    pub disabled_because: Option<&'a str>,
}

/// What the user did in the roll.
#[derive(Clone, Debug, PartialEq)]
pub enum RollEvent {
    Seek {
        secs: f64,
    },
    SetLoop(Option<Range<f64>>),
    /// Play this note: a note or a key was clicked, or Enter was pressed on a note.
    Audition {
        pitch: Pitch,
        velocity: Velocity,
    },
    /// A rectangle was drawn.
    Select {
        secs: Range<f64>,
        pitches: RangeInclusive<Pitch>,
    },
    /// A note was clicked to be chosen, or not any more.
    ToggleNote(usize),
    /// The chosen notes were dragged.
    Edit(NoteEdit),
    /// The button of the empty roll was clicked.
    EmptyButton,
}
