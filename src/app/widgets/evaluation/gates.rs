//! The gates: which figures reach what they should.

use eframe::egui::{self, Color32, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::evaluate::{Bound, Gate, Report};

/// How far a gate is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Moonshot,
    Met,
    Missed,
}

impl Mark {
    fn of(gate: &Gate) -> Mark {
        match (gate.meets_moonshot(), gate.meets_gate()) {
            (Some(true), _) => Mark::Moonshot,
            (_, Some(true)) => Mark::Met,
            (_, Some(false)) | (_, None) => Mark::Missed,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Mark::Moonshot => "met, and the moonshot too",
            Mark::Met => "met",
            Mark::Missed => "missed",
        }
    }

    fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Mark::Moonshot => palette.success,
            Mark::Met => palette.weak_text,
            Mark::Missed => palette.error,
        }
    }
}

pub fn gates_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Gates").heading());
    let memory = report.memory.iter().flat_map(|memory| &memory.gates);
    let gates: Vec<&Gate> = report.gates.iter().chain(memory).collect();
    ui.label(RichText::new(count(&gates)).small().color(palette.weak_text));
    ui.add_space(GRID * 0.5);
    ui.spacing_mut().item_spacing.y = 0.0;
    for gate in gates {
        gate_ui(ui, gate, &palette);
    }
    ui.spacing_mut().item_spacing.y = GRID * 0.75;
}

/// How many gates, and how many moonshots, are met.
fn count(gates: &[&Gate]) -> String {
    let of = |marks: Vec<bool>| format!("{} of {}", marks.iter().filter(|met| **met).count(), marks.len());
    format!(
        "{} gates are met, {} moonshots.",
        of(gates.iter().filter_map(|g| g.meets_gate()).collect()),
        of(gates.iter().filter_map(|g| g.meets_moonshot()).collect())
    )
}

fn gate_ui(ui: &mut Ui, gate: &Gate, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let mark = Mark::of(gate);
    let painter = ui.painter().with_clip_rect(rect);
    paint_mark(&painter, pos2(rect.left() + 8.0, rect.center().y), mark, palette);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    // What is to be reached next.
    let bound = match mark {
        Mark::Missed => gate.gate.or(gate.moonshot),
        Mark::Met | Mark::Moonshot => gate.moonshot.or(gate.gate),
    };
    let bound = bound.map_or(String::new(), |bound| bound.to_string());
    let right = painter.layout_no_wrap(bound.clone(), small, palette.weak_text);
    let value = painter.layout_no_wrap(short(gate.value), body.clone(), mark.colour(palette));
    let middle = |height: f32| rect.center().y - height / 2.0;
    let bound_left = rect.right() - 84.0;
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
    let or_none = |bound: Option<Bound>| bound.map_or("none".to_owned(), |bound| bound.to_string());
    response.on_hover_text(format!(
        "{}\n{}: gate {}, moonshot {}",
        gate.name,
        mark.words(),
        or_none(gate.gate),
        or_none(gate.moonshot)
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
