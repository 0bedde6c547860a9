//! Words on a canvas, in the font of the window.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::canvas::{Canvas, Rgb};

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");

/// A font at a size. Without one (the file is part of the program) nothing is written.
pub struct Pen {
    font: Option<FontRef<'static>>,
    scale: PxScale,
}

impl Pen {
    pub fn regular(px: f32) -> Pen {
        Pen::new(REGULAR, px)
    }

    pub fn bold(px: f32) -> Pen {
        Pen::new(SEMIBOLD, px)
    }

    fn new(bytes: &'static [u8], px: f32) -> Pen {
        let font = FontRef::try_from_slice(bytes).ok();
        // The size of a font is that of its em; ab_glyph counts from the highest to the lowest point.
        let per_em = font
            .as_ref()
            .and_then(|f| Some(f.height_unscaled() / f.units_per_em()?));
        Pen {
            font,
            scale: PxScale::from(px * per_em.unwrap_or(1.2)),
        }
    }

    pub fn width(&self, text: &str) -> f32 {
        let Some(font) = &self.font else { return 0.0 };
        let font = font.as_scaled(self.scale);
        let glyphs: Vec<_> = text.chars().map(|c| font.glyph_id(c)).collect();
        let kerns = glyphs.windows(2).map(|pair| font.kern(pair[0], pair[1]));
        glyphs.iter().map(|id| font.h_advance(*id)).sum::<f32>() + kerns.sum::<f32>()
    }

    /// As much of `text` as fits, with "…" where something was left out.
    pub fn fitted(&self, text: &str, width: f32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        // Far more than any picture has room for.
        let mut kept: Vec<char> = text.chars().take(500).collect();
        loop {
            let shortened: String = kept.iter().chain(&['…']).collect();
            if kept.pop().is_none() || self.width(&shortened) <= width {
                return shortened;
            }
        }
    }

    /// Writes `text` with its left end at `x` and its middle at `y`.
    pub fn write(&self, canvas: &mut Canvas, x: f32, y: f32, text: &str, colour: Rgb) {
        let Some(font) = &self.font else { return };
        let font = font.as_scaled(self.scale);
        // The middle of a line of digits and capitals, which Inter draws 0.73 em high.
        let baseline = y + font.ascent() * 0.375;
        let mut at = x;
        let mut before = None;
        for c in text.chars() {
            let id = font.glyph_id(c);
            at += before.map_or(0.0, |b| font.kern(b, id));
            let glyph = id.with_scale_and_position(self.scale, point(at, baseline));
            if let Some(outline) = font.font().outline_glyph(glyph) {
                let min = outline.px_bounds().min;
                outline.draw(|dx, dy, share| {
                    let (x, y) = (min.x as i64 + i64::from(dx), min.y as i64 + i64::from(dy));
                    canvas.blend(x, y, colour, share);
                });
            }
            at += font.h_advance(id);
            before = Some(id);
        }
    }

    /// The same with the right end at `x`.
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
        assert!(
            short.ends_with('…') && pen.width(&short) <= width * 0.6,
            "{short}"
        );
        let mut canvas = Canvas::new(100, 20, [255; 3]);
        pen.write(&mut canvas, 2.0, 10.0, "0:30", [0; 3]);
        let rows: Vec<usize> = (0..20)
            .filter(|&y| (0..100).any(|x| canvas.pixel(x, y).is_some_and(|p| p[0] < 128)))
            .collect();
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        assert!((9..=12).contains(&(last - first)), "{rows:?}");
        assert!((first + last).abs_diff(19) <= 2, "in the middle: {rows:?}");
    }
}
