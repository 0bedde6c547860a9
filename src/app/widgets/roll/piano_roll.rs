//! The piano roll: keyboard, ruler, notes, pedal lane and overview of one take.
//!
//! The roll owns only its view (zoom, scroll, follow); user input comes out as [`RollEvent`]s.

use eframe::egui::{
    self, Align2, FontId, Id, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, accesskit, pos2,
    vec2,
};

use super::layout::RollView;
use super::{
    Camera, Marquee, NoteDrag, NoteFocus, NoteIndex, NotesLayer, Overview, Parts, RollColours, RulerDrag,
    Want, empty_ui, keyboard_ui, lit_keys, note_text, paint_growing, paint_locks, paint_outside_loop,
    paint_pedal, paint_playhead, paint_rows, paint_selection, paint_sounding, paint_spotlight, ruler_ui,
    sections_ui,
};
use crate::app::kit::theme::Palette;
use crate::app::widgets::roll::input::{RollEvent, RollInput};
use crate::display::clock;
use crate::music::Velocity;

/// Velocity of a key clicked on the keyboard.
const KEY_VELOCITY: i32 = 80;
const FOCUS_ID: &str = "pastiche piano roll";

/// View state of the roll.
#[derive(Debug, Default)]
pub struct PianoRoll {
    camera: Camera,
    /// Take and revision of the index.
    identity: Option<(u64, u64)>,
    index: NoteIndex,
    focus: NoteFocus,
    ruler_drag: Option<RulerDrag>,
    marquee: Marquee,
    note_drag: NoteDrag,
    layer: NotesLayer,
    overview: Overview,
}

impl PianoRoll {
    /// Draws the roll into the available space and appends the user's input to `events`.
    pub fn ui(&mut self, ui: &mut Ui, input: &RollInput<'_>, events: &mut Vec<RollEvent>) -> Response {
        let (full, _) = ui.allocate_exact_size(ui.available_size().max(vec2(160.0, 80.0)), Sense::hover());
        let parts = Parts::new(full, !input.sections.is_empty());
        let colours = RollColours::new(&Palette::of(ui), input.colour, ui.visuals().dark_mode);
        let notes = input.performance.notes();
        self.refresh(input, &parts);
        let focused = self.focus.note(notes).map(|note| note_text(ui, note));
        let response = notes_response(ui, &parts, input, focused);

        let view = self.interact(ui, input, &parts, &colours, &response, events);
        self.paint(ui, input, &parts, &view, &colours);
        ruler_ui(ui, &view, parts.ruler, input.loop_secs.as_ref(), &mut self.ruler_drag, &colours, events);
        if let Some(strip) = parts.sections {
            sections_ui(ui, input.sections, &view, strip, &colours, events);
        }
        let lit = lit_keys(&self.index, notes, input.playhead_secs);
        if let Some(pitch) = keyboard_ui(ui, &view, parts.keyboard, &lit, &colours) {
            let velocity = Velocity::clamped(KEY_VELOCITY);
            events.push(RollEvent::Audition { pitch, velocity });
        }
        if notes.is_empty() && !input.is_growing {
            empty_ui(ui, parts.notes, &input.empty, &colours, events);
        } else {
            paint_playhead(ui, input.playhead_secs, &parts, &view, &colours);
            self.focus.ui(ui, &response, input, &self.index, parts.notes, &view, &colours, events);
            self.view_buttons(ui, parts.ruler, &colours);
        }
        response
    }

    /// Shows the whole take.
    pub fn fit(&mut self) {
        self.camera.want(Want::Fit);
    }

    /// Does the view keep the playhead in sight?
    pub fn follows(&self) -> bool {
        self.camera.follows()
    }

    pub fn set_follows(&mut self, on: bool) {
        self.camera.set_follows(on);
    }

    /// The current view.
    pub fn view(&self) -> RollView {
        self.camera.view()
    }

    /// Does the roll have keyboard focus? Then arrows, Enter, Home and End move between notes and are not shortcuts.
    pub fn has_focus(ctx: &egui::Context) -> bool {
        ctx.memory(|m| m.has_focus(Id::unique(FOCUS_ID)))
    }

    /// Updates index and view to the take.
    fn refresh(&mut self, input: &RollInput<'_>, parts: &Parts) {
        let identity = (input.take_id, input.revision);
        let is_new_take = self.identity.map(|(take, _)| take) != Some(input.take_id);
        if self.identity != Some(identity) {
            self.identity = Some(identity);
            self.index = NoteIndex::new(input.performance);
            self.focus.refresh(input.performance.notes(), is_new_take);
        }
        self.camera.refresh(input, &self.index, parts.size(), is_new_take);
    }

    /// Handles everything that moves the view; returns the view to draw.
    fn interact(
        &mut self,
        ui: &mut Ui,
        input: &RollInput<'_>,
        parts: &Parts,
        colours: &RollColours,
        response: &Response,
        events: &mut Vec<RollEvent>,
    ) -> RollView {
        let view = self.camera.view();
        self.marquee.ui(ui, response, &view, events);
        self.note_drag.ui(ui, response, input, &self.index, &view, events);
        let drags_view = !(self.marquee.is_active() || self.note_drag.is_active());
        self.camera.pointer(ui, response, parts, drags_view);
        let view = self.camera.view();
        if let Some(rect) = parts.overview
            && let Some(left_secs) = self.overview.ui(ui, rect, input, &self.index, &view, colours)
        {
            self.camera.go_to(left_secs);
        }
        let is_here = response.hovered() || response.has_focus();
        if is_here
            && !ui.ctx().text_edit_focused()
            && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::F))
        {
            self.fit();
            ui.ctx().request_repaint();
        }
        if let Some(note) = self.focus.keys(ui, response, input, events) {
            self.camera.reveal(note.onset_secs, note.pitch);
            ui.ctx().request_repaint();
        }
        self.camera.settle(ui, input, self.index.duration_secs)
    }

    fn paint(
        &mut self,
        ui: &Ui,
        input: &RollInput<'_>,
        parts: &Parts,
        view: &RollView,
        colours: &RollColours,
    ) {
        let area = parts.notes;
        let painter = ui.painter().with_clip_rect(area);
        let notes = input.performance.notes();
        paint_rows(&painter, view, area, colours);
        let identity = (input.take_id, input.revision);
        painter.add(self.layer.shape(ui.ctx(), identity, &self.index, notes, view, area, colours));
        let spotlight =
            ui.ctx().animate_bool_with_time(ui.scope_id().with("spotlight"), input.is_playing, 0.4);
        paint_spotlight(&painter, view, area, input.playhead_secs, spotlight, colours);
        let sounding = self.index.sounding(notes, input.playhead_secs).map(|(_, n)| n);
        paint_sounding(&painter, sounding, view, area, colours);
        if input.is_growing {
            paint_growing(&painter, area.left() + view.x(self.index.duration_secs), area, colours);
        }
        paint_locks(&painter, view, area, input.locks, colours);
        if let Some(selection) = input.selection {
            paint_selection(&painter, view, area, selection, notes, colours);
        }
        self.note_drag.paint(ui, &painter, input, view, area, colours);
        self.marquee.paint(ui, &painter, area, colours);
        if let Some(range) = &input.loop_secs {
            paint_outside_loop(&painter, view, area, range, colours);
        }
        ui.painter().rect_filled(parts.corner, 0.0, colours.panel);
        if let Some(lane) = parts.pedal {
            paint_pedal(&ui.painter().with_clip_rect(lane), &self.index, view, lane, colours);
            let label = pos2(parts.keyboard.right() - 6.0, lane.center().y);
            let font = FontId::proportional(10.0);
            ui.painter().text(label, Align2::RIGHT_CENTER, "Pedal", font, colours.weak_text);
        }
    }

    /// "Fit" and "Follow" at the right end of the ruler.
    fn view_buttons(&mut self, ui: &mut Ui, ruler: Rect, colours: &RollColours) {
        let height = ruler.height() - 5.0;
        let place = |right: f32, width: f32| {
            Rect::from_min_size(pos2(ruler.right() - right, ruler.top() + 2.0), vec2(width, height))
        };
        let ground = Rect::from_min_max(
            pos2(ruler.right() - 104.0, ruler.top()),
            ruler.right_bottom() - vec2(0.0, 1.0),
        );
        ui.painter().rect_filled(ground, 0.0, colours.panel);
        let small = |text: &str| egui::RichText::new(text).size(11.0);
        ui.scope(|ui| {
            ui.spacing_mut().button_padding = vec2(4.0, 0.0);
            ui.spacing_mut().interact_size.y = height;
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            let follow = egui::Button::selectable(self.follows(), small("Follow"));
            let hint = "Keep the playhead in sight. Scrolling by hand turns it off.";
            if ui.put(place(54.0, 52.0), follow).on_hover_text(hint).clicked() {
                let follows = !self.follows();
                self.set_follows(follows);
            }
            let hint = "Show the whole take (F).\n\nWheel: pitch. Shift+wheel: time.\nCtrl+wheel: zoom time. \
                        Ctrl+Alt+wheel: zoom pitch.\nDrag to move, double-click to reset. \
                        Shift+drag: select. Drag what is selected: move or stretch it.";
            let fit = egui::Button::selectable(false, small("Fit"));
            if ui.put(place(92.0, 34.0), fit).on_hover_text(hint).clicked() {
                self.fit();
            }
        });
    }
}

/// The note area as a named, focusable widget.
fn notes_response(ui: &mut Ui, parts: &Parts, input: &RollInput<'_>, focused: Option<String>) -> Response {
    let sense = Sense::CLICK | Sense::DRAG | Sense::FOCUSABLE;
    let response = ui.interact(parts.notes, Id::unique(FOCUS_ID), sense);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Canvas, true, summary(input));
        info.current_text_value = focused.clone();
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_live(accesskit::Live::Polite);
        node.set_description("Arrow keys move between notes, Enter plays the note.");
    });
    response
}

/// A description for screen readers.
fn summary(input: &RollInput<'_>) -> String {
    let notes = input.performance.notes().len();
    if notes == 0 {
        return format!("Piano roll, empty. {}", input.empty.text);
    }
    let length = clock(input.performance.duration_secs(), 0);
    let state = if input.is_growing { ", composing" } else { "" };
    format!("Piano roll, {}: {notes} notes, {length}{state}", input.name)
}
