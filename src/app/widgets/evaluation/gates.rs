//! The gates: which figures reach what they should.

use eframe::egui::{self, Color32, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::evaluate::{Gate, Report};

/// How far a gate is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Best,
    Small,
    Missed,
}

impl Mark {
    fn of(gate: &Gate) -> Mark {
        match (gate.meets_best(), gate.meets_small()) {
            (true, _) => Mark::Best,
            (false, true) => Mark::Small,
            (false, false) => Mark::Missed,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Mark::Best => "met, also for the best model",
            Mark::Small => "met for a small model",
            Mark::Missed => "missed",
        }
    }

    fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Mark::Best => palette.success,
            Mark::Small => palette.weak_text,
            Mark::Missed => palette.error,
        }
    }
}

pub fn gates_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    let (all, small) = (
        report.gates.len(),
        report.gates.iter().filter(|g| g.meets_small()).count(),
    );
    let best = report.gates.iter().filter(|g| g.meets_best()).count();
    ui.label(RichText::new("Gates").heading());
    let text = format!("{small} of {all} are met for a small model, {best} for the best.");
    ui.label(RichText::new(text).small().color(palette.weak_text));
    ui.add_space(GRID * 0.5);
    ui.spacing_mut().item_spacing.y = 0.0;
    for gate in &report.gates {
        gate_ui(ui, gate, &palette);
    }
    ui.spacing_mut().item_spacing.y = GRID * 0.75;
}

fn gate_ui(ui: &mut Ui, gate: &Gate, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let mark = Mark::of(gate);
    let painter = ui.painter().with_clip_rect(rect);
    paint_mark(&painter, pos2(rect.left() + 8.0, rect.center().y), mark, palette);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let sign = if gate.at_least { "≥" } else { "≤" };
    let bound = match mark {
        Mark::Missed => gate.small,
        _ => gate.best,
    };
    let bound = format!("{sign} {}", short(bound));
    let right = painter.layout_no_wrap(bound.clone(), small, palette.weak_text);
    let value = painter.layout_no_wrap(short(gate.value), body.clone(), mark.colour(palette));
    let middle = |height: f32| rect.center().y - height / 2.0;
    let bound_left = rect.right() - 56.0;
    painter.galley(pos2(bound_left, middle(right.size().y)), right, palette.weak_text);
    let value_left = bound_left - 12.0 - value.size().x;
    let mut job = egui::text::LayoutJob::simple_singleline(gate.name.clone(), body, palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((value_left - rect.left() - 32.0).max(20.0));
    let name = painter.layout_job(job);
    painter.galley(
        pos2(rect.left() + 22.0, middle(name.size().y)),
        name,
        palette.text,
    );
    painter.galley(pos2(value_left, middle(value.size().y)), value, palette.text);
    let words = format!("{}: {}, {bound}, {}", gate.name, short(gate.value), mark.words());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    response.on_hover_text(format!(
        "{}\n{}: {sign} {} for a small model, {sign} {} for the best",
        gate.name,
        mark.words(),
        short(gate.small),
        short(gate.best)
    ));
}

/// As many digits as tell something.
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        a if a >= 10.0 => format!("{value:.1}").replace('-', "−"),
        a if a >= 1.0 && value.fract() == 0.0 => format!("{value:.0}").replace('-', "−"),
        a if a >= 1.0 => format!("{value:.2}").replace('-', "−"),
        _ => format!("{value:.3}").replace('-', "−"),
    }
}

/// Two strokes or one: told apart without colour.
fn paint_mark(painter: &egui::Painter, at: egui::Pos2, mark: Mark, palette: &Palette) {
    let stroke = Stroke::new(1.8, mark.colour(palette));
    let line = |a: (f32, f32), b: (f32, f32)| {
        painter.line_segment([at + vec2(a.0, a.1), at + vec2(b.0, b.1)], stroke);
    };
    match mark {
        Mark::Missed => {
            line((-4.0, -4.0), (4.0, 4.0));
            line((-4.0, 4.0), (4.0, -4.0));
        }
        _ => {
            line((-5.0, 0.0), (-1.5, 3.5));
            line((-1.5, 3.5), (5.0, -4.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
