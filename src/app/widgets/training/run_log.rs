//! The log of a training run, from its events.

use std::path::PathBuf;

use super::history::History;
use crate::train::{StepMetrics, TrainEvent, ValidMetrics};

/// A small KL counts as a collapse only after this many steps.
const KL_GRACE_STEPS: u64 = 500;
/// KL below this, in nats per segment, means that z carries almost nothing.
const KL_COLLAPSED_NATS: f64 = 1.0;
/// If another piece's z costs less than this, in nats per note, the decoder ignores z.
const Z_IGNORED_GAP: f64 = 0.005;

/// A checkpoint that the run wrote. `best` and `last` are overwritten, so each path is listed once.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedCheckpoint {
    pub step: u64,
    pub path: PathBuf,
    /// Validation NLL at that step, nats per note, if it was measured.
    pub valid_nll: Option<f64>,
}

/// The curves and latest figures of a run, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct RunLog {
    pub nll: History,
    pub kl: History,
    pub label_loss: History,
    pub valid_nll: History,
    pub valid_kl: History,
    pub step: Option<StepMetrics>,
    pub valid: Option<ValidMetrics>,
    /// Step and NLL of the best validation.
    pub best: Option<(u64, f64)>,
    pub checkpoints: Vec<SavedCheckpoint>,
    pub pieces: Option<usize>,
    pub from_step: u64,
    /// The first step whose loss was not finite.
    pub broken_at: Option<u64>,
}

impl RunLog {
    pub fn apply(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Started { from_step, pieces, .. } => self.start(*from_step, *pieces),
            TrainEvent::Stepped(m) => self.step(m),
            TrainEvent::Validated(m) => self.validated(m),
            TrainEvent::CheckpointSaved { step, path } => {
                let valid_nll = self.valid.as_ref().filter(|v| v.step == *step).map(|v| v.nll);
                self.checkpoints.retain(|c| c.path != *path);
                self.checkpoints.push(SavedCheckpoint { step: *step, path: path.clone(), valid_nll });
            }
        }
    }

    fn start(&mut self, from_step: u64, pieces: usize) {
        if from_step == 0 {
            *self = RunLog::default();
        }
        let cut = from_step as f64;
        for history in
            [&mut self.nll, &mut self.kl, &mut self.label_loss, &mut self.valid_nll, &mut self.valid_kl]
        {
            history.cut_after(cut);
        }
        self.broken_at = None;
        self.from_step = from_step;
        self.pieces = Some(pieces);
    }

    fn step(&mut self, m: &StepMetrics) {
        let x = m.step as f64;
        if self.broken_at.is_none() && !(m.loss.is_finite() && m.nll.is_finite()) {
            self.broken_at = Some(m.step);
        }
        self.nll.push(x, m.nll);
        self.kl.push(x, m.kl_nats);
        self.label_loss.push(x, m.label_loss);
        self.step = Some(m.clone());
    }

    fn validated(&mut self, m: &ValidMetrics) {
        let x = m.step as f64;
        self.valid_nll.push(x, m.nll);
        self.valid_kl.push(x, m.kl_nats);
        if m.nll.is_finite() && self.best.is_none_or(|(_, best)| m.nll < best) {
            self.best = Some((m.step, m.nll));
        }
        self.valid = Some(m.clone());
    }

    /// Warnings, with what to do next.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(step) = self.broken_at {
            warnings.push(format!(
                "Since step {step} the loss is not a number. Stop, then resume from the last checkpoint with a lower \
                 learning rate."
            ));
        }
        let is_past_start = self.step.as_ref().is_some_and(|m| m.step >= KL_GRACE_STEPS && m.kl_weight > 0.0);
        let kl = self.smooth_kl();
        if is_past_start && kl.is_some_and(|kl| kl < KL_COLLAPSED_NATS) {
            warnings.push(format!(
                "The KL has collapsed to {:.2} nats per segment: the latent says almost nothing. Lower kl_weight or raise \
                 free_bits_nats.",
                kl.unwrap_or_default()
            ));
        } else if let Some(v) = &self.valid
            && is_past_start
            && v.step >= KL_GRACE_STEPS
            && (v.active_dims == 0 || v.shuffled_z_gap < Z_IGNORED_GAP)
        {
            warnings.push(format!(
                "The decoder does not listen to the latent: {} active dimensions, and another piece's z costs only \
                 {:.3} nats per note.",
                v.active_dims, v.shuffled_z_gap
            ));
        }
        warnings
    }

    fn smooth_kl(&self) -> Option<f64> {
        let smooth = self.kl.smoothed(0.9);
        smooth.last().map(|p| p[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::TrainConfig;

    fn stepped(step: u64, nll: f64, kl_nats: f64) -> TrainEvent {
        TrainEvent::Stepped(StepMetrics {
            step,
            loss: nll,
            nll,
            kl_nats,
            kl_weight: 0.5,
            ..StepMetrics::default()
        })
    }

    fn started(from_step: u64) -> TrainEvent {
        TrainEvent::Started { config: Box::new(TrainConfig::default()), from_step, pieces: 10 }
    }

    fn validated(step: u64, nll: f64) -> TrainEvent {
        let listening = ValidMetrics { active_dims: 20, shuffled_z_gap: 0.3, ..ValidMetrics::default() };
        TrainEvent::Validated(ValidMetrics { step, nll, kl_nats: 20.0, ..listening })
    }

    fn log(events: &[TrainEvent]) -> RunLog {
        let mut log = RunLog::default();
        events.iter().for_each(|e| log.apply(e));
        log
    }

    #[test]
    fn keeps_the_best_validation_and_one_line_per_file() {
        let saved = |step, name: &str| TrainEvent::CheckpointSaved { step, path: PathBuf::from(name) };
        let log = log(&[
            started(0),
            validated(250, 11.0),
            saved(250, "best"),
            validated(500, 10.2),
            saved(500, "best"),
            saved(510, "last"),
            validated(750, 10.9),
        ]);
        assert_eq!(log.best, Some((500, 10.2)));
        let lines: Vec<(u64, Option<f64>)> = log.checkpoints.iter().map(|c| (c.step, c.valid_nll)).collect();
        assert_eq!(lines, [(500, Some(10.2)), (510, None)]);
    }

    #[test]
    fn warns_of_a_broken_loss_once_it_happened() {
        let healthy =
            log(&[started(0), stepped(10, 12.0, 20.0), stepped(900, 10.5, 22.0), validated(900, 10.6)]);
        assert!(healthy.warnings().is_empty(), "{:?}", healthy.warnings());
        let broken = log(&[
            started(0),
            stepped(10, 12.0, 20.0),
            stepped(20, f64::NAN, 20.0),
            stepped(30, f64::NAN, 1.0),
        ]);
        assert!(broken.warnings()[0].contains("step 20"));
        assert_eq!(broken.nll.last(), Some([10.0, 12.0]));
    }

    #[test]
    fn warns_of_a_collapsed_kl_after_the_start_only() {
        let early = log(&[started(0), stepped(100, 12.0, 0.1)]);
        assert!(early.warnings().is_empty());
        let late: Vec<TrainEvent> = (0..80).map(|i| stepped(100 + i * 10, 11.0, 0.1)).collect();
        assert!(log(&late).warnings()[0].contains("collapsed"));
    }

    #[test]
    fn a_resumed_run_goes_on_where_it_was() {
        let resumed = log(&[
            started(0),
            stepped(10, 12.0, 9.0),
            stepped(20, 11.0, 9.0),
            started(10),
            stepped(20, 10.0, 9.0),
        ]);
        assert_eq!(resumed.nll.smoothed(0.0), [[10.0, 12.0], [20.0, 10.0]]);
        let fresh = log(&[started(0), stepped(10, 12.0, 9.0), started(0)]);
        assert!(fresh.nll.is_empty());
    }
}
