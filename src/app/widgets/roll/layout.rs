//! Maps time and pitch to screen coordinates and back.
//!
//! Screen coordinates are points relative to the left top corner of the note area. On the pitch axis the key of
//! MIDI number `p` covers `p..p + 1`, the low keys at the bottom.

use std::ops::Range;

use crate::music::Pitch;

/// Upper and lower ends of the keyboard on the pitch axis.
pub const PITCH_TOP: f64 = 109.0;
pub const PITCH_BOTTOM: f64 = 21.0;

/// Seconds across the note area before any zooming.
const DEFAULT_SPAN_SECS: f64 = 20.0;
/// The middle of the range of most piano music.
const DEFAULT_CENTRE_PITCH: f64 = 63.0;
const PX_PER_SEC: Range<f64> = 0.05..2000.0;
const MAX_PX_PER_KEY: f64 = 40.0;
/// Row heights before any zooming: below the lower bound soft notes look like loud ones, above the upper bound more
/// keys are more useful than higher rows.
const INITIAL_PX_PER_KEY: Range<f64> = 4.0..7.0;
/// Keys visible while a take grows: nearly all of piano music.
const INITIAL_KEYS: f64 = 62.0;
/// While following, the playhead stays between these fractions of the width.
const FOLLOW_BAND: Range<f64> = 0.2..0.8;
/// Margin left of time zero, points.
const LEAD_IN_PX: f64 = 6.0;

/// The visible range of time and pitch, and its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RollView {
    /// Time at the left edge; slightly negative at the beginning.
    pub left_secs: f64,
    pub px_per_sec: f64,
    /// Pitch at the upper edge.
    pub top_pitch: f64,
    pub px_per_key: f64,
}

/// Width and height of the note area, points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AreaSize {
    pub width: f32,
    pub height: f32,
}

impl RollView {
    /// The start of a take at the default scale.
    pub fn initial(size: AreaSize) -> RollView {
        let all_keys = f64::from(size.height) / (PITCH_TOP - PITCH_BOTTOM);
        let usual = f64::from(size.height) / INITIAL_KEYS;
        let px_per_key = all_keys.max(usual.clamp(INITIAL_PX_PER_KEY.start, INITIAL_PX_PER_KEY.end));
        let mut view = RollView {
            left_secs: 0.0,
            px_per_sec: f64::from(size.width.max(1.0)) / DEFAULT_SPAN_SECS,
            top_pitch: DEFAULT_CENTRE_PITCH + f64::from(size.height) / px_per_key / 2.0,
            px_per_key,
        };
        view.left_secs = -LEAD_IN_PX / view.px_per_sec;
        view.clamp(size, 0.0);
        view
    }

    /// The whole take, with only the keys it uses and two more on either side.
    pub fn fit(size: AreaSize, total_secs: f64, pitches: Option<(Pitch, Pitch)>) -> RollView {
        let mut view = RollView::initial(size);
        let room = (f64::from(size.width) - 2.0 * LEAD_IN_PX).max(1.0);
        view.px_per_sec = room / total_secs.max(1.0);
        view.left_secs = -LEAD_IN_PX / view.px_per_sec;
        if let Some((low, high)) = pitches {
            let (low, high) = (f64::from(low.number()) - 2.0, f64::from(high.number()) + 3.0);
            view.px_per_key = f64::from(size.height) / (high - low);
            let spare = f64::from(size.height) / view.px_per_key.min(MAX_PX_PER_KEY) - (high - low);
            view.top_pitch = high + spare / 2.0;
        }
        view.clamp(size, total_secs);
        view
    }

    /// Keeps the view inside the take; call after every change.
    pub fn clamp(&mut self, size: AreaSize, total_secs: f64) {
        let (width, height) = (f64::from(size.width.max(1.0)), f64::from(size.height.max(1.0)));
        self.px_per_sec = self.px_per_sec.clamp(PX_PER_SEC.start, PX_PER_SEC.end);
        let all_keys = height / (PITCH_TOP - PITCH_BOTTOM);
        self.px_per_key = self.px_per_key.clamp(all_keys, MAX_PX_PER_KEY.max(all_keys));
        let first = -LEAD_IN_PX / self.px_per_sec;
        // Half a view of margin after the end, so that new notes do not cause a jump.
        let last = (total_secs - 0.5 * width / self.px_per_sec).max(first);
        self.left_secs = self.left_secs.clamp(first, last);
        self.top_pitch = self.top_pitch.clamp(
            PITCH_BOTTOM + height / self.px_per_key,
            PITCH_TOP.max(PITCH_BOTTOM + height / self.px_per_key),
        );
    }

    pub fn x(&self, secs: f64) -> f32 {
        ((secs - self.left_secs) * self.px_per_sec) as f32
    }

    pub fn secs(&self, x: f32) -> f64 {
        self.left_secs + f64::from(x) / self.px_per_sec
    }

    /// The y coordinate of a pitch.
    pub fn y(&self, pitch_axis: f64) -> f32 {
        ((self.top_pitch - pitch_axis) * self.px_per_key) as f32
    }

    /// The key at a y coordinate; `None` beyond the ends of the keyboard.
    pub fn pitch_at(&self, y: f32) -> Option<Pitch> {
        let number = (self.top_pitch - f64::from(y) / self.px_per_key).floor();
        (0.0..128.0).contains(&number).then(|| Pitch::new(number as u8)).flatten()
    }

    /// Upper edge of a key's row.
    pub fn row_top(&self, pitch: Pitch) -> f32 {
        self.y(f64::from(pitch.number()) + 1.0)
    }

    /// The visible time range, in seconds.
    pub fn visible_secs(&self, width: f32) -> Range<f64> {
        self.left_secs..self.secs(width)
    }

    /// Zooms time by `factor` around `x`.
    pub fn zoom_time(&mut self, factor: f64, x: f32) {
        let held = self.secs(x);
        self.px_per_sec = (self.px_per_sec * factor).clamp(PX_PER_SEC.start, PX_PER_SEC.end);
        self.left_secs = held - f64::from(x) / self.px_per_sec;
    }

    /// Zooms the pitch axis by `factor` around `y`.
    pub fn zoom_pitch(&mut self, factor: f64, y: f32) {
        let held = self.top_pitch - f64::from(y) / self.px_per_key;
        self.px_per_key = (self.px_per_key * factor).clamp(0.1, MAX_PX_PER_KEY);
        self.top_pitch = held + f64::from(y) / self.px_per_key;
    }

    /// Moves the content by a drag, in points: right and down are positive.
    pub fn pan(&mut self, dx: f32, dy: f32) {
        self.left_secs -= f64::from(dx) / self.px_per_sec;
        self.top_pitch += f64::from(dy) / self.px_per_key;
    }

    /// Is `secs` inside the follow band?
    pub fn is_in_band(&self, secs: f64, width: f32) -> bool {
        let share = f64::from(self.x(secs)) / f64::from(width.max(1.0));
        // The tolerance avoids moving the view again for a rounding error.
        (FOLLOW_BAND.start - 1e-3..=FOLLOW_BAND.end).contains(&share)
    }

    /// The left edge that puts `secs` at the beginning of the follow band.
    pub fn left_to_follow(&self, secs: f64, width: f32) -> f64 {
        secs - FOLLOW_BAND.start * f64::from(width) / self.px_per_sec
    }

    /// Scrolls just far enough to show `secs` and the row of `pitch`.
    pub fn reveal(&mut self, secs: f64, pitch: Pitch, size: AreaSize) {
        let x = self.x(secs);
        if x < 0.0 || x > size.width * 0.95 {
            self.left_secs = self.left_to_follow(secs, size.width);
        }
        let (top, row) = (self.row_top(pitch), self.px_per_key as f32);
        if top < 0.0 {
            self.top_pitch = f64::from(pitch.number()) + 1.0;
        } else if top + row > size.height {
            self.top_pitch = f64::from(pitch.number()) + f64::from(size.height) / self.px_per_key;
        }
    }
}

/// The spacing of the ruler's labels and ticks, seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulerStep {
    pub label_secs: f64,
    pub stroke_secs: f64,
}

impl RulerStep {
    /// Labels at least 72 points apart.
    pub fn for_scale(px_per_sec: f64) -> RulerStep {
        const STEPS: [(f64, f64); 13] = [
            (0.1, 0.02),
            (0.2, 0.05),
            (0.5, 0.1),
            (1.0, 0.2),
            (2.0, 0.5),
            (5.0, 1.0),
            (10.0, 2.0),
            (15.0, 5.0),
            (30.0, 5.0),
            (60.0, 10.0),
            (120.0, 30.0),
            (300.0, 60.0),
            (600.0, 120.0),
        ];
        let (label_secs, stroke_secs) =
            STEPS.into_iter().find(|(label, _)| label * px_per_sec >= 72.0).unwrap_or((1800.0, 600.0));
        RulerStep { label_secs, stroke_secs }
    }

    /// The multiples of `step` (seconds) that lie in `range` and are not before zero.
    pub fn multiples(step: f64, range: Range<f64>) -> impl Iterator<Item = f64> {
        let first = (range.start.max(0.0) / step).ceil() as i64;
        let last = (range.end / step).floor() as i64;
        (first..=last).map(move |n| n as f64 * step)
    }
}

/// The length shown in the overview. While a take grows it grows in steps, so that the strip does not move
/// constantly.
pub fn overview_secs(total_secs: f64, is_growing: bool) -> f64 {
    if !is_growing {
        return total_secs.max(1.0);
    }
    let mut shown = 30.0;
    while shown < total_secs {
        shown *= 2.0;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: AreaSize = AreaSize { width: 800.0, height: 400.0 };

    fn pitch(number: u8) -> Pitch {
        Pitch::new(number).unwrap()
    }

    #[test]
    fn screen_and_music_are_inverse() {
        let view = RollView::initial(SIZE);
        for secs in [0.0, 1.25, 19.0] {
            assert!((view.secs(view.x(secs)) - secs).abs() < 1e-3);
        }
        for number in [40, 60, 80] {
            let middle = view.row_top(pitch(number)) + view.px_per_key as f32 / 2.0;
            assert_eq!(view.pitch_at(middle), Some(pitch(number)));
        }
    }

    #[test]
    fn zoom_holds_what_is_under_the_pointer() {
        let mut view = RollView { left_secs: 30.0, ..RollView::initial(SIZE) };
        let (held, key) = (view.secs(300.0), view.pitch_at(155.0));
        view.zoom_time(2.5, 300.0);
        view.zoom_pitch(1.7, 155.0);
        assert!((view.secs(300.0) - held).abs() < 1e-6);
        assert_eq!(view.pitch_at(155.0), key);
    }

    #[test]
    fn fit_shows_every_note() {
        let view = RollView::fit(SIZE, 90.0, Some((pitch(30), pitch(95))));
        assert!(view.x(0.0) >= 0.0 && view.x(90.0) <= 800.0);
        assert!(view.row_top(pitch(95)) >= 0.0);
        assert!(view.row_top(pitch(30)) + view.px_per_key as f32 <= 400.0);
        let one = RollView::fit(SIZE, 0.0, Some((pitch(60), pitch(60))));
        assert!(one.row_top(pitch(60)) > 0.0 && one.row_top(pitch(60)) < 400.0);
    }

    #[test]
    fn clamp_never_shows_past_the_keyboard() {
        let mut view = RollView::initial(SIZE);
        view.pan(10_000.0, 10_000.0);
        view.clamp(SIZE, 60.0);
        assert!(view.top_pitch <= PITCH_TOP && view.left_secs <= 0.0);
        view.pan(-100_000.0, -100_000.0);
        view.clamp(SIZE, 60.0);
        assert!(view.y(PITCH_BOTTOM) <= 400.5);
        assert!(view.x(60.0) >= 399.0, "the end stays in sight");
        view.zoom_pitch(0.001, 0.0);
        view.clamp(SIZE, 60.0);
        assert!((view.y(PITCH_BOTTOM) - 400.0).abs() < 1.0, "the keyboard fills the height");
    }

    #[test]
    fn following_moves_only_outside_the_band() {
        let view = RollView { left_secs: 10.0, px_per_sec: 40.0, ..RollView::initial(SIZE) }; // 10..30 s
        assert!(view.is_in_band(14.0, 800.0) && view.is_in_band(26.0, 800.0));
        assert!(!view.is_in_band(26.1, 800.0) && !view.is_in_band(13.0, 800.0));
        assert!((view.left_to_follow(26.1, 800.0) - 22.1).abs() < 1e-9);
    }

    #[test]
    fn reveal_brings_a_far_note_in_sight() {
        let mut view = RollView { px_per_key: 20.0, ..RollView::initial(SIZE) };
        view.reveal(55.0, pitch(21), SIZE);
        assert!((0.0..800.0).contains(&view.x(55.0)));
        assert!(view.row_top(pitch(21)) + 20.0 <= 400.01);
        view.reveal(55.0, pitch(108), SIZE);
        assert!(view.row_top(pitch(108)) >= 0.0);
    }

    #[test]
    fn ruler_labels_do_not_crowd() {
        for px_per_sec in [0.3, 3.0, 40.0, 900.0] {
            let step = RulerStep::for_scale(px_per_sec);
            assert!(step.label_secs * px_per_sec >= 72.0);
            assert!(step.stroke_secs < step.label_secs);
        }
        let marks: Vec<f64> = RulerStep::multiples(5.0, -1.0..11.0).collect();
        assert_eq!(marks, [0.0, 5.0, 10.0]);
    }

    #[test]
    fn clock_reads_like_a_player() {}

    #[test]
    fn overview_stands_still_while_growing() {
        assert_eq!(overview_secs(12.0, true), overview_secs(29.0, true));
        assert_eq!(overview_secs(31.0, true), 60.0);
        assert_eq!(overview_secs(31.0, false), 31.0);
    }
}
