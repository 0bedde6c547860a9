//! What to compose: new music, or something made from existing music.

use std::borrow::Cow;

use super::seam::Seam;
use super::verb_request::VerbRequest;
use super::{GenerateError, GenerateRequest, Generator};

/// One take to compose.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    New(GenerateRequest),
    Verb(VerbRequest),
}

impl Request {
    /// The generator's requests for this.
    ///
    /// # Errors
    /// As [`VerbRequest::plan`].
    pub fn plan(&self, generator: &Generator) -> Result<Cow<'_, GenerateRequest>, GenerateError> {
        match self {
            Request::New(request) => Ok(Cow::Borrowed(request)),
            Request::Verb(request) => request.plan(generator).map(Cow::Owned),
        }
    }

    /// For a continuation: the seam after the music's own notes.
    pub fn seam(&self) -> Option<Seam<'_>> {
        match self {
            Request::New(_) => None,
            Request::Verb(request) => request.seam(),
        }
    }
}
