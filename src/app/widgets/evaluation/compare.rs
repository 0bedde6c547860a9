//! Several models side by side: bars of the measurements, losses by field, and which composers each is heard as.

use eframe::egui::{self, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::matrix_ui;
use crate::app::kit::theme::{GRID, Palette, run_colour};
use crate::display::shortened;
use crate::evaluate::{Comparison, Figures};
use crate::tokens::Field;

const NAME_PX: f32 = 170.0;
const NAME_CHARS: usize = 24;
const BAR_PX: f32 = 12.0;
/// Width of the number behind a bar.
const NUMBER_PX: f32 = 64.0;
/// From this width on, bars and matrices have two columns.
const TWO_COLUMNS_PX: f32 = 900.0;

/// A measure: its name, what it says, and its value with a standard error.
type Measure = (&'static str, &'static str, fn(&Figures) -> Option<(f64, f64)>);

const MEASURES: [Measure; 6] = [
    ("Top-1", "Share of takes that the judge names right", |f| Some((f.top1.value, f.top1.error))),
    ("Top-3", "Share of takes whose composer is among the judge's first three", |f| {
        Some((f.top3.value, f.top3.error))
    }),
    ("Relative cosine, histograms", "Likeness of tokens to the same composer less that to the others", |f| {
        Some((f.histogram_cosine, 0.0))
    }),
    ("Relative cosine, features", "The same on what the judge hears", |f| Some((f.feature_cosine, 0.0))),
    ("Silhouette", "How far apart the composers lie on the map, held-out segments", |f| {
        Some((f.silhouette?, 0.0))
    }),
    ("NLL", "Nats per note of held-out windows; less is better", |f| Some((f.nll_fields?.iter().sum(), 0.0))),
];

/// Draws the comparison.
pub fn compare_ui(ui: &mut Ui, comparison: &Comparison) {
    let figures = comparison.figures();
    let columns = if ui.available_width() < TWO_COLUMNS_PX { 1 } else { 2 };
    for measures in MEASURES.chunks(columns) {
        ui.columns(columns, |columns| {
            for (ui, measure) in columns.iter_mut().zip(measures) {
                bars_ui(ui, measure, &figures);
            }
        });
        ui.add_space(GRID);
    }
    fields_ui(ui, &figures);
    ui.add_space(2.0 * GRID);
    for pair in comparison.variants.chunks(columns) {
        ui.columns(columns, |columns| {
            for (ui, variant) in columns.iter_mut().zip(pair) {
                ui.push_id(&variant.name, |ui| {
                    ui.label(RichText::new(&variant.name).heading());
                    // Row 1 is the takes without a choice.
                    matrix_ui(ui, &variant.report, &mut 1);
                });
            }
        });
        ui.add_space(2.0 * GRID);
    }
}

/// The bars of one measure; a line marks real music.
fn bars_ui(ui: &mut Ui, (title, what, of): &Measure, figures: &[Figures]) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(*title).heading()).on_hover_text(*what);
    ui.label(RichText::new(*what).size(12.0).color(palette.weak_text));
    let values = figures.iter().filter_map(of).map(|(value, _)| value.abs());
    let most = values.fold(0.0, f64::max).max(1e-9);
    let real = figures.first().and_then(of).map(|(value, _)| value);
    for (number, row) in figures.iter().enumerate().skip(1) {
        ui.horizontal(|ui| {
            let name =
                egui::Label::new(RichText::new(shortened(&row.name, NAME_CHARS)).size(12.0)).truncate();
            ui.add_sized(vec2(NAME_PX, BAR_PX), name).on_hover_text(&row.name);
            let width = (ui.available_width() - NUMBER_PX).max(40.0);
            let (rect, response) = ui.allocate_exact_size(vec2(width, BAR_PX), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, palette.raised);
            let at = |value: f64| rect.left() + rect.width() * (value / most).clamp(0.0, 1.0) as f32;
            let Some((value, error)) = of(row) else {
                ui.label(RichText::new("–").size(12.0));
                return;
            };
            let bar = Rect::from_min_max(rect.min, egui::pos2(at(value), rect.bottom()));
            ui.painter().rect_filled(bar, 2.0, run_colour(number - 1, ui.visuals().dark_mode));
            if error > 0.0 {
                let range = egui::Rangef::new(at(value - error), at(value + error));
                ui.painter().hline(range, rect.center().y, Stroke::new(1.5, palette.text));
            }
            if let Some(real) = real {
                ui.painter().vline(at(real), rect.y_range(), Stroke::new(2.0, palette.text));
            }
            let text = format!("{title} of {}: {value:.3}", row.name);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &text));
            ui.label(RichText::new(format!("{value:.3}")).size(12.0));
        });
    }
    if let Some(real) = real {
        ui.label(
            RichText::new(format!("The line is real music: {real:.3}")).size(12.0).color(palette.weak_text),
        );
    }
}

/// Nats per note of each model by field.
fn fields_ui(ui: &mut Ui, figures: &[Figures]) {
    let palette = Palette::of(ui);
    if figures.iter().all(|row| row.nll_fields.is_none()) {
        return;
    }
    ui.label(RichText::new("NLL by field").heading());
    egui::Grid::new("nll of models").num_columns(6).spacing([16.0, 4.0]).show(ui, |ui| {
        ui.label("");
        for field in Field::ALL {
            ui.label(RichText::new(field.name()).size(12.0).color(palette.weak_text));
        }
        ui.end_row();
        for row in figures.iter().filter(|row| row.nll_fields.is_some()) {
            ui.label(shortened(&row.name, NAME_CHARS));
            for nll in row.nll_fields.into_iter().flatten() {
                ui.label(format!("{nll:.3}"));
            }
            ui.end_row();
        }
    });
}
