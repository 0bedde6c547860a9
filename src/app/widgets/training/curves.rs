//! Live curves: raw ghost, smoothed line, validation points.

use eframe::egui::{self, Color32, RichText, Ui};
use egui_plot::{HoverPosition, Line, Plot, PlotBounds, PlotMemory, PlotPoints, Points};

use super::RunLog;
use super::history::{History, thinned};
use crate::app::kit::theme::{GRID, Palette};
use crate::display::thousands;

/// How the curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveOptions {
    /// 0–0.999
    pub smoothing: f64,
    pub log_steps: bool,
}

impl Default for CurveOptions {
    fn default() -> CurveOptions {
        CurveOptions { smoothing: 0.9, log_steps: false }
    }
}

/// A plot: a training curve and, if it is measured, its validation curve.
struct CurveSpec<'a> {
    title: &'a str,
    unit: &'a str,
    train: &'a History,
    valid: Option<&'a History>,
}

/// The three plots with their controls; `height` is that of the large one, points.
pub fn curves_ui(ui: &mut Ui, log: &RunLog, options: &mut CurveOptions, height: f32) {
    options_ui(ui, options);
    let reconstruction = CurveSpec {
        title: "Reconstruction",
        unit: "nats per note",
        train: &log.nll,
        valid: Some(&log.valid_nll),
    };
    curve_ui(ui, &reconstruction, options, height);
    ui.add_space(GRID / 2.0);
    ui.columns(2, |columns| {
        let kl =
            CurveSpec { title: "KL", unit: "nats per segment", train: &log.kl, valid: Some(&log.valid_kl) };
        curve_ui(&mut columns[0], &kl, options, height * 0.62);
        let label = CurveSpec { title: "Label loss", unit: "nats", train: &log.label_loss, valid: None };
        curve_ui(&mut columns[1], &label, options, height * 0.62);
    });
}

fn options_ui(ui: &mut Ui, options: &mut CurveOptions) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Smoothing").size(12.0).color(palette.weak_text));
        // Most of the useful range is close to 1, so the slider sets the number of steps averaged over.
        let mut window = 1.0 / (1.0 - options.smoothing.clamp(0.0, 0.999));
        let slider = egui::Slider::new(&mut window, 1.0..=1000.0).logarithmic(true).show_value(false);
        let hint = "Exponential moving average; the raw curve stays visible behind it";
        ui.add(slider).accessible_name("Smoothing").on_hover_text(hint);
        options.smoothing = (1.0 - 1.0 / window).clamp(0.0, 0.999);
        ui.label(RichText::new(format!("{:.3}", options.smoothing)).size(12.0));
        ui.add_space(GRID);
        ui.checkbox(&mut options.log_steps, "Logarithmic steps");
    });
}

fn curve_ui(ui: &mut Ui, spec: &CurveSpec<'_>, options: &CurveOptions, height: f32) {
    let palette = Palette::of(ui);
    title_ui(ui, spec, &palette);
    let log_steps = options.log_steps;
    let map_x = move |x: f64| if log_steps { x.max(1.0).log10() } else { x };
    let step_at = move |x: f64| if log_steps { 10f64.powf(x) } else { x };
    let columns = ui.available_width().max(50.0) as usize;
    let unit = spec.unit.to_owned();
    let raw_axis = axis(spec.train, map_x);
    let raw = spec.train.envelope(map_x, raw_axis, columns);
    let smooth = spec.train.smoothed(options.smoothing).into_iter().map(|[x, y]| [map_x(x), y]).collect();
    let smooth = thinned(smooth, columns / 2);
    let valid: Vec<[f64; 2]> =
        spec.valid.map_or(Vec::new(), |v| v.smoothed(0.0).into_iter().map(|[x, y]| [map_x(x), y]).collect());
    let fitted = fitted(&raw, &smooth, &valid).unwrap_or(if log_steps {
        PlotBounds::from_min_max([0.0, 0.0], [3.0, 1.0])
    } else {
        PlotBounds::from_min_max([0.0, 0.0], [1000.0, 1.0])
    });
    let is_empty = smooth.is_empty() && valid.is_empty();
    let id = ui.make_persistent_id(("training curve", spec.title, log_steps));
    let is_new = PlotMemory::load(ui.ctx(), id).is_none();
    let plot = Plot::new(id)
        .id(id)
        .height(height)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_x(!is_empty)
        .show_y(false)
        .show_axes(!is_empty)
        .grid_color(palette.line)
        .grid_spacing(egui::Rangef::new(14.0, 160.0))
        // These bounds hold until the user moves the plot, and again after a double-click.
        .default_x_bounds(fitted.min()[0], fitted.max()[0])
        .default_y_bounds(fitted.min()[1], fitted.max()[1])
        .x_axis_formatter(move |mark, _| step_text(step_at(mark.value)))
        .label_formatter(move |hover| hover_text(hover, step_at, &unit));
    let (line, ghost) = (palette.accent, palette.accent.gamma_multiply(0.28));
    let response = plot.show(ui, |plot| {
        if is_new {
            plot.set_auto_bounds(true);
        }
        if options.smoothing > 0.0 {
            plot.line(Line::new("raw", raw).color(ghost).width(1.0).allow_hover(false));
        }
        // As the min/max band that egui_plot makes of dense lines, steep parts would look thin.
        plot.line(Line::new("training", smooth).color(line).width(2.0).allow_band(false));
        if !valid.is_empty() {
            plot.line(Line::new("validation", valid.clone()).color(validation_colour(&palette)).width(1.5));
            plot.points(
                Points::new("validation", PlotPoints::from(valid))
                    .color(validation_colour(&palette))
                    .radius(3.0),
            );
        }
    });
    if is_empty {
        let at = response.response.rect.center();
        let font = egui::FontId::proportional(12.0);
        let text = "Starts with the first steps of a run";
        ui.painter().text(at, egui::Align2::CENTER_CENTER, text, font, palette.weak_text);
    }
    let summary = summary(spec);
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &summary));
}

/// From this many steps on, the first ones may be outside the plot.
const SETTLED_STEPS: usize = 200;

/// Default bounds of the plot: everything at first. Later the first steps are left out, since their loss is many
/// times higher and would flatten the rest; the raw curve may leave the plot.
fn fitted(raw: &[[f64; 2]], smooth: &[[f64; 2]], valid: &[[f64; 2]]) -> Option<PlotBounds> {
    let raw = if smooth.len() < SETTLED_STEPS { raw } else { &[] };
    let smooth = || raw.iter().chain(smooth);
    let xs = || smooth().chain(valid).map(|p| p[0]);
    let (first, last) = (xs().min_by(f64::total_cmp)?, xs().max_by(f64::total_cmp)?);
    let mut values: Vec<f64> = smooth().chain(valid).map(|p| p[1]).collect();
    values.sort_by(f64::total_cmp);
    let low = values[0];
    let share = if raw.is_empty() { 96 } else { 100 };
    let high = values[(values.len() * share / 100).min(values.len() - 1)];
    let air = ((high - low) * 0.1).max(0.02);
    let side = ((last - first) * 0.01).max(1e-3);
    Some(PlotBounds::from_min_max([first - side, low - air], [last + side, high + air]))
}

fn hover_text(hover: &HoverPosition<'_>, step_at: impl Fn(f64) -> f64, unit: &str) -> Option<String> {
    let HoverPosition::NearDataPoint { plot_name, position, .. } = hover else {
        return None;
    };
    let step = thousands(step_at(position.x).round().max(0.0) as u64);
    Some(format!("{plot_name}\nstep {step}\n{:.3} {unit}", position.y))
}

fn axis(history: &History, map_x: impl Fn(f64) -> f64) -> std::ops::RangeInclusive<f64> {
    let first = history.stretches().next().map_or(0.0, |s| map_x(s.x));
    let last = history.last().map_or(1.0, |p| map_x(p[0]));
    first..=last.max(first + 1e-9)
}

fn title_ui(ui: &mut Ui, spec: &CurveSpec<'_>, palette: &Palette) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(spec.title).heading());
        ui.label(RichText::new(spec.unit).size(12.0).color(palette.weak_text));
        key_ui(ui, "training", palette.accent);
        if spec.valid.is_some() {
            key_ui(ui, "validation", validation_colour(palette));
        }
    });
}

fn key_ui(ui: &mut Ui, name: &str, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 12.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(2.0, colour));
    ui.label(RichText::new(name).size(12.0).color(Palette::of(ui).weak_text));
}

fn validation_colour(palette: &Palette) -> Color32 {
    palette.warning
}

fn step_text(step: f64) -> String {
    match step {
        s if s >= 999_500.0 => format!("{:.1}M", s / 1e6),
        s if s >= 10_000.0 => format!("{:.0}k", s / 1e3),
        s if s < 1.0 && s > 0.0 => String::new(),
        s => format!("{s:.0}"),
    }
}

fn summary(spec: &CurveSpec<'_>) -> String {
    let now = |h: &History| h.last().map(|p| format!("{:.3}", p[1]));
    match (now(spec.train), spec.valid.and_then(now)) {
        (None, _) => format!("{} curve, no steps yet", spec.title),
        (Some(train), None) => format!("{} curve: {train} {}", spec.title, spec.unit),
        (Some(train), Some(valid)) => {
            format!("{} curve: {train}, validation {valid} {}", spec.title, spec.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steep_start_does_not_flatten_the_rest() {
        let smooth: Vec<[f64; 2]> =
            (0..1000).map(|i| [f64::from(i), 10.0 + 300.0 / (1.0 + f64::from(i).powi(2))]).collect();
        let bounds = fitted(&smooth, &smooth, &[[500.0, 10.2]]).unwrap();
        assert!(bounds.max()[1] < 11.5, "{:?}", bounds.max());
        assert!(bounds.min()[1] < 10.0 && bounds.max()[0] >= 999.0);
        assert!(fitted(&[], &[], &[]).is_none());
        assert!(fitted(&[], &[[1.0, 2.0]], &[]).unwrap().is_valid());
    }

    #[test]
    fn in_the_first_frames_the_raw_curve_is_inside() {
        let mut history = History::default();
        for step in 0..12 {
            history.push(f64::from(step), 20.0 - f64::from(step) + 3.0 * f64::from(step % 2));
            let raw = history.envelope(|x| x, 0.0..=11.0, 600);
            let bounds = fitted(&raw, &history.smoothed(0.9), &[]).unwrap();
            let is_inside = |p: &[f64; 2]| (bounds.min()[1]..=bounds.max()[1]).contains(&p[1]);
            assert!(raw.iter().all(is_inside), "step {step}: {bounds:?}");
        }
    }

    #[test]
    fn steps_are_short() {
        let texts = [0.0, 250.0, 12_000.0, 1_500_000.0].map(step_text);
        assert_eq!(texts, ["0", "250", "12k", "1.5M"]);
    }
}
