//! The confusion matrix as a heat map, and beside it how often each composer is recognised.

use eframe::egui::{
    self, Color32, FontId, Painter, Pos2, Rect, RichText, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::kit::theme::{self, ComposerStyle, GRID, Palette};
use crate::app::widgets::roll::mix;
use crate::evaluate::{Adherence, Report};
use crate::music::Composer;

const NAME_PX: f32 = 108.0;
const HEAD_PX: f32 = 88.0;
/// Width of the column of bars on the right.
const RECALL_PX: f32 = 132.0;
const CELL_PX: std::ops::RangeInclusive<f32> = 18.0..=30.0;

/// Composer indices, oldest composer first.
pub fn by_time(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    let born = |i: &usize| composer(&names[*i]).born().unwrap_or(i32::MAX);
    order.sort_by_key(born);
    order
}

fn composer(name: &str) -> Composer {
    Composer { name: name.to_owned() }
}

/// Draws the matrix of row `shown` of the report.
pub fn matrix_ui(ui: &mut Ui, report: &Report, shown: &mut usize) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Heard as whom").heading());
    ui.horizontal_wrapped(|ui| {
        for (i, row) in report.adherence.iter().enumerate() {
            ui.selectable_value(shown, i, &row.name);
        }
    });
    let Some(row) = report.adherence.get(*shown) else {
        *shown = 1;
        return;
    };
    let order = by_time(&report.composers);
    let n = order.len().max(1) as f32;
    let room = ui.available_width() - NAME_PX - RECALL_PX - GRID;
    let cell = (room / n).clamp(*CELL_PX.start(), *CELL_PX.end()).floor();
    let size = vec2(NAME_PX + n * cell + GRID + RECALL_PX, HEAD_PX + n * cell);
    egui::ScrollArea::horizontal().show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let grid = Rect::from_min_size(rect.min + vec2(NAME_PX, HEAD_PX), vec2(n * cell, n * cell));
        let matrix = Matrix {
            report,
            of: &row.all,
            order: &order,
            grid,
            cell,
            palette: &palette,
            is_dark: ui.visuals().dark_mode,
        };
        matrix.paint(ui.painter(), ui.style());
        let summary = matrix.summary(&row.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
        if let Some(text) = response.hover_pos().and_then(|pos| matrix.words(pos)) {
            response.on_hover_text_at_pointer(text);
        }
    });
}

struct Matrix<'a> {
    report: &'a Report,
    of: &'a Adherence,
    order: &'a [usize],
    grid: Rect,
    cell: f32,
    palette: &'a Palette,
    is_dark: bool,
}

impl Matrix<'_> {
    fn share(&self, row: usize, column: usize) -> f64 {
        let line = self.of.confusion.get(row);
        line.and_then(|line| line.get(column)).copied().unwrap_or(0.0)
    }

    fn name(&self, composer: usize) -> &str {
        self.report.composers.get(composer).map_or("?", String::as_str)
    }

    fn style(&self, composer_number: usize) -> ComposerStyle {
        theme::composer_style(&composer(self.name(composer_number)), composer_number, self.is_dark)
    }

    fn paint(&self, painter: &Painter, style: &egui::Style) {
        let small = egui::TextStyle::Small.resolve(style);
        for (r, &row) in self.order.iter().enumerate() {
            let top = self.grid.top() + r as f32 * self.cell;
            let middle = top + self.cell / 2.0;
            self.paint_name(painter, row, middle, &small);
            self.paint_head(painter, row, self.grid.left() + (r as f32 + 0.5) * self.cell, &small);
            for (c, &column) in self.order.iter().enumerate() {
                let left = self.grid.left() + c as f32 * self.cell;
                let rect = Rect::from_min_size(pos2(left, top), vec2(self.cell, self.cell));
                self.paint_cell(painter, rect.shrink(0.5), row, column);
            }
            self.paint_recall(painter, row, middle, &small);
        }
        let (left, top) = (self.grid.right() + GRID, self.grid.top() - 8.0);
        let align = egui::Align2::LEFT_BOTTOM;
        let text = "Its own: real, takes";
        painter.text(pos2(left, top), align, text, small, self.palette.weak_text);
    }

    fn paint_name(&self, painter: &Painter, composer: usize, middle: f32, font: &FontId) {
        let left = self.grid.left() - NAME_PX;
        theme::paint_marker(painter, pos2(left + 6.0, middle), 4.0, self.style(composer));
        let align = egui::Align2::LEFT_CENTER;
        let at = pos2(left + 16.0, middle);
        painter.text(at, align, self.name(composer), font.clone(), self.palette.text);
    }

    /// The name above a column, rotated.
    fn paint_head(&self, painter: &Painter, composer: usize, middle: f32, font: &FontId) {
        let colour = self.palette.weak_text;
        let galley = painter.layout_no_wrap(self.name(composer).to_owned(), font.clone(), colour);
        let at = pos2(middle - galley.size().y / 2.0, self.grid.top() - 6.0);
        let text = egui::epaint::TextShape::new(at, galley, colour);
        painter.add(Shape::Text(text.with_angle(-std::f32::consts::FRAC_PI_2)));
    }

    fn paint_cell(&self, painter: &Painter, rect: Rect, row: usize, column: usize) {
        let share = self.share(row, column) as f32;
        let hue = if row == column { self.palette.accent } else { self.palette.error };
        // The square root makes small shares visible.
        let fill = mix(self.palette.raised, hue, share.clamp(0.0, 1.0).sqrt() * 0.9);
        painter.rect_filled(rect, 2.0, fill);
        if share >= 0.095 {
            let ink = if is_light(fill) { Color32::from_gray(20) } else { Color32::from_gray(245) };
            let font = FontId::proportional(if self.cell < 22.0 { 9.0 } else { 10.5 });
            let text = format!("{:.0}", share * 100.0);
            painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, ink);
        }
    }

    fn paint_recall(&self, painter: &Painter, composer: usize, middle: f32, font: &FontId) {
        let left = self.grid.right() + GRID;
        let track = 56.0;
        let mut figures = Vec::new();
        for (row, offset, colour) in [(0, -3.5, self.palette.weak_text), (1, 3.5, self.palette.accent)] {
            let recall = self.recall(row, composer);
            let rect = Rect::from_min_size(pos2(left, middle + offset - 2.5), vec2(track, 5.0));
            painter.rect_filled(rect, 1.5, self.palette.raised);
            let mut bar = rect;
            bar.set_width(track * recall.unwrap_or(0.0).clamp(0.0, 1.0) as f32);
            painter.rect_filled(bar, 1.5, colour);
            figures.push(recall.map_or("–".to_owned(), |r| format!("{r:.2}")));
        }
        let at = pos2(left + track + 8.0, middle);
        let align = egui::Align2::LEFT_CENTER;
        painter.text(at, align, figures.join("  "), font.clone(), self.palette.text);
    }

    fn recall(&self, row: usize, composer: usize) -> Option<f64> {
        self.report.adherence.get(row)?.all.recall.get(composer).copied()?
    }

    /// The words for the cell under the pointer.
    fn words(&self, pos: Pos2) -> Option<String> {
        let at = (pos - self.grid.min) / self.cell;
        let row = *self.order.get(usize::try_from(at.y.floor() as i64).ok()?)?;
        if pos.x < self.grid.left() || pos.x > self.grid.right() {
            return None;
        }
        let column = *self.order.get(usize::try_from(at.x.floor() as i64).ok()?)?;
        let (own, other, share) = (self.name(row), self.name(column), self.share(row, column) * 100.0);
        Some(if row == column {
            format!("{own} is heard as {own} in {share:.0} % of cases")
        } else {
            format!("{own} is heard as {other} in {share:.0} % of cases")
        })
    }

    /// The matrix for a screen reader: who is recognised best and worst.
    fn summary(&self, name: &str) -> String {
        let mut own: Vec<(usize, f64)> = self.order.iter().map(|&i| (i, self.share(i, i))).collect();
        own.sort_by(|a, b| b.1.total_cmp(&a.1));
        let words = |(i, share): &(usize, f64)| format!("{} {:.0} %", self.name(*i), share * 100.0);
        let all: Vec<String> = own.iter().map(words).collect();
        format!("Confusion matrix of {name}; heard as themselves: {}", all.join(", "))
    }
}

fn is_light(colour: Color32) -> bool {
    let [r, g, b, _] = colour.to_array().map(f32::from);
    0.299 * r + 0.587 * g + 0.114 * b > 140.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composers_stand_in_order_of_time() {
        let names = ["Debussy", "Bach", "Somebody", "Mozart"].map(str::to_owned);
        assert_eq!(by_time(&names), [1, 3, 0, 2]);
    }
}
