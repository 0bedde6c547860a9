//! A look ahead: what a run would need, measured by a few of its steps.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{RunPlan, TrainConfig, TrainError, TrainEvent, Trainer};
use crate::progress::StopFlag;

/// Notes that the model that ships has learned from.
const SHIPPED_NOTES: f64 = 70e6;
/// Reports that are waited for: the first one contains the warm-up.
const REPORTS: usize = 2;
/// After this time the first report has to do.
const PATIENCE_SECS: f64 = 20.0;
/// Bytes of a parameter in a model for composing.
const BYTES_PER_PARAMETER: f64 = 2.0;

/// What a run would need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    pub parameters: i64,
    /// Memory of the process, MB (10⁶ bytes).
    pub memory_mb: f64,
    pub notes_per_sec: f64,
    /// Hours until it has learned from as many notes as the model that ships.
    pub hours: f64,
    /// What the run folder will take, MB.
    pub disk_mb: f64,
    /// What is free where the run folder will be, MB; `None` where the system does not say.
    pub free_mb: Option<f64>,
}

/// Trains a few steps as planned in a temporary folder, which takes less than a minute.
///
/// # Errors
/// As [`Trainer::open`] and [`Trainer::run`].
pub fn probe(plan: &RunPlan, stop: &StopFlag) -> Result<Preflight, TrainError> {
    let write = |source| TrainError::Write { source, path: std::env::temp_dir() };
    let folder = tempfile::tempdir().map_err(write)?;
    let run_dir = folder.path().join("probe");
    let config = TrainConfig {
        minutes: None,
        max_steps: Some(u64::MAX),
        validate_every: u64::MAX,
        from: None,
        ..plan.config.clone()
    };
    let keep = config.keep_checkpoints as f64;
    let trainer = Trainer::open(&plan.corpus, &run_dir, config, plan.device, false)?;
    let mut preflight = Preflight { parameters: trainer.parameters(), ..Preflight::default() };
    let mut reports = 0;
    let enough = StopFlag::new();
    trainer.run(&enough, &mut |event| {
        if stop.is_stopped() {
            enough.abandon();
        }
        if let TrainEvent::Stepped(m) = event {
            reports += 1;
            (preflight.notes_per_sec, preflight.memory_mb) = (m.notes_per_sec, m.memory_mb);
            if reports == REPORTS || m.elapsed_secs > PATIENCE_SECS {
                enough.abandon();
            }
        }
    })?;
    let state = std::fs::metadata(run_dir.join("last.safetensors")).map_or(0.0, |m| m.len() as f64);
    // The state, while it is replaced by the next one; the best model and those that are kept.
    let models = (keep + 1.0) * preflight.parameters as f64 * BYTES_PER_PARAMETER;
    preflight.disk_mb = (2.0 * state + models) / 1e6;
    preflight.hours = SHIPPED_NOTES / preflight.notes_per_sec.max(1e-9) / 3600.0;
    preflight.free_mb = free_mb(&plan.run_dir);
    if stop.is_stopped() { Err(TrainError::Stopped) } else { Ok(preflight) }
}

/// Free space of the disk where `path` is or will be.
fn free_mb(path: &Path) -> Option<f64> {
    #[cfg(unix)]
    {
        let existing = path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."));
        let disk = rustix::fs::statvfs(existing).ok()?;
        Some(disk.f_bavail as f64 * disk.f_frsize as f64 / 1e6)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
