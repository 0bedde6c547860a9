//! What the selector and the copy check found in the take on the stage.

use eframe::egui::{self, RichText, Ui, vec2};

use crate::app::kit::parts::caption;
use crate::app::kit::theme::{GRID, Palette};
use crate::app::panels::look::style_of;
use crate::app::state::app_state::AppState;
use crate::generate::CopyCheck;
use crate::music::surname;

/// Which composers the take on the stage sounds like, and whether it quotes the training music.
pub fn heard_ui(ui: &mut Ui, state: &AppState) {
    let Some(entry) = state.staged_take() else {
        return;
    };
    if !entry.record.confidence.is_empty() {
        heard_as_ui(ui, state, &entry.record.confidence);
    }
    if let Some(copy) = &entry.record.copy {
        copied_ui(ui, copy);
    }
}

/// The longest quotation, in words, and where it comes from.
pub fn copied_ui(ui: &mut Ui, copy: &CopyCheck) {
    ui.add_space(GRID);
    caption(ui, "Copied?");
    let palette = Palette::of(ui);
    let text = RichText::new(copy.to_string()).small().color(palette.weak_text);
    ui.add(egui::Label::new(text).truncate()).on_hover_text(format!(
        "{:.1} % of its sequences of 13 notes, in any key, are in the music the model learned from. In works the \
         model never saw it is 1 to 2 %: scales and broken chords belong to everybody.",
        copy.share * 100.0
    ));
}

/// The composers that the selector names.
pub fn heard_as_ui(ui: &mut Ui, state: &AppState, confidence: &[(String, f32)]) {
    let palette = Palette::of(ui);
    ui.add_space(GRID * 1.5);
    caption(ui, "Heard as");
    ui.spacing_mut().item_spacing.y = 4.0;
    for (name, share) in confidence.iter().take(3) {
        let style = style_of(ui, state, Some(name));
        ui.horizontal(|ui| {
            let surname = surname(name);
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), 16.0), egui::Sense::hover());
            let small = egui::TextStyle::Small.resolve(ui.style());
            let painter = ui.painter();
            let at = rect.left_center();
            painter.text(at, egui::Align2::LEFT_CENTER, surname, small.clone(), palette.text);
            let percent = format!("{:.0} %", share * 100.0);
            painter.text(rect.right_center(), egui::Align2::RIGHT_CENTER, &percent, small, palette.weak_text);
            let track =
                egui::Rect::from_min_max(at + vec2(92.0, -3.0), rect.right_center() + vec2(-40.0, 3.0));
            painter.rect_filled(track, 3.0, palette.raised);
            let mut bar = track;
            bar.set_width(track.width() * share.clamp(0.0, 1.0));
            painter.rect_filled(bar, 3.0, style.colour);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{surname} {percent}"))
            });
        });
    }
}
