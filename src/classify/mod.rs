//! Who composed it? Two networks that recognise composers from note tokens.
//!
//! The **selector** reads every field of the tokens with a recurrent network; it chooses between takes and gives the
//! confidence that the studio shows. The **judge** sees statistics of pitch and time, without velocity or pedal,
//! through a feed-forward network. It only measures: nothing is trained or selected with it.

mod classifier;
mod judge;
mod profile;
mod selector;
mod soft;

pub use classifier::{Classifier, ClassifierHeader, ClassifierKind, Heard, Segment, segments};
pub use profile::{PROFILE_LEN, profile};
pub use soft::SoftNotes;
