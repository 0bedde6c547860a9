//! What can be said of one take: whom it sounds like, and whether it quotes.

use std::path::Path;

use super::{CopyCheck, CopyIndex};
use crate::generate::{Generator, beside_or_shipped};
use crate::tokens::NoteToken;

const COPIES: &str = "copies.index";

/// What was heard in a take; empty where there is nothing to hear it with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Full names and probabilities by the selector, likeliest first.
    pub composers: Vec<(String, f32)>,
    pub copy: Option<CopyCheck>,
}

/// The index of the training music, where it is to be had; the selector is the generator's.
#[derive(Default)]
pub struct Ears {
    copies: Option<CopyIndex>,
}

impl Ears {
    /// Looks beside `checkpoint`, then among what ships. What is missing or cannot be read is logged and done
    /// without: composing goes on.
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
