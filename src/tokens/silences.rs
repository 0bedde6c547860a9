//! The silences that note tokens cannot represent.

/// A rest of `secs` after note `note`, in addition to its gap token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    pub note: usize,
    pub secs: f64,
}

/// The time that tokens leave out: they begin with the first note, and no gap is longer than 6 s.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Silences {
    /// Before the first note.
    pub lead_secs: f64,
    /// In the order of their notes.
    pub rests: Vec<Rest>,
}

impl Silences {
    /// The seconds to add after note `note`.
    pub fn after(&self, note: usize) -> f64 {
        let found = self.rests.binary_search_by_key(&note, |rest| rest.note);
        found.map_or(0.0, |index| self.rests[index].secs)
    }
}
