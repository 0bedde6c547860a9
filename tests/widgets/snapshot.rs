//! Snapshots: widgets as pictures, compared with those in `tests/golden/widgets/`. A small software renderer replaces
//! the GPU, so that they are the same on every machine.
//!
//! After an intended change, `UPDATE_SNAPSHOTS=1 cargo test --test widgets` writes them again: look at them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::mem;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use eframe::egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use eframe::egui::{Color32, ColorImage, Pos2, Rect, TextureId, TexturesDelta, Ui, Vec2, pos2};
use egui_kittest::{Harness, TestRenderer};

use crate::builder;

/// A pixel differs if one of its channels differs by more than this.
const MAX_CHANNEL_DIFFERENCE: u8 = 12;
/// Rounding may differ between processors in this share of the pixels.
const MAX_DIFFERENT_SHARE: f64 = 0.001;

type Textures = HashMap<TextureId, ColorImage>;

/// Keeps the textures that egui hands to the GPU.
#[derive(Clone, Default)]
struct TextureKeeper(Rc<RefCell<Textures>>);

impl TestRenderer for TextureKeeper {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut textures = self.0.borrow_mut();
        for (id, deltas) in mem::take(&mut delta.set) {
            for delta in deltas {
                let ImageData::Color(new) = &delta.image;
                let Some([left, top]) = delta.pos else {
                    textures.insert(id, (**new).clone());
                    continue;
                };
                let texture = textures.get_mut(&id).expect("a texture that is patched");
                for (row, pixels) in new.pixels.chunks_exact(new.size[0]).enumerate() {
                    let at = (top + row) * texture.size[0] + left;
                    texture.pixels[at..at + pixels.len()].copy_from_slice(pixels);
                }
            }
        }
        delta.free.clear();
    }
}

/// A widget that can be drawn as a picture.
pub struct Drawn<State: 'static> {
    pub harness: Harness<'static, State>,
    textures: TextureKeeper,
}

impl<State> Drawn<State> {
    pub fn new(size: Vec2, state: State, ui: impl FnMut(&mut Ui, &mut State) + 'static) -> Drawn<State> {
        let textures = TextureKeeper::default();
        let harness = builder(size).renderer(textures.clone()).build_ui_state(ui, state);
        Drawn { harness, textures }
    }

    /// Compares the last frame with the picture called `name`.
    #[track_caller]
    pub fn assert_snapshot(&self, name: &str) {
        let size = self.harness.ctx.content_rect().size();
        let mut canvas = Canvas::new(size.x as usize, size.y as usize);
        let output = self.harness.output();
        let ctx = &self.harness.ctx;
        for clipped in ctx.tessellate(output.shapes.clone(), output.pixels_per_point) {
            if let Primitive::Mesh(mesh) = &clipped.primitive {
                canvas.draw(mesh, clipped.clip_rect, &self.textures.0.borrow());
            }
        }
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/widgets/{name}.png"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            return canvas.save(&golden);
        }
        let share = canvas.difference(&golden);
        if share > MAX_DIFFERENT_SHARE {
            let actual = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
            canvas.save(&actual);
            panic!("{:.2} % of {} differ: {}", share * 100.0, golden.display(), actual.display());
        }
    }
}

/// An opaque RGB picture, one pixel per point.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, pixels: vec![[0; 3]; width * height] }
    }

    fn draw(&mut self, mesh: &Mesh, clip: Rect, textures: &Textures) {
        let texture = &textures[&mesh.texture_id];
        for triangle in mesh.indices.chunks_exact(3) {
            let corner = |i: usize| &mesh.vertices[triangle[i] as usize];
            self.fill([corner(0), corner(1), corner(2)], clip, texture);
        }
    }

    /// Blends a triangle over the picture: the pixels whose centre is inside; those on an edge shared by two triangles
    /// only once.
    fn fill(&mut self, [a, b, c]: [&Vertex; 3], clip: Rect, texture: &ColorImage) {
        let area = cross(a.pos, b.pos, c.pos);
        if area == 0.0 {
            return;
        }
        let [a, b, c] = if area > 0.0 { [a, b, c] } else { [a, c, b] };
        let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
        let columns =
            bounds.left().max(0.0) as usize..(bounds.right().ceil().max(0.0) as usize).min(self.width);
        for y in bounds.top().max(0.0) as usize..(bounds.bottom().ceil().max(0.0) as usize).min(self.height) {
            for x in columns.clone() {
                let at = pos2(x as f32 + 0.5, y as f32 + 0.5);
                let weights = [cross(b.pos, c.pos, at), cross(c.pos, a.pos, at), cross(a.pos, b.pos, at)];
                let edges = [(b.pos, c.pos), (c.pos, a.pos), (a.pos, b.pos)];
                let is_inside = weights.iter().zip(edges).all(|(w, (from, to))| {
                    let is_top_left = to.y < from.y || (to.y == from.y && to.x > from.x);
                    *w > 0.0 || (*w == 0.0 && is_top_left)
                });
                if is_inside && clip.contains(at) {
                    let weights = weights.map(|w| w / area.abs());
                    self.blend(y * self.width + x, shade([a, b, c], weights, texture));
                }
            }
        }
    }

    /// Lays a colour with premultiplied alpha over a pixel.
    fn blend(&mut self, at: usize, colour: [f32; 4]) {
        for (below, above) in self.pixels[at].iter_mut().zip(colour) {
            *below = (above + f32::from(*below) * (1.0 - colour[3] / 255.0)).round().clamp(0.0, 255.0) as u8;
        }
    }

    fn save(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of the pictures");
        let mut encoder = png::Encoder::new(
            File::create(path).expect("a file for the picture"),
            self.width as u32,
            self.height as u32,
        );
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a PNG header");
        writer.write_image_data(self.pixels.as_flattened()).expect("a PNG file");
    }

    /// The share of pixels that differ from those of a file; 1 for another size.
    fn difference(&self, path: &Path) -> f64 {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = png::Decoder::new(BufReader::new(file)).read_info().expect("a PNG file");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a picture of moderate size")];
        let info = reader.next_frame(&mut bytes).expect("the picture");
        if (info.width as usize, info.height as usize) != (self.width, self.height) {
            return 1.0;
        }
        let (golden, _) = bytes.as_chunks::<3>();
        let differs = |(a, b): (&[u8; 3], &[u8; 3])| {
            a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > MAX_CHANNEL_DIFFERENCE)
        };
        let different = self.pixels.iter().zip(golden).filter(|pair| differs(*pair)).count();
        different as f64 / self.pixels.len() as f64
    }
}

/// Twice the area of the triangle, positive clockwise on the screen.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b - a).x * (c - a).y - (b - a).y * (c - a).x
}

/// The colour at a point: the interpolated vertex colours times the nearest texel.
fn shade(corners: [&Vertex; 3], weights: [f32; 3], texture: &ColorImage) -> [f32; 4] {
    let mix = |value: &dyn Fn(&Vertex) -> f32| -> f32 {
        corners.iter().zip(weights).map(|(corner, weight)| value(corner) * weight).sum()
    };
    let [width, height] = texture.size;
    let texel = |share: f32, size: usize| ((share * size as f32).max(0.0) as usize).min(size - 1);
    let (u, v) = (mix(&|c| c.uv.x), mix(&|c| c.uv.y));
    let texel: Color32 = texture.pixels[texel(v, height) * width + texel(u, width)];
    let channel =
        |i: usize| mix(&|c| f32::from(c.color.to_array()[i])) * f32::from(texel.to_array()[i]) / 255.0;
    [channel(0), channel(1), channel(2), channel(3)]
}
