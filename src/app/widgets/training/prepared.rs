//! Curves made ready to draw, and kept until they change.

use std::collections::HashMap;
use std::path::PathBuf;

use egui_plot::PlotPoint;

use super::RunView;
use super::history::{History, thinned};

/// How the axes are scaled, and how much a curve is smoothed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// 0–0.999
    pub smoothing: f64,
    pub log_steps: bool,
    pub log_values: bool,
    /// Points that fit beside each other.
    pub columns: usize,
    /// The steps in view, on the axis; `None`: all.
    pub view: Option<[f64; 2]>,
}

impl Scale {
    /// Where a step lies on the axis.
    pub fn x(&self, step: f64) -> f64 {
        if self.log_steps { step.max(1.0).log10() } else { step }
    }

    /// The step at a place of the axis.
    pub fn step(&self, x: f64) -> f64 {
        if self.log_steps { 10f64.powf(x) } else { x }
    }

    /// Where a value lies on the axis; not finite where it has no place.
    pub fn y(&self, value: f64) -> f64 {
        if self.log_values { value.log10() } else { value }
    }

    /// The value at a place of the axis.
    pub fn value(&self, y: f64) -> f64 {
        if self.log_values { 10f64.powf(y) } else { y }
    }
}

/// A curve ready to draw, on the axes.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Minimum and maximum of each column of the screen.
    pub raw: Vec<PlotPoint>,
    pub smooth: Vec<PlotPoint>,
    pub(super) made_of: Option<(PathBuf, u64, Scale)>,
}

impl Prepared {
    fn make(&mut self, history: &History, scale: &Scale) {
        let point = |p: &[f64; 2]| PlotPoint::new(p[0], scale.y(p[1]));
        let is_drawn = |p: &PlotPoint| p.x.is_finite() && p.y.is_finite();
        let axis = scale.view.map_or_else(|| axis(history, scale), |[from, to]| from..=to);
        let raw = history.envelope(|step| scale.x(step), axis, scale.columns);
        self.raw = raw.iter().map(point).filter(is_drawn).collect();
        let mut smooth = history.smoothed(scale.smoothing);
        smooth.iter_mut().for_each(|p| p[0] = scale.x(p[0]));
        if let Some([from, to]) = scale.view {
            let first = smooth.partition_point(|p| p[0] < from).saturating_sub(1);
            let end = (smooth.partition_point(|p| p[0] <= to) + 1).min(smooth.len());
            smooth = smooth[first..end.max(first)].to_vec();
        }
        self.smooth = thinned(smooth, scale.columns / 2).iter().map(point).filter(is_drawn).collect();
    }

    /// The value of the smoothed curve nearest to `x`, both on the axes; `None` outside the curve.
    pub fn at(&self, x: f64) -> Option<f64> {
        let (first, last) = (self.smooth.first()?, self.smooth.last()?);
        if x < first.x || x > last.x {
            return None;
        }
        let after = self.smooth.partition_point(|p| p.x < x);
        let before = &self.smooth[after.saturating_sub(1)];
        let after = self.smooth.get(after).unwrap_or(last);
        Some(if x - before.x < after.x - x { before.y } else { after.y })
    }
}

fn axis(history: &History, scale: &Scale) -> std::ops::RangeInclusive<f64> {
    let first = history.stretches().next().map_or(0.0, |s| scale.x(s.x));
    let last = history.last().map_or(1.0, |p| scale.x(p[0]));
    first..=last.max(first + 1e-9)
}

/// A curve: the number of its run, its column, and whether it is of the validations.
type Key = (usize, &'static str, bool);

/// Prepared curves.
#[derive(Debug, Default)]
pub struct PreparedCurves(HashMap<Key, Prepared>);

impl PreparedCurves {
    /// Prepares a curve unless it is up to date.
    pub fn prepare(
        &mut self,
        number: usize,
        run: &RunView,
        column: &'static str,
        is_valid: bool,
        scale: &Scale,
    ) {
        let history = if is_valid { run.log.valid(column) } else { run.log.train(column) };
        let Some(history) = history else { return };
        let prepared = self.0.entry((number, column, is_valid)).or_default();
        let is_fresh = prepared.made_of.as_ref().is_some_and(|(folder, revision, made)| {
            *folder == run.folder && *revision == run.revision && made == scale
        });
        if !is_fresh {
            prepared.make(history, scale);
            prepared.made_of = Some((run.folder.clone(), run.revision, *scale));
        }
    }

    /// A curve that was prepared.
    pub fn get(&self, number: usize, column: &'static str, is_valid: bool) -> Option<&Prepared> {
        self.0.get(&(number, column, is_valid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::StepMetrics;

    const PLAIN: Scale =
        Scale { smoothing: 0.0, log_steps: false, log_values: false, columns: 600, view: None };

    fn run(count: u64) -> RunView {
        let mut run = RunView::new(std::path::Path::new("runs/a"));
        for i in 1..=count {
            let nll = 10.0 + 5.0 / i as f64;
            run.log.stepped(&StepMetrics { step: i * 10, nll, ..StepMetrics::default() });
        }
        run
    }

    #[test]
    fn a_zoomed_view_has_the_points_that_are_in_it() {
        let mut curves = PreparedCurves::default();
        let run = run(2000);
        curves.prepare(0, &run, "nll", false, &Scale { view: Some([1000.0, 1100.0]), ..PLAIN });
        let zoomed = curves.get(0, "nll", false).unwrap();
        assert!((11..=13).contains(&zoomed.smooth.len()), "{}", zoomed.smooth.len());
        assert_eq!(zoomed.at(1049.0), Some(10.0 + 5.0 / 105.0));
        curves.prepare(0, &run, "nll", false, &PLAIN);
        let whole = curves.get(0, "nll", false).unwrap();
        assert!(whole.smooth.len() <= 301 && whole.raw.len() <= 1300);
        assert_eq!((whole.at(5.0), whole.at(30_000.0)), (None, None));
    }

    #[test]
    fn logarithmic_axes_map_there_and_back_and_drop_what_has_no_place() {
        let scale = Scale { log_steps: true, log_values: true, ..PLAIN };
        assert!((scale.step(scale.x(350.0)) - 350.0).abs() < 1e-9);
        assert!((scale.value(scale.y(0.02)) - 0.02).abs() < 1e-12);
        let mut curves = PreparedCurves::default();
        curves.prepare(0, &run(10), "loss", false, &scale);
        assert!(curves.get(0, "loss", false).unwrap().smooth.is_empty(), "the logarithm of 0");
    }

    #[test]
    fn a_curve_is_made_again_when_the_run_has_gone_on() {
        let mut curves = PreparedCurves::default();
        let mut run = run(10);
        curves.prepare(0, &run, "nll", false, &PLAIN);
        run.log.stepped(&StepMetrics { step: 110, nll: 7.0, ..StepMetrics::default() });
        curves.prepare(0, &run, "nll", false, &PLAIN);
        assert_eq!(curves.get(0, "nll", false).unwrap().smooth.len(), 10, "kept");
        run.revision += 1;
        curves.prepare(0, &run, "nll", false, &PLAIN);
        assert_eq!(curves.get(0, "nll", false).unwrap().at(110.0), Some(7.0));
    }
}
