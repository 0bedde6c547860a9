//! Pictures as PNG files, without a window: the whole piano roll with keyboard, time ruler and pedal, the
//! self-similarity of a piece, and scatter plots.

mod canvas;
mod roll;
mod scatter;
mod similarity;
mod text;

pub use roll::{Look, draw};
pub use scatter::{Scatter, Series, hue, write_scatter};
pub use similarity::{similarity_colour, write_similarity};

use std::io;
use std::path::{Path, PathBuf};

use crate::files::write_whole;
use crate::music::Performance;

/// Why a picture was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    #[error("there is nothing to draw; open a file that has notes")]
    Empty,
    #[error("the picture could not be encoded")]
    Encode(#[from] png::EncodingError),
    #[error("the picture could not be written; check the free space and the permissions: {path}")]
    Write { source: io::Error, path: PathBuf },
}

/// Draws `performance` and writes it to `path`.
///
/// # Errors
/// See [`PictureError`].
pub fn write_file(
    path: &Path,
    performance: &Performance,
    title: &str,
    look: &Look,
) -> Result<(), PictureError> {
    write_canvas(path, &draw(performance, title, look).ok_or(PictureError::Empty)?)
}

/// Writes pixels, row by row from the top, as a PNG.
///
/// # Errors
/// See [`PictureError`].
pub fn write_pixels(path: &Path, size: [usize; 2], pixels: &[[u8; 3]]) -> Result<(), PictureError> {
    let canvas = canvas::Canvas::of(size, pixels).ok_or(PictureError::Empty)?;
    write_canvas(path, &canvas)
}

fn write_canvas(path: &Path, canvas: &canvas::Canvas) -> Result<(), PictureError> {
    let bytes = canvas.to_png()?;
    write_whole(path, &bytes).map_err(|source| PictureError::Write { source, path: path.to_owned() })
}

/// Does `path` end in .png?
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
}
