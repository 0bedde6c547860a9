//! When a run has gone wrong for good.

use super::{StepMetrics, TrainError};

/// A step in which a note costs more than this is no learning: twice what guessing costs, in nats.
const DIVERGED_NATS: f64 = 35.0;
/// The first steps may be as bad as they like.
const SETTLED_STEPS: u64 = 200;

/// # Errors
/// If the loss is not a number, or the run has diverged; `kept` is the step of the state to resume from.
pub(super) fn check(metrics: &StepMetrics, kept: u64) -> Result<(), TrainError> {
    let StepMetrics { step, nll, .. } = *metrics;
    if !metrics.loss.is_finite() {
        return Err(TrainError::NotFinite { step, kept });
    }
    if nll > DIVERGED_NATS && step > SETTLED_STEPS {
        return Err(TrainError::Diverged { step, nll, kept });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Field;

    #[test]
    fn a_run_ends_when_it_is_worse_than_guessing() {
        let at = |step, nll| check(&StepMetrics { step, loss: nll, nll, ..StepMetrics::default() }, 50);
        let guessing: f64 = Field::ALL.iter().map(|f| (f.size() as f64).ln()).sum();
        assert!((2.0 * guessing - DIVERGED_NATS).abs() < 1.0, "{guessing}");
        assert!(at(1000, guessing).is_ok() && at(100, 300.0).is_ok());
        assert!(matches!(at(1000, 36.0), Err(TrainError::Diverged { step: 1000, kept: 50, .. })));
        assert!(matches!(at(10, f64::NAN), Err(TrainError::NotFinite { step: 10, kept: 50 })));
    }
}
