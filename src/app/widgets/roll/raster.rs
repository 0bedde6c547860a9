//! A coarse raster of a performance, with which overview and thumbnails draw any number of notes cheaply.

use eframe::egui::{Color32, Mesh, Rect, pos2};

use crate::music::{Performance, Pitch};

/// A run of filled cells in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    row: u16,
    from: u16,
    to: u16,
}

/// Notes on a grid of time columns and pitch rows; row 0 is the highest pitch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raster {
    columns: u16,
    rows: u16,
    runs: Vec<Run>,
}

impl Raster {
    /// `total_secs` is the time that the columns cover; `pitches` are the lowest and highest row. At most 4,096
    /// columns.
    pub fn new(
        performance: &Performance,
        total_secs: f64,
        columns: usize,
        pitches: (Pitch, Pitch),
        rows: usize,
    ) -> Raster {
        let (columns, rows) = (columns.clamp(1, 4096), rows.clamp(1, Pitch::COUNT));
        let (low, high) = (f64::from(pitches.0.number()), f64::from(pitches.1.number()) + 1.0);
        let mut filled = vec![false; columns * rows];
        for note in performance.notes() {
            let column = |secs: f64| (secs / total_secs.max(1e-9) * columns as f64).max(0.0) as usize;
            let from = column(note.onset_secs).min(columns - 1);
            let to = column(note.release_secs()).clamp(from, columns - 1);
            let height = (high - 0.5 - f64::from(note.pitch.number())) / (high - low);
            let row = ((height * rows as f64).max(0.0) as usize).min(rows - 1);
            filled[row * columns + from..=row * columns + to].fill(true);
        }
        let runs =
            filled.chunks(columns).enumerate().flat_map(|(row, cells)| row_runs(row as u16, cells)).collect();
        Raster { columns: columns as u16, rows: rows as u16, runs }
    }

    /// Appends the raster, stretched over `rect`. `colour_at` gives the colour of a run that begins at a fraction
    /// (0–1) of the width.
    pub fn fill_mesh(&self, mesh: &mut Mesh, rect: Rect, colour_at: impl Fn(f32) -> Color32) {
        if self.columns == 0 || self.rows == 0 {
            return;
        }
        let (width, height) = (rect.width() / f32::from(self.columns), rect.height() / f32::from(self.rows));
        // Cells lower than a point would disappear on a rasteriser without anti-aliasing.
        let cell = height.max(1.0);
        for run in &self.runs {
            let left = rect.left() + f32::from(run.from) * width;
            let right = (rect.left() + f32::from(run.to) * width).max(left + 1.0);
            let top = rect.top() + f32::from(run.row) * height;
            let colour = colour_at((left - rect.left()) / rect.width().max(1.0));
            mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(right, top + cell)), colour);
        }
    }

    /// The number of rectangles.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

fn row_runs(row: u16, cells: &[bool]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (i, _) in cells.iter().enumerate().filter(|(_, filled)| **filled) {
        let i = i as u16;
        match runs.last_mut() {
            Some(run) if run.to == i => run.to = i + 1,
            _ => runs.push(Run { row, from: i, to: i + 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, Velocity};

    fn pitch(number: u8) -> Pitch {
        Pitch::new(number).unwrap()
    }

    fn note(number: u8, onset_secs: f64, duration_secs: f64) -> Note {
        Note { pitch: pitch(number), onset_secs, duration_secs, velocity: Velocity::new(64).unwrap() }
    }

    #[test]
    fn high_is_up_and_late_is_right() {
        let p = Performance::new(vec![note(60, 0.0, 1.0), note(71, 8.0, 2.0)], vec![]);
        let raster = Raster::new(&p, 10.0, 10, (pitch(60), pitch(71)), 12);
        assert_eq!(raster.runs, [Run { row: 0, from: 8, to: 10 }, Run { row: 11, from: 0, to: 2 }]);
    }

    #[test]
    fn notes_that_touch_become_one_run_and_none_is_lost() {
        let notes = (0..50).map(|i| note(60, f64::from(i) * 0.2, 0.2)).collect();
        let p = Performance::new(notes, vec![]);
        assert_eq!(Raster::new(&p, 10.0, 40, (pitch(60), pitch(60)), 4).len(), 1);
        let late = Performance::new(vec![note(60, 500.0, 1.0)], vec![]);
        assert_eq!(Raster::new(&late, 10.0, 40, (pitch(60), pitch(60)), 4).len(), 1);
    }
}
