//! A row of the list of takes.

use eframe::egui::{self, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::kit::icons::{self, Icon};
use crate::app::kit::theme::{self, ComposerStyle, Palette};
use crate::app::widgets::roll::Thumbnail;

/// Its height, in points.
pub const ROW: f32 = 76.0;

/// The contents of a row.
pub struct Row<'a> {
    pub title: &'a str,
    pub right: String,
    pub below: String,
    pub style: ComposerStyle,
    pub is_staged: bool,
    pub is_starred: bool,
    pub thumbnail: Option<&'a Thumbnail>,
    pub progress: Option<f32>,
}

pub fn star_rect(row: Rect) -> Rect {
    Rect::from_center_size(pos2(row.right() - 36.0, row.bottom() - 13.0), vec2(16.0, 16.0))
}

pub fn more_rect(row: Rect) -> Rect {
    Rect::from_center_size(pos2(row.right() - 14.0, row.bottom() - 13.0), vec2(16.0, 16.0))
}

impl Row<'_> {
    pub fn ui(&self, ui: &mut Ui, palette: &Palette, id: egui::Id) -> egui::Response {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let response = ui.interact(rect, id, Sense::click());
        let name = format!("{}, {}", self.title, self.right);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.is_staged, &name));
        if ui.is_rect_visible(rect) {
            self.paint(ui, palette, rect, &response);
        }
        response
    }

    fn paint(&self, ui: &Ui, palette: &Palette, rect: Rect, response: &egui::Response) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let ground = match () {
            () if self.is_staged => self.style.colour.gamma_multiply(0.16),
            () if response.hovered() => palette.raised,
            () => Color32::TRANSPARENT,
        };
        painter.rect_filled(rect, 8.0, ground);
        if response.has_focus() {
            painter.rect_stroke(rect, 8.0, Stroke::new(1.5, palette.accent), egui::StrokeKind::Inside);
        }
        let small = egui::TextStyle::Small.resolve(ui.style());
        let body = egui::TextStyle::Body.resolve(ui.style());
        theme::paint_marker(&painter, rect.left_top() + vec2(14.0, 16.0), 4.5, self.style);
        let right = painter.layout_no_wrap(self.right.clone(), small.clone(), palette.weak_text);
        let right_at = pos2(rect.right() - 8.0 - right.size().x, rect.top() + 9.0);
        painter.galley(right_at, right, palette.weak_text);
        let width = right_at.x - rect.left() - 34.0;
        let mut job = egui::text::LayoutJob::simple_singleline(self.title.to_owned(), body, palette.text);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(20.0));
        let title = painter.layout_job(job);
        painter.galley(rect.left_top() + vec2(26.0, 7.0), title, palette.text);
        let picture =
            Rect::from_min_max(rect.left_top() + vec2(10.0, 29.0), rect.right_bottom() - vec2(10.0, 24.0));
        if let Some(thumbnail) = self.thumbnail {
            thumbnail.paint(&painter, picture, self.style.colour, self.progress);
        }
        painter.text(
            pos2(rect.left() + 10.0, rect.bottom() - 13.0),
            egui::Align2::LEFT_CENTER,
            &self.below,
            small,
            palette.weak_text,
        );
        let is_hot = response.hovered() || response.has_focus();
        if self.is_starred {
            icons::paint(&painter, star_rect(rect), Icon::Star, palette.warning);
        } else if is_hot {
            icons::paint(&painter, star_rect(rect), Icon::StarEmpty, palette.weak_text);
        }
        if is_hot {
            icons::paint(&painter, more_rect(rect), Icon::More, palette.weak_text);
        }
    }
}

/// How long ago that was; the date (UTC) if it is more than a week.
pub fn ago(then_secs: u64, now_secs: u64) -> String {
    let age = now_secs.saturating_sub(then_secs);
    let count = |n: u64, unit: &str| format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" });
    match age {
        0..60 => "just now".to_owned(),
        60..3_600 => count(age / 60, "minute"),
        3_600..86_400 => count(age / 3_600, "hour"),
        86_400..604_800 => count(age / 86_400, "day"),
        _ => date(then_secs),
    }
}

/// "3 Oct 2026", from seconds since 1970 (Howard Hinnant's civil-from-days).
fn date(secs: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = secs / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = year_of_era + era * 400 + u64::from(month < 2);
    format!("{day} {} {year}", MONTHS[month as usize % 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_dates() {
        assert_eq!(ago(1_000, 1_030), "just now");
        assert_eq!(ago(1_000, 1_061), "1 minute ago");
        assert_eq!(ago(0, 7_200), "2 hours ago");
        assert_eq!(date(0), "1 Jan 1970");
        // date -u -d @1582934400, @1790985599, @1767225599
        assert_eq!(date(1_582_934_400), "29 Feb 2020");
        assert_eq!(date(1_790_985_599), "2 Oct 2026");
        assert_eq!(date(1_767_225_599), "31 Dec 2025");
    }
}
