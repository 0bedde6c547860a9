//! Writing curves and bars: as a table, as data, or as they look on the screen.

use std::path::PathBuf;

use eframe::egui::Rect;

use super::app::PasticheApp;
use crate::app::threads::workers::Done;
use crate::causes::details;
use crate::files::write_whole;
use crate::picture::{is_picture, write_pixels};

impl PasticheApp {
    /// Writes the curves of the training tab.
    pub(super) fn export_curves(&mut self, path: PathBuf, as_picture: bool) {
        match self.training.curves_at() {
            Some(rect) if as_picture => self.picture(path, rect),
            _ => self.write_chart(path, Ok(self.training.curves_csv())),
        }
    }

    /// Writes the reports that are open in the evaluation tab, by the ending of the path.
    pub(super) fn export_comparison(&mut self, path: PathBuf) {
        let reports = self.evaluation.open_reports();
        let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        match self.evaluation.drawn_at() {
            Some(rect) if is_picture(&path) => self.picture(path, rect),
            _ if is_json => {
                let text = serde_json::to_string_pretty(reports).map_err(|error| error.to_string());
                self.write_chart(path, text);
            }
            _ => self.write_chart(path, Ok(reports.to_csv())),
        }
    }

    fn write_chart(&mut self, path: PathBuf, text: Result<String, String>) {
        self.workers.task("chart", move || {
            let written =
                text.and_then(|text| write_whole(&path, text.as_bytes()).map_err(|error| error.to_string()));
            Done::ChartsWritten { path, result: written }
        });
    }

    /// Writes a part of the window as a picture, once it is drawn.
    fn picture(&self, path: PathBuf, rect: Rect) {
        let (reporter, scale) = (self.workers.reporter(), self.ctx.pixels_per_point());
        self.ctx.request_screenshot(move |picture| {
            // This is the thread of the window, where files have no place.
            std::thread::spawn(move || {
                let picture = picture.region(&rect, Some(scale));
                let pixels: Vec<[u8; 3]> = picture.pixels.iter().map(|p| [p.r(), p.g(), p.b()]).collect();
                let result = write_pixels(&path, picture.size, &pixels).map_err(|error| details(&error));
                reporter.report(Done::ChartsWritten { path, result });
            });
        });
    }
}
