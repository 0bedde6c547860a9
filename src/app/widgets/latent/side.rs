//! The column beside the plot: legend and nearest pieces.

use std::collections::BTreeSet;

use eframe::egui::{self, Color32, FontId, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use crate::app::kit::theme::{ComposerStyle, Palette, paint_marker};
use crate::latent_map::MapPoint;
use crate::music::{ComposerId, ComposerSet};

/// Pieces in the list.
const LISTED: usize = 12;

/// One line for each composer, in order of time: a click hides or shows its points, with Alt it shows them alone.
pub fn legend_ui(
    ui: &mut Ui,
    composers: &ComposerSet,
    points: &[MapPoint],
    hidden: &mut BTreeSet<Option<ComposerId>>,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
) {
    let count = |label: Option<ComposerId>| points.iter().filter(|p| p.composer == label).count();
    // A composer who was added to the finished model has no segments here.
    let labels: Vec<Option<ComposerId>> =
        composers.by_time().into_iter().map(Some).chain([None]).filter(|label| count(*label) > 0).collect();
    for label in &labels {
        let name = label.map_or("Other composers", |id| composers.surname(id));
        let is_shown = !hidden.contains(label);
        let response = legend_row(ui, name, count(*label), is_shown, style_of(*label));
        if !response.clicked() {
            continue;
        }
        let solo = ui.input(|i| i.modifiers.alt);
        let is_alone = is_shown && hidden.len() + 1 == labels.len();
        if solo && !is_alone {
            *hidden = labels.iter().copied().filter(|other| other != label).collect();
        } else if solo {
            hidden.clear();
        } else if is_shown {
            hidden.insert(*label);
        } else {
            hidden.remove(label);
        }
    }
}

fn legend_row(ui: &mut Ui, name: &str, count: usize, is_shown: bool, style: ComposerStyle) -> egui::Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), is_shown, name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, palette.raised);
    }
    let strength = if is_shown { 1.0 } else { 0.35 };
    let colour = style.colour.gamma_multiply(strength);
    let text = if is_shown { palette.text } else { palette.weak_text };
    let middle = rect.center().y;
    paint_marker(
        ui.painter(),
        egui::pos2(rect.left() + 12.0, middle),
        5.0,
        ComposerStyle { colour, ..style },
    );
    let paint = |x: f32, align: egui::Align2, words: String, size: f32, colour: Color32| {
        ui.painter().text(egui::pos2(x, middle), align, words, FontId::proportional(size), colour)
    };
    let at = paint(rect.left() + 26.0, egui::Align2::LEFT_CENTER, name.to_owned(), 13.0, text);
    if !is_shown {
        ui.painter().hline(at.x_range(), middle, egui::Stroke::new(1.0, palette.weak_text));
    }
    paint(rect.right() - 8.0, egui::Align2::RIGHT_CENTER, count.to_string(), 12.0, palette.weak_text);
    response.on_hover_text("Click to hide or show, Alt+click to show alone")
}

/// The pieces nearest to a point or place, found once and kept while it stays the same.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// The map's address, the place asked for, and the point there.
    asked: Option<(usize, [f32; 2], Option<usize>)>,
    /// Index and distance, nearest first.
    found: Vec<(usize, f32)>,
}

impl Neighbours {
    /// Nearest in the latent space itself where `z` is given, else on the map. `from` is left out of the list.
    pub fn update(
        &mut self,
        map: usize,
        points: &[MapPoint],
        at: [f32; 2],
        z: Option<&[f32]>,
        from: Option<usize>,
    ) {
        if self.asked == Some((map, at, from)) {
            return;
        }
        self.asked = Some((map, at, from));
        let distance = |p: &MapPoint| match z {
            Some(z) if z.len() == p.z.len() => euclidean(z, &p.z),
            _ => euclidean(&at, &p.xy),
        };
        self.found = points
            .iter()
            .enumerate()
            .filter(|(i, _)| Some(*i) != from)
            .map(|(i, p)| (i, distance(p)))
            .filter(|(_, d)| d.is_finite())
            .collect();
        let listed = LISTED.min(self.found.len());
        if listed < self.found.len() {
            self.found.select_nth_unstable_by(listed, |a, b| a.1.total_cmp(&b.1));
            self.found.truncate(listed);
        }
        self.found.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
}

fn euclidean(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>().sqrt()
}

/// The list; returns the point whose line was clicked.
pub fn neighbours_ui(
    ui: &mut Ui,
    neighbours: &Neighbours,
    points: &[MapPoint],
    composers: &ComposerSet,
    disabled_because: Option<&str>,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
) -> Option<usize> {
    let palette = Palette::of(ui);
    let mut clicked = None;
    for (i, distance) in &neighbours.found {
        let Some(point) = points.get(*i) else { continue };
        let composer = point.composer.map_or("other composer", |id| composers.surname(id));
        let sense = if disabled_because.is_none() { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), sense);
        let label = format!("Compose near {}, {composer}", point.title);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, disabled_because.is_none(), &label));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 4.0, palette.raised);
        }
        segment_row(ui, rect, point, composer, &format!("{distance:.2}"), style_of(point.composer), &palette);
        let hint = disabled_because.unwrap_or("Click to compose here and listen");
        if response.on_hover_text(format!("{}\n{hint}", point.title)).clicked() {
            clicked = Some(*i);
        }
    }
    if neighbours.found.is_empty() {
        ui.label(RichText::new("No pieces on this map.").color(palette.weak_text));
    }
    clicked
}

/// Title and composer of a segment, and a few words at the right.
pub(super) fn segment_row(
    ui: &Ui,
    rect: Rect,
    point: &MapPoint,
    composer: &str,
    words: &str,
    style: ComposerStyle,
    palette: &Palette,
) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    paint_marker(&painter, egui::pos2(rect.left() + 12.0, rect.top() + 11.0), 4.5, style);
    let width = rect.width() - 32.0;
    let mut job = egui::text::LayoutJob::simple_singleline(
        point.title.clone(),
        FontId::proportional(13.0),
        palette.text,
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    painter.galley(rect.min + vec2(26.0, 2.0), painter.layout_job(job), palette.text);
    let second = rect.min + vec2(26.0, 19.0);
    let font = FontId::proportional(12.0);
    painter.text(second, egui::Align2::LEFT_TOP, composer, font.clone(), style.colour);
    let right = egui::pos2(rect.right() - 8.0, second.y);
    painter.text(right, egui::Align2::RIGHT_TOP, words, font, palette.weak_text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f32, z: Vec<f32>) -> MapPoint {
        MapPoint { xy: [x, 0.0], composer: None, title: x.to_string(), starts_secs: None, z }
    }

    #[test]
    fn nearest_in_the_latent_space_not_on_the_map() {
        // On the map the second point is nearer; in the latent space the third is.
        let points = [point(0.0, vec![0.0, 0.0]), point(0.1, vec![0.1, 9.0]), point(3.0, vec![3.0, 0.0])];
        let mut n = Neighbours::default();
        n.update(1, &points, points[0].xy, Some(&points[0].z), Some(0));
        assert_eq!(n.found.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [2, 1]);
        n.update(1, &points, [0.2, 0.0], None, None);
        assert_eq!(n.found[0].0, 1);
    }

    #[test]
    fn lists_only_the_nearest_of_many() {
        let points: Vec<MapPoint> = (0..500).map(|i| point(i as f32, vec![])).collect();
        let mut n = Neighbours::default();
        n.update(1, &points, [250.2, 0.0], None, None);
        assert_eq!(n.found.len(), LISTED);
        assert_eq!(n.found[0].0, 250);
        assert_eq!(n.found[1].0, 251);
    }
}
