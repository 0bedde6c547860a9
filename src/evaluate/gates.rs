//! The figures a model has to reach to ship.

use serde::{Deserialize, Serialize};

use super::Report;

/// One figure and what it has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub name: String,
    pub value: f64,
    /// Is more better?
    pub at_least: bool,
    /// For a small model trained on a CPU.
    pub small: f64,
    /// For the best model that ships.
    pub best: f64,
}

impl Gate {
    fn meets(&self, bound: f64) -> bool {
        if self.at_least {
            self.value >= bound
        } else {
            self.value <= bound
        }
    }

    pub fn meets_small(&self) -> bool {
        self.meets(self.small)
    }

    pub fn meets_best(&self) -> bool {
        self.meets(self.best)
    }
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// All gates, with the figures of `report`.
pub fn gates(report: &Report) -> Vec<Gate> {
    let at_least = |name: &str, value: f64, small: f64, best: f64| Gate {
        name: name.to_owned(),
        value,
        at_least: true,
        small,
        best,
    };
    let at_most = |name: &str, value, small, best| Gate {
        at_least: false,
        ..at_least(name, value, small, best)
    };
    let latent = &report.latent;
    let (real, own) = (&report.ceiling().all, &report.first_takes().all);
    let mut out = vec![
        at_least("judge on real held-out music: top-1", real.top1.value, 0.48, 0.48),
        at_least(
            "judge on real held-out music: balanced",
            real.balanced.value,
            0.42,
            0.42,
        ),
        at_least(
            "top-1 ÷ the real ceiling",
            ratio(own.top1.value, real.top1.value),
            0.90,
            1.05,
        ),
        at_least(
            "top-3 ÷ the real ceiling",
            ratio(own.top3.value, real.top3.value),
            0.95,
            1.00,
        ),
        at_most(
            "composers under half their real recall",
            report.lost.len() as f64,
            3.0,
            0.0,
        ),
        at_most("validation NLL, nats per note", latent.validation.nll, 9.8, 9.1),
        at_least(
            "shuffled-z gap, nats per note",
            latent.validation.shuffled_z_gap,
            0.18,
            0.25,
        ),
        at_least(
            "wrong-label gap, nats per note",
            latent.validation.wrong_label_gap,
            0.03,
            0.06,
        ),
    ];
    for row in &report.likeness.out_of_range {
        out.push(at_most(
            &format!("{}: share outside real p5–p95", row.name),
            row.generated,
            0.20,
            0.12,
        ));
    }
    let likeness = &report.likeness;
    out.extend([
        at_least(
            "nearest component, per held-out work",
            latent.nearest_component_works,
            0.40,
            0.55,
        ),
        at_least(
            "silhouette, training works",
            latent.silhouette_training,
            0.24,
            0.35,
        ),
        at_least(
            "relative cosine, judge features",
            likeness.features.relative,
            0.05,
            0.15,
        ),
        at_most(
            "Fréchet distance ÷ real halves",
            ratio(likeness.frechet, likeness.real_frechet),
            4.0,
            2.0,
        ),
        at_most(
            "13-note sequences in the training music",
            report.copied.shares[1],
            0.02,
            0.015,
        ),
    ]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_or_less_is_better() {
        let gate = Gate {
            name: String::new(),
            value: 0.5,
            at_least: true,
            small: 0.4,
            best: 0.6,
        };
        assert!(gate.meets_small() && !gate.meets_best());
        let gate = Gate {
            at_least: false,
            ..gate
        };
        assert!(!gate.meets_small() && gate.meets_best());
    }
}
