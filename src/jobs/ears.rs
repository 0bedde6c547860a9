//! What the engine makes of a take it has composed: whom it sounds like, and whether it quotes.

use std::path::Path;

use crate::classify::{Classifier, ClassifierKind};
use crate::device::DeviceChoice;
use crate::evaluate::{CopyCheck, CopyIndex};
use crate::music::ComposerSet;
use crate::tokens::NoteToken;

/// The files that lie beside a checkpoint.
const SELECTOR: &str = "selector.safetensors";
const COPIES: &str = "copies.index";

/// What was heard in a take; empty where there is nothing to hear it with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Full names and probabilities, likeliest first.
    pub composers: Vec<(String, f32)>,
    pub copy: Option<CopyCheck>,
}

/// The selector and the index of the training music, where they are to be had.
#[derive(Default)]
pub struct Ears {
    selector: Option<Classifier>,
    copies: Option<CopyIndex>,
}

impl Ears {
    /// Looks beside `checkpoint`. What is missing or cannot be read is logged and done without: composing goes on.
    pub fn beside(checkpoint: &Path, composers: &ComposerSet) -> Ears {
        let beside = |name: &str| {
            checkpoint
                .parent()
                .map(|folder| folder.join(name))
                .filter(|p| p.exists())
        };
        let device = DeviceChoice::Cpu.resolve();
        let selector = beside(SELECTOR).zip(device.ok()).and_then(|(path, device)| {
            Classifier::read(&path, device)
                .inspect_err(|error| tracing::warn!(%error, "no selector"))
                .ok()
                .filter(|c| c.header.kind == ClassifierKind::Selector && c.composers() == composers)
        });
        let copies = beside(COPIES).and_then(|path| {
            CopyIndex::load(&path)
                .inspect_err(|error| tracing::warn!(%error, "takes are not checked for copies"))
                .ok()
        });
        Ears { selector, copies }
    }

    pub fn hear(&self, tokens: &[NoteToken]) -> Heard {
        let composers = self.selector.as_ref().map_or_else(Vec::new, |selector| {
            let names = selector
                .composers()
                .iter()
                .map(|(_, composer)| composer.name.clone());
            let mut heard: Vec<(String, f32)> = names.zip(selector.classify(tokens)).collect();
            heard.sort_by(|a, b| b.1.total_cmp(&a.1));
            heard
        });
        Heard {
            composers,
            copy: self.copies.as_ref().map(|index| index.check(tokens)),
        }
    }
}
