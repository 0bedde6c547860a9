//! The parts of the piano roll: what is in sight, how it is painted, and what the pointer does.

mod camera;
mod colours;
mod index;
pub mod input;
mod keyboard;
pub mod layout;
mod marquee;
mod note_focus;
mod note_picture;
mod notes;
mod overlays;
mod overview;
mod parts;
pub mod piano_roll;
mod raster;
mod ruler;
mod section_mark;
mod section_strip;
mod selection;
mod thumbnail;

pub use camera::{Camera, Want};
pub use colours::{RollColours, mix};
pub use index::NoteIndex;
pub use keyboard::{keyboard_ui, lit_keys};
pub use marquee::Marquee;
pub use note_focus::{NoteFocus, note_text};
pub use notes::{NotesLayer, note_rect, paint_pedal, paint_rows, paint_sounding, paint_spotlight};
pub use overlays::{empty_ui, paint_growing, paint_outside_loop, paint_playhead};
pub use overview::Overview;
pub use parts::Parts;
pub use raster::Raster;
pub use ruler::{RulerDrag, ruler_ui};
pub use section_mark::SectionMark;
pub use section_strip::sections_ui;
pub use selection::{Selection, paint_locks, paint_selection};
pub use thumbnail::Thumbnail;
