//! The values of all runs at the step under the pointer.

use std::sync::Arc;

use eframe::egui::{self, RichText};

use super::RunView;
use super::marks::{colour_of_run, value_text};
use super::plots::PlotSpec;
use super::prepared::{PreparedCurves, Scale};
use crate::app::kit::theme::Palette;
use crate::display::{shortened, thousands};

/// Longest name of a run.
const NAME_CHARS: usize = 24;

/// A table beside the pointer at `x`, a place of the axis.
pub fn crosshair_ui(
    plot: &egui::Response,
    spec: &PlotSpec,
    runs: &[Arc<RunView>],
    prepared: &PreparedCurves,
    x: f64,
    scale: &Scale,
) {
    let id = plot.id.with("crosshair");
    // At once, and not only after the pointer has rested.
    let tip = egui::Tooltip::always_open(plot.ctx.clone(), plot.layer_id, id, egui::PopupAnchor::Pointer);
    tip.gap(12.0).show(|ui| {
        let step = scale.step(x).round().max(0.0) as u64;
        ui.label(format!("step {}", thousands(step)));
        egui::Grid::new("values").num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
            let weak = Palette::of(ui).weak_text;
            let has_both = spec.train.is_some() && spec.valid.is_some();
            if has_both {
                for title in ["", "", "training", "validation"] {
                    ui.label(RichText::new(title).size(12.0).color(weak));
                }
                ui.end_row();
            }
            for (number, run) in runs.iter().enumerate() {
                let value = |column: Option<&'static str>, is_valid| {
                    let curve = prepared.get(number, column?, is_valid)?;
                    curve.at(x).map(|y| value_text(scale.value(y)))
                };
                let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 12.0), egui::Sense::hover());
                let stroke = egui::Stroke::new(2.0, colour_of_run(number, ui));
                ui.painter().hline(rect.x_range(), rect.center().y, stroke);
                ui.label(shortened(&run.name, NAME_CHARS));
                for (column, is_valid) in [(spec.train, false), (spec.valid, true)] {
                    if column.is_some() {
                        ui.label(value(column, is_valid).unwrap_or_else(|| "–".to_owned()));
                    }
                }
                ui.end_row();
            }
        });
        ui.label(RichText::new(spec.unit).size(12.0).color(Palette::of(ui).weak_text));
    });
}
