//! The gates of an evaluation report.

use super::gate_table::{Bound, Gate};
use super::memory::{MemoryReport, Place, RealOrTake};
use super::{AdherenceRow, Measured, OutOfRange, Report};

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

fn gate(
    name: impl Into<String>,
    value: f64,
    gate: impl Into<Option<Bound>>,
    moonshot: impl Into<Option<Bound>>,
) -> Gate {
    Gate { name: name.into(), value, gate: gate.into(), moonshot: moonshot.into() }
}

fn at_least(name: &str, value: f64, bound: f64, moonshot: f64) -> Gate {
    gate(name, value, Bound::at_least(bound), Bound::at_least(moonshot))
}

fn at_most(name: &str, value: f64, bound: f64, moonshot: f64) -> Gate {
    gate(name, value, Bound::at_most(bound), Bound::at_most(moonshot))
}

/// The gates of `report` except those of memory and form; see [`memory_gates`].
pub fn gates(report: &Report) -> Vec<Gate> {
    [adherence_gates(report), latent_gates(report), likeness_gates(report)].concat()
}

fn adherence_gates(report: &Report) -> Vec<Gate> {
    let (real, own) = (&report.ceiling().all, &report.first_takes().all);
    let top1 = ratio(own.top1.value, real.top1.value);
    let top3 = ratio(own.top3.value, real.top3.value);
    let mut out = vec![
        at_least("judge on real held-out music: top-1", real.top1.value, 0.48, 0.48),
        at_least("judge on real held-out music: balanced", real.balanced.value, 0.42, 0.42),
        at_least("N = 1: top-1 ÷ the real ceiling", top1, 0.90, 1.05),
        at_least("N = 1: top-3 ÷ the real ceiling", top3, 0.95, 1.00),
        at_most("N = 1: composers under half their real recall", report.lost.len() as f64, 3.0, 0.0),
    ];
    if let Some(row) = report.chosen_takes() {
        out.extend(chosen_gates(report, row));
    }
    out
}

/// For takes with the default selection.
fn chosen_gates(report: &Report, row: &AdherenceRow) -> [Gate; 3] {
    let (real, own) = (&report.ceiling().all, &row.all);
    let top1 = ratio(own.top1.value, real.top1.value);
    let top3 = ratio(own.top3.value, real.top3.value);
    let is_weak = |(own, real): &(&Option<f64>, &Option<f64>)| match (own, real) {
        (Some(own), Some(real)) => *own < 0.6 * real,
        _ => false,
    };
    let weak = own.recall.iter().zip(&real.recall).filter(is_weak).count();
    let name = |what: &str| format!("{}: {what}", row.name);
    [
        gate(name("top-1 ÷ the real ceiling"), top1, Bound::at_least(1.10), None),
        gate(name("top-3 ÷ the real ceiling"), top3, Bound::at_least(1.00), None),
        gate(name("composers under 0.6 of their real recall"), weak as f64, Bound::at_most(0.0), None),
    ]
}

fn latent_gates(report: &Report) -> Vec<Gate> {
    let latent = &report.latent;
    let v = &latent.validation;
    vec![
        at_most("validation NLL, nats per note", v.nll, 8.75, 8.4),
        gate("shuffled-z gap, nats per note", v.shuffled_z_gap, Bound::at_least(0.25), None),
        at_least("wrong-label gap, nats per note", v.wrong_label_gap, 0.05, 0.06),
        at_least("nearest component, per held-out work", latent.nearest_component_works, 0.40, 0.55),
        at_least("silhouette, training works", latent.silhouette_training, 0.24, 0.35),
    ]
}

fn likeness_gates(report: &Report) -> Vec<Gate> {
    let likeness = &report.likeness;
    let outside = |row: &OutOfRange| {
        at_most(&format!("{}: share outside real p5–p95", row.name), row.generated, 0.20, 0.12)
    };
    let frechet = ratio(likeness.frechet, likeness.real_frechet);
    let mut out: Vec<Gate> = likeness.out_of_range.iter().map(outside).collect();
    out.extend([
        at_least("relative cosine, judge features", likeness.features.relative, 0.05, 0.15),
        at_most("Fréchet distance ÷ real halves", frechet, 4.0, 2.0),
        gate(
            "13-note sequences in the training music",
            report.copied.shares[1],
            Bound::at_most(0.0056),
            None,
        ),
    ]);
    out
}

/// The gates of memory and form, for takes with the chosen settings.
pub fn memory_gates(report: &MemoryReport) -> Vec<Gate> {
    [
        repetition_gates(report),
        second_hearing_gates(report),
        return_gates(report),
        edge_gates(report),
        told_apart_gates(&report.takes().told_apart),
    ]
    .concat()
}

fn repetition_gates(report: &MemoryReport) -> Vec<Gate> {
    let (real, own) = (&report.real().repetition, &report.takes().repetition);
    let near_real = |i: usize| Bound::within(0.8 * real[i].mean.value, 1.2 * real[i].mean.value);
    let (four, eight) = (own[0].mean.value, own[1].mean.value);
    vec![
        gate("repetition of 4 intervals", four, Bound::within(0.08, 0.15), near_real(0)),
        gate("repetition of 8 intervals", eight, Bound::within(0.02, 0.07), near_real(1)),
        gate(
            "composers within 0.5–1.6 of their own repetition",
            report.composers_near_their_repetition() as f64,
            Bound::at_least(10.0),
            None,
        ),
    ]
}

fn second_hearing_gates(report: &MemoryReport) -> Vec<Gate> {
    let heard = &report.second_hearing;
    let (exact, transposed) = (heard.exact.mean.value, heard.transposed.mean.value);
    let gain = heard.gain.map_or(f64::NAN, |[exact, _]| exact.value);
    vec![
        at_least("knows how it goes on", exact, 0.60, 0.85),
        at_least("knows how it goes on, transposed", transposed, 0.50, 0.85),
        at_least("second hearing, nats per note below the first", gain, 3.5, 5.0),
    ]
}

fn return_gates(report: &MemoryReport) -> Vec<Gate> {
    let own = report.takes();
    let as_real = Bound::at_least(report.real().returns.mean.value);
    let (returns, chance) = (own.returns.mean.value, own.chance_returns.mean.value);
    vec![
        gate("themes that return", returns, Bound::at_least(0.04), as_real),
        gate("themes that return by chance", chance, Bound::at_most(0.012), None),
    ]
}

fn edge_gates(report: &MemoryReport) -> Vec<Gate> {
    let mut out = Vec::new();
    for place in Place::ALL {
        let most = match place {
            Place::Opening | Place::Ending => 0.20,
            Place::Middle => 0.12,
        };
        let name = format!("{}: largest deviation from real", place.name());
        out.push(gate(name, report.edge_deviation(place), Bound::at_most(most), None));
        let auc: Option<Measured> = report.takes().place(place).and_then(|row| row.auc);
        let moonshot = match place {
            Place::Opening | Place::Ending => Some(Bound::at_most(0.65)),
            Place::Middle => None,
        };
        if moonshot.is_some() {
            let auc = auc.map_or(f64::NAN, |auc| auc.value);
            out.push(gate(format!("{}: real or take? AUC", place.name()), auc, None, moonshot));
        }
    }
    out
}

fn told_apart_gates(told_apart: &[RealOrTake]) -> Vec<Gate> {
    let most = |notes: usize| if notes <= 256 { 0.90 } else { 0.93 };
    told_apart
        .iter()
        .map(|apart| {
            let name = format!("real or take? AUC on {} notes", apart.notes);
            at_most(&name, apart.auc.value, most(apart.notes), 0.75)
        })
        .collect()
}
