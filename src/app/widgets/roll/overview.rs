//! The overview below the roll: the whole take, with the visible part marked.

use std::sync::Arc;

use eframe::egui::{
    CursorIcon, Mesh, PointerButton, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
};

use super::colours::mix;
use super::input::RollInput;
use super::layout::{RollView, overview_secs};
use super::{NoteIndex, Raster, RollColours};

#[derive(Clone, Copy, Debug, PartialEq)]
struct OverviewKey {
    take_id: u64,
    revision: u64,
    rect: Rect,
    shown_secs: f64,
    colours: RollColours,
}

/// View state of the overview.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    key: Option<OverviewKey>,
    mesh: Arc<Mesh>,
    /// While the marked part is dragged: distance of the pointer from its left edge, seconds.
    grab_secs: Option<f64>,
}

impl Overview {
    /// Paints the overview; returns the new left edge of the view (seconds) if the user moves it.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        input: &RollInput<'_>,
        index: &NoteIndex,
        view: &RollView,
        colours: &RollColours,
    ) -> Option<f64> {
        let shown_secs = overview_secs(index.duration_secs, input.is_growing);
        let response = ui.interact(rect, ui.scope_id().with("overview"), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| {
            WidgetInfo::labeled(
                Role::Group,
                true,
                "Overview of the whole take: click or drag to move the view",
            )
        });
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        let secs_at = |x: f32| f64::from((x - rect.left()) / rect.width().max(1.0)) * shown_secs;
        // The overview is as wide as the note area.
        let span = view.visible_secs(rect.width());

        let mut moved = None;
        if response.is_pointer_button_down_on() && ui.input(|i| i.pointer.button_down(PointerButton::Primary))
        {
            if let Some(pos) = response.interact_pointer_pos() {
                let at = secs_at(pos.x);
                // A press inside the marked part grabs it; a press elsewhere centres it there.
                let grab = *self.grab_secs.get_or_insert_with(|| {
                    if span.contains(&at) { at - span.start } else { (span.end - span.start) / 2.0 }
                });
                moved = Some(at - grab);
            }
        } else {
            self.grab_secs = None;
        }
        self.paint(ui, rect, input, shown_secs, span, colours);
        moved
    }

    fn paint(
        &mut self,
        ui: &Ui,
        rect: Rect,
        input: &RollInput<'_>,
        shown_secs: f64,
        span: std::ops::Range<f64>,
        colours: &RollColours,
    ) {
        let painter = ui.painter().with_clip_rect(rect);
        painter.rect_filled(rect, 0.0, colours.black_row);
        let key = OverviewKey {
            take_id: input.take_id,
            revision: input.revision,
            rect,
            shown_secs,
            colours: *colours,
        };
        if self.key != Some(key) {
            self.key = Some(key);
            let mesh = Arc::make_mut(&mut self.mesh);
            mesh.clear();
            let inner = rect.shrink2([0.0, 4.0].into());
            if let Some(pitches) = input.performance.pitch_range() {
                let (columns, rows) = (inner.width() as usize, inner.height() as usize);
                let colour = mix(colours.black_row, colours.composer, 0.6);
                Raster::new(input.performance, shown_secs, columns, pitches, rows).fill_mesh(
                    mesh,
                    inner,
                    |_| colour,
                );
            }
        }
        painter.add(Shape::Mesh(self.mesh.clone()));
        let x = |secs: f64| rect.left() + (secs / shown_secs) as f32 * rect.width();
        if let Some(range) = &input.loop_secs {
            let band =
                Rect::from_x_y_ranges(x(range.start)..=x(range.end), rect.bottom() - 3.0..=rect.bottom());
            painter.rect_filled(band, 0.0, colours.accent.gamma_multiply(0.8));
        }
        let (left, right) = (x(span.start).max(rect.left()), x(span.end).min(rect.right()));
        let veil = colours.black_row.gamma_multiply(0.55);
        painter.rect_filled(Rect::from_min_max(rect.left_top(), pos2(left, rect.bottom())), 0.0, veil);
        painter.rect_filled(Rect::from_min_max(pos2(right, rect.top()), rect.right_bottom()), 0.0, veil);
        let window = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        painter.rect_stroke(window, 3.0, Stroke::new(1.0, colours.weak_text), StrokeKind::Inside);
        painter.vline(x(input.playhead_secs), rect.y_range(), Stroke::new(1.0, colours.text));
        painter.hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, colours.line));
    }
}
