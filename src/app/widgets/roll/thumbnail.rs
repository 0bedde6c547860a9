//! Thumbnails of takes.

use std::sync::Arc;

use eframe::egui::{Color32, Mesh, Painter, Rect, Shape};

use super::Raster;
use crate::music::Performance;

const COLUMNS: usize = 128;
const ROWS: usize = 22;

/// The thumbnail of a take in the list: a few KiB, cheap to clone and to paint.
#[derive(Clone, Debug, Default)]
pub struct Thumbnail {
    raster: Arc<Raster>,
}

impl Thumbnail {
    pub fn new(performance: &Performance) -> Thumbnail {
        let raster = match performance.pitch_range() {
            None => Raster::default(),
            Some(pitches) => Raster::new(performance, performance.duration_secs(), COLUMNS, pitches, ROWS),
        };
        Thumbnail { raster: Arc::new(raster) }
    }

    /// Paints into `rect`. With `progress` (0–1), the part already played is in full colour and the rest is dimmer.
    pub fn paint(&self, painter: &Painter, rect: Rect, colour: Color32, progress: Option<f32>) {
        let dim = colour.gamma_multiply(0.45);
        let mut mesh = Mesh::default();
        self.raster.fill_mesh(&mut mesh, rect, |share| match progress {
            Some(done) if share > done => dim,
            _ => colour,
        });
        painter.add(Shape::mesh(mesh));
    }
}
