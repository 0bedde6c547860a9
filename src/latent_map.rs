//! The latent space as a plane: principal components of the posterior means of real music.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor, no_grad};

use crate::data::{Corpus, Split, Window, stack};
use crate::model::{AggregatedPosterior, Checkpoint, CheckpointError, Posterior, Vae};
use crate::music::ComposerId;
use crate::progress::StopFlag;

const LATENTS: &str = "map.z";
const COMPOSERS: &str = "map.composers";
const TITLES: &str = "map.titles";
/// Segments per composer that the aggregated posterior is fitted to.
const FIT_SEGMENTS: usize = 240;
/// Segments of a piece that are shown on the map.
const SHOWN_PER_PIECE: usize = 2;

/// One segment of real music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    pub xy: [f32; 2],
    pub composer: Option<ComposerId>,
    /// The piece, for people.
    pub title: String,
    pub z: Vec<f32>,
}

/// Segments of real music on the plane of their two largest principal components.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentMap {
    pub points: Vec<MapPoint>,
    /// The mean of each composer's component of the prior.
    pub components: Vec<[f32; 2]>,
    /// Share of the variance that each axis shows.
    pub explained: [f32; 2],
    centre: Vec<f32>,
    axes: [Vec<f32>; 2],
}

impl LatentMap {
    /// The map a checkpoint carries; `None` when it carries none.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Option<LatentMap> {
        let z = rows(checkpoint.tensors.get(LATENTS)?);
        let composers = rows(&checkpoint.tensors.get(COMPOSERS)?.unsqueeze(1));
        let titles = checkpoint.header.notes.get(TITLES)?;
        let means = rows(checkpoint.tensors.get("prior.means")?);
        if z.len() < 3 || z.len() != composers.len() || z.len() != titles.len() {
            return None;
        }
        let labelled = composers.iter().map(|c| {
            c.first()
                .filter(|&&c| (0.0..255.0).contains(&c))
                .map(|&c| ComposerId(c as u8))
        });
        LatentMap::new(z, labelled.collect(), titles.clone(), &means)
    }

    /// `None` when the latents do not span a plane.
    pub fn new(
        z: Vec<Vec<f32>>,
        composers: Vec<Option<ComposerId>>,
        titles: Vec<String>,
        means: &[Vec<f32>],
    ) -> Option<LatentMap> {
        let d = z.first()?.len();
        let flat: Vec<f32> = z.iter().flatten().copied().collect();
        let all = Tensor::from_slice(&flat).view([z.len() as i64, d as i64]);
        let centre = all.mean_dim([0i64].as_slice(), false, Kind::Float);
        let centred = &all - &centre;
        let covariance = centred.transpose(0, 1).matmul(&centred) / z.len() as f64;
        // Eigenvalues ascend: the last two are the plane.
        let (values, vectors) = covariance.f_linalg_eigh("L").ok()?;
        let total = values.sum(Kind::Float).double_value(&[]);
        let last = d as i64 - 1;
        let share = |i: i64| (values.double_value(&[i]) / total) as f32;
        let axis = |i: i64| {
            let v = rows(&vectors.select(1, i).unsqueeze(0)).remove(0);
            // An eigenvector has no sign: choose the one that makes the map the same everywhere.
            let sign = v
                .iter()
                .copied()
                .max_by(|a, b| a.abs().total_cmp(&b.abs()))
                .map_or(1.0, f32::signum);
            v.into_iter().map(|x| x * sign).collect::<Vec<f32>>()
        };
        if d < 2 || total.is_nan() || total <= 0.0 {
            return None;
        }
        let mut map = LatentMap {
            points: Vec::new(),
            components: Vec::new(),
            explained: [share(last), share(last - 1)],
            centre: rows(&centre.unsqueeze(0)).remove(0),
            axes: [axis(last), axis(last - 1)],
        };
        map.components = means.iter().map(|m| map.project(m)).collect();
        map.points = z
            .into_iter()
            .zip(composers)
            .zip(titles)
            .map(|((z, composer), title)| MapPoint {
                xy: map.project(&z),
                composer,
                title,
                z,
            })
            .collect();
        Some(map)
    }

    /// Where `z` lies on the map.
    pub fn project(&self, z: &[f32]) -> [f32; 2] {
        let dot = |axis: &[f32]| {
            axis.iter()
                .zip(z.iter().zip(&self.centre))
                .map(|(a, (z, c))| a * (z - c))
                .sum()
        };
        [dot(&self.axes[0]), dot(&self.axes[1])]
    }

    /// A latent that lies at `xy`: the nearest real segment's, moved within the plane. So what the map cannot show
    /// is taken from real music.
    pub fn unproject(&self, xy: [f32; 2]) -> Vec<f32> {
        let Some(nearest) = self.nearest(xy) else {
            return self.centre.clone();
        };
        let [dx, dy] = [xy[0] - nearest.xy[0], xy[1] - nearest.xy[1]];
        nearest
            .z
            .iter()
            .zip(self.axes[0].iter().zip(&self.axes[1]))
            .map(|(z, (a, b))| z + dx * a + dy * b)
            .collect()
    }

    /// The segment nearest to `xy` on the map.
    pub fn nearest(&self, xy: [f32; 2]) -> Option<&MapPoint> {
        let distance = |p: &MapPoint| (p.xy[0] - xy[0]).powi(2) + (p.xy[1] - xy[1]).powi(2);
        self.points
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
    let n = tensor.size()[0];
    (0..n)
        .map(|i| {
            let row = tensor
                .get(i)
                .detach()
                .to_device(tch::Device::Cpu)
                .to_kind(Kind::Float)
                .contiguous()
                .view([-1]);
            Vec::<f32>::try_from(row).unwrap_or_default()
        })
        .collect()
}

/// Completes a trained checkpoint: fits the aggregated posterior of every composer to its training segments, and
/// places segments of every piece on the map. The file is rewritten, whole or not at all; not when it is abandoned.
///
/// # Errors
/// What reading or writing the checkpoint says.
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
    let (fits, map) = no_grad(|| {
        let fits: Option<Vec<(Tensor, Tensor)>> = corpus
            .composers
            .iter()
            .map(|(id, _)| AggregatedPosterior::fit(&encode_all(&vae, &segments(corpus, id, &vae), stop)))
            .collect();
        (fits, map_tensors(corpus, &vae, stop))
    });
    if stop.is_abandoned() {
        return Ok(());
    }
    let mut tensors = vae.vs.variables();
    // A composer of a single segment cannot be fitted; then all are sampled from the prior.
    if let Some(fits) = fits {
        tensors.extend(AggregatedPosterior::to_tensors(&fits));
    }
    let mut header = checkpoint.header;
    let (z, composers, titles) = map;
    tensors.insert(LATENTS.to_owned(), z);
    tensors.insert(COMPOSERS.to_owned(), composers);
    header.notes = HashMap::from([(TITLES.to_owned(), titles)]);
    crate::model::checkpoint::save(path, &header, &tensors, true)
}

/// Training segments of one composer, evenly spread.
fn segments(corpus: &Corpus, id: ComposerId, vae: &Vae) -> Vec<Window> {
    let len = vae.config.context_len;
    let all: Vec<Window> = corpus
        .labelled(Split::Train)
        .filter(|p| p.composer == Some(id))
        .flat_map(|p| (0..(p.tokens.len() / len).max(1)).map(move |i| Window::cut(p, i * len, len)))
        .collect();
    let n = all.len().min(FIT_SEGMENTS);
    (0..n).map(|i| all[i * all.len() / n].clone()).collect()
}

/// Of fewer windows when it is abandoned on the way.
fn encode_all(vae: &Vae, windows: &[Window], stop: &StopFlag) -> Posterior {
    let parts: Vec<Posterior> = windows
        .chunks(32)
        .take_while(|_| !stop.is_abandoned())
        .map(|part| vae.encode(&stack(part, &[], &vae.config, vae.device(), || false)))
        .collect();
    let d = vae.config.d_latent as i64;
    let cat = |of: fn(&Posterior) -> &Tensor| match parts.is_empty() {
        true => Tensor::zeros([0, d], (Kind::Float, vae.device())),
        false => Tensor::cat(&parts.iter().map(of).collect::<Vec<_>>(), 0),
    };
    Posterior {
        mean: cat(|p| &p.mean),
        log_variance: cat(|p| &p.log_variance),
    }
}

/// Latents, composers (-1 for none) and titles of the segments on the map.
fn map_tensors(corpus: &Corpus, vae: &Vae, stop: &StopFlag) -> (Tensor, Tensor, Vec<String>) {
    let len = vae.config.context_len;
    let (mut windows, mut composers, mut titles) = (Vec::new(), Vec::new(), Vec::new());
    for piece in corpus.pieces.iter().filter(|p| p.composer.is_some()) {
        let all = (piece.tokens.len() / len).max(1);
        for i in 0..SHOWN_PER_PIECE.min(all) {
            let segment = (2 * i + 1) * all / (2 * SHOWN_PER_PIECE.min(all));
            windows.push(Window::cut(piece, segment * len, len));
            composers.push(piece.composer.map_or(-1i64, |c| i64::from(c.0)));
            titles.push(piece.title.clone());
        }
    }
    (
        encode_all(vae, &windows, stop).mean,
        Tensor::from_slice(&composers),
        titles,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> LatentMap {
        let z: Vec<Vec<f32>> = (0..40)
            .map(|i| {
                let t = i as f32 / 6.0;
                vec![10.0 * t.sin(), 3.0 * t.cos(), 0.1 * (t * 3.0).sin(), 1.0]
            })
            .collect();
        let titles = (0..40).map(|i| i.to_string()).collect();
        LatentMap::new(z, vec![None; 40], titles, &[vec![0.0, 0.0, 0.0, 1.0]]).unwrap()
    }

    #[test]
    fn unproject_lands_where_it_was_asked() {
        let map = map();
        for xy in [[0.0, 0.0], [5.0, -2.0], [-20.0, 7.0]] {
            let back = map.project(&map.unproject(xy));
            assert!(
                (back[0] - xy[0]).abs() < 1e-3 && (back[1] - xy[1]).abs() < 1e-3,
                "{xy:?} {back:?}"
            );
        }
    }

    #[test]
    fn the_first_axis_is_the_widest() {
        let map = map();
        assert!(
            map.explained[0] > 0.85 && map.explained[1] < 0.15,
            "{:?}",
            map.explained
        );
        let point = &map.points[7];
        assert_eq!(map.nearest(point.xy).map(|p| p.title.as_str()), Some("7"));
    }
}
