//! Notes as a bitmap, to draw a long take that is visible as a whole.
//!
//! egui processes every vertex of a mesh in each frame. A bitmap costs one rectangle per frame, and thousands of
//! small notes are faster to rasterise than to triangulate.

use eframe::egui::{
    Color32, ColorImage, Context, Pos2, Rect, Shape, TextureHandle, TextureOptions, Vec2, pos2,
};

/// Triangulating a note costs about as much as rasterising and uploading this many pixels.
const PIXELS_PER_NOTE: f32 = 200.0;

/// A bitmap of an area, at screen resolution.
#[derive(Default)]
pub struct NotePicture {
    /// The texture and its area.
    drawn: Option<(TextureHandle, Rect)>,
}

impl NotePicture {
    /// Is a bitmap cheaper for this many notes?
    pub fn is_cheaper(ctx: &Context, notes: usize, area: Rect) -> bool {
        let size = area.size() * ctx.pixels_per_point();
        let most = ctx.input(|i| i.max_texture_side) as f32;
        notes as f32 * PIXELS_PER_NOTE > size.x * size.y && size.max_elem() + 2.0 < most
    }

    /// Paints rectangles over each other on a transparent bitmap. A pixel belongs to a rectangle if its centre is
    /// inside, as on the GPU.
    pub fn fill(&mut self, ctx: &Context, area: Rect, rects: impl Iterator<Item = (Rect, Color32)>) {
        let scale = ctx.pixels_per_point();
        let first = (area.min.to_vec2() * scale).floor();
        let size = (area.max.to_vec2() * scale).ceil() - first;
        let (width, height) = (size.x as usize, size.y as usize);
        let mut pixels = vec![Color32::TRANSPARENT; width * height];
        for (rect, colour) in rects {
            let pixel = |at: Pos2| (at.to_vec2() * scale - first - Vec2::splat(0.5)).ceil();
            let (from, to) = (pixel(rect.min), pixel(rect.max));
            let columns = (from.x.max(0.0) as usize).min(width)..(to.x.max(0.0) as usize).min(width);
            for row in (from.y.max(0.0) as usize).min(height)..(to.y.max(0.0) as usize).min(height) {
                pixels[row * width..][columns.clone()].fill(colour);
            }
        }
        let image = ColorImage::new([width, height], pixels);
        let rect = Rect::from_min_size((first / scale).to_pos2(), size / scale);
        let texture = match self.drawn.take() {
            Some((mut texture, _)) => {
                texture.set(image, TextureOptions::NEAREST);
                texture
            }
            None => ctx.load_texture("notes", image, TextureOptions::NEAREST),
        };
        self.drawn = Some((texture, rect));
    }

    pub fn shape(&self) -> Shape {
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        match &self.drawn {
            Some((texture, rect)) => Shape::image(texture.id(), *rect, whole, Color32::WHITE),
            None => Shape::Noop,
        }
    }
}

impl std::fmt::Debug for NotePicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotePicture").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::vec2;

    #[test]
    fn a_pixel_belongs_to_the_last_rectangle_that_covers_its_middle() {
        let (ctx, mut picture) = (Context::default(), NotePicture::default());
        let area = Rect::from_min_size(pos2(10.0, 20.0), vec2(4.0, 3.0));
        let note = |x: f32, y: f32, w: f32, h: f32| Rect::from_min_size(pos2(x, y), vec2(w, h));
        let rects = [(note(9.0, 20.4, 3.0, 1.2), Color32::RED), (note(11.6, 21.0, 9.0, 9.0), Color32::BLUE)];
        picture.fill(&ctx, area, rects.into_iter());
        let (texture, rect) = picture.drawn.as_ref().expect("a picture");
        assert_eq!(*rect, area);
        let mut delta = ctx.tex_manager().write().take_delta();
        let eframe::egui::ImageData::Color(image) = &delta.set[&texture.id()][0].image;
        let image = std::sync::Arc::clone(image);
        delta.clear();
        let (none, red, blue) = (Color32::TRANSPARENT, Color32::RED, Color32::BLUE);
        assert_eq!(image.size, [4, 3]);
        assert_eq!(
            image.pixels,
            [[red, red, none, none], [red, red, blue, blue], [none, none, blue, blue]].concat()
        );
    }
}
