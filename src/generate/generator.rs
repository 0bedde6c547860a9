//! The engine's core: a loaded model that composes, hears and places music.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::{Device, Kind, Tensor, no_grad};

use super::GenerateError;
use super::lines::{Line, Lines};
use super::take::{GenerateRequest, MAX_NOTES, Recipe, StreamedNotes, Take};
use crate::data::{Window, stack};
use crate::device::{DeviceChoice, device_name};
use crate::latent_map::LatentMap;
use crate::model::{AggregatedPosterior, Checkpoint, TrainedOn, Vae};
use crate::music::{ComposerId, ComposerSet, Performance};
use crate::progress::StopFlag;
use crate::sampling::standard_normal;
use crate::tokens::{DecodeState, NoteToken, decode, decode_step, encode};

/// Notes between two calls of the stream.
const STREAM_EVERY: usize = 4;

/// What a window shows of a checkpoint.
#[derive(Clone, Debug)]
pub struct CheckpointInfo {
    pub path: PathBuf,
    pub hash: String,
    pub composers: ComposerSet,
    pub trained_on: TrainedOn,
    pub parameters: usize,
    /// The device in use, for people.
    pub device: String,
    pub d_latent: usize,
    /// Notes that one z describes.
    pub segment_len: usize,
    pub map: Option<Arc<LatentMap>>,
}

/// A model ready to compose; `Send`, not `Sync`: move it to the thread that owns it.
#[derive(Debug)]
pub struct Generator {
    vae: Vae,
    info: CheckpointInfo,
    aggregate: Option<AggregatedPosterior>,
}

impl Generator {
    /// Reads a checkpoint and puts the network on a device.
    ///
    /// # Errors
    /// What [`Checkpoint::read`] says, or that the device is not there.
    pub fn load(path: &Path, device: DeviceChoice) -> Result<Generator, GenerateError> {
        let device = device.resolve()?;
        if device == Device::Cpu {
            // One note is too little work to share: waiting for a second thread costs more than it brings.
            tch::set_num_threads(1);
        }
        let checkpoint = Checkpoint::read(path)?;
        let mut vae = checkpoint.vae(device)?;
        vae.vs.freeze();
        let config = &checkpoint.header.config;
        let aggregate =
            AggregatedPosterior::from_tensors(&checkpoint.tensors, config.n_composers, config.d_latent);
        let info = CheckpointInfo {
            path: path.to_owned(),
            hash: checkpoint.hash.clone(),
            composers: checkpoint.header.composers.clone(),
            trained_on: checkpoint.header.trained_on.clone(),
            parameters: vae.vs.variables().values().map(Tensor::numel).sum(),
            device: device_name(device),
            d_latent: config.d_latent,
            segment_len: config.context_len,
            map: LatentMap::from_checkpoint(&checkpoint).map(Arc::new),
        };
        Ok(Generator { vae, info, aggregate })
    }

    pub fn info(&self) -> &CheckpointInfo {
        &self.info
    }

    pub fn vae(&self) -> &Vae {
        &self.vae
    }

    /// Composes one take; `on_notes` gets the notes as they are made. A set `stop` ends it early and what there is
    /// comes back, marked partial. The same request gives the same take on the same build, device and checkpoint.
    ///
    /// # Errors
    /// A request that cannot be: see [`GenerateError`].
    pub fn generate(
        &self,
        request: &GenerateRequest,
        stop: &StopFlag,
        on_notes: &mut dyn FnMut(StreamedNotes),
    ) -> Result<Take, GenerateError> {
        let mut stream = Stream::default();
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

    /// Composes several takes side by side, which costs little more than one. Prompts must be equally long.
    ///
    /// # Errors
    /// As [`Generator::generate`]; prompts of other lengths count as [`GenerateError::Length`].
    pub fn generate_batch(
        &self,
        requests: &[GenerateRequest],
        stop: &StopFlag,
        on_note: &mut dyn FnMut(usize),
    ) -> Result<Vec<Take>, GenerateError> {
        no_grad(|| {
            self.run(requests, stop, &mut |lines, _| {
                on_note(lines.first().map_or(0, |l| l.tokens.len()))
            })
        })
    }

    fn run(
        &self,
        requests: &[GenerateRequest],
        stop: &StopFlag,
        on_step: &mut dyn FnMut(&[Line], bool),
    ) -> Result<Vec<Take>, GenerateError> {
        let lines = requests
            .iter()
            .map(|r| self.line(r))
            .collect::<Result<Vec<Line>, GenerateError>>()?;
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        if lines
            .windows(2)
            .any(|pair| pair[0].tokens.len() != pair[1].tokens.len())
        {
            return Err(GenerateError::Length);
        }
        let mut lines = Lines::new(&self.vae, lines);
        while !lines.is_done() && !stop.is_stopped() {
            lines.step();
            on_step(&lines.lines, lines.is_done());
        }
        on_step(&lines.lines, true);
        Ok(lines
            .lines
            .into_iter()
            .zip(requests)
            .map(|(line, request)| self.take(line, request))
            .collect())
    }

    /// The beginning of a take: its latent, its random numbers, its prompt.
    fn line(&self, request: &GenerateRequest) -> Result<Line, GenerateError> {
        let given = request.given.as_ref();
        let notes = given.map_or(request.notes, |g| g.notes.len());
        if notes == 0 || notes > MAX_NOTES {
            return Err(GenerateError::Length);
        }
        let k = self.vae.config.n_composers;
        let label = match request.composer {
            Some(id) if id.index() >= k => return Err(GenerateError::NoSuchComposer(id.index())),
            Some(id) => id.index(),
            None => k,
        };
        let mut rng = Pcg64Mcg::seed_from_u64(request.seed);
        let component = if label < k { label } else { rng.random_range(0..k) };
        let mean = self.latent_mean(component);
        let asked = request.z_path.first().or(request.z.as_ref());
        let z = match request
            .z_path
            .iter()
            .find(|z| z.len() != self.info.d_latent)
            .or(asked)
        {
            Some(z) if z.len() != self.info.d_latent => {
                return Err(GenerateError::LatentSize {
                    given: z.len(),
                    expected: self.info.d_latent,
                });
            }
            Some(z) => z.clone(),
            None => self.draw_latent(component, &mut rng),
        };
        // A latent that was asked for is also what later segments wander around.
        let z_mean = if asked.is_some() { z.clone() } else { mean };
        let mut line = Line::new(rng.random(), label as i64, z, z_mean, request.sampling.clamped());
        line.z_path.clone_from(&request.z_path);
        line.given = given.cloned();
        line.wanted = notes;
        line.slack = notes / 10;
        if let Some(prompt) = request.prompt.as_ref().filter(|_| given.is_none()) {
            line.tokens = encode(prompt).tokens;
            if line.tokens.is_empty() {
                return Err(GenerateError::EmptyPrompt);
            }
            join(&mut line.tokens);
            line.wanted += line.tokens.len();
        }
        Ok(line)
    }

    /// Where a composer's music lies: `d_latent` numbers.
    pub fn latent_mean(&self, component: usize) -> Vec<f32> {
        let fitted = self
            .aggregate
            .as_ref()
            .and_then(|a| a.mean(component))
            .map(<[f32]>::to_vec);
        fitted.unwrap_or_else(|| to_floats(&self.vae.prior.means().get(component as i64)))
    }

    /// A latent for a composer: from the fitted posterior where the checkpoint has one, else from the prior.
    pub(super) fn draw_latent(&self, component: usize, rng: &mut Pcg64Mcg) -> Vec<f32> {
        let noise: Vec<f32> = (0..self.info.d_latent).map(|_| standard_normal(rng)).collect();
        if let Some(z) = self.aggregate.as_ref().and_then(|a| a.sample(component, &noise)) {
            return z;
        }
        let mean = self.latent_mean(component);
        let sigma = to_floats(&self.vae.prior.log_sigmas().get(component as i64).exp());
        mean.iter()
            .zip(sigma)
            .zip(noise)
            .map(|((m, s), e)| m + s * e)
            .collect()
    }

    fn take(&self, line: Line, request: &GenerateRequest) -> Take {
        let tokens = line.heard().to_vec();
        let notes = request.given.as_ref().map_or(request.notes, |g| g.notes.len());
        let prompt_notes = line.wanted - notes;
        Take {
            performance: decode(&tokens),
            is_partial: line.end.is_none(),
            recipe: Recipe {
                composer: request
                    .composer
                    .and_then(|c| self.info.composers.get(c))
                    .map(|c| c.name.clone()),
                seed: request.seed,
                notes,
                sampling: request.sampling.clamped(),
                z: line.z,
                prompt_notes,
                checkpoint: self.info.hash.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            tokens,
        }
    }

    /// The posterior mean of every segment of `performance`: what the encoder hears, without being told who.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] when there are no notes.
    pub fn encode(&self, performance: &Performance) -> Result<Vec<Vec<f32>>, GenerateError> {
        self.encode_tokens(&encode(performance).tokens)
    }

    /// As [`Generator::encode`], of tokens. A last segment of under a quarter of the length is left out, unless it
    /// is the only one.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] when there are no tokens.
    pub fn encode_tokens(&self, tokens: &[NoteToken]) -> Result<Vec<Vec<f32>>, GenerateError> {
        let len = self.vae.config.context_len;
        let starts = (0..tokens.len())
            .step_by(len)
            .filter(|start| *start == 0 || tokens.len() - start >= len / 4);
        self.encode_at(tokens, starts)
    }

    /// As [`Generator::encode_tokens`], of the windows that the decoder holds one after the other while it makes
    /// this music: each begins half a context after the one before. What [`GenerateRequest::z_path`] wants.
    ///
    /// # Errors
    /// [`GenerateError::EmptyPrompt`] when there are no tokens.
    pub fn encode_windows(&self, tokens: &[NoteToken]) -> Result<Vec<Vec<f32>>, GenerateError> {
        let len = self.vae.config.context_len;
        let starts = (0..tokens.len())
            .step_by((len / 2).max(1))
            .filter(|start| *start == 0 || start + len / 2 < tokens.len());
        self.encode_at(tokens, starts)
    }

    fn encode_at(
        &self,
        tokens: &[NoteToken],
        starts: impl Iterator<Item = usize>,
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let len = self.vae.config.context_len;
        let windows: Vec<Window> = starts
            .map(|start| Window {
                notes: tokens[start..tokens.len().min(start + len)].to_vec(),
                start,
                piece_len: tokens.len(),
                composer: None,
            })
            .collect();
        if windows.is_empty() {
            return Err(GenerateError::EmptyPrompt);
        }
        let mut out = Vec::with_capacity(windows.len());
        no_grad(|| {
            for part in windows.chunks(32) {
                let batch = stack(part, &[], &self.vae.config, self.vae.device(), || false);
                let mean = self.vae.encode(&batch).mean;
                out.extend((0..part.len()).map(|i| to_floats(&mean.get(i as i64))));
            }
        });
        Ok(out)
    }

    /// The composer whose music lies nearest to these latents (highest density, summed over them).
    pub fn nearest_composer(&self, z: &[Vec<f32>]) -> ComposerId {
        let k = self.vae.config.n_composers;
        let density = |k: usize| -> f64 { z.iter().map(|z| self.log_density(k, z)).sum() };
        let best = (0..k)
            .map(|component| (component, density(component)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        ComposerId(best.map_or(0, |(component, _)| component as u8))
    }

    /// Of a composer's Gaussian at z, but for a constant.
    fn log_density(&self, component: usize, z: &[f32]) -> f64 {
        let fitted = self.aggregate.as_ref().and_then(|a| a.log_density(component, z));
        fitted.unwrap_or_else(|| {
            let log_sigma = to_floats(&self.vae.prior.log_sigmas().get(component as i64));
            let mean = self.latent_mean(component);
            let terms = z.iter().zip(&mean).zip(&log_sigma);
            terms
                .map(|((z, m), l)| -0.5 * f64::from((z - m) / l.exp()).powi(2) - f64::from(*l))
                .sum()
        })
    }
}

fn to_floats(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor
        .detach()
        .to_device(Device::Cpu)
        .to_kind(Kind::Float)
        .contiguous()
        .view([-1]);
    Vec::<f32>::try_from(flat).unwrap_or_default()
}

/// The last note of a prompt has no gap to the next; give it the usual gap of its last notes.
fn join(tokens: &mut [NoteToken]) {
    let mut gaps: Vec<u8> = tokens
        .iter()
        .rev()
        .skip(1)
        .take(16)
        .map(|t| t.gap)
        .filter(|g| *g > 0)
        .collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(12);
    if let Some(last) = tokens.last_mut() {
        last.gap = usual;
    }
}

/// Decodes tokens as they come and hands on what is new.
#[derive(Default)]
struct Stream {
    state: DecodeState,
    sent: usize,
}

impl Stream {
    fn send(&mut self, tokens: &[NoteToken], on_notes: &mut dyn FnMut(StreamedNotes)) {
        let mut pedal = Vec::new();
        let new = &tokens[self.sent.min(tokens.len())..];
        if new.is_empty() {
            return;
        }
        let notes = new
            .iter()
            .filter_map(|&t| decode_step(t, &mut self.state, &mut pedal))
            .collect();
        self.sent = tokens.len();
        on_notes(StreamedNotes {
            notes,
            pedal,
            ready_until_secs: self.state.time_secs,
            done_notes: self.sent,
        });
    }
}
