//! Statistics of a corpus.

use std::collections::HashSet;

use serde::Serialize;

use super::{Corpus, Piece, Split};
use crate::music::ComposerSet;
use crate::tokens::repeated_share;

/// Statistics of one split of one composer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SplitReport {
    pub hours: f64,
    pub works: usize,
    pub pieces: usize,
    pub notes: usize,
}

/// Statistics of one composer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComposerReport {
    pub name: String,
    pub is_labelled: bool,
    /// In the order of [`Split::ALL`].
    pub splits: [SplitReport; 3],
}

impl Corpus {
    /// Notes per second in the training music of each of `composers`; 0 if there is none.
    pub fn notes_per_sec(&self, composers: &ComposerSet) -> Vec<f32> {
        let pace = |name: &str| {
            let is_own = |p: &&Piece| p.composer_name == name && p.split == Split::Train;
            let own = || self.pieces.iter().filter(is_own);
            let notes: usize = own().map(|p| p.tokens.len()).sum();
            let secs: f64 = own().map(Piece::duration_secs).sum();
            if secs > 0.0 { (notes as f64 / secs) as f32 } else { 0.0 }
        };
        composers.iter().map(|(_, c)| pace(&c.name)).collect()
    }

    /// How much the training music of each of `composers` repeats itself (see [`repeated_share`]): the mean over its
    /// pieces; 0 if there is none.
    pub fn repetition(&self, composers: &ComposerSet) -> Vec<f32> {
        let mean = |name: &str| {
            let is_own = |p: &&Piece| p.composer_name == name && p.split == Split::Train;
            let shares: Vec<f64> =
                self.pieces.iter().filter(is_own).filter_map(|p| repeated_share::<4>(&p.tokens)).collect();
            (shares.iter().sum::<f64>() / shares.len().max(1) as f64) as f32
        };
        composers.iter().map(|(_, c)| mean(&c.name)).collect()
    }

    /// Statistics of every composer: labelled ones first, then by duration, longest first.
    pub fn composer_reports(&self) -> Vec<ComposerReport> {
        let mut names: Vec<&str> = self.pieces.iter().map(|p| p.composer_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let mut reports: Vec<ComposerReport> =
            names.into_iter().map(|name| composer_report(self, name)).collect();
        let hours = |r: &ComposerReport| r.splits.iter().map(|s| s.hours).sum::<f64>();
        reports.sort_by(|a, b| b.is_labelled.cmp(&a.is_labelled).then(hours(b).total_cmp(&hours(a))));
        reports
    }
}

fn composer_report(corpus: &Corpus, name: &str) -> ComposerReport {
    let own = || corpus.pieces.iter().filter(|p| p.composer_name == name);
    let splits = Split::ALL.map(|split| {
        let pieces = || own().filter(|p| p.split == split);
        SplitReport {
            hours: pieces().map(|p| p.duration_secs() / 3600.0).fold(0.0, |sum, hours| sum + hours),
            works: pieces().map(|p| p.work.as_str()).collect::<HashSet<_>>().len(),
            pieces: pieces().count(),
            notes: pieces().map(|p| p.tokens.len()).sum(),
        }
    });
    ComposerReport { name: name.to_owned(), is_labelled: own().any(|p| p.composer.is_some()), splits }
}
