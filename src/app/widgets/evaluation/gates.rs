//! The gates: each figure with its limit and its stretch goal, and whether it meets them.

use eframe::egui::{self, Align2, Color32, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::evaluate::{Gate, Report};

/// Distance of the bounds' columns from the right edge.
const COLUMNS_PX: [(&str, f32); 2] = [("gate", 108.0), ("moonshot", 0.0)];
const ROW_PX: f32 = 24.0;

/// A bound, and whether the figure meets it.
struct Target {
    text: String,
    is_met: bool,
}

/// In the order of [`COLUMNS_PX`]; `None` if the figure has no such bound.
fn targets(gate: &Gate) -> [Option<Target>; 2] {
    [gate.gate, gate.moonshot]
        .map(|bound| bound.map(|bound| Target { text: bound.to_string(), is_met: bound.is_met(gate.value) }))
}

pub fn gates_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    let memory = report.memory.iter().flat_map(|memory| &memory.gates);
    let gates: Vec<&Gate> = report.gates.iter().chain(memory).collect();
    ui.label(RichText::new("Gates").heading());
    ui.label(RichText::new(count(&gates)).small().color(palette.weak_text));
    ui.add_space(GRID * 0.5);
    ui.spacing_mut().item_spacing.y = 0.0;
    head_ui(ui, &palette);
    for gate in gates {
        gate_ui(ui, gate, &palette);
    }
    ui.spacing_mut().item_spacing.y = GRID * 0.75;
}

/// The number of gates and moonshots that are met.
fn count(gates: &[&Gate]) -> String {
    let of = |met: Vec<bool>| format!("{} of {}", met.iter().filter(|met| **met).count(), met.len());
    format!(
        "{} gates and {} moonshots are met.",
        of(gates.iter().filter_map(|g| g.meets_gate()).collect()),
        of(gates.iter().filter_map(|g| g.meets_moonshot()).collect())
    )
}

fn head_ui(ui: &mut Ui, palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_PX), Sense::hover());
    let font = egui::TextStyle::Small.resolve(ui.style());
    for (name, from_right) in COLUMNS_PX {
        let at = pos2(rect.right() - from_right, rect.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, name, font.clone(), palette.weak_text);
    }
}

fn gate_ui(ui: &mut Ui, gate: &Gate, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_PX), Sense::hover());
    let painter = ui.painter().with_clip_rect(rect);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let middle = rect.center().y;
    for (target, (_, from_right)) in targets(gate).iter().zip(COLUMNS_PX) {
        let Some(target) = target else { continue };
        let right = rect.right() - from_right;
        let text = target.text.as_str();
        painter.text(pos2(right, middle), Align2::RIGHT_CENTER, text, small.clone(), palette.weak_text);
        paint_mark(&painter, pos2(right - 92.0, middle), target.is_met, palette);
    }
    let value_right = rect.right() - 220.0;
    let value = short(gate.value);
    painter.text(pos2(value_right, middle), Align2::RIGHT_CENTER, &value, body.clone(), palette.text);
    let mut job = egui::text::LayoutJob::simple_singleline(gate.name.clone(), body, palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((value_right - rect.left() - 56.0).max(20.0));
    let name = painter.layout_job(job);
    let top = middle - name.size().y / 2.0;
    painter.galley(pos2(rect.left(), top), name, palette.text);
    let words = words(gate);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    response.on_hover_text(words.as_str());
}

/// "validation NLL: 9.04; gate ≤ 9.80: met; moonshot ≤ 9: missed".
fn words(gate: &Gate) -> String {
    let targets = targets(gate);
    let columns = targets.iter().zip(COLUMNS_PX).filter_map(|(target, (name, _))| {
        let target = target.as_ref()?;
        let met = if target.is_met { "met" } else { "missed" };
        Some(format!("; {name} {}: {met}", target.text))
    });
    let columns: String = columns.collect();
    format!("{}: {}{columns}", gate.name, short(gate.value))
}

/// Formats a figure with its significant digits.
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        a if a >= 10.0 => format!("{value:.1}").replace('-', "−"),
        a if a >= 1.0 && value.fract() == 0.0 => format!("{value:.0}").replace('-', "−"),
        a if a >= 1.0 => format!("{value:.2}").replace('-', "−"),
        _ => format!("{value:.3}").replace('-', "−"),
    }
}

/// A tick or a cross, distinguishable without colour.
fn paint_mark(painter: &egui::Painter, at: egui::Pos2, is_met: bool, palette: &Palette) {
    let colour: Color32 = if is_met { palette.success } else { palette.error };
    let line = |a: (f32, f32), b: (f32, f32)| {
        let ends = [at + vec2(a.0, a.1), at + vec2(b.0, b.1)];
        painter.line_segment(ends, Stroke::new(1.8, colour));
    };
    if is_met {
        line((-5.0, 0.0), (-1.5, 3.5));
        line((-1.5, 3.5), (5.0, -4.0));
    } else {
        line((-4.0, -4.0), (4.0, 4.0));
        line((-4.0, 4.0), (4.0, -4.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Bound;

    /// Each bound has its own mark.
    #[test]
    fn a_gate_between_its_bounds_is_met_for_the_one_and_missed_for_the_other() {
        let gate = Gate {
            name: "wrong-label gap".to_owned(),
            value: 0.05,
            gate: Some(Bound::at_least(0.03)),
            moonshot: Some(Bound::at_least(0.06)),
        };
        assert_eq!(words(&gate), "wrong-label gap: 0.050; gate ≥ 0.030: met; moonshot ≥ 0.060: missed");
        let gate =
            Gate { name: "outside".to_owned(), value: 0.13, gate: Some(Bound::at_most(0.2)), moonshot: None };
        assert_eq!(words(&gate), "outside: 0.130; gate ≤ 0.200: met");
    }

    #[test]
    fn figures_are_as_long_as_they_need() {
        assert_eq!(short(0.500_79), "0.501");
        assert_eq!(short(-0.006_87), "−0.007");
        assert_eq!(short(9.2958), "9.30");
        assert_eq!(short(3.0), "3");
        assert_eq!(short(0.0), "0");
        assert_eq!(short(30.46), "30.5");
    }
}
