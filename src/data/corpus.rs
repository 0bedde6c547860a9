//! The corpus file: every piece as tokens, with its work, composer and split.
//!
//! The file is a magic number and a version; the SHA-256 of all that follows; the length of the description; the
//! description as JSON; then for each field of a note token the length and the bytes of its column over all pieces,
//! compressed with zstd. Lengths are 8 bytes, little-endian.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files;
use crate::music::{ComposerId, ComposerSet};
use crate::tokens::{Field, NoteToken, duration_secs, gap_secs};

/// Incremented when the layout of the file or the meaning of a token changes.
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 32;
const ZSTD_LEVEL: i32 = 9;
/// A file with more notes is considered damaged; this is seventy times MAESTRO.
const MAX_NOTES: usize = 500_000_000;

/// The split of a piece; all pieces of a work have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }
}

/// One performance of a work.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub title: String,
    /// The work's normalised title, unique together with `composer_name`.
    pub work: String,
    pub composer_name: String,
    /// The label; `None` for arrangements and for composers with too little music.
    pub composer: Option<ComposerId>,
    pub split: Split,
    /// Without an end token.
    pub tokens: Vec<NoteToken>,
}

impl Piece {
    /// Duration: all gaps and the last note.
    pub fn duration_secs(&self) -> f64 {
        let gaps: f64 = self.tokens.iter().map(|t| gap_secs(t.gap)).sum();
        gaps + self.tokens.last().map_or(0.0, |t| duration_secs(t.duration))
    }
}

/// Where a corpus comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The data set's name: "MAESTRO v3.0.0".
    pub source: String,
    /// Its licence, in a sentence.
    pub licence: String,
    /// The version of this program that made it.
    pub made_by: String,
}

/// All pieces of a data set, ready for training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corpus {
    pub composers: ComposerSet,
    pub pieces: Vec<Piece>,
    pub provenance: Provenance,
}

/// Why a corpus file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    #[error("cannot read the corpus: {source}: {}", .path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("cannot write the corpus: {source}: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("not a corpus file; make one with `pastiche prepare`: {}", .path.display())]
    NotACorpus { path: PathBuf },
    #[error("the corpus has version {found}, this program reads version {VERSION}; make it again with `pastiche prepare`: {}", .path.display())]
    Version { found: u32, path: PathBuf },
    #[error("the corpus is damaged ({what}); make it again with `pastiche prepare`: {}", .path.display())]
    Damaged { what: String, path: PathBuf },
}

#[derive(Serialize, Deserialize)]
struct Description {
    provenance: Provenance,
    /// The sizes of the token's fields: a corpus with other bins cannot be used.
    fields: Vec<(String, usize)>,
    composers: ComposerSet,
    pieces: Vec<PieceDescription>,
}

#[derive(Serialize, Deserialize)]
struct PieceDescription {
    title: String,
    work: String,
    composer_name: String,
    composer: Option<ComposerId>,
    split: Split,
    notes: usize,
}

fn field_sizes() -> Vec<(String, usize)> {
    Field::ALL.iter().map(|f| (f.name().to_owned(), f.size())).collect()
}

impl Corpus {
    /// The bytes every corpus file begins with.
    pub const MAGIC: [u8; 8] = *b"pastcorp";

    /// Reads a corpus file.
    ///
    /// # Errors
    /// [`CorpusError`] says whether the file is not a corpus, has another version or is damaged, and where.
    pub fn load(path: &Path) -> Result<Corpus, CorpusError> {
        let bytes =
            std::fs::read(path).map_err(|source| CorpusError::Read { source, path: path.to_owned() })?;
        if bytes.get(..8) != Some(Corpus::MAGIC.as_slice()) {
            return Err(CorpusError::NotACorpus { path: path.to_owned() });
        }
        if let Some(found) = bytes.get(8..12).map(read_u32).filter(|&found| found != VERSION) {
            return Err(CorpusError::Version { found, path: path.to_owned() });
        }
        parse(&bytes).map_err(|what| CorpusError::Damaged { what, path: path.to_owned() })
    }

    /// Writes the corpus whole or not at all.
    ///
    /// # Errors
    /// [`CorpusError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), CorpusError> {
        let write_error = |source| CorpusError::Write { source, path: path.to_owned() };
        let bytes = self.to_bytes().map_err(write_error)?;
        files::write_whole(path, &bytes).map_err(write_error)
    }

    /// The pieces of a split that have a composer's label.
    pub fn labelled(&self, split: Split) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |p| p.split == split && p.composer.is_some())
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let pieces = self.pieces.iter().map(|p| PieceDescription {
            title: p.title.clone(),
            work: p.work.clone(),
            composer_name: p.composer_name.clone(),
            composer: p.composer,
            split: p.split,
            notes: p.tokens.len(),
        });
        let description = serde_json::to_vec(&Description {
            provenance: self.provenance.clone(),
            fields: field_sizes(),
            composers: self.composers.clone(),
            pieces: pieces.collect(),
        })?;
        let columns: Vec<Vec<u8>> = Field::ALL
            .par_iter()
            .map(|&field| {
                let column: Vec<u8> =
                    self.pieces.iter().flat_map(|p| &p.tokens).map(|t| t.get(field)).collect();
                zstd::bulk::compress(&column, ZSTD_LEVEL)
            })
            .collect::<io::Result<_>>()?;
        let mut body = Vec::new();
        for block in std::iter::once(&description).chain(&columns) {
            body.extend((block.len() as u64).to_le_bytes());
            body.extend(block);
        }
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend(Corpus::MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(Sha256::digest(&body).as_slice());
        bytes.extend(body);
        Ok(bytes)
    }
}

fn read_u32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b))
}

/// Reads a block from the front: its length, then its bytes.
fn take_block<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let cut = || "it ends too early".to_owned();
    let (length, after) = rest.split_at_checked(8).ok_or_else(cut)?;
    let length = length.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    let length = usize::try_from(length).map_err(|_| cut())?;
    let (block, after) = after.split_at_checked(length).ok_or_else(cut)?;
    *rest = after;
    Ok(block)
}

fn parse(bytes: &[u8]) -> Result<Corpus, String> {
    let body = bytes.get(HEADER..).ok_or("it ends within its header")?;
    // Blocks first: "it ends too early" is a better message than a wrong checksum.
    let mut rest = body;
    let description = take_block(&mut rest)?;
    let columns: Vec<&[u8]> = Field::ALL.iter().map(|_| take_block(&mut rest)).collect::<Result<_, _>>()?;
    if !rest.is_empty() {
        return Err(format!("{} bytes follow its end", rest.len()));
    }
    if Sha256::digest(body).as_slice() != &bytes[12..HEADER] {
        return Err("its checksum differs".to_owned());
    }
    let description: Description =
        serde_json::from_slice(description).map_err(|e| format!("its description: {e}"))?;
    if description.fields != field_sizes() {
        return Err("its note tokens have different fields from this version's; prepare it again".to_owned());
    }
    let notes = description.pieces.iter().fold(0usize, |sum, p| sum.saturating_add(p.notes));
    if notes > MAX_NOTES {
        return Err(format!("it claims {notes} notes"));
    }
    let columns: Vec<Vec<u8>> =
        columns.par_iter().map(|column| decompress(column, notes)).collect::<Result<_, String>>()?;
    assemble(description, &columns)
}

fn decompress(column: &[u8], notes: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let limit = notes as u64 + 1;
    let decoder = zstd::stream::read::Decoder::new(column).map_err(|e| e.to_string())?;
    decoder.take(limit).read_to_end(&mut out).map_err(|e| format!("a column: {e}"))?;
    if out.len() == notes {
        Ok(out)
    } else {
        Err("a column does not have the length of its pieces".to_owned())
    }
}

fn assemble(description: Description, columns: &[Vec<u8>]) -> Result<Corpus, String> {
    let mut at = 0;
    let mut pieces = Vec::with_capacity(description.pieces.len());
    for piece in description.pieces {
        let token = |i: usize| NoteToken::from_array(std::array::from_fn(|field| columns[field][i]));
        let tokens: Vec<NoteToken> = (at..at + piece.notes).map(token).collect();
        at += piece.notes;
        if !tokens.iter().all(|t| t.is_valid() && !t.is_end()) {
            return Err(format!("\"{}\" has impossible notes", piece.title));
        }
        if piece.composer.is_some_and(|id| description.composers.get(id).is_none()) {
            return Err(format!("\"{}\" has an unknown composer", piece.title));
        }
        let PieceDescription { title, work, composer_name, composer, split, .. } = piece;
        pieces.push(Piece { title, work, composer_name, composer, split, tokens });
    }
    Ok(Corpus { composers: description.composers, pieces, provenance: description.provenance })
}
