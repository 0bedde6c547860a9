//! The curves of a training run, from the rows of its logs.

use super::history::History;
use crate::train::{Row, StepMetrics, ValidMetrics};

/// A small KL counts as a collapse only after this many steps.
const KL_GRACE_STEPS: u64 = 500;
/// KL below this, in nats per segment, means that z carries almost nothing.
const KL_COLLAPSED_NATS: f64 = 1.0;
/// If another piece's z costs less than this, in nats per note, the decoder ignores z.
const Z_IGNORED_GAP: f64 = 0.005;
/// Validations whose NLL is remembered exactly, for the list of models.
const REMEMBERED: usize = 10_000;

/// The curves and latest figures of a run, in bounded memory however long it is.
#[derive(Clone, Debug)]
pub struct RunLog {
    /// In the order of [`StepMetrics::COLUMNS`].
    train: Vec<History>,
    /// In the order of [`ValidMetrics::COLUMNS`].
    valid: Vec<History>,
    pub step: Option<StepMetrics>,
    pub validation: Option<ValidMetrics>,
    /// Step and NLL of the best validation.
    pub best: Option<(u64, f64)>,
    /// Step and NLL of the validations.
    nlls: Vec<(u64, f64)>,
    /// The first step whose loss was not finite.
    pub broken_at: Option<u64>,
}

impl Default for RunLog {
    fn default() -> RunLog {
        RunLog {
            train: vec![History::default(); StepMetrics::COLUMNS.len()],
            valid: vec![History::default(); ValidMetrics::COLUMNS.len()],
            step: None,
            validation: None,
            best: None,
            nlls: Vec::new(),
            broken_at: None,
        }
    }
}

impl RunLog {
    /// The curve of a column of the training log; `None` if there is no such column.
    pub fn train(&self, column: &str) -> Option<&History> {
        StepMetrics::COLUMNS.iter().position(|c| c.name == column).and_then(|at| self.train.get(at))
    }

    /// The curve of a column of the validations.
    pub fn valid(&self, column: &str) -> Option<&History> {
        ValidMetrics::COLUMNS.iter().position(|c| c.name == column).and_then(|at| self.valid.get(at))
    }

    /// Adds a row of the training log. One that is not after the last belongs to a resumed run, which repeats the
    /// steps from there.
    pub fn stepped(&mut self, m: &StepMetrics) {
        if self.step.as_ref().is_some_and(|last| m.step <= last.step) {
            self.go_back_to(m.step.saturating_sub(1));
        }
        if self.broken_at.is_none() && !(m.loss.is_finite() && m.nll.is_finite()) {
            self.broken_at = Some(m.step);
        }
        for (history, column) in self.train.iter_mut().zip(StepMetrics::COLUMNS) {
            history.push(m.step as f64, (column.get)(m));
        }
        self.step = Some(m.clone());
    }

    /// Adds a row of the validations.
    pub fn validated(&mut self, m: &ValidMetrics) {
        for (history, column) in self.valid.iter_mut().zip(ValidMetrics::COLUMNS) {
            history.cut_after(m.step.saturating_sub(1) as f64);
            history.push(m.step as f64, (column.get)(m));
        }
        self.nlls.retain(|(step, _)| *step < m.step);
        self.nlls.truncate(REMEMBERED);
        if m.nll.is_finite() {
            self.nlls.push((m.step, m.nll));
        }
        self.best = self.nlls.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        self.validation = Some(m.clone());
    }

    fn go_back_to(&mut self, step: u64) {
        self.train.iter_mut().for_each(|history| history.cut_after(step as f64));
        self.broken_at.take_if(|broken| *broken > step);
    }

    /// The steps of the validations, in order.
    pub fn validated_steps(&self) -> impl Iterator<Item = u64> + '_ {
        self.nlls.iter().map(|(step, _)| *step)
    }

    pub fn valid_nll_at(&self, step: u64) -> Option<f64> {
        self.nlls.iter().find(|(at, _)| *at == step).map(|(_, nll)| *nll)
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
        } else if let Some(v) = &self.validation
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
        let smooth = self.train("kl_nats")?.smoothed(0.9);
        smooth.last().map(|p| p[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(step: u64, nll: f64, kl_nats: f64) -> StepMetrics {
        StepMetrics { step, loss: nll, nll, kl_nats, kl_weight: 0.5, ..StepMetrics::default() }
    }

    fn validated(step: u64, nll: f64) -> ValidMetrics {
        let listening = ValidMetrics { active_dims: 20, shuffled_z_gap: 0.3, ..ValidMetrics::default() };
        ValidMetrics { step, nll, kl_nats: 20.0, ..listening }
    }

    fn log(steps: &[StepMetrics], validations: &[ValidMetrics]) -> RunLog {
        let mut log = RunLog::default();
        steps.iter().for_each(|m| log.stepped(m));
        validations.iter().for_each(|m| log.validated(m));
        log
    }

    #[test]
    fn knows_the_best_validation_and_each_by_its_step() {
        let log = log(&[], &[validated(250, 11.0), validated(500, 10.2), validated(750, 10.9)]);
        assert_eq!(log.best, Some((500, 10.2)));
        assert_eq!((log.valid_nll_at(750), log.valid_nll_at(700)), (Some(10.9), None));
        assert_eq!(log.validated_steps().collect::<Vec<_>>(), [250, 500, 750]);
    }

    #[test]
    fn warns_of_a_broken_loss_once_it_happened() {
        let healthy = log(&[stepped(10, 12.0, 20.0), stepped(900, 10.5, 22.0)], &[validated(900, 10.6)]);
        assert!(healthy.warnings().is_empty(), "{:?}", healthy.warnings());
        let broken =
            log(&[stepped(10, 12.0, 20.0), stepped(20, f64::NAN, 20.0), stepped(30, f64::NAN, 1.0)], &[]);
        assert!(broken.warnings()[0].contains("step 20"));
        assert_eq!(broken.train("nll").unwrap().last(), Some([10.0, 12.0]));
    }

    #[test]
    fn warns_of_a_collapsed_kl_after_the_start_only() {
        let early = log(&[stepped(100, 12.0, 0.1)], &[]);
        assert!(early.warnings().is_empty());
        let late: Vec<StepMetrics> = (0..80).map(|i| stepped(100 + i * 10, 11.0, 0.1)).collect();
        assert!(log(&late, &[]).warnings()[0].contains("collapsed"));
    }

    #[test]
    fn a_resumed_run_goes_on_where_it_was() {
        let resumed = log(
            &[stepped(10, 12.0, 9.0), stepped(20, f64::NAN, 9.0), stepped(20, 10.0, 9.0)],
            &[validated(10, 9.0), validated(20, 8.0), validated(20, 9.5)],
        );
        assert_eq!(resumed.train("nll").unwrap().smoothed(0.0), [[10.0, 12.0], [20.0, 10.0]]);
        assert_eq!((resumed.broken_at, resumed.best), (None, Some((10, 9.0))));
        let fresh = log(&[stepped(10, 12.0, 9.0), stepped(10, 11.0, 9.0)], &[]);
        assert_eq!(fresh.train("nll").unwrap().smoothed(0.0), [[10.0, 11.0]]);
    }

    /// A million reports, and what they take in memory.
    #[test]
    fn memory_is_bounded() {
        let mut log = RunLog::default();
        (0..1_000_000).for_each(|i| log.stepped(&stepped(i * 10, 10.0, 9.0)));
        let points: usize = log.train.iter().map(|h| h.stretches().count()).sum();
        assert!(points <= StepMetrics::COLUMNS.len() * 4096, "{points}");
        assert_eq!(log.train("nll").unwrap().last(), Some([9_999_990.0, 10.0]));
    }
}
