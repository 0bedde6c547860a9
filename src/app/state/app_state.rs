//! The state of the window, changed only by events. No egui and no thread handles, so tests need neither.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::action::{Sheet, Tab};
use super::blend::BlendPath;
use super::edit::{Alternatives, Recomposing};
use super::export::ExportState;
use super::model::ModelState;
use super::order::Order;
use super::settings::Settings;
use super::sound::SoundView;
use super::takes::TakesState;
use crate::app::state::stage::{Composing, Stage, StageSource};
use crate::app::widgets::roll::Selection;
use crate::causes::details;
use crate::generate::{GenerateRequest, MAX_NOTES, Mix};
use crate::jobs::{EngineEvent, JobId, JobIds};
use crate::latent_map::{LatentMap, Plane};
use crate::music::{ComposerSet, Performance};
use crate::ports::MidiStatus;
use crate::takes::{ComposeSettings, TakeEntry, TakeId};

#[derive(Debug)]
pub struct AppState {
    pub tab: Tab,
    pub sheet: Option<Sheet>,
    pub settings: Settings,
    pub model: ModelState,
    /// How the latent map is projected.
    pub plane: Plane,
    pub composing: Option<Composing>,
    /// Takes still to be made from others; the first is being composed.
    pub orders: VecDeque<Order>,
    /// The blend that the take on the stage belongs to.
    pub blend: Option<BlendPath>,
    pub stage: Option<Stage>,
    /// What is chosen of the music on the stage.
    pub selection: Option<Selection>,
    /// The region being recomposed.
    pub recomposing: Option<Recomposing>,
    /// New versions of it, until one is taken.
    pub alternatives: Option<Alternatives>,
    /// The take that was on the stage before, for comparing.
    pub previous: Option<TakeId>,
    pub takes: TakesState,
    pub sound: SoundView,
    pub midi: MidiStatus,
    pub export: Option<ExportState>,
    /// The newest request for a take's place in the latent space.
    pub encoding: Option<(JobId, TakeId)>,
    /// What would be lost of a training run that is being prepared.
    pub training_loss: Option<String>,
    /// The training run that continues when the window closes.
    pub training_goes_on: Option<String>,
    pub is_dialog_open: bool,
    /// Is a place of the map being heard?
    pub is_hearing: bool,
    /// The seed of the newest take: Generate picks another one, unless the seed is locked.
    pub used_seed: Option<u64>,
    pub jobs: JobIds,
    stages: u64,
}

/// What the window has to do after an event.
#[derive(Debug)]
pub enum Effect {
    /// A checkpoint is ready.
    ModelReady,
    ModelFailed {
        path: PathBuf,
        message: String,
    },
    ComposeFailed {
        message: String,
    },
    /// `on_stage` is the finished take, if it is on the stage.
    ComposeEnded {
        on_stage: Option<Arc<Performance>>,
    },
    /// There are new versions of a region.
    Recomposed {
        of: Recomposing,
        all: Vec<Arc<Performance>>,
    },
    RecomposeFailed {
        message: String,
    },
    /// A take's latents are known: write its record.
    Encoded(Box<TakeEntry>),
}

impl AppState {
    pub fn new(settings: Settings) -> AppState {
        AppState {
            tab: Tab::Studio,
            sheet: None,
            settings,
            model: ModelState::default(),
            plane: Plane::default(),
            composing: None,
            orders: VecDeque::new(),
            blend: None,
            stage: None,
            selection: None,
            recomposing: None,
            alternatives: None,
            previous: None,
            takes: TakesState::default(),
            sound: SoundView::default(),
            midi: MidiStatus::default(),
            export: None,
            encoding: None,
            training_loss: None,
            training_goes_on: None,
            is_dialog_open: false,
            is_hearing: false,
            used_seed: None,
            jobs: JobIds::default(),
            stages: 0,
        }
    }

    /// The map of the loaded checkpoint, on the plane that is shown.
    pub fn map(&self) -> Option<&Arc<LatentMap>> {
        self.model.ready.as_ref()?.map_on(self.plane)
    }

    /// Takes in an event of the engine; replies to outdated jobs are dropped.
    pub fn apply(&mut self, event: EngineEvent) -> Option<Effect> {
        match event {
            EngineEvent::CheckpointLoaded { job, info } => {
                self.model.loading.take_if(|(waiting, _)| *waiting == job)?;
                self.model.failure = None;
                self.forget_missing_composer(&info.composers);
                self.model.ready = Some(info);
                Some(Effect::ModelReady)
            }
            EngineEvent::Grown { job, so_far, done_notes } => {
                self.grow(job, so_far, done_notes);
                None
            }
            EngineEvent::Generated { job, take, .. } => {
                let composing = self.composing.take_if(|c| c.job == job)?;
                let stage = self.stage.as_mut();
                let on_stage = stage
                    .filter(|s| Some(s.number) == composing.stage_number)
                    .map(|stage| stage.grow(Arc::new(take.performance.clone())));
                Some(Effect::ComposeEnded { on_stage })
            }
            EngineEvent::Stopped { job } => {
                self.composing.take_if(|c| c.job == job)?;
                self.stage.take_if(|s| s.source == StageSource::Composing(job));
                Some(Effect::ComposeEnded { on_stage: None })
            }
            EngineEvent::Encoded { job, segments } => {
                let (_, id) = self.encoding.take_if(|(waiting, _)| *waiting == job)?;
                self.takes
                    .edit(&id, |entry| entry.record.z = segments.to_vec())
                    .map(|entry| Effect::Encoded(Box::new(entry)))
            }
            EngineEvent::Recomposed { job, all } => {
                let of = self.recomposing.take_if(|r| r.job == job)?;
                Some(Effect::Recomposed { of, all: all.to_vec() })
            }
            EngineEvent::Failed { job, error } => self.fail(job, &details(error.as_ref())),
        }
    }

    fn fail(&mut self, job: JobId, message: &str) -> Option<Effect> {
        if let Some((_, path)) = self.model.loading.take_if(|(waiting, _)| *waiting == job) {
            self.model.failure = Some((path.clone(), message.to_owned()));
            return Some(Effect::ModelFailed { path, message: message.to_owned() });
        }
        if self.composing.take_if(|c| c.job == job).is_some() {
            self.stage.take_if(|s| s.source == StageSource::Composing(job));
            return Some(Effect::ComposeFailed { message: message.to_owned() });
        }
        if self.recomposing.take_if(|r| r.job == job).is_some() {
            return Some(Effect::RecomposeFailed { message: message.to_owned() });
        }
        // A piece without a place on the map is no harm: it plays all the same.
        self.encoding.take_if(|(waiting, _)| *waiting == job);
        None
    }

    fn grow(&mut self, job: JobId, so_far: Arc<Performance>, done_notes: usize) {
        let Some(composing) = self.composing.as_mut().filter(|c| c.job == job) else {
            return;
        };
        composing.performance = so_far.clone();
        composing.done_notes = done_notes;
        let number = composing.stage_number;
        if composing.takes_stage && number.is_none() {
            self.stage_composing();
        } else if let Some(stage) = self.stage.as_mut().filter(|s| Some(s.number) == number) {
            stage.grow(so_far);
        }
    }

    /// Puts the growing take on the stage.
    pub fn stage_composing(&mut self) {
        let Some(composing) = &self.composing else { return };
        let (name, composer) = (composing.name.clone(), composing.settings.composer.clone());
        let (source, performance) = (StageSource::Composing(composing.job), composing.performance.clone());
        let number = self.set_stage(source, name, composer, performance);
        if let Some(composing) = &mut self.composing {
            composing.stage_number = Some(number);
        }
    }

    /// Returns the number of the new stage.
    pub fn set_stage(
        &mut self,
        source: StageSource,
        name: String,
        composer: Option<String>,
        performance: Arc<Performance>,
    ) -> u64 {
        if let Some(Stage { source: StageSource::Take(id), .. }) = &self.stage
            && StageSource::Take(id.clone()) != source
        {
            self.previous = Some(id.clone());
        }
        self.stages += 1;
        (self.selection, self.alternatives) = (None, None);
        self.stage = Some(Stage { source, name, composer, performance, number: self.stages, revision: 0 });
        self.find_blend();
        self.stages
    }

    /// Replaces the notes of the take on the stage, and clears the selection.
    pub fn restage(&mut self, performance: Arc<Performance>) {
        if let Some(stage) = &mut self.stage {
            stage.grow(performance);
        }
        self.selection = None;
    }

    /// Updates which blend the stage belongs to.
    pub fn find_blend(&mut self) {
        let staged = self.staged_take().map(|e| e.id.clone());
        let before = self.blend.take();
        self.blend = staged.and_then(|id| BlendPath::follow(before.as_ref(), &self.takes, &id));
    }

    /// The take that `job` composed was saved.
    pub fn take_saved(&mut self, job: JobId, entry: TakeEntry) {
        let stage = self.stage.as_mut();
        if let Some(stage) = stage.filter(|s| s.source == StageSource::Composing(job)) {
            stage.source = StageSource::Take(entry.id.clone());
            stage.name = entry.record.name.clone();
            stage.composer = entry.record.composer.clone();
        }
        self.takes.put(entry);
        self.find_blend();
    }

    /// Is the take on the stage still growing?
    pub fn is_stage_growing(&self) -> bool {
        let number = self.stage.as_ref().map(|s| s.number);
        number.is_some() && self.composing.as_ref().is_some_and(|c| c.stage_number == number)
    }

    pub fn staged_take(&self) -> Option<&TakeEntry> {
        match &self.stage.as_ref()?.source {
            StageSource::Take(id) => self.takes.get(id),
            StageSource::Composing(_) | StageSource::Run(_) => None,
        }
    }

    /// Drops settings that name a composer of another checkpoint.
    fn forget_missing_composer(&mut self, composers: &ComposerSet) {
        let form = &mut self.settings.form.settings;
        if !form.mix.iter().all(|(name, _)| composers.iter().any(|(_, c)| &c.name == name)) {
            form.mix.clear();
        }
        let is_known =
            form.composer.as_ref().is_none_or(|name| composers.iter().any(|(_, c)| &c.name == name));
        if !is_known {
            form.composer = None;
        }
        if form.composer.is_none() && self.model.ready.is_none() {
            // On the first start, choose a well-known composer.
            let first = composers.find("chopin").ok().or_else(|| composers.by_time().first().copied());
            form.composer = first.and_then(|id| composers.get(id)).map(|c| c.name.clone());
        }
    }

    /// Notes per second of the chosen composer.
    pub fn notes_per_sec(&self) -> f64 {
        let composer = self.settings.form.settings.composer.as_deref();
        let composer = composer.and_then(|name| Some(self.model.composer(name)?.0));
        let info = self.model.ready.as_ref();
        info.map_or(10.0, |info| info.notes_per_sec(composer))
    }

    /// The request for `settings` with the loaded checkpoint.
    pub fn request(&self, settings: &ComposeSettings) -> GenerateRequest {
        let composer = settings.composer.as_deref().and_then(|name| Some(self.model.composer(name)?.0));
        let d_latent = self.model.ready.as_ref().map(|info| info.d_latent);
        let places = self.model.places(&settings.walk).unwrap_or_default();
        let (z_path, mut mixes): (Vec<Vec<f32>>, Vec<Mix>) =
            places.into_iter().map(|place| (place.z, place.mix)).unzip();
        if mixes.is_empty() {
            mixes.extend(self.model.mix(&settings.mix));
        }
        let composer = mixes.first().map(Mix::heaviest).or(composer);
        GenerateRequest {
            notes: if settings.is_endless { MAX_NOTES } else { settings.notes },
            sampling: settings.sampling,
            form: settings.form.clone(),
            recall: settings.recall,
            best_of: self.model.best_of(settings),
            qualities: self.model.qualities(settings),
            // Ignore a latent with another checkpoint's shape.
            z: settings.z.clone().filter(|z| Some(z.len()) == d_latent),
            z_path,
            mixes,
            ..GenerateRequest::new(composer, settings.seed)
        }
    }

    /// The take of a training run that sounds now.
    pub fn run_take_playing(&self) -> Option<&Path> {
        match &self.stage.as_ref()?.source {
            StageSource::Run(path) if self.sound.is_playing => Some(path),
            StageSource::Run(_) | StageSource::Composing(_) | StageSource::Take(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::StopFlag;
    use crate::takes::TakeRecord;

    fn entry(id: &str, name: &str) -> TakeEntry {
        TakeEntry {
            id: serde_json::from_value(id.into()).unwrap(),
            record: TakeRecord { name: name.to_owned(), ..TakeRecord::default() },
        }
    }

    /// The next take is already on the stage while the first is still being saved.
    #[test]
    fn a_take_is_filed_under_its_own_name_whatever_is_on_the_stage() {
        let mut state = AppState::new(Settings::default());
        let (first, second) = (state.jobs.fresh(), state.jobs.fresh());
        state.composing = Some(Composing {
            job: second,
            stop: StopFlag::new(),
            settings: ComposeSettings::default(),
            name: "Second".to_owned(),
            asked_notes: 10,
            done_notes: 0,
            takes_stage: true,
            stage_number: None,
            performance: Arc::default(),
        });
        state.stage_composing();
        state.take_saved(first, entry("1-first", "First"));
        let stage = state.stage.as_ref().unwrap();
        assert_eq!((stage.name.as_str(), &stage.source), ("Second", &StageSource::Composing(second)));
        state.apply(EngineEvent::Stopped { job: first });
        assert!(state.stage.is_some(), "another take was stopped");
        state.take_saved(second, entry("2-second", "Second"));
        assert_eq!(state.staged_take().map(|e| e.id.as_str()), Some("2-second"));
    }
}
