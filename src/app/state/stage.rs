//! What is on the roll and in the player, and the take on its way there.

use std::sync::Arc;

use crate::jobs::JobId;
use crate::music::Performance;
use crate::progress::StopFlag;
use crate::takes::{ComposeSettings, TakeId};

/// A take on its way.
#[derive(Debug)]
pub struct Composing {
    pub job: JobId,
    pub stop: StopFlag,
    pub settings: ComposeSettings,
    pub name: String,
    pub asked_notes: usize,
    pub done_notes: usize,
    /// Its first notes go on the stage as they come.
    pub takes_stage: bool,
    /// The number of the stage it is on.
    pub stage_number: Option<u64>,
    pub performance: Arc<Performance>,
}

/// What is on the roll and in the player.
#[derive(Clone, Debug)]
pub struct Stage {
    pub source: StageSource,
    pub name: String,
    /// Full name.
    pub composer: Option<String>,
    pub performance: Arc<Performance>,
    /// Another number, another take.
    pub number: u64,
    /// Rises while the same take grows.
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageSource {
    /// The take that this job composes, or has composed and not yet filed.
    Composing(JobId),
    Take(TakeId),
}

impl Stage {
    /// The same take, now as long as this.
    pub(super) fn grow(&mut self, performance: Arc<Performance>) -> Arc<Performance> {
        self.performance = performance;
        self.revision += 1;
        self.performance.clone()
    }
}
