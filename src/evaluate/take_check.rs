//! Analyses a take: whom it sounds like, and whether it quotes.

use crate::generate::{CopyCheck, Generator};
use crate::tokens::NoteToken;

/// The analysis of a take; empty without selector and copy index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Full names and probabilities from the selector, the most likely first.
    pub composers: Vec<(String, f32)>,
    pub copy: Option<CopyCheck>,
}

impl Heard {
    /// Analyses `tokens` with the selector and the copy index of `generator`.
    pub fn of(generator: &Generator, tokens: &[NoteToken]) -> Heard {
        let composers = generator.selector().map_or_else(Vec::new, |selector| {
            let names = selector.composers().iter().map(|(_, composer)| composer.name.clone());
            let mut heard: Vec<(String, f32)> = names.zip(selector.classify(tokens)).collect();
            heard.sort_by(|a, b| b.1.total_cmp(&a.1));
            heard
        });
        Heard { composers, copy: generator.copies().map(|index| index.check(tokens)) }
    }
}
