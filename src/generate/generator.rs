//! A loaded model that composes.

use std::path::Path;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::{Device, Tensor, no_grad};

use super::GenerateError;
use super::best_of::{Choices, copies_for, selector_for};
use super::copy_index::CopyIndex;
use super::given::Given;
use super::info::CheckpointInfo;
use super::line::Line;
use super::lines::Lines;
use super::mix::Mix;
use super::qualities::Qualities;
use super::return_schedule::returns;
use super::stream::Stream;
use super::take::{GenerateRequest, MAX_NOTES, Recipe, StreamedNotes, Take};
use crate::classify::{Classifier, ClassifierKind};
use crate::device::{DeviceChoice, device_name};
use crate::latent_map::LatentMap;
use crate::model::{AggregatedPosterior, Checkpoint, LatentPlan, RareLabels, Vae};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::tokens::{NoteToken, Silences, decode_with, encode};

/// Notes between two calls of `on_notes`.
const STREAM_EVERY: usize = 4;

/// A loaded model. `Send` but not `Sync`: move it to the thread that owns it.
#[derive(Debug)]
pub struct Generator {
    pub(super) vae: Vae,
    pub(super) info: CheckpointInfo,
    pub(super) aggregate: Option<AggregatedPosterior>,
    pub(super) plan: Option<LatentPlan>,
    selector: Option<Classifier>,
    copies: Option<CopyIndex>,
    qualities: Qualities,
}

impl Generator {
    /// Reads a checkpoint and its selector, and puts the networks on a device.
    ///
    /// # Errors
    /// Errors of [`Checkpoint::read`], or that the device is not available.
    pub fn load(path: &Path, device: DeviceChoice) -> Result<Generator, GenerateError> {
        let device = device.resolve()?;
        if device == Device::Cpu {
            // One note is too little work to share: waiting for a second thread costs more than it saves.
            tch::set_num_threads(1);
        }
        let checkpoint = Checkpoint::read(path)?;
        let mut vae = checkpoint.vae(device)?;
        vae.vs.freeze();
        let config = &checkpoint.header.config;
        let mut aggregate =
            AggregatedPosterior::from_tensors(&checkpoint.tensors, config.n_composers, config.d_latent);
        let labelled = checkpoint.header.composers.clone();
        let mut composers = labelled.clone();
        if let Some(rare) = RareLabels::from_checkpoint(&checkpoint)
            && let Some(own) = aggregate.take()
        {
            vae.decoder.add_labels(&rare.table.to_device(device));
            aggregate = Some(own.and(&rare.means, &rare.factors));
            composers = checkpoint.header.all_composers();
        }
        let info = CheckpointInfo {
            path: path.to_owned(),
            hash: checkpoint.hash.clone(),
            composers,
            labelled,
            trained_on: checkpoint.header.trained_on.clone(),
            notes_per_sec: checkpoint.header.notes_per_sec.clone(),
            repetition: checkpoint.header.repetition.clone(),
            tilts: checkpoint.header.tilts.clone(),
            parameters: vae.vs.variables().values().map(Tensor::numel).sum(),
            device: device_name(device),
            d_latent: config.d_latent,
            segment_len: config.context_len,
            principal: None,
            map: LatentMap::from_checkpoint(&checkpoint).map(Arc::new),
            can_choose: false,
            qualities: Vec::new(),
        };
        let mut generator = Generator {
            vae,
            info,
            aggregate,
            plan: LatentPlan::from_tensors(&checkpoint.tensors, config.n_composers, config.d_latent),
            selector: None,
            copies: copies_for(path),
            qualities: Qualities::default(),
        };
        generator.set_qualities(Qualities::beside(path, &checkpoint.hash, config.d_latent));
        if let Some(selector) = selector_for(path, device)
            && let Err(error) = generator.set_selector(selector)
        {
            tracing::info!(%error, "composing without a choice");
        }
        Ok(generator)
    }

    pub fn info(&self) -> &CheckpointInfo {
        &self.info
    }

    pub fn vae(&self) -> &Vae {
        &self.vae
    }

    /// The training music, to tell quotations; `None` if there is no index.
    pub fn copies(&self) -> Option<&CopyIndex> {
        self.copies.as_ref()
    }

    pub fn selector(&self) -> Option<&Classifier> {
        self.selector.as_ref()
    }

    /// The directions of qualities; none unless they lie beside the checkpoint.
    pub fn qualities(&self) -> &Qualities {
        &self.qualities
    }

    /// Sets the directions that [`GenerateRequest::qualities`] are about.
    pub fn set_qualities(&mut self, qualities: Qualities) {
        self.info.qualities = qualities.offered();
        self.qualities = qualities;
    }

    /// Sets the selector for best-of-N.
    ///
    /// # Errors
    /// [`GenerateError::NotItsSelector`] for a judge, or for a selector with other composers.
    pub fn set_selector(&mut self, selector: Classifier) -> Result<(), GenerateError> {
        let is_selector = selector.header.kind == ClassifierKind::Selector;
        if !is_selector || *selector.composers() != self.info.labelled {
            return Err(GenerateError::NotItsSelector);
        }
        self.selector = Some(selector);
        self.info.can_choose = true;
        Ok(())
    }

    /// Composes one take; `on_notes` gets the notes as they are made. Setting `stop` ends it early and returns what
    /// there is, marked partial. The same request gives the same take on the same build, device and checkpoint.
    ///
    /// # Errors
    /// If the request is invalid: see [`GenerateError`].
    pub fn generate(
        &self,
        request: &GenerateRequest,
        stop: &StopFlag,
        on_notes: &mut dyn FnMut(StreamedNotes),
    ) -> Result<Take, GenerateError> {
        let mut stream = Stream::new(silences(request));
        let takes = no_grad(|| {
            self.run(std::slice::from_ref(request), stop, &mut |lines, is_end| {
                if let Some(line) = lines.first()
                    && (is_end || line.heard().len() % STREAM_EVERY == 0 || line.heard().len() < STREAM_EVERY)
                {
                    stream.send(line.heard(), on_notes);
                }
            })
        })?;
        takes.into_iter().next().ok_or(GenerateError::Length)
    }

    /// Composes several takes side by side, which costs little more than one. Prompts must have the same length.
    ///
    /// # Errors
    /// As [`Generator::generate`], and [`GenerateError::Length`] for prompts of different lengths.
    pub fn generate_batch(
        &self,
        requests: &[GenerateRequest],
        stop: &StopFlag,
        on_note: &mut dyn FnMut(usize),
    ) -> Result<Vec<Take>, GenerateError> {
        no_grad(|| {
            self.run(requests, stop, &mut |lines, _| on_note(lines.first().map_or(0, |l| l.tokens.len())))
        })
    }

    fn run(
        &self,
        requests: &[GenerateRequest],
        stop: &StopFlag,
        on_step: &mut dyn FnMut(&[Line], bool),
    ) -> Result<Vec<Take>, GenerateError> {
        let lines = requests.iter().map(|r| self.line(r)).collect::<Result<Vec<Line>, GenerateError>>()?;
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        if lines.windows(2).any(|pair| pair[0].tokens.len() != pair[1].tokens.len()) {
            return Err(GenerateError::Length);
        }
        let mut choices =
            Choices::new((self.selector(), self.copies()), &self.info, requests, lines[0].tokens.len())?;
        let mut lines = Lines::new(&self.vae, lines);
        while !lines.is_done() && !stop.is_stopped() {
            lines.step();
            if choices.settle(&mut lines) {
                on_step(&lines.lines, lines.is_done());
            }
        }
        choices.finish(&mut lines);
        on_step(&lines.lines, true);
        Ok(lines.lines.into_iter().zip(requests).map(|(line, request)| self.take(line, request)).collect())
    }

    /// Notes to compose, if the request is possible.
    fn checked_notes(&self, request: &GenerateRequest) -> Result<usize, GenerateError> {
        let notes = request.given.as_ref().map_or(request.notes, |g| g.notes.len());
        if notes == 0 || notes > MAX_NOTES {
            return Err(GenerateError::Length);
        }
        let mixed = request.mixes.iter().flat_map(Mix::shares).map(|(id, _)| *id);
        let mut asked = request.composer.into_iter().chain(mixed);
        if let Some(id) = asked.find(|id| id.index() >= self.info.composers.len()) {
            return Err(GenerateError::NoSuchComposer(id.index()));
        }
        for z in request.z_path.iter().chain(&request.z) {
            if z.len() != self.info.d_latent {
                return Err(GenerateError::LatentSize { given: z.len(), expected: self.info.d_latent });
            }
            if z.iter().any(|z| !z.is_finite()) {
                return Err(GenerateError::LatentNotFinite);
            }
        }
        Ok(notes)
    }

    /// A new line: its latent, random numbers and prompt.
    fn line(&self, request: &GenerateRequest) -> Result<Line, GenerateError> {
        let notes = self.checked_notes(request)?;
        let given = request.given.as_ref();
        let mut rng = Pcg64Mcg::seed_from_u64(request.seed);
        let k = self.vae.config.n_composers;
        let component = request.composer.map_or_else(|| rng.random_range(0..k), ComposerId::index);
        let components = match request.mixes.first() {
            Some(mix) => mix.shares().iter().map(|(id, share)| (id.index(), *share)).collect(),
            None => vec![(component, 1.0)],
        };
        let returns = match given {
            Some(_) => Vec::new(),
            None => returns(&request.form, notes, request.recall, &mut rng)?,
        };
        let asked = request.z_path.first().or(request.z.as_ref());
        let planned = match asked {
            Some(_) => None,
            None => self.planned_path(&components, notes, &returns, &mut rng),
        };
        let is_planned = planned.is_some();
        let path = planned.unwrap_or_else(|| request.z_path.clone());
        let z = match path.first().or(asked) {
            Some(z) => z.clone(),
            None => self.draw_mixed(&components, &mut rng),
        };
        // Later segments wander around a requested latent too.
        let z_mean = match asked {
            Some(_) => z.clone(),
            None => self.mixed_mean(&components),
        };
        let label = self.label_of(request.composer);
        let mut line = Line::new(rng.random(), label, z, z_mean, request.sampling.clamped());
        line.z_path = path;
        if !request.mixes.is_empty() {
            let labels = |mix: &Mix| {
                mix.shares().iter().map(|(id, share)| (self.label_of(Some(*id)), *share)).collect()
            };
            line.labels = request.mixes.iter().map(labels).collect();
        }
        if let Some(shift) = self.qualities.shift(&request.qualities) {
            line.shift(&shift);
        }
        line.given = given.cloned();
        line.wanted = notes;
        line.slack = notes / 10;
        line.returns = returns;
        line.usual_repetition = self.info.repetition(request.composer);
        line.tilts = self.info.tilts.as_slice().into();
        line.knows_its_place = is_planned;
        if let Some(prompt) = request.prompt.as_ref().filter(|_| given.is_none()) {
            let mut tokens = encode(prompt).tokens;
            if tokens.is_empty() {
                return Err(GenerateError::EmptyPrompt);
            }
            join(&mut tokens);
            line.begin_with(tokens);
        }
        Ok(line)
    }

    /// The model's label for a composer of its own.
    pub(super) fn label_of(&self, composer: Option<ComposerId>) -> i64 {
        let label = match composer {
            // Label k is "nobody"; those that were added come after it.
            Some(id) if self.info.is_rare(id) => id.index() + 1,
            Some(id) => id.index(),
            None => self.vae.config.n_composers,
        };
        label as i64
    }

    fn take(&self, line: Line, request: &GenerateRequest) -> Take {
        let tokens = line.heard().to_vec();
        let notes = request.given.as_ref().map_or(request.notes, |g| g.notes.len());
        let prompt_notes = line.wanted - notes;
        Take {
            performance: decode_with(&tokens, &silences(request)),
            is_partial: line.end.is_none(),
            recipe: Recipe {
                composer: request.composer.and_then(|c| self.info.composers.get(c)).map(|c| c.name.clone()),
                seed: request.seed,
                notes,
                sampling: request.sampling.clamped(),
                form: request.form.clone(),
                recall: request.recall,
                best_of: request.best_of,
                z: line.z,
                mixes: request.mixes.iter().map(|mix| mix.named(&self.info.composers)).collect(),
                qualities: request.qualities.clone(),
                prompt_notes,
                checkpoint: self.info.hash.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            tokens,
        }
    }
}

/// Silences that tokens cannot represent, from the notes that the take keeps.
fn silences(request: &GenerateRequest) -> Silences {
    let given = request.given.as_deref();
    given.map_or_else(Silences::default, Given::kept_silences)
}

/// Gives the last note of a prompt, which has no gap to a next note, the typical gap of the last notes.
fn join(tokens: &mut [NoteToken]) {
    let mut gaps: Vec<u8> = tokens.iter().rev().skip(1).take(16).map(|t| t.gap).filter(|g| *g > 0).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(12);
    if let Some(last) = tokens.last_mut() {
        last.gap = usual;
    }
}
