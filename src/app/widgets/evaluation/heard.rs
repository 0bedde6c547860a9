//! How often music is recognised as its composer's: real music above, takes below, with standard errors.

use eframe::egui::{self, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::kit::theme::{GRID, Palette};
use crate::evaluate::{AdherenceRow, Measured, Report};

const NAME_PX: f32 = 176.0;
const FIGURE_PX: f32 = 104.0;

pub fn heard_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Heard as its composer").heading());
    let chance = 1.0 / report.composers.len().max(1) as f64;
    let text = format!(
        "The share that the classifier names right among {} composers, ± a standard error; paler, the share that it \
         has among its first three. The line is chance, {chance:.2}. Grey is real music that nobody has seen.",
        report.composers.len()
    );
    ui.add(egui::Label::new(RichText::new(text).small().color(palette.weak_text)).wrap());
    ui.add_space(GRID * 0.5);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (i, row) in report.adherence.iter().enumerate() {
        // The classifiers' other rows begin with real music as well.
        let is_real = i == 0 || row.name.contains("real");
        row_ui(ui, row, is_real, chance, &palette);
    }
    ui.spacing_mut().item_spacing.y = GRID * 0.75;
    if !report.too_little_music.is_empty() {
        let text = format!(
            "{} have too little music in the corpus to be learned or measured.",
            report.too_little_music.join(" and ")
        );
        ui.label(RichText::new(text).small().color(palette.weak_text));
    }
}

fn row_ui(ui: &mut Ui, row: &AdherenceRow, is_real: bool, chance: f64, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let painter = ui.painter().with_clip_rect(rect);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let body = egui::TextStyle::Body.resolve(ui.style());
    let mut job = egui::text::LayoutJob::simple_singleline(row.name.clone(), body.clone(), palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(NAME_PX - 56.0);
    let name = painter.layout_job(job);
    let middle = rect.center().y;
    painter.galley(pos2(rect.left(), middle - name.size().y / 2.0), name, palette.text);
    let count = format!("n = {}", row.all.segments);
    let align = egui::Align2::RIGHT_CENTER;
    painter.text(pos2(rect.left() + NAME_PX - 8.0, middle), align, count, small.clone(), palette.weak_text);
    let track = Rect::from_min_max(
        pos2(rect.left() + NAME_PX, middle - 6.0),
        pos2((rect.right() - FIGURE_PX).max(rect.left() + NAME_PX + 24.0), middle + 6.0),
    );
    let colour = if is_real { palette.weak_text } else { palette.accent };
    painter.rect_filled(track, 3.0, palette.raised);
    let x = |share: f64| track.left() + track.width() * share.clamp(0.0, 1.0) as f32;
    let bar = |share: f64, top: f32, bottom: f32| {
        Rect::from_min_max(pos2(track.left(), top), pos2(x(share), bottom))
    };
    painter.rect_filled(
        bar(row.all.top3.value, track.top(), track.bottom()),
        3.0,
        colour.gamma_multiply(0.35),
    );
    painter.rect_filled(bar(row.all.top1.value, track.top(), track.bottom()), 3.0, colour);
    let line = |share: f64, from: f32, to: f32, stroke: Stroke| {
        painter.line_segment([pos2(x(share), from), pos2(x(share), to)], stroke);
    };
    line(chance, track.top() - 2.0, track.bottom() + 2.0, Stroke::new(1.0, palette.text));
    whisker(&painter, row.all.top1, &x, middle, palette);
    let figure = format!("{:.3} ± {:.3}", row.all.top1.value, row.all.top1.error);
    painter.text(rect.right_center(), align, &figure, body, palette.text);
    let words = format!(
        "{}, {} segments: named right {figure}, among the first three {:.3} ± {:.3}",
        row.name, row.all.segments, row.all.top3.value, row.all.top3.error
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    response.on_hover_text(format!(
        "{words}\nMean over the composers: {:.3} ± {:.3}",
        row.all.balanced.value, row.all.balanced.error
    ));
}

fn whisker(painter: &egui::Painter, of: Measured, x: &impl Fn(f64) -> f32, middle: f32, palette: &Palette) {
    let (from, to) = (x(of.value - of.error), x(of.value + of.error));
    let ground = Stroke::new(3.5, palette.base);
    let stroke = Stroke::new(1.5, palette.text);
    for stroke in [ground, stroke] {
        painter.line_segment([pos2(from, middle), pos2(to, middle)], stroke);
    }
    for end in [from, to] {
        painter.line_segment([pos2(end, middle - 3.5), pos2(end, middle + 3.5)], stroke);
    }
}
