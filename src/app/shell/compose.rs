//! Actions that compose.

use std::sync::Arc;

use super::app::PasticheApp;
use crate::app::state::action::ComposeAction;
use crate::app::state::order::Order;
use crate::app::state::stage::Composing;
use crate::app::threads::feed::{Pace, Start, feed};
use crate::app::threads::workers::Done;
use crate::generate::{CheckpointInfo, Place, Request, place_on_map, walk_on_map};
use crate::jobs::{EngineCommand, StreamPart};
use crate::progress::StopFlag;
use crate::sampling::fresh_seed;
use crate::takes::{ComposeSettings, Draft, Made, Step, TakeId, TakeRecord, now_secs};

/// An endless take is composed so far ahead of the playhead: enough for a slow moment, and little is lost when it is
/// stopped.
const AHEAD_SECS: f64 = 30.0;

/// A take to compose.
pub(super) struct NewTake {
    pub name: String,
    pub asked_notes: usize,
    pub request: Request,
    pub made: Option<Made>,
    pub settings: ComposeSettings,
    /// Do not show or play it; keep what is on the stage.
    pub is_quiet: bool,
    /// Play at once from this note on; 0 is the beginning, if new takes are to be played.
    pub play_from_note: usize,
}

impl PasticheApp {
    pub(super) fn compose_action(&mut self, action: ComposeAction) {
        match action {
            ComposeAction::EditForm(mut form) => {
                let old = &self.state.settings.form;
                // A typed seed is used as it is.
                form.is_seed_locked |= form.settings.seed != old.settings.seed;
                self.state.settings.form = *form;
            }
            ComposeAction::RollSeed => self.state.settings.form.settings.seed = fresh_seed(),
            ComposeAction::Generate => self.generate(),
            ComposeAction::Stop => {
                self.state.orders.clear();
                if let Some(composing) = &self.state.composing {
                    composing.stop.stop();
                }
                if let Some(recomposing) = &self.state.recomposing {
                    recomposing.stop.stop();
                }
            }
            ComposeAction::At(xy) => self.compose_at(xy),
            ComposeAction::Like(segments) => self.compose_like(&segments),
            ComposeAction::Walk(path) => self.walk(&path),
            ComposeAction::Hear(xy) => self.preview(xy),
            ComposeAction::HearNoMore => self.end_preview(),
            ComposeAction::LikeTake(id) => self.compose_like_take(&id),
            ComposeAction::Again(id) => self.make_again(&id),
            ComposeAction::Make(all) => self.make(all),
            ComposeAction::ReuseSettings(id) => self.reuse_settings(&id),
        }
    }

    fn generate(&mut self) {
        if !self.may_generate() {
            return;
        }
        let form = &mut self.state.settings.form;
        if !form.is_seed_locked && self.state.used_seed == Some(form.settings.seed) {
            form.settings.seed = fresh_seed();
        }
        let settings =
            ComposeSettings { z: None, walk: Vec::new(), prompt_notes: 0, ..form.settings.clone() };
        self.state.used_seed = Some(settings.seed);
        if form.is_endless {
            return self.compose_endless(settings, None);
        }
        self.compose(settings);
    }

    /// Composes a new take from the panel's settings.
    pub(super) fn compose(&mut self, settings: ComposeSettings) {
        if !self.may_compose() {
            return;
        }
        let request = self.state.request(&settings);
        self.start_take(NewTake {
            name: settings.name(),
            asked_notes: request.notes,
            request: Request::New(request),
            made: None,
            settings,
            is_quiet: false,
            play_from_note: 0,
        });
    }

    /// True if a take can be started; otherwise shows why not.
    pub(super) fn may_compose(&mut self) -> bool {
        let why_not = self.state.cannot_compose().or_else(|| self.state.is_busy());
        if let Some(why_not) = why_not {
            self.toasts.warn(why_not);
        }
        why_not.is_none()
    }

    /// True if the panel's settings can be composed; otherwise shows why not.
    pub(super) fn may_generate(&mut self) -> bool {
        let why_not = self.state.cannot_generate();
        if let Some(why_not) = &why_not {
            self.toasts.warn(why_not.as_ref());
        }
        why_not.is_none()
    }

    /// Starts a take; false if it could not be started.
    pub(super) fn start_take(&mut self, take: NewTake) -> bool {
        self.end_preview();
        let NewTake { name, asked_notes, request, made, settings, is_quiet, play_from_note } = take;
        let is_endless = settings.is_endless;
        let wants_play = self.state.settings.form.play_when_ready || is_endless;
        let play = (wants_play && !is_quiet) || play_from_note > 0;
        let takes_stage = play || !(is_quiet || self.sound.is_playing());
        let (job, stop) = (self.state.jobs.fresh(), StopFlag::new());
        let record = TakeRecord::begun(made.as_ref(), settings.clone(), now_secs());
        let mut draft = Draft::new(self.store.clone(), record);
        let reporter = self.workers.reporter();
        // Saved while it grows: a crash loses no more than the last second.
        let keep = move |part: StreamPart<'_>| match part {
            StreamPart::Notes(growing) => draft.grown(growing),
            StreamPart::Finished(take, heard) => {
                reporter.report(Done::TakeSaved { job, result: draft.finish(take, heard) })
            }
            StreamPart::Failed => draft.discard(),
        };
        let start = Start {
            into_player: takes_stage,
            play,
            from_note: play_from_note,
            note_capacity: note_capacity(asked_notes),
            pace: is_endless.then(|| Pace { ahead_secs: AHEAD_SECS, stop: stop.clone() }),
        };
        let (feed, sink) = feed(self.sound.handle(), start, keep);
        let command = EngineCommand::Compose { job, request, stop: stop.clone(), sink };
        if let Err(error) = self.engine.try_send(command) {
            self.toasts.error("The take was not started", &error);
            return false;
        }
        self.state.composing = Some(Composing {
            job,
            stop,
            name,
            asked_notes,
            settings,
            done_notes: 0,
            takes_stage,
            stage_number: None,
            performance: Arc::default(),
        });
        self.feed = Some(feed);
        true
    }

    fn compose_at(&mut self, xy: [f32; 2]) {
        if !self.may_generate() {
            return;
        }
        let Some(map) = self.state.map().cloned() else {
            return;
        };
        let form = &self.state.settings.form.settings;
        let composers = self.state.model.composers();
        // The place belongs to a composer: use that label too.
        let neighbour = map.nearest(xy).and_then(|point| point.composer);
        let composer = neighbour.and_then(|id| Some(composers?.get(id)?.name.clone()));
        let settings = ComposeSettings {
            composer: composer.or_else(|| form.composer.clone()),
            seed: fresh_seed(),
            z: Some(map.unproject(xy)),
            prompt_notes: 0,
            mix: Vec::new(),
            ..form.clone()
        };
        if self.state.settings.form.is_endless {
            let centre = place_on_map(&map, xy);
            return self.compose_endless(settings, centre);
        }
        self.compose(settings);
    }

    /// Composes a take whose windows lie along `path`, with as many steps as its length has windows.
    fn walk(&mut self, path: &[[f32; 2]]) {
        if !self.may_generate() {
            return;
        }
        let Some(info) = self.state.model.ready.clone() else { return };
        let Some(map) = info.map_on(self.state.plane) else { return };
        let form = &self.state.settings.form.settings;
        let places = walk_on_map(map, path, info.windows(form.notes));
        let Some(first) = places.first() else {
            self.toasts.warn("No composer's music lies on this map, so nothing was composed.");
            return;
        };
        let settings = ComposeSettings {
            composer: info.composers.get(first.mix.heaviest()).map(|c| c.name.clone()),
            seed: fresh_seed(),
            z: None,
            walk: steps(&info, &places),
            prompt_notes: 0,
            mix: Vec::new(),
            ..form.clone()
        };
        self.compose(settings);
    }

    fn make_again(&mut self, id: &TakeId) {
        let Some(record) = self.state.takes.get(id).map(|e| &e.record) else {
            return;
        };
        match (record.made(), record.settings.clone()) {
            (Some(made), Some(settings)) => {
                let is_quiet = false;
                self.order(vec![Order { made, settings, is_quiet, is_answer: false }]);
            }
            (None, Some(settings)) if settings.is_endless => self.compose_endless_again(settings),
            (None, Some(settings)) => self.compose(settings),
            (_, None) => {}
        }
    }

    fn reuse_settings(&mut self, id: &TakeId) {
        let Some(settings) = self.state.takes.get(id).and_then(|e| e.record.settings.clone()) else {
            return;
        };
        let form = &mut self.state.settings.form;
        form.is_endless = settings.is_endless;
        form.settings =
            ComposeSettings { z: None, walk: Vec::new(), is_endless: false, prompt_notes: 0, ..settings };
        form.typed_form = None;
        form.is_seed_locked = true;
        self.toasts.done("Copied the take's settings to the panel and locked the seed.");
    }
}

/// The places of a walk as a take's record keeps them.
pub(super) fn steps(info: &CheckpointInfo, places: &[Place]) -> Vec<Step> {
    let step = |place: &Place| Step { z: place.z.clone(), mix: place.mix.named(&info.composers) };
    places.iter().map(step).collect()
}

/// Capacity in the player, with room for a take that ends a little late.
pub(super) fn note_capacity(asked_notes: usize) -> usize {
    asked_notes + asked_notes / 5 + 1_000
}
