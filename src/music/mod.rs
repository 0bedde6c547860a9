//! Music: notes in seconds, sustain pedal, composers, and MIDI files.

mod composer;
mod composer_known;
mod composer_name;
mod edit;
mod era;
mod markings;
pub mod midi;
mod note;
mod pedal;
mod performance;
mod summary;

pub use composer::{Composer, ComposerError, ComposerId, ComposerSet, surname};
pub use composer_name::{known_as as known_composer, unified as unified_composers};
pub use edit::NoteEdit;
pub use era::Era;
pub use markings::{DEFAULT_QUARTER_MICROS, Markings, MetreChange, TempoChange};
pub use note::{NotAKey, Note, Pitch, Velocity};
pub use pedal::{PEDAL_DOWN, PedalChange};
pub use performance::Performance;
pub use summary::Summary;
