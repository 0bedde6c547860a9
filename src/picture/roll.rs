//! A picture of the piano roll: title, ruler, keyboard, rows, notes, pedal.

use super::canvas::{Canvas, Rgb, mix};
use super::text::Pen;
use crate::display::{clock, count};
use crate::music::{Performance, Pitch, Velocity};

/// Colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The colour of a loud note.
    pub notes: Rgb,
    pub is_dark: bool,
}

const TITLE: f32 = 56.0;
const RULER: f32 = 28.0;
const GUTTER: f32 = 64.0;
const ROW: f32 = 10.0;
const PEDAL: f32 = 20.0;
const MARGIN: f32 = 16.0;
/// Width of the music: comfortable for a minute, and the maximum for the longest take.
const PX_PER_SEC: f32 = 100.0;
const MAX_WIDTH_PX: f32 = 8000.0;
const MIN_WIDTH_PX: f32 = 640.0;
/// Minimum distance between labels of the ruler.
const TICK_PX: f32 = 90.0;

/// The colours of a theme.
struct Shades {
    paper: Rgb,
    well: Rgb,
    black_row: Rgb,
    line: Rgb,
    text: Rgb,
    weak: Rgb,
    ivory: Rgb,
    ebony: Rgb,
    gap: Rgb,
}

impl Shades {
    fn new(is_dark: bool) -> Shades {
        if is_dark {
            Shades {
                paper: [0x1a, 0x1c, 0x21],
                well: [0x14, 0x15, 0x1a],
                black_row: [0x10, 0x11, 0x15],
                line: [0x31, 0x35, 0x3f],
                text: [0xe8, 0xe9, 0xed],
                weak: [0x9d, 0xa3, 0xaf],
                ivory: [200; 3],
                ebony: [38; 3],
                gap: [140; 3],
            }
        } else {
            Shades {
                paper: [0xf8, 0xf8, 0xfa],
                well: [0xff; 3],
                black_row: [0xf2, 0xf3, 0xf6],
                line: [0xd6, 0xd8, 0xdf],
                text: [0x1b, 0x1d, 0x23],
                weak: [0x5e, 0x64, 0x70],
                ivory: [252; 3],
                ebony: [70; 3],
                gap: [205; 3],
            }
        }
    }
}

/// The layout of the picture.
struct Plan {
    px_per_sec: f32,
    top_key: u8,
    bottom_key: u8,
    /// The size of the note area.
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Plan {
    /// `None` without notes.
    fn new(performance: &Performance) -> Option<Plan> {
        let (low, high) = performance.pitch_range()?;
        let bottom_key = low.number().saturating_sub(3).max(Pitch::LOWEST.number());
        let top_key = (high.number() + 3).min(Pitch::HIGHEST.number());
        let secs = performance.duration_secs().max(1.0) as f32;
        let width = (secs * PX_PER_SEC).clamp(MIN_WIDTH_PX, MAX_WIDTH_PX);
        let top = TITLE + RULER;
        Some(Plan {
            px_per_sec: width / secs,
            top_key,
            bottom_key,
            left: GUTTER,
            top,
            right: GUTTER + width + MARGIN,
            bottom: top + f32::from(top_key - bottom_key + 1) * ROW,
        })
    }

    fn x(&self, secs: f64) -> f32 {
        self.left + secs as f32 * self.px_per_sec
    }

    fn row_top(&self, pitch: Pitch) -> f32 {
        self.top + (f32::from(self.top_key) - f32::from(pitch.number())) * ROW
    }

    fn keys(&self) -> impl Iterator<Item = Pitch> {
        (self.bottom_key..=self.top_key).filter_map(Pitch::new)
    }

    fn size(&self) -> (usize, usize) {
        let bottom = self.bottom + PEDAL + MARGIN / 2.0;
        ((self.right + MARGIN).ceil() as usize, bottom.ceil() as usize)
    }
}

/// The picture of a whole performance; `None` without notes.
pub fn draw(performance: &Performance, title: &str, look: &Look) -> Option<Canvas> {
    let plan = Plan::new(performance)?;
    let shades = Shades::new(look.is_dark);
    let (width, height) = plan.size();
    let mut canvas = Canvas::new(width, height, shades.paper);
    draw_title(&mut canvas, performance, title, &shades);
    draw_rows(&mut canvas, &plan, &shades);
    draw_ruler(&mut canvas, &plan, performance.duration_secs(), &shades);
    draw_notes(&mut canvas, &plan, performance, look, &shades);
    draw_pedal(&mut canvas, &plan, performance, &shades);
    draw_keys(&mut canvas, &plan, &shades);
    Some(canvas)
}

fn draw_title(canvas: &mut Canvas, performance: &Performance, title: &str, shades: &Shades) {
    let (middle, right) = (TITLE / 2.0 + 2.0, canvas.width as f32 - MARGIN);
    let notes = count(performance.notes().len(), "note");
    let facts = format!("{notes}, {}", clock(performance.duration_secs(), 0));
    let pen = Pen::regular(15.0);
    pen.write_before(canvas, right, middle, &facts, shades.weak);
    let bold = Pen::bold(20.0);
    let title = bold.fitted(title, right - 2.0 * MARGIN - pen.width(&facts));
    bold.write(canvas, MARGIN, middle, &title, shades.text);
}

fn draw_rows(canvas: &mut Canvas, plan: &Plan, shades: &Shades) {
    canvas.fill([plan.left, plan.top, plan.right, plan.bottom + PEDAL], shades.well);
    for pitch in plan.keys() {
        let top = plan.row_top(pitch);
        if pitch.is_black_key() {
            canvas.fill([plan.left, top, plan.right, top + ROW], shades.black_row);
        }
        // Between B and C.
        if pitch.class() == 0 {
            let line = mix(shades.well, shades.line, 0.7);
            canvas.fill([plan.left, top + ROW - 1.0, plan.right, top + ROW], line);
        }
    }
}

fn draw_ruler(canvas: &mut Canvas, plan: &Plan, secs: f64, shades: &Shades) {
    let steps = [1u64, 2, 5, 10, 15, 30, 60, 120, 300, 600];
    let is_wide = |step: &&u64| **step as f32 * plan.px_per_sec >= TICK_PX;
    let step = steps.iter().find(is_wide).copied();
    let step = step.unwrap_or((TICK_PX / plan.px_per_sec).ceil() as u64);
    let pen = Pen::regular(13.0);
    for tick in (0..=secs.ceil() as u64).step_by(step as usize) {
        let x = plan.x(tick as f64).round();
        let line = mix(shades.well, shades.line, 0.7);
        canvas.fill([x, plan.top, x + 1.0, plan.bottom + PEDAL], line);
        canvas.fill([x, plan.top - 6.0, x + 1.0, plan.top], shades.weak);
        let text = clock(tick as f64, 0);
        if x + 5.0 + pen.width(&text) <= plan.right {
            pen.write(canvas, x + 5.0, plan.top - RULER / 2.0 + 1.0, &text, shades.weak);
        }
    }
}

/// 0 for the softest, 1 for the loudest; piano music mostly lies between 20 and 110.
fn loudness(velocity: Velocity) -> f32 {
    ((f32::from(velocity.value()) - 20.0) / 90.0).clamp(0.0, 1.0)
}

fn draw_notes(canvas: &mut Canvas, plan: &Plan, performance: &Performance, look: &Look, shades: &Shades) {
    for note in performance.notes() {
        let loud = loudness(note.velocity);
        let colour = mix(shades.well, look.notes, 0.42 + 0.58 * loud);
        let height = ROW * (0.46 + 0.5 * loud);
        let top = plan.row_top(note.pitch) + (ROW - height) / 2.0;
        let left = plan.x(note.onset_secs);
        let width = note.duration_secs as f32 * plan.px_per_sec;
        // A small gap separates repeated notes; the shortest notes stay visible.
        let width = if width > 4.0 { width - 1.0 } else { width.max(1.5) };
        canvas.fill([left, top, left + width, top + height], colour);
    }
}

fn draw_pedal(canvas: &mut Canvas, plan: &Plan, performance: &Performance, shades: &Shades) {
    let (top, bottom) = (plan.bottom + 6.0, plan.bottom + PEDAL - 6.0);
    canvas.fill([plan.left, plan.bottom, plan.right, plan.bottom + 1.0], shades.line);
    let colour = mix(shades.well, shades.weak, 0.55);
    let mut down: Option<f64> = None;
    let end = performance.duration_secs();
    let changes = performance.pedal().iter().map(|p| (p.time_secs, p.is_down()));
    for (secs, is_down) in changes.chain([(end, false)]) {
        match (down, is_down) {
            (None, true) => down = Some(secs),
            (Some(from), false) => {
                canvas.fill([plan.x(from), top, plan.x(secs.min(end)) - 1.0, bottom], colour);
                down = None;
            }
            _ => {}
        }
    }
    let middle = (plan.bottom + 1.0 + plan.bottom + PEDAL) / 2.0;
    Pen::regular(11.0).write_before(canvas, plan.left - 8.0, middle, "Pedal", shades.weak);
}

fn draw_keys(canvas: &mut Canvas, plan: &Plan, shades: &Shades) {
    let (left, right) = (MARGIN / 2.0, plan.left);
    canvas.fill([left, plan.top, right, plan.bottom], shades.ivory);
    let pen = Pen::regular(10.0);
    for pitch in plan.keys() {
        let top = plan.row_top(pitch);
        if pitch.is_black_key() {
            let to = left + (right - left) * 0.6;
            canvas.fill([left, top, to, top + ROW], shades.ebony);
            // Two white keys meet behind the middle of a black one.
            canvas.fill([to, top + ROW / 2.0, right, top + ROW / 2.0 + 1.0], shades.gap);
        }
        if matches!(pitch.class(), 0 | 5) {
            canvas.fill([left, top + ROW - 1.0, right, top + ROW], shades.gap);
        }
        if pitch.class() == 0 {
            pen.write_before(canvas, right - 5.0, top + ROW / 2.0, &pitch.name(), [48; 3]);
        }
    }
    canvas.fill([right - 1.0, plan.top, right, plan.bottom], shades.line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, PedalChange};

    const LOOK: Look = Look { notes: [200, 20, 20], is_dark: false };

    fn note(number: u8, onset_secs: f64, duration_secs: f64, velocity: i32) -> Note {
        Note {
            pitch: Pitch::new(number).unwrap(),
            onset_secs,
            duration_secs,
            velocity: Velocity::clamped(velocity),
        }
    }

    #[test]
    fn notes_lie_at_their_time_and_key_and_loud_ones_are_fuller() {
        let notes = vec![note(60, 0.0, 1.0, 110), note(72, 5.0, 1.0, 25)];
        let music = Performance::new(notes, vec![]);
        let canvas = draw(&music, "Two", &LOOK).unwrap();
        let plan = Plan::new(&music).unwrap();
        let at = |pitch: u8, secs: f64| {
            let y = plan.row_top(Pitch::new(pitch).unwrap()) + ROW / 2.0;
            canvas.pixel(plan.x(secs) as usize, y as usize).unwrap()
        };
        assert_eq!(at(60, 0.5), LOOK.notes);
        assert_eq!(at(60, 2.5), [0xff; 3]);
        let soft = at(72, 5.5);
        assert!(soft[1] > 100 && soft[1] < 0xff, "{soft:?}");
    }

    #[test]
    fn any_music_fits() {
        assert!(draw(&Performance::default(), "Nothing", &LOOK).is_none());
        let long = Performance::new(vec![note(21, 0.0, 0.1, 60), note(108, 3600.0, 0.1, 60)], vec![]);
        let canvas = draw(&long, &"long name ".repeat(2000), &LOOK).unwrap();
        assert!((8000..8200).contains(&canvas.width) && canvas.height > 880);
        let odd = vec![PedalChange { time_secs: 0.0, value: 127 }];
        let short = Performance::new(vec![note(60, 0.0, 0.0, 1)], odd);
        let canvas = draw(&short, "♯ 日本", &LOOK).unwrap();
        assert!(canvas.width > 640 && canvas.to_png().unwrap().starts_with(b"\x89PNG"));
    }
}
