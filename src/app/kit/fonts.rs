//! The bundled fonts: Inter for text, the accidentals of DejaVu Sans, egui's own as fallback.

use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily};

/// The family of headings, heavier than body text.
pub const HEADING_FAMILY: &str = "heading";

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
/// ♭ ♮ ♯, which neither Inter nor egui's fonts have.
const ACCIDENTALS: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans-Accidentals.ttf");

/// Puts the fonts into `ctx`, accidentals in every family.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [("Inter", REGULAR), ("Inter SemiBold", SEMIBOLD), ("Accidentals", ACCIDENTALS)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    let fallbacks = proportional.clone();
    proportional.insert(0, "Inter".to_owned());
    proportional.insert(1, "Accidentals".to_owned());
    fonts.families.entry(FontFamily::Monospace).or_default().push("Accidentals".to_owned());
    let heading = ["Inter SemiBold", "Accidentals"].map(str::to_owned).into_iter().chain(fallbacks);
    fonts.families.insert(FontFamily::Name(HEADING_FAMILY.into()), heading.collect());
    fonts
}

#[cfg(test)]
mod tests {
    use eframe::egui::{FontId, TextStyle};

    use super::*;

    #[test]
    fn accidentals_and_punctuation_have_glyphs() {
        let ctx = Context::default();
        crate::app::kit::theme::install(&ctx);
        let mut missing = Vec::new();
        let mut output = ctx.run_ui(Default::default(), |ui| {
            for style in [TextStyle::Body, TextStyle::Heading, TextStyle::Monospace] {
                let font: FontId = style.resolve(ui.style());
                for c in "♭♯♮ …–—×−·•→←↑↓éüřőñÅ".chars() {
                    if !ui.ctx().fonts_mut(|f| f.has_glyph(&font, c)) {
                        missing.push((font.family.clone(), c));
                    }
                }
            }
        });
        output.textures_delta.clear();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
