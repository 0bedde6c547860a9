//! Training windows, and batches of them as tensors.

use rand::{Rng, RngExt};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::augment::augment;
use super::{Corpus, Piece, Split};
use crate::model::features::{INPUT_COLUMNS, NOTE_COLUMNS, Place, Previous, input_rows, note_rows};
use crate::model::{Batch, Hints, IGNORED, ModelConfig};
use crate::tokens::{Hint, Link, Memory, NoteToken, TALLY_LEN, gap_secs, tally};

/// A window: at most `context_len` consecutive notes of a piece, with the end token if it reaches the end.
#[derive(Clone, Debug)]
pub struct Window {
    pub notes: Vec<NoteToken>,
    /// Memory hints, one per note; fewer if hints are not used.
    pub hints: Vec<Option<Hint>>,
    /// Number of notes of the piece before the window.
    pub start: usize,
    /// Number of notes in the whole piece.
    pub piece_len: usize,
    /// The label, if there is one.
    pub composer: Option<usize>,
}

impl Window {
    /// The window of `piece` that starts at note `start`, without hints; it is shorter than `len` at the end of the
    /// piece.
    pub fn cut(piece: &Piece, start: usize, len: usize) -> Window {
        let end = (start + len).min(piece.tokens.len());
        let mut notes = piece.tokens[start.min(end)..end].to_vec();
        if notes.len() < len {
            notes.push(NoteToken::END);
        }
        Window {
            notes,
            hints: Vec::new(),
            start,
            piece_len: piece.tokens.len(),
            composer: piece.composer.map(|c| c.index()),
        }
    }

    /// Adds the hints of the piece; `links` covers all of its notes.
    fn with_hints(mut self, piece: &Piece, links: &[Option<Link>]) -> Window {
        let hint = |at: usize| links.get(at).copied().flatten()?.hint(&piece.tokens, at);
        self.hints = (self.start..self.start + self.notes.len()).map(hint).collect();
        self
    }
}

/// Stacks `windows`, and `heard` for the encoder alone. `hide` decides for each input note whether it is hidden from
/// the decoder.
pub fn stack(
    windows: &[Window],
    heard: &[Window],
    config: &ModelConfig,
    device: Device,
    mut hide: impl FnMut() -> bool,
) -> Batch {
    let (b, t, patch) = (windows.len(), config.context_len, config.patch_len);
    let mut rows = Vec::with_capacity(b * t * INPUT_COLUMNS);
    let mut secs = Vec::with_capacity(b * t);
    let mut targets = Vec::with_capacity(b * t * 5);
    let mut hints = Vec::with_capacity(b * t);
    for window in windows {
        hints.extend((0..t).map(|i| window.hints.get(i).copied().flatten()));
        let mut time = 0.0;
        for i in 0..t {
            let place = Place {
                since_start: window.start + i,
                until_end: window.piece_len.saturating_sub(window.start + i),
            };
            let previous = match i.checked_sub(1).and_then(|p| window.notes.get(p)) {
                _ if i == 0 => Previous::Start,
                Some(&note) if !hide() => Previous::Note(note),
                _ => Previous::Hidden,
            };
            rows.extend(input_rows(previous, place));
            secs.push(time as f32);
            let note = window.notes.get(i).copied();
            targets.extend(target(note));
            time += note.map_or(0.0, |n| gap_secs(n.gap));
        }
    }
    let segments = b + heard.len();
    let mut segment_rows = Vec::with_capacity(segments * t * NOTE_COLUMNS);
    let mut present = Vec::with_capacity(segments * t / patch);
    let mut tallies = Vec::with_capacity(segments * TALLY_LEN);
    for window in windows.iter().chain(heard) {
        tallies.extend(tally(&window.notes));
        for i in 0..t {
            let note = window.notes.get(i).copied().filter(|n| !n.is_end());
            segment_rows.extend(note_rows(note, i % patch));
            if i % patch == 0 {
                present.push(i == 0 || note.is_some());
            }
        }
    }
    let (b, t, segments) = (b as i64, t as i64, segments as i64);
    let composer: Vec<i64> =
        windows.iter().chain(heard).map(|w| w.composer.unwrap_or(config.n_composers) as i64).collect();
    Batch {
        rows: Tensor::from_slice(&rows).view([b, t, INPUT_COLUMNS as i64]).to_device(device),
        secs: Tensor::from_slice(&secs).view([b, t]).to_device(device),
        targets: Tensor::from_slice(&targets).view([b, t, 5]).to_device(device),
        segment_rows: Tensor::from_slice(&segment_rows)
            .view([segments, t, NOTE_COLUMNS as i64])
            .to_device(device),
        segment_present: Tensor::from_slice(&present)
            .view([segments, t / patch as i64])
            .to_kind(Kind::Bool)
            .to_device(device),
        tallies: Tensor::from_slice(&tallies).view([segments, TALLY_LEN as i64]).to_device(device),
        composer: Tensor::from_slice(&composer).to_device(device),
        hints: Hints::new(&hints, &vec![1.0; windows.len()], config.context_len, device),
    }
}

fn target(note: Option<NoteToken>) -> [i64; 5] {
    match note {
        None => [IGNORED; 5],
        Some(note) if note.is_end() => {
            let mut only_pitch = [IGNORED; 5];
            only_pitch[0] = i64::from(NoteToken::END_PITCH);
            only_pitch
        }
        Some(note) => note.to_array().map(i64::from),
    }
}

/// Draws training windows: a composer, weighted by the square root of its number of notes, then a piece, weighted by
/// length, then a position in the piece.
#[derive(Debug)]
pub struct Sampler<'a> {
    /// One group per labelled composer, and one for all the others.
    groups: Vec<Vec<Member<'a>>>,
    /// Running sum of the groups' weights.
    weights: Vec<f64>,
}

#[derive(Debug)]
struct Member<'a> {
    /// Running sum of notes in the group.
    notes_until: usize,
    piece: &'a Piece,
    links: Vec<Option<Link>>,
}

/// Share of windows from the very beginning of a piece; the same share comes from the very end.
const EDGE_SHARE: f64 = 0.08;

impl<'a> Sampler<'a> {
    /// `None` if the training split is empty.
    pub fn new(corpus: &'a Corpus) -> Option<Sampler<'a>> {
        let pieces: Vec<&Piece> =
            corpus.pieces.iter().filter(|p| p.split == Split::Train && !p.tokens.is_empty()).collect();
        let links: Vec<Vec<Option<Link>>> =
            pieces.par_iter().map(|p| Memory::of(&p.tokens).into_links()).collect();
        let mut groups: Vec<Vec<Member>> = Vec::new();
        groups.resize_with(corpus.composers.len() + 1, Vec::new);
        for (piece, links) in pieces.into_iter().zip(links) {
            let group = &mut groups[piece.composer.map_or(corpus.composers.len(), |c| c.index())];
            let before = group.last().map_or(0, |m| m.notes_until);
            group.push(Member { notes_until: before + piece.tokens.len(), piece, links });
        }
        groups.retain(|g| !g.is_empty());
        let mut sum = 0.0;
        let weights = groups
            .iter()
            .map(|g| {
                sum += g.last().map_or(0.0, |m| (m.notes_until as f64).sqrt());
                sum
            })
            .collect();
        (!groups.is_empty()).then_some(Sampler { groups, weights })
    }

    /// Number of pieces.
    pub fn pieces(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// One augmented window of at most `len` notes.
    pub fn draw(&self, len: usize, rng: &mut impl Rng) -> Window {
        let total = self.weights.last().copied().unwrap_or(1.0);
        let at = rng.random_range(0.0..total);
        let group = &self.groups[self.weights.partition_point(|w| *w <= at).min(self.groups.len() - 1)];
        let notes = group.last().map_or(1, |m| m.notes_until);
        let at = rng.random_range(0..notes);
        let Member { piece, links, .. } =
            &group[group.partition_point(|m| m.notes_until <= at).min(group.len() - 1)];
        // One past the last full window, to include the end token.
        let last_start = (piece.tokens.len() + 1).saturating_sub(len);
        let start = match rng.random_range(0.0..1.0) {
            u if u < EDGE_SHARE => 0,
            u if u < 2.0 * EDGE_SHARE => last_start,
            _ => rng.random_range(0..=last_start),
        };
        let mut window = Window::cut(piece, start, len).with_hints(piece, links);
        augment(&mut window.notes, &mut window.hints, rng);
        window
    }
}

/// Up to `per_composer` windows of each labelled composer in `split`, evenly spaced over its pieces. Deterministic;
/// composers alternate, so that adjacent windows differ.
pub fn fixed_windows(corpus: &Corpus, split: Split, per_composer: usize, len: usize) -> Vec<Window> {
    let mut turns: Vec<(usize, Window)> = Vec::new();
    for (id, _) in corpus.composers.iter() {
        let all: Vec<(&Piece, usize)> = corpus
            .pieces
            .iter()
            .filter(|p| p.split == split && p.composer == Some(id))
            .flat_map(|p| (0..(p.tokens.len() / len).max(1)).map(move |i| (p, i * len)))
            .filter(|(p, _)| !p.tokens.is_empty())
            .collect();
        let n = per_composer.min(all.len());
        turns.par_extend((0..n).into_par_iter().map(|i| {
            let (piece, start) = all[(2 * i + 1) * all.len() / (2 * n)];
            let end = (start + len).min(piece.tokens.len());
            let links = Memory::of(&piece.tokens[..end]).into_links();
            (i, Window::cut(piece, start, len).with_hints(piece, &links))
        }));
    }
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, window)| window).collect()
}
