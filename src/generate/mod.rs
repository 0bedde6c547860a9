//! Composing: turns a request into a take, note by note.

mod best_of;
mod calibrate;
mod copy_index;
mod encode;
mod error;
mod form;
mod generator;
mod given;
mod growing;
mod info;
mod line;
mod lines;
mod mix;
mod path;
mod recall;
mod recompose;
mod request;
mod return_schedule;
mod seam;
mod stream;
mod surprise;
mod take;
mod verb_request;
pub mod verbs;
mod walk;

pub use best_of::{CHUNK, DEFAULT_BEST_OF, MAX_BEST_OF, beside_or_shipped};
pub use calibrate::{CalibrationRound, CalibrationSettings, calibrate};
#[cfg(test)]
pub(crate) use copy_index::tests_support;
pub use copy_index::{CopyCheck, CopyIndex, CopyIndexError, IndexedPiece, SURE_NOTES, sequence_hashes};
pub use error::GenerateError;
pub use form::{Form, FormError, MAX_SECTIONS, MIN_SECTION_NOTES, Placed, Section};
pub use generator::Generator;
pub use given::{Given, Kept};
pub use growing::Growing;
pub use info::CheckpointInfo;
pub use mix::{Mix, MixError};
pub use recompose::{Alternative, DEFAULT_CANDIDATES, Recompose, Region};
pub use request::Request;
pub use seam::{Seam, splice};
pub use surprise::Passage;
pub use take::{DEFAULT_RECALL, GenerateRequest, MAX_ALTERNATIVES, MAX_NOTES, Recipe, StreamedNotes, Take};
pub use verb_request::{Source, Verb, VerbRequest};
pub use walk::{Place, place_on_map, walk, walk_on_map};
