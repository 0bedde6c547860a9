//! Composers: the labels that the model is conditioned on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::composer_known::Known;
use super::composer_name::{self, fold};
use super::era::Era;

/// The index of a composer in its [`ComposerSet`], and so the label the model is conditioned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ComposerId(pub u8);

impl ComposerId {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

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
    /// The [`surname`] of the name.
    pub fn surname(&self) -> &str {
        surname(&self.name)
    }

    fn known(&self) -> Option<&'static Known> {
        composer_name::known_as(&self.name)
    }

    /// Year of birth, if known.
    pub fn born(&self) -> Option<i32> {
        self.known().map(|known| known.born)
    }

    /// The period, if known.
    pub fn era(&self) -> Option<Era> {
        self.known().map(|known| known.era)
    }
}

impl fmt::Display for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Why a name did not match exactly one composer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComposerError {
    #[error(
        "no composer is called \"{asked}\"; {}there are: {}",
        .nearest.as_ref().map_or_else(String::new, |name| format!("did you mean {name}? ")),
        .known.join(", ")
    )]
    Unknown { asked: String, nearest: Option<String>, known: Vec<String> },
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
        let composers = names.into_iter().take(usize::from(u8::MAX)).map(|name| Composer { name }).collect();
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

    /// All ids by year of birth, then name; unknown years come last. All lists use this order.
    pub fn by_time(&self) -> Vec<ComposerId> {
        let mut ids: Vec<(i32, &str, ComposerId)> =
            self.iter().map(|(id, c)| (c.born().unwrap_or(i32::MAX), c.surname(), id)).collect();
        ids.sort();
        ids.into_iter().map(|(_, _, id)| id).collect()
    }

    /// Finds a composer by full name or surname in any common spelling, or by a unique beginning of either.
    ///
    /// # Errors
    /// [`ComposerError::Unknown`] names the nearest and lists all composers;
    /// [`ComposerError::Ambiguous`] the candidates.
    pub fn find(&self, asked: &str) -> Result<ComposerId, ComposerError> {
        let wanted = fold(asked);
        let is_exact = |c: &Composer| fold(&c.name) == wanted || fold(c.surname()) == wanted;
        let is_meant = |c: &Composer| composer_name::is_same(asked, &c.name);
        let begins =
            |c: &Composer| fold(&c.name).starts_with(&wanted) || fold(c.surname()).starts_with(&wanted);
        let ways: [&dyn Fn(&Composer) -> bool; 3] = [&is_exact, &is_meant, &begins];
        for way in ways {
            let matching: Vec<(ComposerId, &Composer)> =
                if wanted.is_empty() { Vec::new() } else { self.iter().filter(|(_, c)| way(c)).collect() };
            match matching.as_slice() {
                [] => {}
                [(id, _)] => return Ok(*id),
                several => {
                    return Err(ComposerError::Ambiguous {
                        asked: asked.to_owned(),
                        matching: several.iter().map(|(_, c)| c.name.clone()).collect(),
                    });
                }
            }
        }
        let by_time: Vec<&Composer> = self.by_time().into_iter().filter_map(|id| self.get(id)).collect();
        let names: Vec<&str> = by_time.iter().map(|c| c.name.as_str()).collect();
        let nearest = composer_name::nearest(asked, &names).and_then(|index| by_time.get(index));
        Err(ComposerError::Unknown {
            asked: asked.to_owned(),
            nearest: nearest.map(|c| c.surname().to_owned()),
            known: by_time.iter().map(|c| c.surname().to_owned()).collect(),
        })
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
    fn finds_other_spellings() {
        for spelling in ["Chopin F.", "F. Chopin", "Szopen", "Fryderyk Chopin", "Chopin, Frédéric"] {
            assert_eq!(set().find(spelling), Ok(ComposerId(0)), "{spelling}");
        }
        assert_eq!(set().find("Shubert"), Ok(ComposerId(1)));
        assert!(matches!(set().find("Clara Schumann"), Err(ComposerError::Unknown { .. })));
        let bachs = ComposerSet::new(["Johann Sebastian Bach", "Johann Christian Bach"].map(str::to_owned));
        assert!(matches!(bachs.find("Bach"), Err(ComposerError::Ambiguous { .. })));
        assert_eq!(bachs.find("J.S. Bach"), Ok(ComposerId(0)));
        assert_eq!(bachs.find("J. C. Bach"), Ok(ComposerId(1)));
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        assert!(matches!(set().find("sch"), Err(ComposerError::Ambiguous { .. })));
        let message = set().find("ligeti").unwrap_err().to_string();
        assert_eq!(message, "no composer is called \"ligeti\"; there are: Schubert, Chopin, Schumann");
        let message = set().find("Schopin").unwrap_err().to_string();
        assert!(message.contains("did you mean Chopin? there are:"), "{message}");
        assert!(matches!(set().find("  "), Err(ComposerError::Unknown { .. })));
    }

    #[test]
    fn lists_composers_by_year_of_birth() {
        assert_eq!(set().by_time(), [ComposerId(1), ComposerId(0), ComposerId(2)]);
    }
}
