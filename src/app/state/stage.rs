//! The stage: the music on the roll and in the player, and the take that is being composed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::display::thousands;
use crate::jobs::JobId;
use crate::music::Performance;
use crate::progress::StopFlag;
use crate::takes::{ComposeSettings, TakeId};

/// A take that is being composed.
#[derive(Debug)]
pub struct Composing {
    pub job: JobId,
    pub stop: StopFlag,
    pub settings: ComposeSettings,
    pub name: String,
    pub asked_notes: usize,
    pub done_notes: usize,
    /// Put its first notes on the stage as they arrive.
    pub takes_stage: bool,
    /// The number of the stage that shows it.
    pub stage_number: Option<u64>,
    pub performance: Arc<Performance>,
}

impl Composing {
    /// How many notes there are, and of how many.
    pub fn progress(&self) -> String {
        if self.settings.is_endless {
            return thousands(self.done_notes as u64);
        }
        format!("{} of {}", self.done_notes, self.asked_notes)
    }
}

/// The music on the roll and in the player.
#[derive(Clone, Debug)]
pub struct Stage {
    pub source: StageSource,
    pub name: String,
    /// Full name.
    pub composer: Option<String>,
    pub performance: Arc<Performance>,
    /// Differs for every take.
    pub number: u64,
    /// Increases while the take grows.
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageSource {
    /// The job that composes this take, until it is saved.
    Composing(JobId),
    Take(TakeId),
    /// A training run, which wrote this file for listening.
    Run(PathBuf),
}

impl Stage {
    /// Replaces the music with a longer version of the same take.
    pub(super) fn grow(&mut self, performance: Arc<Performance>) -> Arc<Performance> {
        self.performance = performance;
        self.revision += 1;
        self.performance.clone()
    }
}
