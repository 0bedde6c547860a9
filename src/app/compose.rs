//! Actions that compose.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::PasticheApp;
use super::action::Action;
use super::feed::{Feed, sink};
use super::state::Composing;
use super::takes::{ComposeSettings, TakeId, TakeRecord, now_secs};
use super::workers::{Done, Then};
use crate::jobs::{EngineCommand, StreamPart};
use crate::music::Performance;
use crate::progress::StopFlag;

/// Seeds that the dice give lie below this.
const SEEDS: u64 = 1_000_000;
/// How far "Vary" moves a latent, as a share of its own size.
const VARY: f32 = 0.35;

impl PasticheApp {
    /// Does `action` if it is about composing; gives it back if not.
    pub(super) fn compose_action(&mut self, action: Action) -> Option<Action> {
        match action {
            Action::EditForm(mut form) => {
                let old = &self.state.settings.form;
                // Somebody who types a seed wants to hear that one.
                form.is_seed_locked |= form.settings.seed != old.settings.seed;
                self.state.settings.form = form;
            }
            Action::RollSeed => self.state.settings.form.settings.seed = fresh_seed(),
            Action::Generate => self.generate(),
            Action::StopComposing => {
                if let Some(composing) = &self.state.composing {
                    composing.stop.stop();
                }
            }
            Action::ComposeAt(xy) => self.compose_at(xy),
            Action::MakeAgain(id) => self.make_again(id),
            Action::Vary(id) => self.vary(&id),
            Action::ReuseSettings(id) => self.reuse_settings(&id),
            Action::Continue(id) => self.read_take(id, Then::Continue),
            other => return Some(other),
        }
        None
    }

    fn generate(&mut self) {
        let form = &mut self.state.settings.form;
        if !form.is_seed_locked && self.state.used_seed == Some(form.settings.seed) {
            form.settings.seed = fresh_seed();
        }
        let settings = ComposeSettings {
            z: None,
            prompt_notes: 0,
            ..form.settings.clone()
        };
        self.state.used_seed = Some(settings.seed);
        self.compose(settings, None);
    }

    /// Starts a take.
    pub(super) fn compose(&mut self, mut settings: ComposeSettings, prompt: Option<Arc<Performance>>) {
        if let Some(why_not) = self.state.cannot_compose() {
            self.toasts.warn(why_not);
            return;
        }
        if self.state.composing.is_some() {
            self.toasts
                .warn("A take is being composed already; stop it first.");
            return;
        }
        settings.prompt_notes = prompt.as_ref().map_or(0, |p| p.notes().len());
        let request = self.state.request(&settings, prompt);
        let play = self.state.settings.form.play_when_ready;
        let takes_stage = play || !self.sound.is_playing();
        let (job, stop, feed) = (self.state.jobs.fresh(), StopFlag::new(), Feed::new(takes_stage));
        let (store, reporter, kept) = (self.store.clone(), self.workers.reporter(), settings.clone());
        // On disk before the window hears of it: a crash of the window loses nothing.
        let keep = move |part: StreamPart<'_>| {
            if let StreamPart::Finished(take, heard) = part {
                let record = TakeRecord::composed(take, heard, kept.clone(), now_secs());
                reporter.report(Done::TakeSaved(store.save(record, &take.performance)));
            }
        };
        // Room for a take that ends a little late.
        let asked_notes = settings.notes + settings.prompt_notes;
        let capacity = asked_notes + asked_notes / 5 + 1_000;
        let sink = sink(self.sound.handle(), feed.clone(), play, capacity, keep);
        let command = EngineCommand::Generate {
            job,
            request,
            stop: stop.clone(),
            sink,
        };
        if let Err(error) = self.engine.try_send(command) {
            self.toasts.error("The take was not begun", &error);
            return;
        }
        let surname = settings
            .composer
            .as_deref()
            .and_then(|name| name.split_whitespace().last());
        self.state.composing = Some(Composing {
            job,
            stop,
            name: format!("{} {}", surname.unwrap_or("Any composer"), settings.seed),
            asked_notes,
            settings,
            done_notes: 0,
            takes_stage,
            stage_number: None,
            performance: Arc::default(),
        });
        self.feed = Some(feed);
        self.own_score = None;
    }

    fn compose_at(&mut self, xy: [f32; 2]) {
        let Some(map) = self.state.model.ready.as_ref().and_then(|info| info.map.clone()) else {
            return;
        };
        let form = &self.state.settings.form.settings;
        let composers = self.state.model.composers();
        // The place belongs to somebody: the label goes with it.
        let neighbour = map.nearest(xy).and_then(|point| point.composer);
        let composer = neighbour.and_then(|id| Some(composers?.get(id)?.name.clone()));
        let settings = ComposeSettings {
            composer: composer.or_else(|| form.composer.clone()),
            seed: fresh_seed(),
            z: Some(map.unproject(xy)),
            prompt_notes: 0,
            ..form.clone()
        };
        self.compose(settings, None);
    }

    fn make_again(&mut self, id: TakeId) {
        let Some(settings) = self.state.takes.get(&id).and_then(|e| e.record.settings.clone()) else {
            return;
        };
        if settings.prompt_notes > 0 {
            self.read_take(id, Then::MakeAgain);
        } else {
            self.compose(settings, None);
        }
    }

    /// Makes a continuation again: what was given is the beginning of the take itself.
    pub(super) fn continue_again(&mut self, id: &TakeId, music: &Performance) {
        let Some(settings) = self.state.takes.get(id).and_then(|e| e.record.settings.clone()) else {
            return;
        };
        let end = music
            .notes()
            .get(settings.prompt_notes)
            .map_or(f64::INFINITY, |n| n.onset_secs);
        let pedal = music
            .pedal()
            .iter()
            .filter(|p| p.time_secs < end)
            .copied()
            .collect();
        let given = music
            .notes()
            .iter()
            .take(settings.prompt_notes)
            .copied()
            .collect();
        self.compose(settings, Some(Arc::new(Performance::new(given, pedal))));
    }

    /// Composes more of `music`.
    pub(super) fn continue_take(&mut self, id: &TakeId, music: Performance) {
        let Some(entry) = self.state.takes.get(id) else {
            return;
        };
        let form = &self.state.settings.form.settings;
        let settings = ComposeSettings {
            composer: entry.record.composer.clone().or_else(|| form.composer.clone()),
            seed: fresh_seed(),
            z: entry.record.z.last().cloned(),
            ..form.clone()
        };
        self.compose(settings, Some(Arc::new(music)));
    }

    fn vary(&mut self, id: &TakeId) {
        let Some(entry) = self.state.takes.get(id) else {
            return;
        };
        let Some(z) = entry.record.z.first() else { return };
        let form = &self.state.settings.form.settings;
        let seed = fresh_seed();
        let settings = entry.record.settings.clone().unwrap_or_else(|| ComposeSettings {
            composer: form.composer.clone(),
            notes: entry.record.notes.max(super::compose_panel::NOTES.start),
            ..form.clone()
        });
        let settings = ComposeSettings {
            seed,
            z: Some(varied(z, seed)),
            prompt_notes: 0,
            ..settings
        };
        self.compose(settings, None);
    }

    fn reuse_settings(&mut self, id: &TakeId) {
        let Some(settings) = self.state.takes.get(id).and_then(|e| e.record.settings.clone()) else {
            return;
        };
        let form = &mut self.state.settings.form;
        form.settings = ComposeSettings {
            z: None,
            prompt_notes: 0,
            ..settings
        };
        form.is_seed_locked = true;
        self.toasts
            .done("The panel has the take's settings; its seed is locked.");
    }
}

/// A seed nobody chose.
fn fresh_seed() -> u64 {
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |d| d.as_nanos() as u64);
    splitmix(nanos) % SEEDS
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014).
fn splitmix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A latent near `z`: normal noise, scaled to `z`'s own size, in every dimension.
fn varied(z: &[f32], seed: u64) -> Vec<f32> {
    let size = (z.iter().map(|v| v * v).sum::<f32>() / z.len().max(1) as f32)
        .sqrt()
        .max(0.1);
    let uniform = |n: u64| (splitmix(seed ^ n) >> 40) as f32 / (1u64 << 24) as f32;
    let noise = |i: usize| {
        // Box–Muller.
        let (u, v) = (uniform(2 * i as u64 + 1).max(1e-7), uniform(2 * i as u64 + 2));
        (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
    };
    z.iter()
        .enumerate()
        .map(|(i, value)| value + VARY * size * noise(i))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varied_stays_near_and_differs_by_seed() {
        let z: Vec<f32> = (0..64).map(|i| (i as f32 * 0.7).sin()).collect();
        let distance =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt();
        let (a, b) = (varied(&z, 1), varied(&z, 2));
        let size = distance(&z, &vec![0.0; 64]);
        assert_eq!(a, varied(&z, 1));
        assert!(distance(&a, &b) > 0.1 * size);
        assert!(distance(&z, &a) > 0.1 * size && distance(&z, &a) < 0.8 * size);
    }
}
