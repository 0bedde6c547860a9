//! The latent space as a map: real pieces, the composers' components and the takes, in two dimensions.
//!
//! egui_plot gives axes, pan and zoom; the points are painted here as one mesh and found through a grid, because
//! per-item shapes and searches would be too slow for 20,000 of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::{self, Rect, RichText, Role, Ui, WidgetInfo};
use egui_plot::PlotTransform;

use super::{
    CloudKey, CloudLayer, Dwell, KeyPress, Lasso, MapShape, Neighbours, PointFocus, Resting, SelectionPress,
    Under, WalkPen, axes, caption, caption_ui, empty_ui, hover_ui, is_projection_of, legend_ui,
    neighbours_of, neighbours_ui, paint_components, paint_ellipses, paint_mix, paint_path, paint_place,
    paint_takes, planes_ui, point_words, reading_words, screen, selection_ui, small, styles, under_ui,
};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::widgets::latent::input::{LatentEvent, LatentInput};
use crate::latent_map::{LatentMap, Plane};
use crate::music::ComposerId;

/// How near the pointer must be to a point to mean it, points.
const REACH_PX: f32 = 10.0;
const SIDE_PX: f32 = 264.0;

/// View state of one map; two tabs need two.
#[derive(Debug, Default)]
pub struct LatentPlot {
    /// Address of the map that `shape` and the caches belong to.
    map: usize,
    shape: MapShape,
    cloud: CloudLayer,
    hidden: BTreeSet<Option<ComposerId>>,
    place: Option<[f32; 2]>,
    /// The point whose neighbours are listed.
    pinned: Option<usize>,
    neighbours: Neighbours,
    focus: PointFocus,
    lasso: Lasso,
    /// The map that the segments of `hidden`, `pinned` and `lasso` belong to.
    last: Option<Arc<LatentMap>>,
    pen: WalkPen,
    dwell: Dwell,
    /// Is a place only heard with Alt held?
    is_quiet: bool,
    resets: bool,
}

impl LatentPlot {
    /// The small map of the Studio tab: no axes, no legend, one line of caption.
    pub fn compact_ui(&mut self, ui: &mut Ui, input: &LatentInput<'_>, events: &mut Vec<LatentEvent>) {
        let Some(map) = self.refresh(input) else {
            return empty_ui(ui, input);
        };
        let caption_px = 18.0;
        let size = egui::vec2(ui.available_width(), (ui.available_height() - caption_px - 2.0).max(40.0));
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            self.plot_ui(ui, input, &map, size, true, events);
            let palette = Palette::of(ui);
            let caption = match input.disabled_because {
                Some(why) => format!(
                    "{} segments of real pieces. A click composes nothing now: {why}.",
                    map.points.len()
                ),
                None => format!(
                    "{} segments of real pieces by likeness. Click a place to hear it; Ctrl+drag draws a walk.",
                    map.points.len()
                ),
            };
            let text = RichText::new(caption).size(12.0).color(palette.weak_text);
            ui.add(egui::Label::new(text).truncate().selectable(false));
        });
    }

    /// The whole tab: axes, legend, caption, and the pieces nearest to where the pointer is or was clicked.
    pub fn full_ui(&mut self, ui: &mut Ui, input: &LatentInput<'_>, events: &mut Vec<LatentEvent>) {
        let Some(map) = self.refresh(input) else {
            return empty_ui(ui, input);
        };
        let area = ui.available_rect_before_wrap();
        let side = Rect::from_min_max(egui::pos2(area.right() - SIDE_PX, area.top()), area.max);
        let main = Rect::from_min_max(area.min, egui::pos2(side.left() - 2.0 * GRID, area.bottom()));
        ui.allocate_rect(area, egui::Sense::hover());
        ui.scope_builder(egui::UiBuilder::new().max_rect(main), |ui| {
            let caption_px = if main.width() < 900.0 { 92.0 } else { 60.0 };
            let size = egui::vec2(main.width(), (main.height() - caption_px).max(80.0));
            self.plot_ui(ui, input, &map, size, false, events);
            if caption_ui(
                ui,
                &caption(input, self.cloud.shown, &map),
                &mut self.pen.is_chosen,
                &mut self.is_quiet,
            ) {
                self.resets = true;
                ui.ctx().request_repaint();
            }
        });
        ui.scope_builder(egui::UiBuilder::new().max_rect(side), |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                self.side_ui(ui, input, &map, events);
            });
        });
    }

    /// Brings the caches up to date; `None` without a map.
    fn refresh(&mut self, input: &LatentInput<'_>) -> Option<Arc<LatentMap>> {
        let map = input.map.filter(|m| !m.points.is_empty() || !m.components.is_empty())?;
        let address = Arc::as_ptr(map) as usize;
        if self.map != address || self.shape.xy.len() != map.points.len() {
            let before = std::mem::take(self);
            (self.map, self.resets) = (address, true);
            self.is_quiet = before.is_quiet;
            if before.last.is_some_and(|last| is_projection_of(map, &last)) {
                (self.hidden, self.pinned, self.lasso) = (before.hidden, before.pinned, before.lasso);
                self.pen = before.pen;
            }
            self.last = Some(map.clone());
            self.shape = MapShape::new(map);
        }
        Some(map.clone())
    }

    fn plot_ui(
        &mut self,
        ui: &mut Ui,
        input: &LatentInput<'_>,
        map: &LatentMap,
        size: egui::Vec2,
        is_compact: bool,
        events: &mut Vec<LatentEvent>,
    ) {
        let palette = Palette::of(ui);
        let edges = if is_compact { self.shape.bulk } else { self.shape.edges };
        let mut plot = axes(map, size, is_compact, edges, &palette);
        if std::mem::take(&mut self.resets) {
            plot = plot.reset();
        }
        let holds_still = !is_compact && self.lasso.holds_still(ui);
        let may_draw = input.disabled_because.is_none() && !holds_still;
        if holds_still || (may_draw && self.pen.is_drawing(ui)) {
            plot = plot.allow_drag(false);
        }
        let shown = plot.show(ui, |_| {});
        let response = shown.response;
        let frame = *shown.transform.frame();
        if may_draw && let Some(path) = self.pen.follow(ui, &response, &shown.transform) {
            self.place = None;
            events.push(LatentEvent::Walked { path });
        }
        let pressed = self.keys(ui, &response, &shown.transform, input, map);
        let mut summary =
            format!("Map of the latent space: {} segments, {} takes", map.points.len(), input.takes.len());
        if let Some(point) = self.focus.point.filter(|_| response.has_focus()) {
            summary = format!("{summary}. {}", point_words(input, map, point));
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &summary));
        let under = response.hover_pos().filter(|pos| frame.contains(*pos)).map(|pos| {
            let at = shown.transform.value_from_position(pos);
            let xy = [at.x as f32, at.y as f32];
            (pos, xy, self.under(&shown.transform, input, map, pos, xy))
        });
        if !is_compact {
            let hidden = &self.hidden;
            let keep = |i: usize| !hidden.contains(&map.points[i].composer);
            self.lasso.follow(ui, &response, &shown.transform, map, keep);
        }
        self.paint(ui, &shown.transform, input, map, is_compact, &palette);
        if response.has_focus() {
            let painter = ui.painter().with_clip_rect(frame);
            self.focus.paint(&painter, &shown.transform, &self.shape.xy, frame, &palette);
        }
        if let Some(KeyPress::Moved(point) | KeyPress::Pressed(point)) = pressed {
            self.pinned = Some(point);
        }
        if let Some(KeyPress::Pressed(point)) = pressed {
            self.click(input, map, self.shape.xy[point], Under::Point(point), events);
        }
        let at = under.filter(|(_, _, under)| !matches!(under, Under::Take(_)));
        let heard = match at {
            Some((_, _, Under::Point(i))) => Some(map.points[i].xy),
            other => other.map(|(_, xy, _)| xy),
        };
        let pos = at.filter(|_| input.can_hear).map(|(pos, _, _)| pos);
        match (self.dwell.follow(ui, pos, !is_compact && !self.is_quiet), heard) {
            (Some(Resting::Begun), Some(xy)) => events.push(LatentEvent::Hear { xy }),
            (Some(Resting::Ended), _) => events.push(LatentEvent::HearNoMore),
            (Some(Resting::Begun) | None, _) => {}
        }
        let focused = self.focus.point.filter(|_| response.has_focus());
        let Some((pos, xy, under)) = under else {
            if let Some(point) = focused {
                let pos = screen(&shown.transform, self.shape.xy[point]);
                under_ui(ui, input, map, frame, pos, Under::Point(point), &palette);
            }
            return;
        };
        hover_ui(ui, input, map, frame, pos, under, &palette);
        if let Under::Point(i) = under {
            self.pinned = Some(i);
        }
        if response.clicked() && response.interact_pointer_pos().is_some() {
            self.click(input, map, xy, under, events);
        }
    }

    /// What the keyboard does while it is on the map.
    fn keys(
        &mut self,
        ui: &mut Ui,
        response: &egui::Response,
        transform: &PlotTransform,
        input: &LatentInput<'_>,
        map: &LatentMap,
    ) -> Option<KeyPress> {
        let mean = input.selected.and_then(|id| map.components.get(id.index()));
        let start = self.place.or(mean.copied()).unwrap_or_default();
        let hidden = &self.hidden;
        let keep = |i: usize| !hidden.contains(&map.points[i].composer);
        self.focus.keys(ui, response, transform, &self.shape.xy, keep, start)
    }

    /// The take or piece that the pointer means.
    fn under(
        &self,
        transform: &PlotTransform,
        input: &LatentInput<'_>,
        map: &LatentMap,
        pos: egui::Pos2,
        xy: [f32; 2],
    ) -> Under {
        let take = input.takes.iter().rposition(|take| screen(transform, take.xy).distance(pos) <= REACH_PX);
        if let Some(take) = take {
            return Under::Take(take);
        }
        let radius = REACH_PX * transform.dvalue_dpos()[0].abs() as f32;
        let keep = |i: usize| !self.hidden.contains(&map.points[i].composer);
        match self.shape.grid.nearest(&self.shape.xy, xy, radius, keep) {
            Some(i) => Under::Point(i),
            None => Under::Place,
        }
    }

    fn paint(
        &mut self,
        ui: &Ui,
        transform: &PlotTransform,
        input: &LatentInput<'_>,
        map: &LatentMap,
        is_compact: bool,
        palette: &Palette,
    ) {
        let is_dark = ui.visuals().dark_mode;
        let style_of = styles(input.composers, is_dark);
        let frame = *transform.frame();
        let painter = ui.painter().with_clip_rect(frame.intersect(ui.clip_rect()));
        let key = CloudKey {
            map: self.map,
            frame,
            bounds: (transform.bounds().min(), transform.bounds().max()),
            hidden: self.hidden.iter().copied().collect(),
            selected: input.selected.filter(|_| is_compact),
            is_dark,
            is_compact,
        };
        painter.add(self.cloud.shape(key, &map.points, transform, &style_of));
        let is_hidden = |id: ComposerId| self.hidden.contains(&Some(id));
        if map.plane == Plane::Principal && !is_compact {
            paint_ellipses(&painter, transform, &map.ellipses, &is_hidden, &style_of);
        }
        paint_components(
            &painter,
            transform,
            &map.components,
            input.composers,
            input.takes,
            input.selected,
            &is_hidden,
            &style_of,
            palette,
        );
        paint_takes(&painter, transform, input.takes, &style_of, palette);
        if !is_compact {
            self.lasso.paint(&painter, transform, map, palette);
        }
        if let Some(path) = &input.path {
            paint_path(&painter, transform, path, style_of(path.composer).colour, palette);
        }
        self.pen.paint(&painter, transform, palette);
        if let Some(xy) = input.mix {
            paint_mix(&painter, transform, xy, palette);
        }
        if let Some(xy) = self.place {
            paint_place(&painter, transform, xy, palette);
        }
    }

    fn click(
        &mut self,
        input: &LatentInput<'_>,
        map: &LatentMap,
        xy: [f32; 2],
        under: Under,
        events: &mut Vec<LatentEvent>,
    ) {
        match under {
            Under::Take(i) => events.push(LatentEvent::TakeClicked { id: input.takes[i].id }),
            _ if input.disabled_because.is_some() => {}
            Under::Point(i) => self.go_to(map.points[i].xy, Some(i), events),
            Under::Place => self.go_to(xy, None, events),
        }
    }

    fn go_to(&mut self, xy: [f32; 2], pinned: Option<usize>, events: &mut Vec<LatentEvent>) {
        self.place = Some(xy);
        self.pinned = pinned;
        events.push(LatentEvent::ClickedAt { xy });
    }

    /// The list of what the lasso took.
    fn selection_ui(
        &mut self,
        ui: &mut Ui,
        input: &LatentInput<'_>,
        map: &LatentMap,
        events: &mut Vec<LatentEvent>,
    ) {
        let style_of = styles(input.composers, ui.visuals().dark_mode);
        let segments = &self.lasso.segments;
        let pressed = selection_ui(ui, map, segments, input.composers, input.disabled_because, &style_of);
        match pressed {
            Some(SelectionPress::Compose) => {
                events.push(LatentEvent::ComposeLike { segments: segments.clone() })
            }
            Some(SelectionPress::Export) => {
                events.push(LatentEvent::ExportCsv { segments: segments.clone() })
            }
            Some(SelectionPress::Clear) => self.lasso.segments.clear(),
            Some(SelectionPress::Segment(i)) => self.go_to(map.points[i].xy, Some(i), events),
            None => {}
        }
    }

    fn side_ui(
        &mut self,
        ui: &mut Ui,
        input: &LatentInput<'_>,
        map: &LatentMap,
        events: &mut Vec<LatentEvent>,
    ) {
        let style_of = styles(input.composers, ui.visuals().dark_mode);
        planes_ui(ui, input, map.plane, events);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.heading("Composers");
            if !self.hidden.is_empty() {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.button(small("Show all")).clicked() {
                        self.hidden.clear();
                    }
                });
            }
        });
        ui.add_space(GRID / 2.0);
        legend_ui(ui, input.composers, &map.points, &mut self.hidden, &style_of);
        if let Some(reading) = &map.reading {
            let text = small(&reading_words(reading, input.composers)).color(Palette::of(ui).weak_text);
            ui.add_space(GRID / 2.0);
            ui.add(egui::Label::new(text).wrap());
        }
        ui.add_space(2.0 * GRID);

        if !self.lasso.segments.is_empty() {
            self.selection_ui(ui, input, map, events);
            return;
        }
        let pinned = self.pinned.and_then(|i| Some((i, map.points.get(i)?)));
        let mean = input.selected.and_then(|id| map.components.get(id.index()).copied());
        let (heading, at) = neighbours_of(pinned.map(|(_, point)| point), self.place, mean);
        ui.add(egui::Label::new(RichText::new(heading).heading()).truncate());
        ui.add_space(GRID / 2.0);
        let z = pinned.map(|(_, point)| point.z.as_slice());
        self.neighbours.update(self.map, &map.points, at, z, pinned.map(|(i, _)| i));
        let clicked = neighbours_ui(
            ui,
            &self.neighbours,
            &map.points,
            input.composers,
            input.disabled_because,
            &style_of,
        );
        if let Some(i) = clicked {
            self.go_to(map.points[i].xy, Some(i), events);
        }
    }
}
