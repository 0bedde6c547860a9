//! The visible part of the take, and what moves it: wheel, drags, follow.

use eframe::egui::{CursorIcon, PointerButton, Response, Ui, Vec2};

use super::input::RollInput;
use super::layout::{AreaSize, RollView};
use super::{NoteIndex, Parts};
use crate::music::Pitch;

/// Speed of gliding, per second: the view arrives after about a quarter second.
const GLIDE_RATE: f64 = 14.0;

/// The view of a roll and whether it follows the playhead.
#[derive(Debug)]
pub struct Camera {
    view: Option<RollView>,
    size: AreaSize,
    follows: bool,
    /// The left edge that the view is gliding to, seconds.
    glide_to_secs: Option<f64>,
    /// The target of the last frame. Only a moving target moves the view, so that zooming while paused stays where
    /// the user zooms.
    followed_secs: Option<f64>,
    wants: Option<Want>,
}

/// A change of the view to make once the size of the note area is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// The whole take.
    Fit,
    /// The initial view.
    Reset,
}

impl Default for Camera {
    fn default() -> Camera {
        let size = AreaSize { width: 1.0, height: 1.0 };
        Camera { view: None, size, follows: true, glide_to_secs: None, followed_secs: None, wants: None }
    }
}

impl Camera {
    pub fn view(&self) -> RollView {
        self.view.unwrap_or_else(|| RollView::initial(self.size))
    }

    pub fn want(&mut self, want: Want) {
        self.wants = Some(want);
    }

    pub fn follows(&self) -> bool {
        self.follows
    }

    pub fn set_follows(&mut self, on: bool) {
        self.follows = on;
        self.glide_to_secs = None;
        self.followed_secs = None;
    }

    /// Updates the view to the size of the note area and to the take.
    pub fn refresh(&mut self, input: &RollInput<'_>, index: &NoteIndex, size: AreaSize, is_new_take: bool) {
        let old = std::mem::replace(&mut self.size, size);
        let Some(view) = &mut self.view else {
            let mut view = RollView::initial(size);
            centre_pitches(&mut view, size, index.pitches);
            self.view = Some(view);
            return;
        };
        // Keeps the middle key in the middle when the height changes.
        view.top_pitch += f64::from(size.height - old.height) / view.px_per_key / 2.0;
        if is_new_take {
            self.follows = true;
            self.glide_to_secs = None;
            if !view.is_in_band(input.playhead_secs, size.width) {
                view.left_secs = view.left_to_follow(input.playhead_secs, size.width);
            }
            centre_pitches(view, size, index.pitches);
        }
        match self.wants.take() {
            Some(Want::Fit) => {
                *view = RollView::fit(size, index.duration_secs, index.pitches);
                self.set_follows(false);
            }
            Some(Want::Reset) => {
                *view = RollView::initial(size);
                view.left_secs = view.left_to_follow(input.playhead_secs, size.width);
                centre_pitches(view, size, index.pitches);
                self.set_follows(true);
            }
            None => {}
        }
    }

    /// Wheel, pinch and, where `drags`, drags; a double-click resets. `notes` is the note area's response.
    pub fn pointer(&mut self, ui: &mut Ui, notes: &Response, parts: &Parts, drags: bool) {
        let over = parts.notes.union(parts.keyboard).union(parts.ruler);
        let hover = ui.input(|i| i.pointer.hover_pos()).filter(|pos| over.contains(*pos));
        if let Some(pos) = hover.filter(|_| ui.rect_contains_pointer(over)) {
            self.wheel(ui, pos - parts.notes.min);
        }
        if drags && (notes.dragged_by(PointerButton::Middle) || notes.dragged_by(PointerButton::Primary)) {
            ui.set_cursor_icon(CursorIcon::Grabbing);
            self.pan(notes.drag_delta());
        }
        if notes.double_clicked() {
            self.want(Want::Reset);
            ui.ctx().request_repaint();
        }
    }

    /// Wheel: pitch; Shift: time; Ctrl: time zoom; Ctrl+Alt: pitch zoom. `at` is relative to the note area.
    fn wheel(&mut self, ui: &mut Ui, at: Vec2) {
        let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta_2d()));
        if scroll != Vec2::ZERO {
            self.pan(scroll);
            ui.input_mut(|i| i.smooth_scroll_delta = Vec2::ZERO);
        }
        let Some(view) = &mut self.view else { return };
        // With Ctrl alone (and for a pinch) egui reports both axes; with Alt held too, only the vertical one.
        if zoom.x != 1.0 {
            view.zoom_time(f64::from(zoom.x), at.x.max(0.0));
            self.glide_to_secs = None;
        } else if zoom.y != 1.0 {
            view.zoom_pitch(f64::from(zoom.y), at.y.max(0.0));
        }
    }

    /// Scrolls through time by hand, which ends following.
    fn pan(&mut self, delta: Vec2) {
        if let Some(view) = &mut self.view {
            view.pan(delta.x, delta.y);
        }
        if delta.x != 0.0 {
            self.set_follows(false);
        }
    }

    /// Shows the take from `secs` on, as the user asked.
    pub fn go_to(&mut self, secs: f64) {
        if let Some(view) = &mut self.view {
            view.left_secs = secs;
        }
        self.set_follows(false);
    }

    /// Scrolls a note into view.
    pub fn reveal(&mut self, secs: f64, pitch: Pitch) {
        if let Some(view) = &mut self.view {
            view.reveal(secs, pitch, self.size);
        }
        self.set_follows(false);
    }

    /// Follows the playhead, or the newest notes before it moves, and returns the view to draw.
    pub fn settle(&mut self, ui: &Ui, input: &RollInput<'_>, duration_secs: f64) -> RollView {
        let size = self.size;
        let mut view = self.view();
        if self.follows {
            self.follow(ui, input, duration_secs, &mut view);
        }
        view.clamp(size, duration_secs);
        self.view = Some(view);
        view
    }

    /// Keeps the target inside the follow band by gliding one page at a time.
    fn follow(&mut self, ui: &Ui, input: &RollInput<'_>, duration_secs: f64, view: &mut RollView) {
        let newest = input.performance.notes().last().map_or(0.0, |n| n.onset_secs);
        let target = if input.is_growing && !input.is_playing {
            newest.max(input.playhead_secs)
        } else {
            input.playhead_secs
        };
        let has_moved = self.followed_secs.replace(target) != Some(target);
        if has_moved && self.glide_to_secs.is_none() && !view.is_in_band(target, self.size.width) {
            let mut there = *view;
            there.left_secs = view.left_to_follow(target, self.size.width);
            there.clamp(self.size, duration_secs);
            self.glide_to_secs = Some(there.left_secs);
        }
        let Some(goal) = self.glide_to_secs else { return };
        if (goal - view.left_secs).abs() * view.px_per_sec < 0.75 {
            view.left_secs = goal;
            self.glide_to_secs = None;
        } else {
            let dt = f64::from(ui.input(|i| i.stable_dt).min(0.05));
            view.left_secs += (goal - view.left_secs) * (1.0 - (-GLIDE_RATE * dt).exp());
            ui.ctx().request_repaint();
        }
    }
}

/// Centres the take's keys.
fn centre_pitches(view: &mut RollView, size: AreaSize, pitches: Option<(Pitch, Pitch)>) {
    if let Some((low, high)) = pitches {
        let middle = (f64::from(low.number()) + f64::from(high.number()) + 1.0) / 2.0;
        view.top_pitch = middle + f64::from(size.height) / view.px_per_key / 2.0;
    }
}
