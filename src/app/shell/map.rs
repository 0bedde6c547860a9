//! Actions on segments selected on the map.

use std::path::{Path, PathBuf};

use super::app::PasticheApp;
use crate::app::threads::workers::Done;
use crate::files::write_whole;
use crate::sampling::fresh_seed;
use crate::takes::{ComposeSettings, TakeId};

/// Segments around a take that say whose manner to compose in.
const NEAR: usize = 8;

impl PasticheApp {
    /// Composes from the Gaussian of some segments, in the manner of the composer of most of them.
    pub(super) fn compose_like(&mut self, segments: &[usize]) {
        if !self.may_generate() {
            return;
        }
        let Some(map) = self.state.map() else { return };
        let form = &self.state.settings.form.settings;
        let composers = self.state.model.composers();
        let commonest = map.commonest(segments).and_then(|id| Some(composers?.get(id)?.name.clone()));
        let seed = fresh_seed();
        let settings = ComposeSettings {
            composer: commonest.or_else(|| form.composer.clone()),
            seed,
            z: map.draw_like(segments, seed),
            prompt_notes: 0,
            mix: Vec::new(),
            ..form.clone()
        };
        if settings.z.is_none() {
            self.toasts.warn("These segments are not on the map any more; select some again.");
            return;
        }
        self.compose(settings);
    }

    /// Composes where a take lies: from the mean of its latents, in the manner of the composers around it.
    pub(super) fn compose_like_take(&mut self, id: &TakeId) {
        if !self.may_generate() {
            return;
        }
        let d_latent = self.state.model.ready.as_ref().map_or(0, |info| info.d_latent);
        let z = self.state.takes.get(id).map(|entry| entry.record.z.clone()).unwrap_or_default();
        let z: Vec<Vec<f32>> = z.into_iter().filter(|z| z.len() == d_latent).collect();
        let (Some(map), false) = (self.state.map().cloned(), z.is_empty()) else {
            self.toasts.warn("This take has no place on the map of this checkpoint.");
            return;
        };
        let mean: Vec<f32> =
            (0..d_latent).map(|i| z.iter().map(|z| z[i]).sum::<f32>() / z.len() as f32).collect();
        let near = map.nearest_in_space(&mean, NEAR);
        let composers = self.state.model.composers();
        let commonest = map.commonest(&near).and_then(|id| Some(composers?.get(id)?.name.clone()));
        let form = &self.state.settings.form.settings;
        self.compose(ComposeSettings {
            composer: commonest.or_else(|| form.composer.clone()),
            seed: fresh_seed(),
            z: Some(mean),
            prompt_notes: 0,
            mix: Vec::new(),
            ..form.clone()
        });
    }

    /// Writes the table of some segments to `path`.
    pub(super) fn write_selection(&mut self, path: PathBuf, segments: Vec<usize>) {
        let (Some(map), Some(composers)) = (self.state.map().cloned(), self.state.model.composers().cloned())
        else {
            self.toasts.warn("There is no map to export from; load a checkpoint that carries one.");
            return;
        };
        self.workers.task("selection", move || {
            let result = map.csv(&segments, &composers).and_then(|table| write_whole(&path, &table));
            Done::SelectionWritten { path, result }
        });
    }

    pub(super) fn selection_written(&mut self, path: &Path, result: std::io::Result<()>) {
        match result {
            Ok(()) => self.toasts.done(format!("Saved {}", path.display())),
            Err(error) => self.toasts.error("The table was not written", &error),
        }
    }
}
