//! Who composed it? Two networks that hear a composer in note tokens.
//!
//! The **selector** reads every field of the tokens with a recurrent network; it chooses between takes and is the
//! confidence the studio shows. The **judge** sees statistics of pitch and time, without velocity or pedal, through a
//! plain network; it measures and nothing ever trains on it or selects with it.

mod classifier;
mod judge;
mod profile;
mod selector;

pub use classifier::{Classifier, ClassifierHeader, ClassifierKind, Heard, Segment, segments};
pub use profile::{PROFILE_LEN, profile};
