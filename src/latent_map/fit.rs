//! Fits the latents of real music and adds them to the checkpoint of a finished run.

use std::collections::HashMap;

use tch::{Kind, Tensor, no_grad};

use super::map::{COMPOSERS, LATENTS, STARTS, TITLES};
use super::plane::rows;
use crate::data::{Corpus, Split, Window, stack};
use crate::model::{AggregatedPosterior, Checkpoint, CheckpointError, LatentPlan, Posterior, Vae};
use crate::music::{ComposerId, ComposerSet};
use crate::progress::StopFlag;
use crate::tokens::gap_secs;

/// Segments per composer that the aggregated posterior is fitted to.
const FIT_SEGMENTS: usize = 240;
/// Pieces per composer that the plan is fitted to.
const PLANNED_PIECES: usize = 40;
/// Segments per piece shown on the map.
const SHOWN_PER_PIECE: usize = 2;

/// Completes a trained checkpoint: fits the aggregated posterior of every composer to its training segments, and places
/// segments of every piece on the map. The file is replaced as a whole, or left alone if the work is abandoned.
///
/// # Errors
/// Errors of reading or writing the checkpoint.
pub fn fit_latents(
    path: &std::path::Path,
    corpus: &Corpus,
    device: tch::Device,
    stop: &StopFlag,
) -> Result<(), CheckpointError> {
    if stop.is_abandoned() {
        return Ok(());
    }
    let checkpoint = Checkpoint::read(path)?;
    let vae = checkpoint.vae(device)?;
    let (fits, map, plan) = no_grad(|| {
        let fits: Option<Vec<(Tensor, Tensor)>> =
            corpus.composers.iter().map(|(id, _)| fit_composer(&vae, corpus, id, stop)).collect();
        let plan = LatentPlan::fit(&paths(corpus, &vae, stop), vae.config.n_composers, vae.config.d_latent);
        (fits, map_tensors(corpus, &vae, stop), plan)
    });
    if stop.is_abandoned() {
        return Ok(());
    }
    let mut tensors = vae.vs.variables();
    // A composer with a single segment cannot be fitted; all composers are then sampled from the prior.
    if let Some(fits) = fits {
        tensors.extend(AggregatedPosterior::to_tensors(&fits));
        tensors.extend(plan.to_tensors());
    }
    let mut header = checkpoint.header;
    let (z, composers, titles, starts) = map;
    tensors.insert(LATENTS.to_owned(), z);
    tensors.insert(COMPOSERS.to_owned(), composers);
    tensors.insert(STARTS.to_owned(), starts);
    // Composers that were added later belong to the previous network.
    header.rare = ComposerSet::default();
    header.notes_per_sec = corpus.notes_per_sec(&header.composers);
    header.repetition = corpus.repetition(&header.composers);
    header.notes = HashMap::from([(TITLES.to_owned(), titles)]);
    crate::model::checkpoint::save(path, &header, &tensors, true)
}

/// Segments of one composer, as many of each piece as far as it has them, with their posterior means; fewer latents
/// when it is stopped.
pub(crate) fn encode_segments(
    vae: &Vae,
    corpus: &Corpus,
    split: Split,
    id: ComposerId,
    stop: &StopFlag,
) -> (Vec<Window>, Vec<Vec<f32>>) {
    let windows = segments(corpus, split, id, vae);
    let means = no_grad(|| encode_all(vae, &windows, stop).mean);
    (windows, rows(&means))
}

/// Mean and factor of the posteriors of one composer's training segments; see [`AggregatedPosterior::fit`].
pub(crate) fn fit_composer(
    vae: &Vae,
    corpus: &Corpus,
    id: ComposerId,
    stop: &StopFlag,
) -> Option<(Tensor, Tensor)> {
    no_grad(|| AggregatedPosterior::fit(&encode_all(vae, &segments(corpus, Split::Train, id, vae), stop)))
}

/// Segments of one composer in a split, equally many from each piece if possible: drawn by number of notes, a few long,
/// fast pieces would dominate.
fn segments(corpus: &Corpus, split: Split, id: ComposerId, vae: &Vae) -> Vec<Window> {
    let len = vae.config.context_len;
    let pieces: Vec<_> = corpus.labelled(split).filter(|p| p.composer == Some(id)).collect();
    let each = FIT_SEGMENTS.div_ceil(pieces.len().max(1));
    let spread = |p: &'_ &crate::data::Piece| {
        let all = (p.tokens.len() / len).max(1);
        let n = each.min(all);
        let starts = (0..n).map(move |i| (2 * i + 1) * all / (2 * n) * len);
        starts.map(|start| Window::cut(p, start, len)).collect::<Vec<_>>()
    };
    pieces.iter().flat_map(spread).collect()
}

/// The paths of whole training pieces through the latent space, in segments that begin half a context apart.
fn paths(corpus: &Corpus, vae: &Vae, stop: &StopFlag) -> Vec<(usize, Vec<Vec<f32>>)> {
    let len = vae.config.context_len;
    let mut out = Vec::new();
    for (id, _) in corpus.composers.iter() {
        let all: Vec<_> = corpus
            .labelled(Split::Train)
            .filter(|p| p.composer == Some(id) && p.tokens.len() >= len)
            .collect();
        let n = all.len().min(PLANNED_PIECES);
        for piece in (0..n).map(|i| all[i * all.len() / n]) {
            let starts = (0..=piece.tokens.len() - len).step_by(len / 2);
            let windows: Vec<Window> = starts.map(|start| Window::cut(piece, start, len)).collect();
            let means = encode_all(vae, &windows, stop).mean;
            let rows = (0..means.size()[0]).map(|i| {
                let row = means.get(i).to_device(tch::Device::Cpu).contiguous();
                Vec::<f32>::try_from(row).unwrap_or_default()
            });
            out.push((id.index(), rows.collect()));
        }
    }
    out
}

/// Encodes fewer windows if abandoned halfway.
fn encode_all(vae: &Vae, windows: &[Window], stop: &StopFlag) -> Posterior {
    let parts: Vec<Posterior> = windows
        .chunks(32)
        .take_while(|_| !stop.is_abandoned())
        .map(|part| vae.encode(&stack(part, &[], &vae.config, vae.device(), || false)))
        .collect();
    let d = vae.config.d_latent as i64;
    let cat = |of: fn(&Posterior) -> &Tensor| {
        if parts.is_empty() {
            Tensor::zeros([0, d], (Kind::Float, vae.device()))
        } else {
            Tensor::cat(&parts.iter().map(of).collect::<Vec<_>>(), 0)
        }
    };
    Posterior { mean: cat(|p| &p.mean), log_variance: cat(|p| &p.log_variance) }
}

/// Latents, composers (-1 for none), titles and beginnings (seconds) of the segments on the map.
fn map_tensors(corpus: &Corpus, vae: &Vae, stop: &StopFlag) -> (Tensor, Tensor, Vec<String>, Tensor) {
    let len = vae.config.context_len;
    let (mut windows, mut composers, mut titles) = (Vec::new(), Vec::new(), Vec::new());
    let mut starts: Vec<f32> = Vec::new();
    for piece in corpus.pieces.iter().filter(|p| p.composer.is_some()) {
        let all = (piece.tokens.len() / len).max(1);
        for i in 0..SHOWN_PER_PIECE.min(all) {
            let segment = (2 * i + 1) * all / (2 * SHOWN_PER_PIECE.min(all));
            windows.push(Window::cut(piece, segment * len, len));
            composers.push(piece.composer.map_or(-1i64, |c| i64::from(c.0)));
            titles.push(piece.title.clone());
            let before = &piece.tokens[..(segment * len).min(piece.tokens.len())];
            starts.push(before.iter().map(|note| gap_secs(note.gap) as f32).sum());
        }
    }
    let latents = encode_all(vae, &windows, stop).mean;
    (latents, Tensor::from_slice(&composers), titles, Tensor::from_slice(&starts))
}
