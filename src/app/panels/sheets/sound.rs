//! The sheet with the settings of sound; each acts at once.

use eframe::egui::{ComboBox, Grid, Label, RichText, Slider, Ui, vec2};

use super::midi::midi_ui;
use super::rows::{close_button, setting_ui};
use crate::app::kit::parts::{button, buttons_row, heading};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, SoundAction, TransportAction};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::{BUFFERS, SoundSettings};
use crate::app::state::sound::Output;
use crate::display::shortened;
use crate::synth::export::SAMPLE_RATES;

const WIDTH: f32 = 480.0;
/// Width of the boxes to choose from.
const CHOICE: f32 = 320.0;

pub fn sound_sheet_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.set_width(WIDTH);
    heading(ui, "Sound");
    ui.add_space(GRID * 0.5);
    let settings = &state.settings.sound;
    Grid::new("sound").num_columns(2).min_col_width(96.0).spacing(vec2(16.0, 8.0)).show(ui, |ui| {
        setting_ui(ui, "Output", |ui| output_ui(ui, state, actions));
        setting_ui(ui, "Sample rate", |ui| rate_ui(ui, settings, actions));
        setting_ui(ui, "Buffer", |ui| buffer_ui(ui, state, actions));
        setting_ui(ui, "Volume", |ui| {
            let mut volume = settings.volume;
            ui.spacing_mut().slider_width = CHOICE - 64.0;
            let percent = |volume: f64, _| format!("{:.0} %", volume * 100.0);
            let slider = Slider::new(&mut volume, 0.0..=1.0).custom_formatter(percent);
            if ui.add(slider).changed() {
                actions.push(TransportAction::SetVolume(volume));
            }
        });
        setting_ui(ui, "Effects", |ui| effects_ui(ui, settings, actions));
    });
    ui.add_space(GRID * 0.5);
    let (words, is_warning) = words(state);
    let palette = Palette::of(ui);
    let colour = if is_warning { palette.warning } else { palette.weak_text };
    ui.add(Label::new(RichText::new(words).small().color(colour)).wrap());
    ui.add_space(GRID);
    heading(ui, "MIDI");
    midi_ui(ui, state, actions);
    ui.add_space(GRID);
    buttons_row(ui, |ui| {
        close_button(ui, actions);
        if button(ui, "Play a scale").clicked() {
            actions.push(SoundAction::PlayScale);
        }
    });
}

fn output_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let chosen = &state.settings.sound.output;
    let text = shortened(chosen.as_deref().unwrap_or("System default"), 44);
    let choice = ComboBox::from_id_salt("output").width(CHOICE).selected_text(text);
    choice.show_ui(ui, |ui| {
        if ui.selectable_label(chosen.is_none(), "System default").clicked() {
            actions.push(SoundAction::UseOutput(None));
        }
        // ALSA lists its converters beside the devices; those are left out.
        let devices = state.sound.outputs.iter().filter(|name| !name.contains("Plugin "));
        for name in devices {
            let is_used = chosen.as_ref() == Some(name);
            if ui.selectable_label(is_used, shortened(name, 44)).on_hover_text(name).clicked() {
                actions.push(SoundAction::UseOutput(Some(name.clone())));
            }
        }
    });
}

fn rate_ui(ui: &mut Ui, settings: &SoundSettings, actions: &mut Actions) {
    let text = |rate: Option<u32>| match rate {
        Some(hz) => format!("{:.1} kHz", f64::from(hz) / 1000.0),
        None => "That of the device".to_owned(),
    };
    let now = settings.sample_rate;
    ComboBox::from_id_salt("rate").width(CHOICE).selected_text(text(now)).show_ui(ui, |ui| {
        for rate in std::iter::once(None).chain(SAMPLE_RATES.map(Some)) {
            if ui.selectable_label(now == rate, text(rate)).clicked() {
                actions.push(SoundAction::UseSampleRate(rate));
            }
        }
    });
}

fn buffer_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let hertz = match state.sound.output {
        Output::Device { sample_rate, .. } => sample_rate,
        Output::Opening | Output::Silent { .. } => 48_000,
    };
    let text = |frames: Option<u32>| match frames {
        Some(frames) => {
            format!("{frames} frames, {:.0} ms", f64::from(frames) * 1000.0 / f64::from(hertz.max(1)))
        }
        None => "Short, longer after gaps".to_owned(),
    };
    let now = state.settings.sound.buffer_frames;
    let choice = ComboBox::from_id_salt("buffer").width(CHOICE).selected_text(text(now));
    let response = choice.show_ui(ui, |ui| {
        for frames in std::iter::once(None).chain(BUFFERS.map(Some)) {
            if ui.selectable_label(now == frames, text(frames)).clicked() {
                actions.push(SoundAction::UseBuffer(frames));
            }
        }
    });
    response.response.on_hover_text("A longer buffer sounds later, and without gaps on a busy machine.");
}

fn effects_ui(ui: &mut Ui, settings: &SoundSettings, actions: &mut Actions) {
    let (mut reverb, mut chorus) = (settings.has_reverb, settings.has_chorus);
    if ui.checkbox(&mut reverb, "Reverb").changed() {
        actions.push(SoundAction::SetReverb(reverb));
    }
    ui.add_space(GRID);
    if ui.checkbox(&mut chorus, "Chorus").changed() {
        actions.push(SoundAction::SetChorus(chorus));
    }
}

/// What the sound does now; true if it is not what was asked for.
fn words(state: &AppState) -> (String, bool) {
    match &state.sound.output {
        Output::Opening => ("Opening the sound device…".to_owned(), false),
        Output::Silent { why } => (format!("No sound: {why}"), true),
        Output::Device { name, sample_rate, buffer_frames, latency_ms, gaps, instead_of } => {
            let mut words = vec![format!("{:.1} kHz", f64::from(*sample_rate) / 1000.0)];
            words.extend(buffer_frames.map(|frames| format!("{frames} frames at a time")));
            words.extend(latency_ms.map(|ms| format!("{ms:.0} ms from key to ear")));
            if *gaps > 0 {
                words.push(format!("{gaps} gaps so far"));
            }
            let words = words.join(", ");
            match instead_of {
                Some(missing) => {
                    (format!("{missing} is not there. Until it is, {name} plays: {words}."), true)
                }
                None => (format!("{name} plays: {words}."), false),
            }
        }
    }
}
