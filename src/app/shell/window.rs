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
    let options = eframe::NativeOptions {
        viewport,
        centered: true,
        ..Default::default()
    };
    eframe::run_native(
        "Pastiche",
        options,
        Box::new(move |cc| {
            let app = PasticheApp::new(&cc.egui_ctx, places)?;
            Ok(Box::new(app))
        }),
    )
}

/// Side of the window's icon, in pixels.
const ICON: u32 = 64;

/// The icon, painted: three keys of a piano on the accent's ground, the middle one struck.
fn icon() -> IconData {
    let pixel = |x: u32, y: u32| -> [u8; 4] {
        let (fx, fy) = (x as f32 + 0.5, y as f32 + 0.5);
        let (dx, dy) = ((fx - 32.0).abs() - 20.0, (fy - 32.0).abs() - 20.0);
        let outside = dx.max(0.0).hypot(dy.max(0.0)) - 12.0;
        let alpha = (0.5 - outside).clamp(0.0, 1.0);
        let key = (x.saturating_sub(11)) / 14;
        let is_key = (11..53).contains(&x) && (x - 11) % 14 < 12 && (14..50).contains(&y);
        let is_black = (14..34).contains(&y) && ((19..27).contains(&x) || (33..41).contains(&x));
        let rgb = match () {
            () if is_black => [0x1a, 0x1c, 0x30],
            () if is_key && key == 1 => [0xff, 0xc9, 0x6b],
            () if is_key => [0xf6, 0xf6, 0xfb],
            () => [0x5a, 0x66, 0xe0],
        };
        [rgb[0], rgb[1], rgb[2], (alpha * 255.0) as u8]
    };
    let rgba = (0..ICON)
        .flat_map(|y| (0..ICON).flat_map(move |x| pixel(x, y)))
        .collect();
    IconData {
        rgba,
        width: ICON,
        height: ICON,
    }
}
