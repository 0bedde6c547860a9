//! Live curves of a run and of those it is compared with: raw ghost, smoothed line, validations, crosshair.

use std::sync::Arc;

use eframe::egui::{self, Color32, RichText, Ui};
use egui_plot::{Line, LineStyle, Plot, PlotBounds, PlotMemory, PlotPoint, Points, VLine};

use super::RunView;
use super::crosshair::crosshair_ui;
use super::marks::{colour_of_run, step_text, validation_colour, value_text};
use super::plots::{PlotGroup, PlotSpec};
use super::prepared::{Prepared, PreparedCurves, Scale};
use crate::app::kit::theme::{GRID, Palette};

/// How the curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveOptions {
    /// 0–0.999
    pub smoothing: f64,
    pub log_steps: bool,
    pub log_values: bool,
    pub group: PlotGroup,
    /// The step under the pointer, in whichever plot it is.
    pub cursor: Option<f64>,
}

impl Default for CurveOptions {
    fn default() -> CurveOptions {
        CurveOptions {
            smoothing: 0.9,
            log_steps: false,
            log_values: false,
            group: PlotGroup::Overview,
            cursor: None,
        }
    }
}

/// The plots of the chosen group, the first run in front; `height` is that of a large one, points. Returns where they
/// are.
pub fn curves_ui(
    ui: &mut Ui,
    runs: &[Arc<RunView>],
    options: &mut CurveOptions,
    prepared: &mut PreparedCurves,
    height: f32,
) -> egui::Rect {
    let top = ui.cursor().min;
    let plots = options.group.plots();
    let cursor = options.cursor.take();
    let mut draw = |ui: &mut Ui, spec: &PlotSpec, height: f32| {
        let under_pointer = curve_ui(ui, spec, runs, options, cursor, prepared, height);
        options.cursor = under_pointer.or(options.cursor);
    };
    // An odd one is large.
    let (large, small) = plots.split_at(plots.len() % 2);
    for spec in large {
        draw(ui, spec, height);
    }
    for pair in small.chunks(2) {
        ui.add_space(GRID / 2.0);
        ui.columns(2, |columns| {
            for (ui, spec) in columns.iter_mut().zip(pair) {
                draw(ui, spec, height * 0.62);
            }
        });
    }
    if cursor != options.cursor {
        // The line in the other plots follows.
        ui.ctx().request_repaint();
    }
    egui::Rect::from_min_max(top, egui::pos2(ui.max_rect().right(), ui.cursor().top()))
}

/// Draws a plot; returns the step under the pointer.
fn curve_ui(
    ui: &mut Ui,
    spec: &PlotSpec,
    runs: &[Arc<RunView>],
    options: &CurveOptions,
    cursor: Option<f64>,
    prepared: &mut PreparedCurves,
    height: f32,
) -> Option<f64> {
    let palette = Palette::of(ui);
    title_ui(ui, spec, &palette);
    let id = ui.make_persistent_id(("training curve", spec.title, options.log_steps, options.log_values));
    let memory = PlotMemory::load(ui.ctx(), id);
    let is_new = memory.is_none();
    let scale = Scale {
        smoothing: options.smoothing,
        log_steps: options.log_steps,
        log_values: options.log_values,
        columns: ui.available_width().max(50.0) as usize,
        view: memory.filter(|m| !m.auto_bounds.x).map(|m| {
            let bounds = *m.transform().bounds();
            [bounds.min()[0], bounds.max()[0]]
        }),
    };
    let exact = Scale { smoothing: 0.0, ..scale };
    for (number, run) in runs.iter().enumerate() {
        spec.train.into_iter().for_each(|column| prepared.prepare(number, run, column, false, &scale));
        spec.valid.into_iter().for_each(|column| prepared.prepare(number, run, column, true, &exact));
    }
    let curves: Vec<Shown<'_>> =
        (0..runs.len()).rev().map(|number| Shown::of(number, spec, prepared, ui)).collect();
    let is_empty = curves.iter().all(Shown::is_empty);
    let fitted = fitted(&curves).unwrap_or(PlotBounds::from_min_max([0.0, 0.0], [3.0, 1.0]));
    let plot = Plot::new(id)
        .id(id)
        .height(height)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_x(false)
        .show_y(false)
        .show_axes(!is_empty)
        .grid_color(palette.line)
        .grid_spacing(egui::Rangef::new(14.0, 160.0))
        // These bounds hold until the user moves the plot, and again after a double-click.
        .default_x_bounds(fitted.min()[0], fitted.max()[0])
        .default_y_bounds(fitted.min()[1], fitted.max()[1])
        .x_axis_formatter(move |mark, _| step_text(scale.step(mark.value)))
        .y_axis_formatter(move |mark, _| value_text(scale.value(mark.value)))
        .label_formatter(|_| None);
    let response = plot.show(ui, |plot| {
        if is_new {
            plot.set_auto_bounds(true);
        }
        if let Some(step) = cursor {
            plot.vline(VLine::new("cursor", scale.x(step)).color(palette.weak_text).width(1.0));
        }
        for curve in &curves {
            curve.draw(plot, options.smoothing > 0.0, &palette);
        }
    });
    if is_empty {
        empty_ui(ui, response.response.rect, spec, &palette);
    }
    let summary = summary(spec, runs.first().map(Arc::as_ref));
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &summary));
    let pointer = response.response.hover_pos().filter(|_| !is_empty)?;
    let x = response.transform.value_from_position(pointer).x;
    crosshair_ui(&response.response, spec, runs, prepared, x, &scale);
    Some(scale.step(x))
}

/// The curves of one run in one plot.
struct Shown<'a> {
    number: usize,
    colour: Color32,
    train: Option<&'a Prepared>,
    valid: Option<&'a Prepared>,
    /// Is there no training curve to distinguish the validations from?
    is_valid_alone: bool,
}

impl<'a> Shown<'a> {
    fn of(number: usize, spec: &PlotSpec, prepared: &'a PreparedCurves, ui: &Ui) -> Shown<'a> {
        Shown {
            number,
            colour: colour_of_run(number, ui),
            train: spec.train.and_then(|column| prepared.get(number, column, false)),
            valid: spec.valid.and_then(|column| prepared.get(number, column, true)),
            is_valid_alone: spec.train.is_none(),
        }
    }

    fn is_empty(&self) -> bool {
        let is_empty = |curve: Option<&Prepared>| curve.is_none_or(|c| c.smooth.is_empty());
        is_empty(self.train) && is_empty(self.valid)
    }

    fn draw(&self, plot: &mut egui_plot::PlotUi<'a>, has_ghost: bool, palette: &Palette) {
        if let Some(train) = self.train {
            if has_ghost && self.number == 0 {
                let ghost = self.colour.gamma_multiply(0.28);
                plot.line(Line::new("raw", &*train.raw).color(ghost).width(1.0).allow_hover(false));
            }
            // As the min/max band that egui_plot makes of dense lines, steep parts would look thin.
            let line = Line::new("training", &*train.smooth).color(self.colour).allow_band(false);
            plot.line(line.width(if self.number == 0 { 2.0 } else { 1.5 }).allow_hover(false));
        }
        let Some(valid) = self.valid.filter(|valid| !valid.smooth.is_empty()) else { return };
        let colour = match self.number {
            0 if !self.is_valid_alone => validation_colour(palette),
            _ => self.colour,
        };
        let style = if self.is_valid_alone { LineStyle::Solid } else { LineStyle::dashed_dense() };
        let style = if self.number == 0 { LineStyle::Solid } else { style };
        let line = Line::new("validation", &*valid.smooth).color(colour).width(1.5).style(style);
        plot.line(line.allow_hover(false));
        if self.number == 0 {
            plot.points(
                Points::new("validation", &*valid.smooth).color(colour).radius(3.0).allow_hover(false),
            );
        }
    }
}

/// From this many points on, the first ones may be outside the plot.
const SETTLED_POINTS: usize = 200;

/// Default bounds of the plot: everything at first. Later the first steps are left out, since their loss is many
/// times higher and would flatten the rest; the raw curve may leave the plot.
fn fitted(curves: &[Shown<'_>]) -> Option<PlotBounds> {
    let (mut xs, mut values, mut is_settled) = (Vec::new(), Vec::new(), false);
    for curve in curves {
        let mut add = |points: &[PlotPoint]| {
            xs.extend([points.first(), points.last()].into_iter().flatten().map(|p| p.x));
            values.extend(points.iter().map(|p| p.y));
        };
        if let Some(train) = curve.train {
            is_settled |= train.smooth.len() >= SETTLED_POINTS;
            add(&train.smooth);
            if curve.number == 0 && train.smooth.len() < SETTLED_POINTS {
                add(&train.raw);
            }
        }
        if let Some(valid) = curve.valid {
            add(&valid.smooth);
        }
    }
    let first = xs.iter().copied().min_by(f64::total_cmp)?;
    let last = xs.iter().copied().max_by(f64::total_cmp)?;
    values.sort_by(f64::total_cmp);
    let low = *values.first()?;
    let share = if is_settled { 96 } else { 100 };
    let high = values[(values.len() * share / 100).min(values.len() - 1)];
    let air = ((high - low) * 0.1).max(low.abs().max(high.abs()) * 1e-3).max(1e-6);
    let side = ((last - first) * 0.01).max(1e-3);
    Some(PlotBounds::from_min_max([first - side, low - air], [last + side, high + air]))
}

fn empty_ui(ui: &Ui, rect: egui::Rect, spec: &PlotSpec, palette: &Palette) {
    let font = egui::FontId::proportional(12.0);
    let text = match spec.train {
        Some(_) => "Starts with the first steps of a run",
        None => "Starts with the first validation of a run",
    };
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, text, font, palette.weak_text);
}

fn title_ui(ui: &mut Ui, spec: &PlotSpec, palette: &Palette) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(spec.title).heading());
        ui.add(egui::Label::new(RichText::new(spec.unit).size(12.0).color(palette.weak_text)).truncate());
        if spec.train.is_some() && spec.valid.is_some() && ui.available_width() > 170.0 {
            key_ui(ui, "training", palette.accent);
            key_ui(ui, "validation", validation_colour(palette));
        }
    });
}

fn key_ui(ui: &mut Ui, name: &str, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 12.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(2.0, colour));
    ui.label(RichText::new(name).size(12.0).color(Palette::of(ui).weak_text));
}

fn summary(spec: &PlotSpec, run: Option<&RunView>) -> String {
    let now = |history: Option<&super::history::History>| Some(format!("{:.3}", history?.last()?[1]));
    let train = spec.train.and_then(|column| now(run?.log.train(column)));
    let valid = spec.valid.and_then(|column| now(run?.log.valid(column)));
    match (train, valid) {
        (None, None) => format!("{} curve, no steps yet", spec.title),
        (Some(train), None) => format!("{} curve: {train} {}", spec.title, spec.unit),
        (None, Some(valid)) => format!("{} curve: validation {valid} {}", spec.title, spec.unit),
        (Some(train), Some(valid)) => {
            format!("{} curve: {train}, validation {valid} {}", spec.title, spec.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(ys: impl IntoIterator<Item = f64>) -> Vec<PlotPoint> {
        ys.into_iter().enumerate().map(|(x, y)| PlotPoint::new(x as f64, y)).collect()
    }

    fn bounds(raw: Vec<PlotPoint>, smooth: Vec<PlotPoint>) -> Option<PlotBounds> {
        let train = Prepared { raw, smooth, ..Prepared::default() };
        let colour = Color32::RED;
        fitted(&[Shown { number: 0, colour, train: Some(&train), valid: None, is_valid_alone: false }])
    }

    #[test]
    fn a_steep_start_does_not_flatten_the_rest() {
        let curve = || points((0..1000).map(|i| 10.0 + 300.0 / (1.0 + f64::from(i).powi(2))));
        let fitted = bounds(curve(), curve()).unwrap();
        assert!(fitted.max()[1] < 11.5, "{:?}", fitted.max());
        assert!(fitted.min()[1] < 10.0 && fitted.max()[0] >= 999.0);
        assert!(bounds(Vec::new(), Vec::new()).is_none());
        assert!(bounds(Vec::new(), points([2.0])).unwrap().is_valid());
    }

    #[test]
    fn in_the_first_frames_the_raw_curve_is_inside() {
        for count in 1..12 {
            let raw = points((0..count).map(|i| 20.0 - f64::from(i) + 3.0 * f64::from(i % 2)));
            let fitted = bounds(raw.clone(), points((0..count).map(|i| 20.0 - f64::from(i)))).unwrap();
            let is_inside = |p: &PlotPoint| (fitted.min()[1]..=fitted.max()[1]).contains(&p.y);
            assert!(raw.iter().all(is_inside), "{count}: {fitted:?}");
        }
    }
}
