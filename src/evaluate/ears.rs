//! Analyses a take: whom it sounds like, and whether it quotes.

use std::path::Path;

use super::{CopyCheck, CopyIndex};
use crate::generate::{Generator, beside_or_shipped};
use crate::tokens::NoteToken;

const COPIES: &str = "copies.index";

/// The analysis of a take; empty without selector and index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Full names and probabilities from the selector, the most likely first.
    pub composers: Vec<(String, f32)>,
    pub copy: Option<CopyCheck>,
}

/// The copy index, if there is one; the selector is the generator's.
#[derive(Default)]
pub struct Ears {
    copies: Option<CopyIndex>,
}

impl Ears {
    /// Looks beside `checkpoint`, then among the files that ship. A missing or unreadable index is logged and not
    /// used.
    pub fn beside(checkpoint: &Path) -> Ears {
        let copies = beside_or_shipped(checkpoint, COPIES).and_then(|path| {
            CopyIndex::load(&path)
                .inspect_err(|error| tracing::warn!(%error, "takes are not checked for copies"))
                .ok()
        });
        Ears { copies }
    }

    pub fn hear(&self, generator: &Generator, tokens: &[NoteToken]) -> Heard {
        let composers = generator.selector().map_or_else(Vec::new, |selector| {
            let names = selector.composers().iter().map(|(_, composer)| composer.name.clone());
            let mut heard: Vec<(String, f32)> = names.zip(selector.classify(tokens)).collect();
            heard.sort_by(|a, b| b.1.total_cmp(&a.1));
            heard
        });
        Heard { composers, copy: self.copies.as_ref().map(|index| index.check(tokens)) }
    }
}
