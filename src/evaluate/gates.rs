//! The figures a model has to reach to ship.

use super::gate::Gate;
use super::{OutOfRange, Report};

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

fn at_least(name: &str, value: f64, small: f64, best: f64) -> Gate {
    Gate {
        name: name.to_owned(),
        value,
        at_least: true,
        small,
        best,
    }
}

fn at_most(name: &str, value: f64, small: f64, best: f64) -> Gate {
    Gate {
        at_least: false,
        ..at_least(name, value, small, best)
    }
}

/// All gates, with the figures of `report`.
pub fn gates(report: &Report) -> Vec<Gate> {
    [
        adherence_gates(report),
        latent_gates(report),
        likeness_gates(report),
    ]
    .concat()
}

fn adherence_gates(report: &Report) -> Vec<Gate> {
    let (real, own) = (&report.ceiling().all, &report.first_takes().all);
    let top1 = ratio(own.top1.value, real.top1.value);
    let top3 = ratio(own.top3.value, real.top3.value);
    vec![
        at_least("judge on real held-out music: top-1", real.top1.value, 0.48, 0.48),
        at_least(
            "judge on real held-out music: balanced",
            real.balanced.value,
            0.42,
            0.42,
        ),
        at_least("top-1 ÷ the real ceiling", top1, 0.90, 1.05),
        at_least("top-3 ÷ the real ceiling", top3, 0.95, 1.00),
        at_most(
            "composers under half their real recall",
            report.lost.len() as f64,
            3.0,
            0.0,
        ),
    ]
}

fn latent_gates(report: &Report) -> Vec<Gate> {
    let latent = &report.latent;
    let v = &latent.validation;
    vec![
        at_most("validation NLL, nats per note", v.nll, 9.8, 9.1),
        at_least("shuffled-z gap, nats per note", v.shuffled_z_gap, 0.18, 0.25),
        at_least("wrong-label gap, nats per note", v.wrong_label_gap, 0.03, 0.06),
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
    ]
}

fn likeness_gates(report: &Report) -> Vec<Gate> {
    let likeness = &report.likeness;
    let outside = |row: &OutOfRange| {
        at_most(
            &format!("{}: share outside real p5–p95", row.name),
            row.generated,
            0.20,
            0.12,
        )
    };
    let frechet = ratio(likeness.frechet, likeness.real_frechet);
    let mut out: Vec<Gate> = likeness.out_of_range.iter().map(outside).collect();
    out.extend([
        at_least(
            "relative cosine, judge features",
            likeness.features.relative,
            0.05,
            0.15,
        ),
        at_most("Fréchet distance ÷ real halves", frechet, 4.0, 2.0),
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
