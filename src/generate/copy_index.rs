//! The copy index: a small file made from the training music, used to detect quotations in takes.
//!
//! Of the hashes of all 13-note sequences, only the smallest in each window of neighbours is kept (winnowing:
//! Schleimer, Wilkerson and Aiken 2003), together with its piece. A quotation of [`SURE_NOTES`] notes or more is always
//! found. The music cannot be reconstructed from the file.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::{Corpus, Split};
use crate::files;
use crate::music::surname;
use crate::tokens::NoteToken;

const MAGIC: &[u8; 8] = b"pastcopy";
const VERSION: u32 = 1;
const SEQUENCE: usize = 13;
/// Number of neighbouring hashes of which the smallest is kept.
const WINDOW: usize = 5;
/// Every quotation of at least this length is found.
pub const SURE_NOTES: usize = SEQUENCE + WINDOW - 1;
const ZSTD_LEVEL: i32 = 19;
const MAX_BYTES: u64 = 1 << 30;
const MAX_ENTRIES: usize = 100_000_000;

/// Why an index cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyIndexError {
    #[error("the copy index cannot be read: {source}: {}", .path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("the copy index cannot be written: {source}: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("not a copy index of this version of Pastiche: {}", .path.display())]
    NotAnIndex { path: PathBuf },
    #[error("the copy index is damaged ({what}): {}", .path.display())]
    Damaged { what: String, path: PathBuf },
}

/// A piece of the training music.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedPiece {
    pub composer: String,
    pub title: String,
}

/// What a take has in common with the training music.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopyCheck {
    /// Share of the take's 13-note sequences that occur in the training music, in any key; about 0.012 for a new work
    /// by a human.
    pub share: f64,
    /// Length of the longest quotation from one piece, in notes; may be a few notes too low.
    pub longest_notes: usize,
    /// The piece with the most shared sequences, and their number.
    pub nearest: Option<(IndexedPiece, usize)>,
}

impl CopyCheck {
    /// Does the take quote? Shorter passages are common in music, and the index may miss them.
    pub fn is_quotation(&self) -> bool {
        self.longest_notes >= SURE_NOTES
    }
}

/// A sentence without its full stop.
impl fmt::Display for CopyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((IndexedPiece { composer, title }, _)) = &self.nearest else {
            return f.write_str("No quotation from the training music");
        };
        let surname = surname(composer);
        if self.is_quotation() {
            let notes = self.longest_notes;
            write!(f, "{notes} notes in a row are also in {surname}: {title}")
        } else {
            write!(f, "No quotation; the nearest piece is {surname}: {title}")
        }
    }
}

/// The winnowed sequences of the training music, and the pieces they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyIndex {
    pieces: Vec<IndexedPiece>,
    /// Sorted by hash, then piece; no duplicates.
    entries: Vec<(u32, u16)>,
}

/// The hash of `n` notes from each position; empty if there are fewer notes.
pub fn sequence_hashes(notes: &[NoteToken], n: usize) -> Vec<u64> {
    let intervals: Vec<u64> =
        notes.windows(2).map(|p| (i64::from(p[1].pitch) - i64::from(p[0].pitch) + 128) as u64).collect();
    if n < 2 {
        return Vec::new();
    }
    intervals.windows(n - 1).map(|w| w.iter().fold(0, |h, &i| mix(h ^ i))).collect()
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Positions and hashes that are the smallest of some window, in order.
fn winnowed(notes: &[NoteToken]) -> Vec<(usize, u32)> {
    let all: Vec<u32> = sequence_hashes(notes, SEQUENCE).into_iter().map(|h| (h >> 32) as u32).collect();
    let mut out: Vec<(usize, u32)> = Vec::new();
    let window = WINDOW.min(all.len()).max(1);
    for (start, part) in all.windows(window).enumerate() {
        // The last of equal hashes, so that a run of them is kept once per window.
        let smallest =
            part.iter().enumerate().min_by_key(|&(i, h)| (*h, WINDOW - i)).map(|(i, h)| (start + i, *h));
        if let Some(smallest) = smallest.filter(|l| out.last() != Some(l)) {
            out.push(smallest);
        }
    }
    out
}

impl CopyIndex {
    /// Builds an index of all training pieces of a corpus, including unlabelled ones.
    pub fn build(corpus: &Corpus) -> CopyIndex {
        let training: Vec<_> =
            corpus.pieces.iter().filter(|p| p.split == Split::Train).take(usize::from(u16::MAX)).collect();
        let mut entries: Vec<(u32, u16)> = Vec::new();
        for (i, piece) in training.iter().enumerate() {
            entries.extend(winnowed(&piece.tokens).into_iter().map(|(_, h)| (h, i as u16)));
        }
        entries.sort_unstable();
        entries.dedup();
        let pieces = training
            .iter()
            .map(|p| IndexedPiece { composer: p.composer_name.clone(), title: p.title.clone() })
            .collect();
        CopyIndex { pieces, entries }
    }

    /// The number of sequences.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn pieces_with(&self, hash: u32) -> &[(u32, u16)] {
        let first = self.entries.partition_point(|e| e.0 < hash);
        let count = self.entries[first..].iter().take_while(|e| e.0 == hash).count();
        &self.entries[first..first + count]
    }

    /// Looks up a take; fast enough to check every take.
    pub fn check(&self, notes: &[NoteToken]) -> CopyCheck {
        let end = notes.iter().position(|n| n.is_end()).unwrap_or(notes.len());
        let own = winnowed(&notes[..end]);
        let mut known = 0;
        let mut hits: BTreeMap<u16, usize> = BTreeMap::new();
        // For each piece, the start of the current run.
        let mut runs: HashMap<u16, usize> = HashMap::new();
        let mut longest = 0;
        for &(at, hash) in &own {
            let found = self.pieces_with(hash);
            known += usize::from(!found.is_empty());
            let mut still = HashMap::with_capacity(found.len());
            for &(_, piece) in found {
                *hits.entry(piece).or_default() += 1;
                let began = runs.get(&piece).copied().unwrap_or(at);
                longest = longest.max(at - began + SEQUENCE);
                still.insert(piece, began);
            }
            runs = still;
        }
        let nearest = hits.into_iter().max_by_key(|&(piece, n)| (n, std::cmp::Reverse(piece)));
        CopyCheck {
            share: known as f64 / own.len().max(1) as f64,
            longest_notes: longest,
            nearest: nearest
                .and_then(|(p, n)| self.pieces.get(usize::from(p)).map(|piece| (piece.clone(), n))),
        }
    }

    /// Writes the index.
    ///
    /// # Errors
    /// [`CopyIndexError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), CopyIndexError> {
        let write = |source| CopyIndexError::Write { source, path: path.to_owned() };
        let titles = serde_json::to_vec(&self.pieces).map_err(|e| write(e.into()))?;
        let mut deltas = Vec::with_capacity(2 * self.entries.len());
        let mut last = 0;
        for &(hash, _) in &self.entries {
            push_varint(&mut deltas, hash - last);
            last = hash;
        }
        let ids: Vec<u8> = self
            .entries
            .iter()
            .map(|e| e.1 as u8)
            .chain(self.entries.iter().map(|e| (e.1 >> 8) as u8))
            .collect();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.entries.len() as u64).to_le_bytes());
        for block in [titles, deltas, ids] {
            let packed = zstd::bulk::compress(&block, ZSTD_LEVEL).map_err(write)?;
            bytes.extend((packed.len() as u64).to_le_bytes());
            bytes.extend(packed);
        }
        files::write_whole(path, &bytes).map_err(write)
    }

    /// Reads an index written by [`CopyIndex::save`].
    ///
    /// # Errors
    /// [`CopyIndexError`] if the file is not an index or is damaged.
    pub fn load(path: &Path) -> Result<CopyIndex, CopyIndexError> {
        let read = |source| CopyIndexError::Read { source, path: path.to_owned() };
        if std::fs::metadata(path).map_err(read)?.len() > MAX_BYTES {
            return Err(CopyIndexError::NotAnIndex { path: path.to_owned() });
        }
        let bytes = std::fs::read(path).map_err(read)?;
        let head = [MAGIC.as_slice(), &VERSION.to_le_bytes()].concat();
        let Some(body) = bytes.strip_prefix(head.as_slice()) else {
            return Err(CopyIndexError::NotAnIndex { path: path.to_owned() });
        };
        parse(body).map_err(|what| CopyIndexError::Damaged { what, path: path.to_owned() })
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_number(rest: &mut &[u8]) -> Result<usize, String> {
    let (first, after) = rest.split_first_chunk::<8>().ok_or("it ends too early")?;
    *rest = after;
    usize::try_from(u64::from_le_bytes(*first)).map_err(|e| e.to_string())
}

fn take_block(rest: &mut &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let len = take_number(rest)?;
    let (block, after) = rest.split_at_checked(len).ok_or("it ends too early")?;
    *rest = after;
    let mut out = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(block).map_err(|e| e.to_string())?;
    decoder.take(limit as u64).read_to_end(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

fn parse(mut rest: &[u8]) -> Result<CopyIndex, String> {
    let count = take_number(&mut rest)?;
    if count > MAX_ENTRIES {
        return Err(format!("it claims {count} entries"));
    }
    let titles = take_block(&mut rest, 1 << 26)?;
    let deltas = take_block(&mut rest, 5 * count + 1)?;
    let ids = take_block(&mut rest, 2 * count + 1)?;
    if ids.len() != 2 * count || !rest.is_empty() {
        return Err("its parts do not have the lengths that it states".to_owned());
    }
    let pieces: Vec<IndexedPiece> = serde_json::from_slice(&titles).map_err(|e| e.to_string())?;
    let mut entries = Vec::with_capacity(count);
    let (mut hash, mut bytes) = (0u32, deltas.iter());
    for i in 0..count {
        let (mut delta, mut shift) = (0u32, 0);
        loop {
            let byte = *bytes.next().ok_or("its hashes end too early")?;
            delta |= u32::from(byte & 0x7f).checked_shl(shift).ok_or("a hash is too long")?;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        hash = hash.checked_add(delta).ok_or("its hashes are not in order")?;
        let piece = u16::from(ids[i]) | u16::from(ids[count + i]) << 8;
        if usize::from(piece) >= pieces.len() {
            return Err("it refers to a piece that it does not list".to_owned());
        }
        entries.push((hash, piece));
    }
    Ok(CopyIndex { pieces, entries })
}

/// Music for tests.
#[cfg(test)]
pub(crate) mod tests_support {
    use super::*;
    use crate::data::{Piece, Split};

    /// A melody without repetition, from a small generator.
    pub fn melody(seed: u32, len: usize) -> Vec<NoteToken> {
        let mut state = seed;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                NoteToken { pitch: 20 + ((state >> 16) % 40) as u8, gap: 10, ..NoteToken::default() }
            })
            .collect()
    }

    pub fn piece(title: &str, tokens: Vec<NoteToken>) -> Piece {
        Piece {
            title: title.to_owned(),
            work: title.to_owned(),
            composer_name: "A Composer".to_owned(),
            composer: None,
            split: Split::Train,
            tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tests_support::{melody, piece};
    use super::*;

    fn index() -> (Corpus, CopyIndex) {
        let pieces = vec![piece("One", melody(1, 300)), piece("Two", melody(2, 300))];
        let corpus = Corpus { pieces, ..Corpus::default() };
        let index = CopyIndex::build(&corpus);
        (corpus, index)
    }

    /// The window and the command line use the same limit and wording.
    #[test]
    fn a_passage_that_may_be_chance_is_not_a_quotation() {
        let piece = IndexedPiece { composer: "Frédéric Chopin".to_owned(), title: "Étude".to_owned() };
        let of = |longest_notes| CopyCheck {
            longest_notes,
            nearest: Some((piece.clone(), 3)),
            ..CopyCheck::default()
        };
        for chance in [0, SEQUENCE, SURE_NOTES - 1] {
            assert_eq!(of(chance).to_string(), "No quotation; the nearest piece is Chopin: Étude");
        }
        assert_eq!(of(SURE_NOTES).to_string(), "17 notes in a row are also in Chopin: Étude");
    }

    #[test]
    fn a_long_quotation_is_found_anywhere() {
        let (corpus, index) = index();
        for from in 0..100 {
            let mut take = melody(77, 80);
            for (t, s) in take[20..20 + SURE_NOTES].iter_mut().zip(&corpus.pieces[1].tokens[from..]) {
                t.pitch = s.pitch - 7;
            }
            let check = index.check(&take);
            assert!(check.longest_notes >= SEQUENCE, "from {from}");
            assert_eq!(check.nearest.map(|(p, _)| p.title).as_deref(), Some("Two"));
        }
    }

    #[test]
    fn a_training_piece_is_fully_known_and_a_new_one_is_not() {
        let (corpus, index) = index();
        let check = index.check(&corpus.pieces[0].tokens);
        assert_eq!(check.share, 1.0);
        assert!(check.longest_notes > 300 - 2 * WINDOW);
        assert_eq!(index.check(&melody(5, 200)), CopyCheck::default());
        assert_eq!(index.check(&[]), CopyCheck::default());
    }

    #[test]
    fn survives_a_file_and_damage_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.index");
        let (_, index) = index();
        index.save(&path).unwrap();
        assert_eq!(CopyIndex::load(&path).unwrap(), index);
        let bytes = std::fs::read(&path).unwrap();
        for cut in [0, 5, 13, 40, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let error = CopyIndex::load(&path).unwrap_err().to_string();
            assert!(!error.contains('\n') && error.contains("copy"), "{error}");
        }
    }
}
