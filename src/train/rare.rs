//! Adds labels for composers with too little music to train with to a finished network.
//!
//! Everything but one row of the label table is frozen, so half an hour of music cannot spoil what the network knows,
//! and cannot be memorised: the row has 192 numbers, the width of the network.

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Kind, Tensor, no_grad};

use super::conditioning::{HIDDEN_SHARE, sight};
use super::{Optimizer, Rates, TrainError};
use crate::data::{Corpus, Sampler, Split, Window, fixed_windows, stack};
use crate::device::{DeviceChoice, training_kind};
use crate::latent_map::fit_composer;
use crate::model::{Batch, Checkpoint, Conditioning, RareLabels, Vae, checkpoint};
use crate::music::{ComposerId, ComposerSet};
use crate::progress::StopFlag;

/// Windows per step.
const BATCH: usize = 16;
/// Share of segments without z, where the label must carry everything.
const NO_Z_SHARE: f64 = 0.5;
const PEAK_RATE: f64 = 0.02;
/// Held-out windows per composer.
const HELD_OUT_WINDOWS: usize = 24;

/// Configuration of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RareConfig {
    /// Full names of the composers to add; empty: all new ones.
    pub only: Vec<String>,
    pub steps: u64,
    /// Threads on a CPU; 0 lets libtorch choose.
    pub threads: usize,
    pub seed: u64,
}

impl Default for RareConfig {
    fn default() -> Self {
        RareConfig { only: Vec::new(), steps: 300, threads: 0, seed: 31 }
    }
}

/// Progress of a run: the loss in nats per note, every few steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RareStep {
    pub step: u64,
    pub nll: f64,
}

/// The gain of a label on held-out works, in nats per note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareComposer {
    pub name: String,
    pub hours: f64,
    pub held_out_windows: usize,
    /// With its own label, z withheld.
    pub own: f64,
    /// With no label, z withheld.
    pub nobody: f64,
}

/// A label that makes a held-out note cheaper by less than this, in nats, has learned next to nothing.
const LITTLE_GAIN: f64 = 0.02;
/// With less music than this, in hours, a label is a guess.
const LITTLE_HOURS: f64 = 0.3;

impl RareComposer {
    /// How far the label can be trusted, in a sentence.
    pub fn verdict(&self) -> String {
        let RareComposer { name, hours, held_out_windows, own, nobody } = self;
        let gain = nobody - own;
        if *held_out_windows == 0 {
            return format!(
                "{name}: all {hours:.1} h were needed for learning, so nobody can say how well it was learned; add \
                 other works."
            );
        }
        let measured = format!("{gain:.2} nats cheaper for each note of works that it has not heard");
        if gain < LITTLE_GAIN {
            return format!(
                "{name}: the label has learned next to nothing ({measured}); {hours:.1} h are too little."
            );
        }
        if *hours < LITTLE_HOURS {
            return format!(
                "{name}: learned a little ({measured}), from {hours:.1} h only: do not expect to recognise it."
            );
        }
        format!("{name}: learned from {hours:.1} h, {measured}.")
    }
}

/// The checkpoint that was written, and the figures of each added composer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareSummary {
    pub checkpoint: PathBuf,
    pub composers: Vec<RareComposer>,
}

/// Adds a label for every composer that is labelled in the corpus and unknown to the model, learned from the training
/// split, and writes the model to `out`.
///
/// # Errors
/// [`TrainError::NobodyNew`], [`TrainError::Stopped`], and errors of reading and writing files.
pub fn add_rare(
    model: &Path,
    corpus: &Path,
    out: &Path,
    config: &RareConfig,
    device: DeviceChoice,
    stop: &StopFlag,
    on_step: &mut dyn FnMut(RareStep),
) -> Result<RareSummary, TrainError> {
    let device = device.resolve()?;
    if config.threads > 0 {
        crate::device::use_threads(config.threads);
    }
    let mut checkpoint = Checkpoint::read(model)?;
    let whole = Corpus::load(corpus)?;
    let corpus = only_new(&whole, &checkpoint.header.composers, &config.only).ok_or(TrainError::NobodyNew)?;
    let mut vae = checkpoint.vae(device)?;
    vae.vs.freeze();
    vae.compute = training_kind(device);
    let vs = VarStore::new(device);
    let nobody = checkpoint.tensors["decoder.composer_table"].get(vae.config.n_composers as i64);
    let rows = vs.root().var_copy("table", &nobody.expand([corpus.composers.len() as i64, -1], false));
    vae.decoder.add_labels(&rows);
    learn(&vae, &vs, &corpus, config, stop, on_step)?;
    vae.compute = Kind::Float;
    let fits: Option<Vec<(Tensor, Tensor)>> =
        corpus.composers.iter().map(|(id, _)| fit_composer(&vae, &corpus, id, stop)).collect();
    let (means, factors): (Vec<Tensor>, Vec<Tensor>) = fits.ok_or(TrainError::NobodyNew)?.into_iter().unzip();
    let composers = no_grad(|| worth(&vae, &corpus));
    let rare = RareLabels {
        composers: corpus.composers.clone(),
        table: rows.detach(),
        means: Tensor::stack(&means, 0),
        factors: Tensor::stack(&factors, 0),
    };
    rare.put_into(&mut checkpoint);
    let all = checkpoint.header.all_composers();
    checkpoint.header.notes_per_sec = whole.notes_per_sec(&all);
    checkpoint.header.repetition = whole.repetition(&all);
    checkpoint::save(out, &checkpoint.header, &checkpoint.tensors, true)?;
    Ok(RareSummary { checkpoint: out.to_owned(), composers })
}

/// The pieces of labelled composers that are not in `known` (and are named, if any are); `None` if there are none.
fn only_new(corpus: &Corpus, known: &ComposerSet, only: &[String]) -> Option<Corpus> {
    let is_new = |name: &str| {
        let is_wanted = only.is_empty() || only.iter().any(|o| o == name);
        is_wanted && known.iter().all(|(_, c)| c.name != name)
    };
    let names: Vec<String> =
        corpus.composers.iter().map(|(_, c)| c.name.clone()).filter(|name| is_new(name)).collect();
    let pieces = corpus
        .pieces
        .iter()
        .filter_map(|piece| {
            let name = &corpus.composers.get(piece.composer?)?.name;
            let at = names.iter().position(|n| n == name)?;
            Some(crate::data::Piece { composer: Some(ComposerId(at as u8)), ..piece.clone() })
        })
        .collect();
    let new = Corpus { composers: ComposerSet::new(names), pieces, provenance: corpus.provenance.clone() };
    let has_music = new.labelled(Split::Train).next().is_some();
    has_music.then_some(new)
}

fn learn(
    vae: &Vae,
    vs: &VarStore,
    corpus: &Corpus,
    config: &RareConfig,
    stop: &StopFlag,
    on_step: &mut dyn FnMut(RareStep),
) -> Result<(), TrainError> {
    let sampler = Sampler::new(corpus).ok_or(TrainError::NobodyNew)?;
    let mut optimizer = Optimizer::new(vs, Kind::Float);
    let mut rng = Pcg64Mcg::seed_from_u64(config.seed);
    for step in 0..config.steps {
        if stop.is_stopped() {
            return Err(TrainError::Stopped);
        }
        let windows: Vec<Window> =
            (0..BATCH).map(|_| sampler.draw(vae.config.context_len, &mut rng)).collect();
        let batch = stack(&windows, &[], &vae.config, vae.device(), || rng.random_bool(HIDDEN_SHARE));
        let has_z: Vec<bool> = windows.iter().map(|_| !rng.random_bool(NO_Z_SHARE)).collect();
        let mut given = own_labels(vae, &windows, |i| has_z[i]);
        given.sight = sight(vae.config.context_len, &mut rng);
        let nll = nll(vae, &batch, &given);
        nll.backward();
        let left = 1.0 - step as f64 / config.steps as f64;
        let _ = optimizer.step(Rates { muon: 0.0, adam: PEAK_RATE * left });
        if step % 10 == 9 {
            let nll = nll.double_value(&[]);
            on_step(RareStep { step: step + 1, nll });
        }
    }
    Ok(())
}

/// Nats per note of `batch`, z at the mean of the posterior.
fn nll(vae: &Vae, batch: &Batch, given: &Conditioning) -> Tensor {
    let z = no_grad(|| vae.encode(batch).mean);
    let fields = vae.reconstruction(batch, &z, given);
    fields.iter().fold(Tensor::zeros([], (Kind::Float, vae.device())), |sum, f| sum + f)
}

/// Every window with its composer's added label and full context.
fn own_labels(vae: &Vae, windows: &[Window], has_z: impl Fn(usize) -> bool) -> Conditioning {
    let first = vae.config.n_composers as i64 + 1;
    let labels: Vec<i64> =
        windows.iter().map(|w| w.composer.map_or(first - 1, |c| first + c as i64)).collect();
    let has_z: Vec<f32> = (0..windows.len()).map(|i| f32::from(u8::from(has_z(i)))).collect();
    let device = vae.device();
    Conditioning {
        has_z: Tensor::from_slice(&has_z).to_device(device),
        label: Tensor::from_slice(&labels).to_device(device),
        sight: vae.config.context_len as i64,
        noise: Tensor::zeros([windows.len() as i64, vae.config.d_latent as i64], (Kind::Float, device)),
    }
}

/// Held-out nats per note with the label and without.
fn worth(vae: &Vae, corpus: &Corpus) -> Vec<RareComposer> {
    let len = vae.config.context_len;
    let mut windows = fixed_windows(corpus, Split::Validation, HELD_OUT_WINDOWS, len);
    windows.extend(fixed_windows(corpus, Split::Test, HELD_OUT_WINDOWS, len));
    let one = |id: ComposerId, name: &str| {
        let own: Vec<Window> = windows.iter().filter(|w| w.composer == Some(id.index())).cloned().collect();
        let mean = |is_labelled: bool| {
            let sum: f64 = own
                .chunks(BATCH)
                .map(|part| {
                    let mut given = own_labels(vae, part, |_| false);
                    if !is_labelled {
                        given.label = given.label.full_like(vae.config.n_composers as i64);
                    }
                    let batch = stack(part, &[], &vae.config, vae.device(), || false);
                    nll(vae, &batch, &given).double_value(&[]) * part.len() as f64
                })
                .sum();
            sum / own.len().max(1) as f64
        };
        let secs: f64 = corpus
            .labelled(Split::Train)
            .filter(|p| p.composer == Some(id))
            .map(crate::data::Piece::duration_secs)
            .sum();
        RareComposer {
            name: name.to_owned(),
            hours: secs / 3600.0,
            held_out_windows: own.len(),
            own: mean(true),
            nobody: mean(false),
        }
    };
    corpus.composers.iter().map(|(id, composer)| one(id, &composer.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_promises_no_more_than_was_measured() {
        let verdict = |hours, held_out_windows, gain| {
            RareComposer { name: "Satie".to_owned(), hours, held_out_windows, own: 9.0, nobody: 9.0 + gain }
                .verdict()
        };
        assert!(verdict(0.2, 0, 0.0).contains("add other works"));
        assert!(verdict(2.0, 24, 0.01).contains("next to nothing"));
        assert!(verdict(0.2, 24, 0.1).contains("do not expect"));
        assert_eq!(
            verdict(2.0, 24, 0.1),
            "Satie: learned from 2.0 h, 0.10 nats cheaper for each note of works that it has not heard."
        );
    }
}
