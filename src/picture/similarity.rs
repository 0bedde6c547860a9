//! A picture of the self-similarity of a piece, time against time.

use std::path::Path;

use super::canvas::{Canvas, Rgb, mix};
use super::text::Pen;
use super::{PictureError, write_canvas};

const CELL: usize = 8;
const MARGIN: usize = 48;
const TITLE: usize = 44;
const PAPER: Rgb = [0xf8, 0xf8, 0xfa];
const TEXT: Rgb = [0x1b, 0x1d, 0x23];
const WEAK: Rgb = [0x5e, 0x64, 0x70];
/// Labels per axis.
const TICKS: usize = 4;

/// The colour of a similarity (0–255). Any two passages are about half alike, so that stays pale.
pub fn similarity_colour(shade: u8) -> Rgb {
    const PALE: Rgb = [0xf2, 0xf0, 0xec];
    const MIDDLE: Rgb = [0xd9, 0x8f, 0x5a];
    const DARK: Rgb = [0x3a, 0x1d, 0x4d];
    let share = ((f32::from(shade) / 255.0 - 0.45) / 0.55).clamp(0.0, 1.0);
    if share < 0.5 { mix(PALE, MIDDLE, share * 2.0) } else { mix(MIDDLE, DARK, share * 2.0 - 1.0) }
}

/// Draws `side`² shades, row by row, of a piece that lasts `secs`, and writes the picture to `path`. Time runs to the
/// right and downwards.
///
/// # Errors
/// [`PictureError::Empty`] if there are not exactly `side`² shades, or none; errors of writing.
pub fn write_similarity(
    path: &Path,
    title: &str,
    secs: f64,
    shades: &[u8],
    side: usize,
) -> Result<(), PictureError> {
    let canvas = draw(title, secs, shades, side).ok_or(PictureError::Empty)?;
    write_canvas(path, &canvas)
}

fn draw(title: &str, secs: f64, shades: &[u8], side: usize) -> Option<Canvas> {
    if side == 0 || shades.len() != side * side {
        return None;
    }
    let length = side * CELL;
    let mut canvas = Canvas::new(length + 2 * MARGIN, length + TITLE + MARGIN, PAPER);
    let pen = Pen::bold(15.0);
    let title = pen.fitted(title, (length + MARGIN) as f32);
    pen.write(&mut canvas, MARGIN as f32 / 2.0, TITLE as f32 / 2.0, &title, TEXT);
    for (i, shade) in shades.iter().enumerate() {
        let (left, top) = (MARGIN + i % side * CELL, TITLE + i / side * CELL);
        let [left, top] = [left, top].map(|v| v as f32);
        let cell = [left, top, left + CELL as f32, top + CELL as f32];
        canvas.fill(cell, similarity_colour(*shade));
    }
    let pen = Pen::regular(11.0);
    for tick in 0..=TICKS {
        let at = (length * tick / TICKS) as f32;
        let whole = (secs * tick as f64 / TICKS as f64).round() as u64;
        let text = format!("{}:{:02}", whole / 60, whole % 60);
        let left = MARGIN as f32 + at - pen.width(&text) / 2.0;
        pen.write(&mut canvas, left, (TITLE + length + 14) as f32, &text, WEAK);
        pen.write_before(&mut canvas, MARGIN as f32 - 6.0, TITLE as f32 + at, &text, WEAK);
    }
    Some(canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_at_their_row_and_column() {
        let canvas = draw("Two moments", 90.0, &[255, 0, 128, 255], 2).unwrap();
        let at = |row: usize, column: usize| {
            canvas.pixel(MARGIN + column * CELL + CELL / 2, TITLE + row * CELL + CELL / 2)
        };
        assert_eq!(at(0, 0), Some(similarity_colour(255)));
        assert_eq!(at(0, 1), Some(similarity_colour(0)));
        assert_eq!(at(1, 0), Some(similarity_colour(128)));
        assert_ne!(similarity_colour(128), similarity_colour(255));
        assert!(draw("", 1.0, &[1, 2, 3], 2).is_none() && draw("", 1.0, &[], 0).is_none());
    }
}
