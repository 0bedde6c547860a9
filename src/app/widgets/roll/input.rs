//! What the roll is shown, and what it answers.

use std::ops::{Range, RangeInclusive};

use eframe::egui::Color32;

use super::selection::Selection;
use crate::music::{Performance, Pitch, Velocity};

/// What the roll shows this frame.
pub struct RollInput<'a> {
    /// Everything that is there so far, also while the take grows.
    pub performance: &'a Performance,
    /// Another number is another take: the view goes to the playhead. The same while a take grows.
    pub take_id: u64,
    /// Changes whenever `performance` does; the length of its notes will do for a take that grows.
    pub revision: u64,
    pub playhead_secs: f64,
    pub is_playing: bool,
    /// Notes still come.
    pub is_growing: bool,
    pub loop_secs: Option<Range<f64>>,
    pub selection: Option<&'a Selection>,
    /// Time that nothing may change.
    pub locks: &'a [Range<f64>],
    pub colour: Color32,
    /// "Chopin 7": what a screen reader calls the take.
    pub name: &'a str,
    pub empty: RollEmpty<'a>,
}

/// What a roll without notes says.
#[derive(Clone, Copy, Debug, Default)]
pub struct RollEmpty<'a> {
    pub text: &'a str,
    pub button: Option<&'a str>,
    /// Greys the button and says why.
    pub disabled_because: Option<&'a str>,
}

/// What the user did in the roll.
#[derive(Clone, Debug, PartialEq)]
pub enum RollEvent {
    Seek {
        secs: f64,
    },
    SetLoop(Option<Range<f64>>),
    /// Let this be heard: a note or a key of the gutter was clicked, or Enter pressed on a note.
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
    /// The button of the empty state.
    EmptyButton,
}
