//! Changing a take: the region being recomposed, and its alternatives.

use std::ops::Range;
use std::sync::Arc;

use crate::generate::Region;
use crate::jobs::JobId;
use crate::music::Performance;
use crate::progress::StopFlag;
use crate::takes::TakeId;

/// How to recompose a region.
#[derive(Clone, Debug, PartialEq)]
pub struct RecomposeForm {
    /// Full name; `None` is the take's own composer.
    pub to: Option<String>,
    pub closeness: f32,
    /// Guidance.
    pub strength: f32,
    pub keep_rhythm: bool,
    /// All keys, not only those that are selected.
    pub all_keys: bool,
}

/// A region being recomposed.
#[derive(Debug)]
pub struct Recomposing {
    pub job: JobId,
    pub stop: StopFlag,
    pub id: TakeId,
    pub region: Region,
}

/// New versions of a region, to be heard one after the other.
#[derive(Debug)]
pub struct Alternatives {
    pub id: TakeId,
    pub region: Region,
    /// The take as it is.
    pub original: Arc<Performance>,
    pub all: Vec<Arc<Performance>>,
    /// The one that is heard.
    pub at: usize,
    /// The loop that was set before.
    pub loop_before: Option<Range<f64>>,
}

impl Alternatives {
    /// The next one, or with `by` −1 the one before; after the last comes the first.
    pub fn step(&mut self, by: isize) {
        let n = self.all.len().max(1) as isize;
        self.at = (self.at as isize + by).rem_euclid(n) as usize;
    }

    pub fn heard(&self) -> Arc<Performance> {
        self.all.get(self.at).unwrap_or(&self.original).clone()
    }

    /// The region with the music around it.
    pub fn around(&self) -> Range<f64> {
        const AROUND_SECS: f64 = 2.0;
        let end = self.original.duration_secs();
        (self.region.secs.start - AROUND_SECS).max(0.0)..(self.region.secs.end + AROUND_SECS).min(end)
    }
}
