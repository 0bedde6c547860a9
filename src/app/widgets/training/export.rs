//! Curves as a table.

use std::fmt::Write;
use std::sync::Arc;

use super::RunView;
use super::history::History;
use crate::train::{Row, StepMetrics, ValidMetrics};

/// All curves of `runs` as CSV: one row for each point, or for each range of points where the run is long.
pub fn curves_csv(runs: &[Arc<RunView>]) -> String {
    let mut out = String::from("run,log,curve,step,points,min,mean,max\n");
    for run in runs {
        for column in StepMetrics::COLUMNS.iter().skip(1) {
            rows(&mut out, &run.name, "training", column.name, run.log.train(column.name));
        }
        for column in ValidMetrics::COLUMNS.iter().skip(1) {
            rows(&mut out, &run.name, "validation", column.name, run.log.valid(column.name));
        }
    }
    out
}

fn rows(out: &mut String, run: &str, log: &str, curve: &str, history: Option<&History>) {
    // Commas and quotation marks in a folder's name.
    let run = if run.contains([',', '"', '\n']) {
        format!("\"{}\"", run.replace('"', "\"\""))
    } else {
        run.to_owned()
    };
    for s in history.into_iter().flat_map(History::stretches) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{run},{log},{curve},{},{},{},{},{}", s.x, s.count, s.min, s.mean, s.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_a_row_and_names_are_quoted() {
        let mut run = RunView::new(std::path::Path::new("runs/a, b"));
        for step in [10, 20] {
            run.log.stepped(&StepMetrics { step, nll: 9.25, ..StepMetrics::default() });
        }
        run.log.validated(&ValidMetrics { step: 20, nll: 9.5, ..ValidMetrics::default() });
        let text = curves_csv(&[Arc::new(run)]);
        let rows: Vec<&str> = text.lines().filter(|line| line.contains(",nll,")).collect();
        assert_eq!(rows[0], "\"a, b\",training,nll,10,1,9.25,9.25,9.25");
        assert_eq!(rows[2], "\"a, b\",validation,nll,20,1,9.5,9.5,9.5");
        assert_eq!(rows.len(), 3);
    }
}
