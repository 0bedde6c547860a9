//! The choice of a file format and how a recording is made; shared by the sheets that save.

use std::path::Path;

use eframe::egui::{ComboBox, Ui};

use crate::app::kit::theme::GRID;
use crate::app::state::settings::WavSettings;
use crate::save::FileKind;
use crate::synth::export::{AudioFormat, SAMPLE_RATES};

/// File formats and their extensions.
const KINDS: [(&str, &str); 6] =
    [("MIDI", "mid"), ("WAV", "wav"), ("FLAC", "flac"), ("Ogg", "ogg"), ("MP3", "mp3"), ("Picture", "png")];

/// The format of files with this extension.
pub fn kind_of(ending: &str) -> Option<FileKind> {
    FileKind::of(&Path::new("x").with_extension(ending))
}

/// Buttons for the formats; returns the extension of the one that was clicked.
pub fn kinds_ui(ui: &mut Ui, now: Option<FileKind>) -> Option<&'static str> {
    let mut clicked = None;
    ui.horizontal(|ui| {
        for (name, ending) in KINDS {
            let is_now = now.is_some() && now == kind_of(ending);
            if ui.selectable_label(is_now, name).clicked() {
                clicked = Some(ending);
            }
        }
    });
    clicked
}

/// Sample rate, bit depth and level of a recording.
pub fn audio_ui(ui: &mut Ui, wav: &mut WavSettings, format: AudioFormat) {
    ui.horizontal(|ui| {
        let text = |rate: u32| format!("{:.1} kHz", f64::from(rate) / 1000.0);
        let chosen = text(format.sample_rate(wav.sample_rate));
        ComboBox::new("rate", "Sample rate").selected_text(chosen).show_ui(ui, |ui| {
            for hz in SAMPLE_RATES.into_iter().filter(|hz| format.sample_rate(*hz) == *hz) {
                ui.selectable_value(&mut wav.sample_rate, hz, text(hz));
            }
        });
        ui.add_space(GRID);
        if format.has_bit_depth() {
            ui.selectable_value(&mut wav.bits, 16, "16 bit");
            ui.selectable_value(&mut wav.bits, 24, "24 bit");
        }
    });
    ui.checkbox(&mut wav.is_normalised, "Normalise").on_hover_text("Scales the loudest moment to −1 dB.");
}
