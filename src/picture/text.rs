//! Text on a canvas, in the window's fonts.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

use super::canvas::{Canvas, Rgb};

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
/// Sharps, flats and naturals, which Inter lacks.
const ACCIDENTALS: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans-Accidentals.ttf");

/// The box drawn for a letter that no font has, relative to the font size: its width including the gaps beside it, its
/// height, the gap on either side, and its line width.
const BOX_ADVANCE: f32 = 0.72;
const BOX_HEIGHT: f32 = 0.73;
const BOX_GAP: f32 = 0.08;
const BOX_LINE: f32 = 0.07;

/// Fonts at one size, in order of preference. Without any (although they are compiled in), every letter is a box.
pub struct Pen {
    fonts: Vec<(FontRef<'static>, PxScale)>,
    px: f32,
}

/// How a letter is drawn.
#[derive(Clone, Copy)]
enum Letter<'a> {
    Glyph {
        font: &'a FontRef<'static>,
        scale: PxScale,
        id: GlyphId,
    },
    /// No font has it.
    Missing,
    /// It modifies the letter before it, like a variation selector, and is hidden if no font has it.
    Hidden,
}

impl Pen {
    pub fn regular(px: f32) -> Pen {
        Pen::new(REGULAR, px)
    }

    pub fn bold(px: f32) -> Pen {
        Pen::new(SEMIBOLD, px)
    }

    fn new(bytes: &'static [u8], px: f32) -> Pen {
        let sized = |bytes: &'static [u8]| {
            let font = FontRef::try_from_slice(bytes).ok()?;
            // A font's size is that of its em; ab_glyph measures from the highest to the lowest point.
            let per_em = font.height_unscaled() / font.units_per_em()?;
            Some((font, PxScale::from(px * per_em)))
        };
        let fonts = [bytes, ACCIDENTALS].into_iter().filter_map(sized).collect();
        Pen { fonts, px }
    }

    fn letter(&self, c: char) -> Letter<'_> {
        let glyphs = self.fonts.iter().map(|(font, scale)| Letter::Glyph {
            font,
            scale: *scale,
            id: font.glyph_id(c),
        });
        let has = |letter: &Letter| matches!(letter, Letter::Glyph { id, .. } if id.0 != 0);
        let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}');
        let missing = if is_mark { Letter::Hidden } else { Letter::Missing };
        glyphs.into_iter().find(has).unwrap_or(missing)
    }

    /// Lays out `text`: its letters with their distance from the left, and the total width.
    fn layout(&self, text: &str) -> (Vec<(f32, Letter<'_>)>, f32) {
        let mut at = 0.0;
        let mut before: Option<GlyphId> = None;
        let mut letters = Vec::new();
        for c in text.chars() {
            let letter = self.letter(c);
            match letter {
                Letter::Glyph { font, scale, id } => {
                    let scaled = font.as_scaled(scale);
                    at += before.map_or(0.0, |before| scaled.kern(before, id));
                    letters.push((at, letter));
                    at += scaled.h_advance(id);
                    before = self.is_first(font).then_some(id);
                }
                Letter::Missing => {
                    letters.push((at, letter));
                    at += BOX_ADVANCE * self.px;
                    before = None;
                }
                Letter::Hidden => {}
            }
        }
        (letters, at)
    }

    /// Kerning is used only within the first font.
    fn is_first(&self, font: &FontRef) -> bool {
        self.fonts.first().is_some_and(|(first, _)| std::ptr::eq(first, font))
    }

    pub fn width(&self, text: &str) -> f32 {
        self.layout(text).1
    }

    /// Shortens `text` to fit, with "…".
    pub fn fitted(&self, text: &str, width: f32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        // More than fits into any picture.
        let mut kept: Vec<char> = text.chars().take(500).collect();
        loop {
            let shortened: String = kept.iter().chain(&['…']).collect();
            if kept.pop().is_none() || self.width(&shortened) <= width {
                return shortened;
            }
        }
    }

    /// Draws `text` with its left end at `x` and its vertical middle at `y`.
    pub fn write(&self, canvas: &mut Canvas, x: f32, y: f32, text: &str, colour: Rgb) {
        // The middle of a line of digits and capitals, which Inter draws 0.73 em high.
        let baseline = y + self.px * BOX_HEIGHT / 2.0;
        for (at, letter) in self.layout(text).0 {
            match letter {
                Letter::Glyph { font, scale, id } => {
                    let glyph = id.with_scale_and_position(scale, point(x + at, baseline));
                    let Some(outline) = font.outline_glyph(glyph) else {
                        continue;
                    };
                    let min = outline.px_bounds().min;
                    outline.draw(|dx, dy, share| {
                        let (x, y) = (min.x as i64 + i64::from(dx), min.y as i64 + i64::from(dy));
                        canvas.blend(x, y, colour, share);
                    });
                }
                Letter::Missing => self.draw_box(canvas, x + at, baseline, colour),
                Letter::Hidden => {}
            }
        }
    }

    fn draw_box(&self, canvas: &mut Canvas, x: f32, baseline: f32, colour: Rgb) {
        let [gap, line] = [BOX_GAP, BOX_LINE].map(|share| share * self.px);
        let (left, right) = (x + gap, x + BOX_ADVANCE * self.px - gap);
        let (top, bottom) = (baseline - BOX_HEIGHT * self.px, baseline);
        for side in [
            [left, top, right, top + line],
            [left, bottom - line, right, bottom],
            [left, top + line, left + line, bottom - line],
            [right - line, top + line, right, bottom - line],
        ] {
            canvas.fill(side, colour);
        }
    }

    /// Draws `text` with its right end at `x`.
    pub fn write_before(&self, canvas: &mut Canvas, x: f32, y: f32, text: &str, colour: Rgb) {
        self.write(canvas, x - self.width(text), y, text, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_and_leave_ink() {
        let pen = Pen::regular(14.0);
        let width = pen.width("Nocturne 7");
        assert!((55.0..90.0).contains(&width), "{width}");
        assert_eq!(pen.fitted("Nocturne 7", width), "Nocturne 7");
        let short = pen.fitted("Nocturne 7", width * 0.6);
        assert!(short.ends_with('…') && pen.width(&short) <= width * 0.6, "{short}");
        let mut canvas = Canvas::new(100, 20, [255; 3]);
        pen.write(&mut canvas, 2.0, 10.0, "0:30", [0; 3]);
        let rows: Vec<usize> =
            (0..20).filter(|&y| (0..100).any(|x| canvas.pixel(x, y).is_some_and(|p| p[0] < 128))).collect();
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        assert!((9..=12).contains(&(last - first)), "{rows:?}");
        assert!((first + last).abs_diff(19) <= 2, "in the middle: {rows:?}");
    }

    #[test]
    fn every_letter_leaves_ink() {
        let pen = Pen::bold(20.0);
        let ink = |text: &str| {
            let mut canvas = Canvas::new(200, 30, [255; 3]);
            pen.write(&mut canvas, 4.0, 15.0, text, [0; 3]);
            let dark = |x: usize, y: usize| canvas.pixel(x, y).is_some_and(|p| p[0] < 128);
            (0..200).filter(|&x| (0..30).any(|y| dark(x, y))).count()
        };
        // Drawn: Latin, Greek, Cyrillic, accidentals. Boxes: everything else.
        for letters in ["é", "Ω", "Я", "♯", "月", "ア", "한", "ש", "🎹"] {
            assert!(ink(letters) >= 5, "{letters}: {}", ink(letters));
        }
        let is_box = |c: char| matches!(pen.letter(c), Letter::Missing);
        assert!("月の光한".chars().all(is_box) && !"Étude Ωδή Пьеса ♯♭".chars().any(is_box));
        assert!((pen.width("月光") - 2.0 * BOX_ADVANCE * 20.0).abs() < 0.01);
        assert_eq!(pen.width("e\u{301}"), pen.width("e"));
    }
}
