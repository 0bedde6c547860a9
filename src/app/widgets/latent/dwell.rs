//! Resting the pointer on the map: what lies there is to be heard.

use std::time::Duration;

use eframe::egui::{Pos2, Ui};

/// How long the pointer rests before the place is heard, in seconds; with Alt held it is heard almost at once.
const REST_SECS: f64 = 0.4;
const ALT_REST_SECS: f64 = 0.08;
/// A pointer that moves less than this rests, in screen points.
const STILL_PX: f32 = 4.0;

/// What changes for the ears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resting {
    Begun,
    Ended,
}

/// Where the pointer rests, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dwell {
    at: Option<(Pos2, f64)>,
    is_heard: bool,
}

impl Dwell {
    /// `pos`: the pointer, where it can be heard. Without Alt it is only heard `without_alt`.
    pub fn follow(&mut self, ui: &Ui, pos: Option<Pos2>, without_alt: bool) -> Option<Resting> {
        let (now, has_alt, is_down) = ui.input(|i| (i.time, i.modifiers.alt, i.pointer.any_down()));
        let Some(pos) = pos.filter(|_| !is_down) else {
            self.at = None;
            return std::mem::take(&mut self.is_heard).then_some(Resting::Ended);
        };
        let since = match self.at {
            Some((at, since)) if at.distance(pos) < STILL_PX => since,
            Some(_) | None => {
                self.at = Some((pos, now));
                if std::mem::take(&mut self.is_heard) {
                    ui.ctx().request_repaint();
                    return Some(Resting::Ended);
                }
                now
            }
        };
        let wait = match (has_alt, without_alt) {
            (true, _) => ALT_REST_SECS,
            (false, true) => REST_SECS,
            (false, false) => return None,
        };
        if self.is_heard {
            return None;
        }
        let left = since + wait - now;
        if left <= 0.0 {
            self.is_heard = true;
            return Some(Resting::Begun);
        }
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
        None
    }
}
