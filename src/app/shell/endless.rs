//! Takes without an end: composed ahead of the playhead until they are stopped.

use std::sync::Arc;

use super::app::PasticheApp;
use super::compose::steps;
use crate::generate::{CheckpointInfo, Form, Mix, Place, tour, walk_around};
use crate::latent_map::LatentMap;
use crate::music::ComposerId;
use crate::takes::ComposeSettings;

impl PasticheApp {
    /// Composes without an end: around `centre`, or else around the composer of `settings`, or on a tour through the
    /// composers of its mix, or through all if it names none.
    pub(super) fn compose_endless(&mut self, settings: ComposeSettings, centre: Option<Place>) {
        let Some((info, map)) = self.map_to_walk_on() else { return };
        let known = |name: &str| self.state.model.composer(name).map(|(id, _)| id);
        let alone = settings.composer.as_deref().and_then(known);
        let seed = settings.seed;
        let count = info.endless_windows();
        let through = |all: &[ComposerId]| tour(&map, all, count, seed);
        let mixed: Vec<ComposerId> = settings.mix.iter().filter_map(|(name, _)| known(name)).collect();
        let places = match (centre, alone) {
            (Some(centre), _) => walk_around(&map, &centre, count, seed),
            (None, _) if mixed.len() > 1 => through(&mixed),
            (None, Some(id)) => around(&map, id, count, seed),
            (None, None) => through(&info.composers.by_time()),
        };
        let Some(first) = places.first() else {
            self.toasts.warn("There is no music of this composer on the map; choose another one.");
            return;
        };
        let heaviest = info.composers.get(first.mix.heaviest());
        self.compose(ComposeSettings {
            composer: heaviest.map(|c| c.name.clone()),
            z: None,
            walk: steps(&info, &places),
            is_endless: true,
            // A theme has no place to return to.
            form: Form::Free,
            ..settings
        });
    }

    /// Makes an endless take again from its beginning: along the same walk, and then around its last place.
    pub(super) fn compose_endless_again(&mut self, mut settings: ComposeSettings) {
        let Some((info, map)) = self.map_to_walk_on() else { return };
        let walked = self.state.model.places(&settings.walk).unwrap_or_default();
        let Some(last) = walked.last() else {
            self.toasts.warn("This take was composed with another checkpoint; choose that one at the top.");
            return;
        };
        let left = info.endless_windows().saturating_sub(walked.len());
        let rest = walk_around(&map, last, left, settings.seed);
        settings.walk.extend(steps(&info, &rest));
        self.compose(settings);
    }

    fn map_to_walk_on(&mut self) -> Option<(Arc<CheckpointInfo>, Arc<LatentMap>)> {
        let found = self.state.model.ready.clone().and_then(|info| Some((info.clone(), info.map.clone()?)));
        if found.is_none() {
            self.toasts.warn("This needs a checkpoint that carries a map.");
        }
        found
    }
}

/// Around the middle of a composer's segments.
fn around(map: &LatentMap, id: ComposerId, steps: usize, seed: u64) -> Vec<Place> {
    let own: Vec<usize> = (0..map.points.len()).filter(|&i| map.points[i].composer == Some(id)).collect();
    let centre = map.mean_of(&own).map(|z| Place { z, mix: Mix::of(id) });
    centre.map_or_else(Vec::new, |centre| walk_around(map, &centre, steps, seed))
}
