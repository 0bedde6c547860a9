//! The training loop.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use tch::{Device, Kind, Tensor};

use super::listener::Listener;
use super::prefetch::{Prefetch, Prepared};
use super::status::memory_mb;
use super::{
    Optimizer, RunDir, StepMetrics, TrainConfig, TrainError, TrainEvent, TrainSummary, audition, begin,
    divergence, schedule, validate,
};
use crate::causes;
use crate::data::{Corpus, Sampler, Split, Window, fixed_windows};
use crate::device::{DeviceChoice, training_kind};
use crate::latent_map;
use crate::model::checkpoint::{self, Checkpoint, CheckpointHeader, TrainedOn, fingerprint};
use crate::model::{LossWeights, Vae};
use crate::music::ComposerId;
use crate::progress::StopFlag;

/// Validation windows per composer.
const VALIDATION_WINDOWS: usize = 12;
/// Steps between two reports.
const REPORT_EVERY: u64 = 10;
/// Seconds between two saves of the state to resume from, so that a killed run loses less than a minute.
const SAVE_EVERY_SECS: f64 = 30.0;
/// Before a validation, which takes a while, the state is saved if it is older than this.
const STALE_SECS: f64 = 10.0;

/// A run that is ready to start.
pub struct Trainer {
    corpus: Corpus,
    config: TrainConfig,
    run: RunDir,
    vae: Vae,
    optimizer: Optimizer,
    listener: Option<Listener>,
    trained_on: TrainedOn,
    elapsed_before: f64,
    /// The composers of the takes that validations write.
    to_hear: Vec<ComposerId>,
    /// The step of the state to resume from.
    saved_step: u64,
}

impl Trainer {
    /// Reads the corpus, and builds the network or restores it from `run_dir`.
    ///
    /// # Errors
    /// Any [`TrainError`]; nothing in `run_dir` is overwritten then.
    pub fn open(
        corpus_path: &Path,
        run_dir: &Path,
        mut config: TrainConfig,
        device: DeviceChoice,
        resume: bool,
    ) -> Result<Trainer, TrainError> {
        let corpus = Corpus::load(corpus_path)?;
        config.model.n_composers = corpus.composers.len();
        config.validate()?;
        let device = device.resolve()?;
        for (split, name) in [(Split::Train, "training"), (Split::Validation, "validation")] {
            if corpus.labelled(split).next().is_none() {
                return Err(TrainError::EmptySplit { split: name });
            }
        }
        let to_hear = audition::composers_to_hear(&config, &corpus)?;
        if config.threads > 0 {
            tch::set_num_threads(config.threads.min(256) as i32);
        }
        // A run that ended before its first save starts again.
        let has_state = resume && RunDir::has_state(run_dir);
        // Before creating the folder, so that a model that does not fit leaves none behind.
        let begun = begin::from(&config, has_state, &corpus)?;
        let listener = match &config.selector {
            Some(path) => Some(Listener::read(path, &corpus.composers, device)?),
            None => None,
        };
        let run = RunDir::open(run_dir, &config, resume)?;
        let mut trained_on = TrainedOn {
            source: corpus.provenance.source.clone(),
            licence: corpus.provenance.licence.clone(),
            corpus: std::fs::read(corpus_path).map(|b| fingerprint(&b)).unwrap_or_default(),
            ..TrainedOn::default()
        };
        // The first weights are a function of the seed too.
        tch::manual_seed(config.seed as i64);
        let mut vae = Vae::new(&config.model, device)?;
        vae.compute = training_kind(device);
        let mut optimizer = Optimizer::new(&vae.vs, vae.compute);
        let mut elapsed_before = 0.0;
        if let Some(begun) = begun {
            begun.fill(&vae.vs)?;
            vae.prior.set_means();
            trained_on.notes_seen = begun.header.trained_on.notes_seen;
        }
        if has_state {
            let wrong = |what: String| TrainError::RunDir { what, path: run_dir.to_owned() };
            let last = Checkpoint::read(&run.last())?;
            if last.header.composers != corpus.composers {
                return Err(wrong("its composers are not those of this corpus".to_owned()));
            }
            last.fill(&vae.vs)?;
            optimizer.load_state(&last.tensors).map_err(wrong)?;
            elapsed_before = last.tensors.get("elapsed_secs").map_or(0.0, |t| t.double_value(&[]));
            trained_on = last.header.trained_on;
        }
        let saved_step = trained_on.step;
        Ok(Trainer {
            corpus,
            config,
            run,
            vae,
            optimizer,
            listener,
            trained_on,
            elapsed_before,
            to_hear,
            saved_step,
        })
    }

    pub fn device(&self) -> Device {
        self.vae.device()
    }

    pub fn parameters(&self) -> i64 {
        self.vae.vs.variables().values().map(|v| v.numel() as i64).sum()
    }

    /// The step that the run starts from.
    pub fn from_step(&self) -> u64 {
        self.trained_on.step
    }

    /// Trains until the run's length is reached or `stop` is set, and saves the latest state. A run that is stopped
    /// is validated and its best model prepared for composing, as at any end; one that is abandoned ends after the
    /// current step.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] if the loss explodes, and errors of writing files.
    pub fn run(
        mut self,
        stop: &StopFlag,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<TrainSummary, TrainError> {
        let corpus = std::mem::take(&mut self.corpus);
        let sampler = Sampler::new(&corpus).ok_or(TrainError::EmptySplit { split: "training" })?;
        let context = self.config.model.context_len;
        let held_out = fixed_windows(&corpus, Split::Validation, VALIDATION_WINDOWS, context);
        let first_step = self.trained_on.step;
        let config = Box::new(self.config.clone());
        on_event(TrainEvent::Started { config, from_step: first_step, pieces: sampler.pieces() });
        let prefetch = Prefetch::new(&sampler, &self.config, self.vae.device(), first_step);
        std::thread::scope(|scope| {
            let batches = prefetch.start(scope);
            self.go(&batches, &corpus, &held_out, stop, on_event)
        })?;
        if self.run.best().exists() {
            latent_map::fit_latents(&self.run.best(), &corpus, self.vae.device(), stop)?;
        }
        Ok(TrainSummary {
            step: self.trained_on.step,
            best_nll: self.trained_on.best_nll,
            checkpoint: self.run.best(),
            stopped: stop.is_stopped(),
        })
    }

    /// The training loop: steps, validations and saves.
    fn go(
        &mut self,
        batches: &Receiver<Prepared>,
        corpus: &Corpus,
        held_out: &[Window],
        stop: &StopFlag,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<(), TrainError> {
        let first_step = self.trained_on.step;
        let begun = Instant::now();
        let mut last_saved = self.elapsed_before;
        let mut report = Report::new(self.vae.device());
        loop {
            let elapsed = self.elapsed_before + begun.elapsed().as_secs_f64();
            let progress = schedule::progress(&self.config, self.trained_on.step, elapsed);
            let is_over = progress >= 1.0 || stop.is_stopped();
            let step = self.trained_on.step;
            let is_due = is_over || step.is_multiple_of(self.config.validate_every);
            let is_validated = step > first_step && is_due && !stop.is_abandoned();
            let age = elapsed - last_saved;
            if is_validated {
                if age > STALE_SECS {
                    self.save(corpus, elapsed, &report, false, on_event)?;
                }
                let validated = self.validate(corpus, held_out, stop, on_event);
                self.survive(validated, false, on_event)?;
            }
            if is_over || is_validated || age > SAVE_EVERY_SECS {
                self.save(corpus, elapsed, &report, is_over, on_event)?;
                last_saved = elapsed;
            }
            if is_over {
                break;
            }
            // There is always a next batch, unless the preparing thread has died.
            let Ok(prepared) = batches.recv() else { break };
            self.step(&prepared, progress, &mut report);
            if self.trained_on.step.is_multiple_of(REPORT_EVERY) {
                let metrics = report.take(&self.trained_on, elapsed, progress);
                let logged = self.run.log_step(&metrics);
                self.survive(logged, false, on_event)?;
                on_event(TrainEvent::Stepped(metrics.clone()));
                divergence::check(&metrics, self.saved_step)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, prepared: &Prepared, progress: f64, report: &mut Report) {
        let weights = LossWeights {
            kl: schedule::kl_weight(&self.config, progress),
            free_bits_nats: self.config.free_bits_nats,
            label: self.config.label_weight,
            bag: self.config.bag_weight,
            segment_len: self.config.model.context_len as f64,
        };
        let terms = self.vae.elbo(&prepared.batch, &prepared.given);
        let mut loss = terms.loss(&weights);
        if let Some(listener) = &self.listener {
            loss += listener.loss(&terms, &prepared.batch, &prepared.given) * self.config.heard_as_weight;
        }
        loss.backward();
        let rates = schedule::rates(&self.config, self.trained_on.step, progress);
        let norm = self.optimizer.step(rates);
        self.trained_on.step += 1;
        self.trained_on.notes_seen += prepared.notes as u64;
        let mut values = vec![loss.detach(), terms.kl_nats().detach(), terms.label_loss.detach(), norm];
        values.extend(terms.nll_fields.iter().map(Tensor::detach));
        report.add(&values, prepared.notes, weights.kl, rates.muon);
    }

    fn validate(
        &mut self,
        corpus: &Corpus,
        windows: &[Window],
        stop: &StopFlag,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<(), TrainError> {
        let step = self.trained_on.step;
        let Some(metrics) = validate(&self.vae, windows, step, stop) else {
            return Ok(());
        };
        let logged = self.run.log_validation(&metrics);
        self.survive(logged, false, on_event)?;
        let is_best = self.trained_on.best_nll.is_none_or(|best| metrics.nll < best);
        on_event(TrainEvent::Validated(metrics.clone()));
        if is_best && metrics.nll.is_finite() {
            self.trained_on.best_nll = Some(metrics.nll);
            let header =
                CheckpointHeader::new(&self.config.model, &corpus.composers, self.trained_on.clone());
            checkpoint::save(&self.run.best(), &header, &self.vae.vs.variables(), true)?;
            on_event(TrainEvent::CheckpointSaved { step, path: self.run.best() });
        }
        self.keep_model(corpus, stop, on_event)
    }

    /// Keeps the model as it is now, and lets it be heard.
    fn keep_model(
        &self,
        corpus: &Corpus,
        stop: &StopFlag,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<(), TrainError> {
        let step = self.trained_on.step;
        let path = self.run.kept(step);
        self.run.make_room(self.config.keep_checkpoints)?;
        let header = CheckpointHeader::new(&self.config.model, &corpus.composers, self.trained_on.clone());
        checkpoint::save(&path, &header, &self.vae.vs.variables(), true)?;
        on_event(TrainEvent::CheckpointSaved { step, path: path.clone() });
        let takes = audition::write_takes(&self.run, &path, step, &self.to_hear, &corpus.composers, stop)?;
        for (composer, path) in takes {
            on_event(TrainEvent::TakeWritten { step, composer, path });
        }
        Ok(())
    }

    /// Turns a failure to write into a warning, unless it is the last chance: a disk that is full now may have room
    /// for the next state.
    fn survive(
        &self,
        result: Result<(), TrainError>,
        is_last_chance: bool,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<(), TrainError> {
        match result {
            // Where the folder is gone, nothing will ever be kept.
            Err(error) if error.is_write() && !is_last_chance && self.run.path().is_dir() => {
                let message = causes::chain(&error).join(": ");
                on_event(TrainEvent::Warned { step: self.trained_on.step, message });
                Ok(())
            }
            other => other,
        }
    }

    /// Saves the state to resume from; what is not a number must not replace the last good one.
    fn save(
        &mut self,
        corpus: &Corpus,
        elapsed: f64,
        report: &Report,
        is_last_chance: bool,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<(), TrainError> {
        report.check(self.trained_on.step, self.saved_step)?;
        let saved = self.save_last(corpus, elapsed);
        if saved.is_ok() {
            self.saved_step = self.trained_on.step;
            on_event(TrainEvent::StateSaved { step: self.saved_step });
        }
        self.survive(saved, is_last_chance, on_event)
    }

    fn save_last(&self, corpus: &Corpus, elapsed: f64) -> Result<(), TrainError> {
        let header = CheckpointHeader::new(&self.config.model, &corpus.composers, self.trained_on.clone());
        let mut tensors: HashMap<String, Tensor> = self.vae.vs.variables();
        tensors.extend(self.optimizer.state());
        tensors.insert("elapsed_secs".to_owned(), Tensor::from(elapsed as f32));
        checkpoint::save(&self.run.last(), &header, &tensors, false)?;
        Ok(())
    }
}

/// Sums metrics on the device. Reading them waits for it, so that is done only every few steps.
struct Report {
    sums: Tensor,
    steps: f64,
    notes: usize,
    kl_weight: f64,
    learning_rate: f64,
    since: Instant,
}

impl Report {
    fn new(device: Device) -> Report {
        Report {
            sums: Tensor::zeros([9], (Kind::Float, device)),
            steps: 0.0,
            notes: 0,
            kl_weight: 0.0,
            learning_rate: 0.0,
            since: Instant::now(),
        }
    }

    fn add(&mut self, values: &[Tensor], notes: usize, kl_weight: f64, learning_rate: f64) {
        self.sums += Tensor::stack(values, 0);
        self.steps += 1.0;
        self.notes += notes;
        self.kl_weight = kl_weight;
        self.learning_rate = learning_rate;
    }

    /// # Errors
    /// If the loss of a step since the last report is not a number.
    fn check(&self, step: u64, kept: u64) -> Result<(), TrainError> {
        let is_finite = self.sums.isfinite().all().int64_value(&[]) != 0;
        if is_finite { Ok(()) } else { Err(TrainError::NotFinite { step, kept }) }
    }

    fn take(&mut self, trained_on: &TrainedOn, elapsed_secs: f64, progress: f64) -> StepMetrics {
        let mut means = [0f32; 9];
        let on_cpu = (&self.sums / self.steps.max(1.0)).to_device(Device::Cpu);
        on_cpu.copy_data(&mut means, 9);
        let [loss, kl_nats, label_loss, grad_norm, fields @ ..] = means.map(f64::from);
        let metrics = StepMetrics {
            step: trained_on.step,
            notes_seen: trained_on.notes_seen,
            loss,
            nll: fields.iter().sum(),
            nll_fields: fields,
            kl_nats,
            kl_weight: self.kl_weight,
            label_loss,
            learning_rate: self.learning_rate,
            grad_norm,
            notes_per_sec: self.notes as f64 / self.since.elapsed().as_secs_f64().max(1e-9),
            elapsed_secs,
            memory_mb: memory_mb(),
            eta_secs: (progress > 0.0).then(|| elapsed_secs * (1.0 - progress) / progress),
        };
        *self = Report::new(self.sums.device());
        metrics
    }
}
