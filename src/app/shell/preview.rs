//! Hearing a place of the map: two seconds composed there, while the stage stays as it is.

use std::sync::Arc;

use super::app::PasticheApp;
use crate::app::threads::feed::{Start, feed};
use crate::app::threads::preview::Preview;
use crate::generate::{GenerateRequest, Request, place_on_map};
use crate::jobs::EngineCommand;
use crate::progress::StopFlag;

/// Notes that are composed: about two seconds of dense music, more of other music.
const NOTES: usize = 40;
/// How much of it is played.
const PLAYED_SECS: f64 = 2.0;
/// The same place sounds the same each time.
const SEED: u64 = 1;

impl PasticheApp {
    /// Composes and plays a little at a place of the map. Nothing happens while something else plays or is composed.
    pub(super) fn preview(&mut self, xy: [f32; 2]) {
        self.end_preview();
        if self.sound.is_playing() || self.state.is_busy().is_some() {
            return;
        }
        let Some(place) = self.state.map().and_then(|map| place_on_map(map, xy)) else { return };
        let request = GenerateRequest {
            notes: NOTES,
            z: Some(place.z),
            mixes: vec![place.mix.clone()],
            ..GenerateRequest::new(Some(place.mix.heaviest()), SEED)
        };
        let position_secs = self.state.sound.position_secs;
        let (job, stop) = (self.state.jobs.fresh(), StopFlag::new());
        let start =
            Start { into_player: true, play: true, from_note: 0, note_capacity: 2 * NOTES, pace: None };
        let (feed, sink) = feed(self.sound.handle(), start, |_| {});
        let request = Request::New(request);
        if self.engine.try_send(EngineCommand::Compose { job, request, stop: stop.clone(), sink }).is_ok() {
            self.preview = Some(Preview { feed, stop, position_secs });
            self.state.is_hearing = true;
        }
    }

    /// Stops what is heard of a place, and puts the music of the stage back into the player.
    pub(super) fn end_preview(&mut self) {
        let Some(mut preview) = self.preview.take() else { return };
        self.state.is_hearing = false;
        // Muted first: what is composed until it stops must not reach the player any more.
        preview.feed.mute();
        preview.stop.stop();
        let music = self.state.stage.as_ref().map_or_else(Arc::default, |stage| stage.performance.clone());
        self.sound.load(music, false);
        self.sound.seek(preview.position_secs);
    }

    /// Ends it after two seconds; until then the transport shows the stage and not the place.
    pub(super) fn watch_preview(&mut self) {
        let Some(preview) = &self.preview else { return };
        let sound = &mut self.state.sound;
        let is_over = sound.position_secs >= PLAYED_SECS && sound.is_playing;
        (sound.position_secs, sound.is_playing, sound.is_waiting) = (preview.position_secs, false, false);
        if is_over {
            self.end_preview();
            // The pointer still rests there; it is heard again when it has moved.
        } else {
            self.ctx.request_repaint_after(std::time::Duration::from_millis(30));
        }
    }
}
