//! Who wrote it: the conditioning label.

use std::fmt;

use deunicode::deunicode;
use serde::{Deserialize, Serialize};

/// The index of a composer in its [`ComposerSet`], and so the label the model is conditioned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ComposerId(pub u8);

impl ComposerId {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The period a composer is listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Era {
    Baroque,
    Classical,
    Romantic,
    Late,
}

impl Era {
    pub fn name(self) -> &'static str {
        match self {
            Era::Baroque => "Baroque",
            Era::Classical => "Classical",
            Era::Romantic => "Romantic",
            Era::Late => "Late Romantic & Modern",
        }
    }
}

/// Composers of the piano repertoire whose dates are known here: surname, year of birth, period.
const KNOWN: &[(&str, i32, Era)] = &[
    ("Bach", 1685, Era::Baroque),
    ("Scarlatti", 1685, Era::Baroque),
    ("Handel", 1685, Era::Baroque),
    ("Haydn", 1732, Era::Classical),
    ("Clementi", 1752, Era::Classical),
    ("Mozart", 1756, Era::Classical),
    ("Beethoven", 1770, Era::Classical),
    ("Schubert", 1797, Era::Romantic),
    ("Mendelssohn", 1809, Era::Romantic),
    ("Chopin", 1810, Era::Romantic),
    ("Schumann", 1810, Era::Romantic),
    ("Liszt", 1811, Era::Romantic),
    ("Franck", 1822, Era::Romantic),
    ("Brahms", 1833, Era::Romantic),
    ("Mussorgsky", 1839, Era::Romantic),
    ("Tchaikovsky", 1840, Era::Romantic),
    ("Albéniz", 1860, Era::Late),
    ("Debussy", 1862, Era::Late),
    ("Scriabin", 1871, Era::Late),
    ("Rachmaninoff", 1873, Era::Late),
    ("Ravel", 1875, Era::Late),
    ("Medtner", 1879, Era::Late),
    ("Bartók", 1881, Era::Late),
    ("Prokofiev", 1891, Era::Late),
];

/// The last word of a full name: "Chopin".
pub fn surname(full_name: &str) -> &str {
    full_name.split_whitespace().last().unwrap_or(full_name)
}

/// A composer as named in the corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composer {
    /// The full name, as in the data set: "Frédéric Chopin".
    pub name: String,
}

impl Composer {
    /// As [`surname`] of the name.
    pub fn surname(&self) -> &str {
        surname(&self.name)
    }

    fn known(&self) -> Option<&'static (&'static str, i32, Era)> {
        let surname = fold(self.surname());
        KNOWN.iter().find(|(known, _, _)| fold(known) == surname)
    }

    /// Year of birth, where this program knows it.
    pub fn born(&self) -> Option<i32> {
        self.known().map(|(_, born, _)| *born)
    }

    /// The period, where this program knows it.
    pub fn era(&self) -> Option<Era> {
        self.known().map(|(_, _, era)| *era)
    }
}

impl fmt::Display for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Lower case without accents, so that "frederic" finds "Frédéric".
fn fold(text: &str) -> String {
    deunicode(text.trim()).to_lowercase()
}

/// Why a name did not lead to one composer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComposerError {
    #[error("no composer is called \"{asked}\"; there are: {}", .known.join(", "))]
    Unknown { asked: String, known: Vec<String> },
    #[error("\"{asked}\" could be {}; write more of the name", .matching.join(" or "))]
    Ambiguous { asked: String, matching: Vec<String> },
}

/// The labelled composers of a corpus or checkpoint; a [`ComposerId`] is a position in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComposerSet {
    composers: Vec<Composer>,
}

impl ComposerSet {
    /// At most 255 composers; further names are ignored.
    pub fn new(names: impl IntoIterator<Item = String>) -> ComposerSet {
        let composers = names
            .into_iter()
            .take(usize::from(u8::MAX))
            .map(|name| Composer { name })
            .collect();
        ComposerSet { composers }
    }

    pub fn len(&self) -> usize {
        self.composers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.composers.is_empty()
    }

    pub fn get(&self, id: ComposerId) -> Option<&Composer> {
        self.composers.get(id.index())
    }

    /// The surname of `id`, or "?" when the set has no such composer.
    pub fn surname(&self, id: ComposerId) -> &str {
        self.get(id).map_or("?", Composer::surname)
    }

    pub fn iter(&self) -> impl Iterator<Item = (ComposerId, &Composer)> {
        (0u8..).map(ComposerId).zip(&self.composers)
    }

    /// All ids in order of birth, the unknown last, by name within a year: the order they are listed in.
    pub fn by_time(&self) -> Vec<ComposerId> {
        let mut ids: Vec<(i32, &str, ComposerId)> = self
            .iter()
            .map(|(id, c)| (c.born().unwrap_or(i32::MAX), c.surname(), id))
            .collect();
        ids.sort();
        ids.into_iter().map(|(_, _, id)| id).collect()
    }

    /// Finds a composer by full name, surname or unique prefix of either, without regard to case or accents.
    ///
    /// # Errors
    /// [`ComposerError::Unknown`] lists the names that would have done; [`ComposerError::Ambiguous`] the candidates.
    pub fn find(&self, asked: &str) -> Result<ComposerId, ComposerError> {
        let wanted = fold(asked);
        let exact = self
            .iter()
            .find(|(_, c)| fold(&c.name) == wanted || fold(c.surname()) == wanted);
        if let Some((id, _)) = exact {
            return Ok(id);
        }
        let starts =
            |c: &Composer| fold(&c.name).starts_with(&wanted) || fold(c.surname()).starts_with(&wanted);
        let matching: Vec<(ComposerId, &Composer)> = match wanted.is_empty() {
            true => Vec::new(),
            false => self.iter().filter(|(_, c)| starts(c)).collect(),
        };
        let surnames = |of: &mut dyn Iterator<Item = &Composer>| of.map(|c| c.surname().to_owned()).collect();
        match matching.as_slice() {
            [(id, _)] => Ok(*id),
            [] => Err(ComposerError::Unknown {
                asked: asked.to_owned(),
                known: surnames(&mut self.by_time().into_iter().filter_map(|id| self.get(id))),
            }),
            several => Err(ComposerError::Ambiguous {
                asked: asked.to_owned(),
                matching: surnames(&mut several.iter().map(|(_, c)| *c)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ComposerSet {
        ComposerSet::new(["Frédéric Chopin", "Franz Schubert", "Robert Schumann"].map(str::to_owned))
    }

    #[test]
    fn finds_without_case_or_accents() {
        assert_eq!(set().find("chopin"), Ok(ComposerId(0)));
        assert_eq!(set().find("frederic"), Ok(ComposerId(0)));
        assert_eq!(set().find("SCHUB"), Ok(ComposerId(1)));
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        assert!(matches!(set().find("sch"), Err(ComposerError::Ambiguous { .. })));
        let message = set().find("ligeti").unwrap_err().to_string();
        assert!(message.contains("Schubert, Chopin, Schumann"), "{message}");
        assert!(matches!(set().find("  "), Err(ComposerError::Unknown { .. })));
    }

    #[test]
    fn listed_in_order_of_time() {
        assert_eq!(set().by_time(), [ComposerId(1), ComposerId(0), ComposerId(2)]);
    }
}
