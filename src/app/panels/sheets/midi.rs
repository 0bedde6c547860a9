//! The part of the sound sheet on MIDI: ports, and call and response.

use eframe::egui::{ComboBox, Grid, Label, RichText, Slider, Ui, vec2};

use super::rows::setting_ui;
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, SoundAction};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::{ANSWER_NOTES, MidiSettings, PAUSE_SECS};
use crate::display::shortened;
use crate::music::surname;
use crate::ports::PortState;

/// Width of the boxes to choose from.
const CHOICE: f32 = 320.0;

pub(super) fn midi_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let mut midi = state.settings.midi.clone();
    Grid::new("midi").num_columns(2).min_col_width(96.0).spacing(vec2(16.0, 6.0)).show(ui, |ui| {
        setting_ui(ui, "Play takes on", |ui| {
            port_ui(ui, "midi-out", &mut midi.output, &state.midi.outputs);
        });
        setting_ui(ui, "", |ui| {
            ui.add_enabled_ui(midi.output.is_some(), |ui| {
                ui.checkbox(&mut midi.has_local_sound, "Sound here too");
            });
        });
        setting_ui(ui, "Listen to", |ui| port_ui(ui, "midi-in", &mut midi.input, &state.midi.inputs));
        setting_ui(ui, "", |ui| {
            ui.add_enabled_ui(midi.input.is_some(), |ui| {
                ui.checkbox(&mut midi.hears_input, "Sound what comes in");
                ui.add_space(GRID);
                let tip = "Play a phrase and pause: it is gone on with in the manner of the chosen composer.";
                ui.checkbox(&mut midi.is_answering, "Call and response").on_hover_text(tip);
            });
        });
        if midi.input.is_some() && midi.is_answering {
            answer_ui(ui, &mut midi);
        }
    });
    words_ui(ui, state, &midi);
    if midi != state.settings.midi {
        actions.push(SoundAction::SetMidi(midi));
    }
}

fn port_ui(ui: &mut Ui, id: &str, chosen: &mut Option<String>, ports: &[String]) {
    let text = shortened(chosen.as_deref().unwrap_or("No port"), 44);
    ComboBox::from_id_salt(id).width(CHOICE).selected_text(text).show_ui(ui, |ui| {
        ui.selectable_value(chosen, None, "No port");
        for port in ports {
            ui.selectable_value(chosen, Some(port.clone()), shortened(port, 44));
        }
    });
}

fn answer_ui(ui: &mut Ui, midi: &mut MidiSettings) {
    ui.spacing_mut().slider_width = CHOICE - 80.0;
    setting_ui(ui, "Pause", |ui| {
        let range = PAUSE_SECS.start..=PAUSE_SECS.end;
        ui.add(Slider::new(&mut midi.pause_secs, range).step_by(0.1).suffix(" s"));
    });
    setting_ui(ui, "Answer", |ui| {
        let range = ANSWER_NOTES.start..=ANSWER_NOTES.end;
        ui.add(Slider::new(&mut midi.answer_notes, range).suffix(" notes"));
    });
}

/// What is wrong with the ports, or what to do.
fn words_ui(ui: &mut Ui, state: &AppState, midi: &MidiSettings) {
    let palette = Palette::of(ui);
    let failed = [&state.midi.output, &state.midi.input].into_iter().find_map(|port| match port {
        PortState::Failed { why } => Some(why.to_string()),
        PortState::Off | PortState::Open { .. } => None,
    });
    let composer = state.settings.form.settings.composer.as_deref().map_or("its nearest composer", surname);
    let (words, colour) = match failed {
        Some(why) => (format!("{why}."), palette.warning),
        None if state.midi.outputs.is_empty() && state.midi.inputs.is_empty() => {
            ("No MIDI port was found.".to_owned(), palette.weak_text)
        }
        None if midi.input.is_some() && midi.is_answering => (
            format!("Play a phrase and pause: it is continued in the manner of {composer}."),
            palette.weak_text,
        ),
        None => return,
    };
    ui.add(Label::new(RichText::new(words).small().color(colour)).wrap());
}
