//! The handle of a training run and of its preparation.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::app::widgets::training::input::{DataFacts, DataKind, FoundData, TrainRequest, TrainingState};
use crate::data::{Corpus, Dataset};
use crate::display::thousands;
use crate::jobs::TrainerRun;
use crate::model::Checkpoint;
use crate::progress::{Progress, StopFlag};
use crate::train::TrainEvent;

/// A run that is being prepared or trained.
#[derive(Default)]
pub struct TrainingLink {
    pub state: TrainingState,
    pub run: Option<TrainerRun>,
    /// The run that starts once its corpus is prepared.
    pub waiting: Option<TrainRequest>,
    pub preparing: Option<(StopFlag, Arc<Mutex<Option<Progress>>>)>,
    /// The last step reported, and the step of the last saved model.
    pub step: u64,
    pub saved_step: Option<u64>,
}

impl TrainingLink {
    pub fn is_busy(&self) -> bool {
        self.run.is_some() || self.preparing.is_some()
    }

    /// What would be lost by closing the window now.
    pub fn would_lose(&self) -> Option<String> {
        if self.preparing.is_some() {
            return Some(
                "A data set is still being prepared for training. Closing now discards it.".to_owned(),
            );
        }
        self.run.as_ref()?;
        if self.step == 0 {
            let text = "A training run has just started. Closing now stops it after this step; you can resume it later.";
            return Some(text.to_owned());
        }
        let model = match self.saved_step {
            Some(saved) => format!("the last saved model is from step {}", thousands(saved)),
            None => "no model has been saved yet".to_owned(),
        };
        let step = thousands(self.step);
        Some(format!(
            "A training run is at step {step}. Closing now stops it after this step; you can resume it later, and \
             {model}."
        ))
    }

    pub fn note(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Started { from_step, .. } => {
                (self.step, self.saved_step) = (*from_step, (*from_step > 0).then_some(*from_step));
            }
            TrainEvent::Stepped(metrics) => self.step = metrics.step,
            TrainEvent::Validated(_) => {}
            TrainEvent::CheckpointSaved { step, .. } => self.saved_step = Some(*step),
        }
    }
}

impl Drop for TrainingLink {
    fn drop(&mut self) {
        // Dropping it waits for the thread.
        if let Some((stop, _)) = &self.preparing {
            stop.abandon();
        }
    }
}

pub fn is_corpus(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 8];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == Corpus::MAGIC
}

/// The path of the corpus for a run that starts from a data set.
pub fn corpus_beside(run_dir: &Path) -> PathBuf {
    run_dir.with_extension("corpus")
}

/// Remarks about a data set: unusable files, and how it was read.
fn remarks(dataset: &Dataset) -> Vec<String> {
    let unusable = dataset.unusable.first().map(|(name, reason)| {
        let others = match dataset.unusable.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        format!("Skipped: {name}: {reason}{others}")
    });
    unusable.into_iter().chain(dataset.remarks.clone()).collect()
}

/// Examines the training data and the run folder.
pub fn facts(data: PathBuf, run_dir: PathBuf) -> DataFacts {
    let found = if is_corpus(&data) {
        Corpus::load(&data).map_err(|e| e.to_string()).map(|corpus| FoundData {
            kind: DataKind::Corpus,
            pieces: corpus.pieces.len(),
            notes: Some(corpus.pieces.iter().map(|p| p.tokens.len() as u64).sum()),
            composers: corpus.composers.len(),
            music_hours: Some(corpus.pieces.iter().map(|p| p.duration_secs()).sum::<f64>() / 3600.0),
            remarks: Vec::new(),
        })
    } else {
        Dataset::open(&data).map_err(|e| e.to_string()).map(|dataset| {
            let mut names: Vec<&str> = dataset.entries.iter().map(|e| e.composer_name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            FoundData {
                kind: DataKind::Dataset,
                pieces: dataset.entries.len(),
                notes: None,
                composers: names.len(),
                music_hours: None,
                remarks: remarks(&dataset),
            }
        })
    };
    let last = run_dir.join("last.safetensors");
    let can_resume_from = Checkpoint::read(&last).ok().map(|c| c.header.trained_on.step);
    DataFacts { data, run_dir, found, can_resume_from }
}
