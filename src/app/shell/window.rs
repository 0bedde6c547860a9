//! Opening the window.

use std::sync::Arc;

use eframe::egui::{IconData, ViewportBuilder, vec2};

use super::app::PasticheApp;
use crate::app::Places;

/// Opens the window and returns when it is closed.
///
/// # Errors
/// When no window can be opened: no display, no OpenGL.
pub fn run(places: Places) -> Result<(), eframe::Error> {
    let viewport = ViewportBuilder::default()
        .with_title("Pastiche")
        .with_app_id("pastiche")
        .with_inner_size(vec2(1280.0, 800.0))
        .with_min_inner_size(vec2(960.0, 600.0))
        .with_icon(Arc::new(icon()));
    let options = eframe::NativeOptions { viewport, centered: true, ..Default::default() };
    eframe::run_native(
        "Pastiche",
        options,
        Box::new(move |cc| {
            let app = PasticheApp::new(&cc.egui_ctx, places)?;
            Ok(Box::new(app))
        }),
    )
}

/// Three keys of a piano, the middle one struck.
fn icon() -> IconData {
    let png = include_bytes!("../../../assets/icon.png");
    eframe::icon_data::from_png_bytes(png).unwrap_or_else(|error| {
        tracing::warn!(%error, "no icon for the window");
        IconData::default()
    })
}
