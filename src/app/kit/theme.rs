//! The theme: colours for light and dark, composer colours and markers, spacing and text sizes.
//!
//! Composer colours are chosen in OKLCH, where equal lightness looks equally light: the hue follows the era (cool
//! Baroque, green Classical, warm Romantic, violet late), the marker tells composers of one era apart without any
//! colour at all.

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Visuals, vec2,
};

use super::fonts::{self, HEADING_FAMILY};
use crate::music::Composer;

pub use egui_plot::MarkerShape;

/// One step of the 8-point grid, in points.
pub const GRID: f32 = 8.0;
/// Body text, in points.
pub const TEXT_SIZE: f32 = 14.0;
/// Captions, axis labels and secondary lines, in points.
pub const SMALL_SIZE: f32 = 12.0;

/// A composer's colour and marker, the same in list, roll, map, takes and charts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComposerStyle {
    pub colour: Color32,
    pub marker: MarkerShape,
}

/// (surname, OKLCH hue in degrees, chroma, lightness offset, marker) of the composers a checkpoint usually knows.
const KNOWN: &[(&str, f32, f32, f32, MarkerShape)] = &[
    ("Bach", 235.0, 0.13, 0.00, MarkerShape::Circle),
    ("Scarlatti", 205.0, 0.11, 0.04, MarkerShape::Square),
    ("Handel", 220.0, 0.12, -0.04, MarkerShape::Diamond),
    ("Haydn", 168.0, 0.13, 0.02, MarkerShape::Up),
    ("Clementi", 178.0, 0.10, -0.05, MarkerShape::Left),
    ("Mozart", 145.0, 0.16, 0.04, MarkerShape::Circle),
    ("Beethoven", 155.0, 0.14, -0.05, MarkerShape::Diamond),
    ("Schubert", 88.0, 0.15, 0.05, MarkerShape::Square),
    ("Mendelssohn", 105.0, 0.15, 0.06, MarkerShape::Down),
    ("Chopin", 25.0, 0.17, 0.00, MarkerShape::Circle),
    ("Schumann", 62.0, 0.15, 0.02, MarkerShape::Diamond),
    ("Liszt", 40.0, 0.16, -0.02, MarkerShape::Up),
    ("Franck", 75.0, 0.12, -0.04, MarkerShape::Left),
    ("Brahms", 52.0, 0.12, -0.06, MarkerShape::Right),
    ("Mussorgsky", 32.0, 0.12, -0.06, MarkerShape::Plus),
    ("Tchaikovsky", 10.0, 0.14, 0.03, MarkerShape::Cross),
    ("Albéniz", 338.0, 0.12, -0.03, MarkerShape::Left),
    ("Debussy", 300.0, 0.15, 0.03, MarkerShape::Square),
    ("Scriabin", 352.0, 0.16, 0.03, MarkerShape::Diamond),
    ("Rachmaninoff", 318.0, 0.17, -0.02, MarkerShape::Circle),
    ("Ravel", 308.0, 0.11, 0.05, MarkerShape::Up),
    ("Medtner", 330.0, 0.10, -0.05, MarkerShape::Down),
    ("Bartók", 345.0, 0.12, 0.00, MarkerShape::Plus),
    ("Prokofiev", 325.0, 0.14, 0.04, MarkerShape::Right),
];

const SPARE_MARKERS: [MarkerShape; 8] = [
    MarkerShape::Circle,
    MarkerShape::Diamond,
    MarkerShape::Square,
    MarkerShape::Up,
    MarkerShape::Down,
    MarkerShape::Left,
    MarkerShape::Right,
    MarkerShape::Plus,
];

/// The colour and marker of a composer. Composers without a colour of their own get one from `index` (their id).
pub fn composer_style(composer: &Composer, index: usize, dark: bool) -> ComposerStyle {
    let known = KNOWN.iter().find(|known| known.0 == composer.surname());
    let (hue, chroma, offset, marker) = match known {
        Some(&(_, hue, chroma, offset, marker)) => (hue, chroma, offset, marker),
        // The golden angle keeps neighbours apart for any number of unknown names.
        None => ((index as f32 * 137.508) % 360.0, 0.09, 0.0, SPARE_MARKERS[index % SPARE_MARKERS.len()]),
    };
    let lightness = if dark { 0.76 } else { 0.50 };
    // On white the light hues (yellow, green) must be darker still; half the offset keeps the contrast.
    let offset = if dark { offset } else { offset * 0.5 - 0.01 };
    ComposerStyle { colour: oklch(lightness + offset, chroma, hue), marker }
}

/// The style of music without a composer: an opened file, the label "any".
pub fn neutral_style(dark: bool) -> ComposerStyle {
    let colour = if dark { Color32::from_rgb(0xb4, 0xb8, 0xc2) } else { Color32::from_rgb(0x5a, 0x60, 0x6c) };
    ComposerStyle { colour, marker: MarkerShape::Circle }
}

/// Colours of the custom widgets, in addition to egui's `Visuals`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// The accent: the main button, the playhead.
    pub accent: Color32,
    /// Text on a filled accent.
    pub on_accent: Color32,
    /// The window behind the panels.
    pub base: Color32,
    /// Panels.
    pub panel: Color32,
    /// The well that rolls, maps and plots are drawn in.
    pub well: Color32,
    /// The rows of the black keys in the roll, a shade off the well.
    pub well_dark: Color32,
    /// Cards and hovered rows.
    pub raised: Color32,
    /// Hairlines: separators, grids.
    pub line: Color32,
    pub text: Color32,
    /// Captions; still at least 4.5:1 on panels.
    pub weak_text: Color32,
    pub warning: Color32,
    pub error: Color32,
    pub success: Color32,
}

impl Palette {
    pub fn new(dark: bool) -> Palette {
        let rgb = Color32::from_rgb;
        if dark {
            Palette {
                accent: rgb(0x7c, 0x8c, 0xff),
                on_accent: rgb(0x0e, 0x10, 0x1c),
                base: rgb(0x12, 0x13, 0x17),
                panel: rgb(0x1a, 0x1c, 0x21),
                well: rgb(0x14, 0x15, 0x1a),
                well_dark: rgb(0x10, 0x11, 0x15),
                raised: rgb(0x26, 0x29, 0x31),
                line: rgb(0x31, 0x35, 0x3f),
                text: rgb(0xe8, 0xe9, 0xed),
                weak_text: rgb(0x9d, 0xa3, 0xaf),
                warning: rgb(0xf0, 0xb4, 0x4c),
                error: rgb(0xff, 0x7b, 0x72),
                success: rgb(0x6c, 0xc7, 0x91),
            }
        } else {
            Palette {
                accent: rgb(0x4a, 0x55, 0xd6),
                on_accent: rgb(0xff, 0xff, 0xff),
                base: rgb(0xec, 0xed, 0xf0),
                panel: rgb(0xf8, 0xf8, 0xfa),
                well: rgb(0xff, 0xff, 0xff),
                well_dark: rgb(0xf2, 0xf3, 0xf6),
                raised: rgb(0xe8, 0xe9, 0xee),
                line: rgb(0xd6, 0xd8, 0xdf),
                text: rgb(0x1b, 0x1d, 0x23),
                weak_text: rgb(0x5e, 0x64, 0x70),
                warning: rgb(0x8f, 0x5b, 0x00),
                error: rgb(0xb4, 0x23, 0x18),
                success: rgb(0x1f, 0x75, 0x48),
            }
        }
    }

    /// The palette of the theme that `ui` is drawn in.
    pub fn of(ui: &egui::Ui) -> Palette {
        Palette::new(ui.visuals().dark_mode)
    }
}

/// Styles both of egui's themes. Call once at the start.
pub fn install(ctx: &egui::Context) {
    fonts::install(ctx);
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme == egui::Theme::Dark);
            set_spacing(&mut style.spacing);
            let size = |points| FontId::new(points, FontFamily::Proportional);
            style.text_styles = [
                (TextStyle::Small, size(SMALL_SIZE)),
                (TextStyle::Body, size(TEXT_SIZE)),
                (TextStyle::Button, size(TEXT_SIZE)),
                (TextStyle::Monospace, FontId::new(SMALL_SIZE, FontFamily::Monospace)),
                (TextStyle::Heading, FontId::new(TEXT_SIZE, FontFamily::Name(HEADING_FAMILY.into()))),
            ]
            .into();
            style.interaction.tooltip_delay = 0.4;
            style.animation_time = 0.1;
            style.url_in_tooltip = true;
        });
    }
}

fn set_spacing(spacing: &mut egui::style::Spacing) {
    spacing.item_spacing = vec2(GRID, GRID * 0.75);
    spacing.button_padding = vec2(GRID * 1.25, GRID * 0.5);
    spacing.interact_size = vec2(GRID * 5.0, GRID * 3.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(8);
    spacing.slider_rail_height = 4.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.scroll = egui::style::ScrollStyle::floating();
    spacing.tooltip_width = 320.0;
}

fn visuals(dark: bool) -> Visuals {
    let p = Palette::new(dark);
    let mut v = if dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(6);
    v.panel_fill = p.panel;
    v.window_fill = p.panel;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = CornerRadius::same(10);
    v.menu_corner_radius = CornerRadius::same(8);
    v.extreme_bg_color = p.well;
    v.text_edit_bg_color = Some(p.well);
    v.faint_bg_color = p.raised.gamma_multiply(0.5);
    v.code_bg_color = p.raised;
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warning;
    v.error_fg_color = p.error;
    v.weak_text_color = Some(p.weak_text);
    v.selection.bg_fill = p.accent.gamma_multiply(if dark { 0.45 } else { 0.25 });
    v.selection.stroke = Stroke::new(1.0, p.text);
    v.slider_trailing_fill = true;
    v.handle_shape = egui::style::HandleShape::Circle;
    v.striped = false;
    v.disabled_alpha = 0.45;

    let hover = if dark { Color32::from_rgb(0x30, 0x34, 0x3e) } else { Color32::from_rgb(0xdc, 0xde, 0xe6) };
    let press = if dark { Color32::from_rgb(0x3a, 0x3f, 0x4b) } else { Color32::from_rgb(0xcd, 0xd0, 0xda) };
    let w = &mut v.widgets;
    for (state, fill) in [
        (&mut w.noninteractive, p.panel),
        (&mut w.inactive, p.raised),
        (&mut w.hovered, hover),
        (&mut w.active, press),
        (&mut w.open, hover),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::NONE;
        state.corner_radius = radius;
        state.fg_stroke = Stroke::new(1.0, p.text);
        state.expansion = 0.0;
    }
    w.noninteractive.bg_stroke = Stroke::new(1.0, p.line);
    // The focus ring of the keyboard.
    w.active.bg_stroke = Stroke::new(1.5, p.accent);
    v
}

/// The colour of a further run among curves, by its number; neighbours are far apart.
pub fn run_colour(number: usize, dark: bool) -> Color32 {
    let hue = (25.0 + number as f32 * 137.508) % 360.0;
    if dark { oklch(0.76, 0.14, hue) } else { oklch(0.52, 0.15, hue) }
}

/// Paints a composer's marker, filled, centred at `centre`, about as large as a circle of `radius`.
pub fn paint_marker(painter: &egui::Painter, centre: egui::Pos2, radius: f32, style: ComposerStyle) {
    let polygon = |angles: &[f32], reach: f32| {
        let points =
            angles.iter().map(|degrees| centre + reach * egui::Vec2::angled(degrees.to_radians())).collect();
        egui::Shape::convex_polygon(points, style.colour, Stroke::NONE)
    };
    let strokes = |angles: &[f32]| {
        let stroke = Stroke::new(radius * 0.55, style.colour);
        for degrees in angles {
            let arm = radius * 1.05 * egui::Vec2::angled(degrees.to_radians());
            painter.line_segment([centre - arm, centre + arm], stroke);
        }
    };
    match style.marker {
        MarkerShape::Circle => _ = painter.circle_filled(centre, radius, style.colour),
        MarkerShape::Diamond => _ = painter.add(polygon(&[0.0, 90.0, 180.0, 270.0], radius * 1.2)),
        MarkerShape::Square => _ = painter.add(polygon(&[45.0, 135.0, 225.0, 315.0], radius * 1.22)),
        MarkerShape::Up => _ = painter.add(polygon(&[-90.0, 30.0, 150.0], radius * 1.25)),
        MarkerShape::Down => _ = painter.add(polygon(&[90.0, 210.0, 330.0], radius * 1.25)),
        MarkerShape::Left => _ = painter.add(polygon(&[180.0, 300.0, 60.0], radius * 1.25)),
        MarkerShape::Right => _ = painter.add(polygon(&[0.0, 120.0, 240.0], radius * 1.25)),
        MarkerShape::Cross => strokes(&[45.0, 135.0]),
        MarkerShape::Plus => strokes(&[0.0, 90.0]),
        MarkerShape::Asterisk => strokes(&[0.0, 60.0, 120.0]),
    }
}

/// OKLCH to sRGB (Björn Ottosson's matrices); chroma is lowered until the colour lies inside sRGB.
fn oklch(lightness: f32, chroma: f32, hue_degrees: f32) -> Color32 {
    let (sin, cos) = hue_degrees.to_radians().sin_cos();
    let linear = |chroma: f32| {
        let (a, b) = (chroma * cos, chroma * sin);
        let l = (lightness + 0.396_337_8 * a + 0.215_803_76 * b).powi(3);
        let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
        let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
    };
    let mut chroma = chroma;
    let mut rgb = linear(chroma);
    while chroma > 0.0 && rgb.iter().any(|c| !(-0.001..=1.001).contains(c)) {
        chroma -= 0.005;
        rgb = linear(chroma.max(0.0));
    }
    let [r, g, b] = rgb.map(|c| c.clamp(0.0, 1.0));
    egui::Rgba::from_rgb(r, g, b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color32) -> f32 {
        let c = egui::Rgba::from(colour);
        0.2126 * c.r() + 0.7152 * c.g() + 0.0722 * c.b()
    }

    /// WCAG 2 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn all() -> impl Iterator<Item = Composer> {
        KNOWN.iter().map(|known| Composer { name: known.0.to_owned() })
    }

    #[test]
    fn text_in_composer_colours_is_readable_on_both_themes() {
        for dark in [true, false] {
            let palette = Palette::new(dark);
            for (i, composer) in all().enumerate() {
                let ratio = contrast(composer_style(&composer, i, dark).colour, palette.panel);
                assert!(ratio >= 4.5, "{composer} has {ratio:.2} (dark: {dark})");
            }
            for (name, colour) in [
                ("text", palette.text),
                ("weak", palette.weak_text),
                ("warning", palette.warning),
                ("error", palette.error),
                ("success", palette.success),
                ("accent", palette.accent),
            ] {
                let ratio = contrast(colour, palette.panel);
                assert!(ratio >= 4.5, "{name} has {ratio:.2} (dark: {dark})");
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
        }
    }

    #[test]
    fn every_known_composer_has_an_era_and_a_look_of_its_own() {
        let composers: Vec<Composer> = all().collect();
        for (i, a) in composers.iter().enumerate() {
            assert!(a.era().is_some(), "{a} has no era");
            for b in &composers[..i] {
                let (x, y) = (composer_style(a, 0, true), composer_style(b, 0, true));
                assert_ne!(x.colour, y.colour, "{a} and {b}");
                assert!(a.era() != b.era() || x.marker != y.marker, "{a} and {b} share a marker");
            }
        }
    }
}
