//! Pixels to draw on.

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Mixes `a` (share 0) with `b` (share 1).
pub fn mix(a: Rgb, b: Rgb, share: f32) -> Rgb {
    let channel = |i: usize| f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * share.clamp(0.0, 1.0);
    [0, 1, 2].map(|i| channel(i).round() as u8)
}

/// An opaque picture. Coordinates are pixels from the top left corner; drawing is clipped.
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pixels: Vec<Rgb>,
}

impl Canvas {
    pub fn new(width: usize, height: usize, ground: Rgb) -> Canvas {
        Canvas { width, height, pixels: vec![ground; width * height] }
    }

    /// `None` unless there are `size[0]` × `size[1]` pixels, and any at all.
    pub fn of([width, height]: [usize; 2], pixels: &[Rgb]) -> Option<Canvas> {
        let fits = !pixels.is_empty() && pixels.len() == width * height;
        fits.then(|| Canvas { width, height, pixels: pixels.to_vec() })
    }

    pub fn pixel(&self, x: usize, y: usize) -> Option<Rgb> {
        self.pixels.get(y * self.width + x).copied().filter(|_| x < self.width)
    }

    /// Blends `colour` over a pixel with an opacity of 0–1.
    pub fn blend(&mut self, x: i64, y: i64, colour: Rgb, share: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x < self.width && y < self.height {
            let pixel = &mut self.pixels[y * self.width + x];
            *pixel = mix(*pixel, colour, share);
        }
    }

    /// Draws an anti-aliased rectangle, so that short notes still show their length.
    pub fn fill(&mut self, [left, top, right, bottom]: [f32; 4], colour: Rgb) {
        let (left, right) = (left.max(0.0), right.min(self.width as f32));
        let (top, bottom) = (top.max(0.0), bottom.min(self.height as f32));
        if left >= right || top >= bottom {
            return;
        }
        let cover = |from: f32, to: f32, at: usize| (to.min(at as f32 + 1.0) - from.max(at as f32)).max(0.0);
        for y in top as usize..(bottom.ceil() as usize) {
            let row = cover(top, bottom, y);
            for x in left as usize..(right.ceil() as usize) {
                self.blend(x as i64, y as i64, colour, row * cover(left, right, x));
            }
        }
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    /// Errors of the encoder.
    pub fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_covered_pixel_is_half_coloured() {
        let mut canvas = Canvas::new(4, 2, [0; 3]);
        canvas.fill([1.0, 0.0, 2.5, 1.0], [200, 100, 50]);
        assert_eq!(canvas.pixel(1, 0), Some([200, 100, 50]));
        assert_eq!(canvas.pixel(2, 0), Some([100, 50, 25]));
        assert_eq!(canvas.pixel(0, 0), Some([0; 3]));
        assert_eq!(canvas.pixel(1, 1), Some([0; 3]));
        assert_eq!(canvas.pixel(4, 0), None);
        canvas.fill([-9.0, -9.0, 99.0, 99.0], [9; 3]);
        assert_eq!(canvas.pixel(3, 1), Some([9; 3]));
    }
}
