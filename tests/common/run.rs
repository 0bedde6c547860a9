//! Music for a small training run.

use std::path::{Path, PathBuf};

use pastiche::data::{Corpus, Piece, Split};
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::tokens::encode;

use super::network::COMPOSERS;

/// Writes `two.corpus` into `folder`: two composers of made-up music, in every split, in pieces of `notes` notes.
pub fn write_corpus(folder: &Path, notes: usize) -> PathBuf {
    let piece = |i: u8| Piece {
        title: format!("Piece {i}"),
        work: format!("piece {i}"),
        composer_name: COMPOSERS[usize::from(i % 2)].to_owned(),
        composer: Some(ComposerId(i % 2)),
        split: [Split::Train, Split::Train, Split::Validation, Split::Test][usize::from(i / 2 % 4)],
        tokens: encode(&super::piece(i.into(), 0, notes)).tokens,
    };
    let composers = ComposerSet::new(COMPOSERS.map(str::to_owned));
    let corpus = Corpus { composers, pieces: (0..16).map(piece).collect(), ..Corpus::default() };
    let path = folder.join("two.corpus");
    corpus.save(&path).unwrap();
    path
}
