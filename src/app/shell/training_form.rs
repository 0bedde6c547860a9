//! What the form of the training tab asks for: a data set, settings as a file, and a look ahead.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::app::PasticheApp;
use crate::app::threads::workers::Done;
use crate::app::widgets::training::AddedComposer;
use crate::causes::details;
use crate::data::{DownloadError, download};
use crate::display::stem;
use crate::files::write_whole;
use crate::jobs::{add_composers, probe_in_process};
use crate::progress::{Progress, StopFlag};
use crate::train::{RunPlan, TrainConfig};

impl PasticheApp {
    /// Downloads MAESTRO into the user's data, or uses the file that is there.
    pub(super) fn download_maestro(&mut self) {
        if self.link.download.is_some() {
            return;
        }
        let (stop, shown) = (StopFlag::new(), Arc::new(Mutex::new(Progress::new("connecting", None))));
        self.link.download = Some((stop.clone(), shown.clone()));
        let (source, folder) = (self.places.maestro.clone(), self.places.data_folder.join("datasets"));
        let wake = self.wake.clone();
        // It may wait for a server; the window does not wait for it when it closes.
        self.workers.patient_task("download", move || {
            let result = download(&source, &folder, &stop, &mut |progress| {
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = progress;
                wake();
            });
            Done::Downloaded(result)
        });
    }

    pub(super) fn downloaded(&mut self, result: Result<PathBuf, DownloadError>) {
        match result {
            Ok(path) => {
                self.link.download = None;
                let mut events = Vec::new();
                self.training.set_data_path(&path, &mut events);
                self.training_events(events);
            }
            Err(DownloadError::Stopped) => {}
            Err(error) => {
                self.link.download = None;
                self.toasts.error("The data set was not downloaded", &error);
            }
        }
    }

    /// How far the download is.
    pub(super) fn download_progress(&self) -> Option<Progress> {
        let (_, shown) = self.link.download.as_ref()?;
        Some(shown.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Measures what the run of the form would need.
    pub(super) fn probe_training(&mut self) {
        let request = self.training.request();
        let plan = RunPlan {
            corpus: request.data,
            run_dir: request.run_dir,
            config: TrainConfig { minutes: Some(request.minutes), ..request.config },
            device: request.device,
            resume: false,
        };
        let program = self.places.program.clone();
        self.link.is_probing = true;
        self.workers.patient_task("probe", move || Done::Probed(probe_in_process(&program, &plan)));
    }

    /// Gives the model in use labels for the composers of a folder, as a new model.
    pub(super) fn add_composers(&mut self, music: PathBuf) {
        let Some(info) = &self.state.model.ready else { return };
        if self.link.added == AddedComposer::Learning {
            return;
        }
        self.link.added = AddedComposer::Learning;
        let (program, model) = (self.places.program.clone(), info.path.clone());
        let runs = self.places.data_folder.join("runs");
        self.workers.patient_task("add-composer", move || {
            // A folder of its own for each time; the name of the music says what it is.
            let name = stem(&music);
            let free = (1..1000).map(|n| runs.join(format!("{name}-{n}"))).find(|folder| !folder.exists());
            let out = free.unwrap_or_else(|| runs.join(&name));
            Done::ComposersAdded(add_composers(&program, &music, &model, &out))
        });
    }

    /// Reads or writes the settings of the form as TOML.
    pub(super) fn training_config(&mut self, path: PathBuf, is_export: bool) {
        let config = self.training.config().clone();
        self.workers.task("settings", move || {
            if is_export {
                let text = toml::to_string(&config).map_err(|error| error.to_string());
                let written = text
                    .and_then(|text| write_whole(&path, text.as_bytes()).map_err(|error| error.to_string()));
                return Done::ConfigWritten { path, result: written };
            }
            let read = std::fs::read_to_string(&path).map_err(|error| details(&error));
            let config = read.and_then(|text| {
                toml::from_str::<TrainConfig>(&text).map_err(|error| error.message().to_owned())
            });
            Done::ConfigRead(config.map(Box::new))
        });
    }
}
