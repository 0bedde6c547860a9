//! The bar at the bottom: play, position, loop, tempo, volume, SoundFont.

use eframe::egui::{self, Align, Button, DragValue, Layout, Popup, RichText, Slider, Ui, vec2};

use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::parts::{caption, menu_spacing};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{
    Action, Actions, Ask, FileAction, Sheet, SoundAction, TransportAction, WindowAction,
};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::SoundSettings;
use crate::app::state::sound::{Output, SoundView};
use crate::display::{clock, shortened};
use crate::ports::PortState;
use crate::synth::{Preset, SoundFont};

/// The height of the bar, in points.
pub const HEIGHT: f32 = 64.0;

pub fn transport_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.horizontal_centered(|ui| {
        buttons_ui(ui, state, actions);
        ui.add_space(GRID);
        position_ui(ui, state);
        ui.add_space(GRID);
        pace_ui(ui, &state.sound, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            soundfont_ui(ui, state, actions);
            ui.add_space(GRID);
            volume_ui(ui, &state.settings.sound, actions);
        });
    });
}

fn buttons_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let empty = state.stage.is_none().then_some("Nothing to play yet: generate a take or open a MIDI file.");
    let mut button = |icon, label, tip, action| {
        let button = IconButton::new(icon, label).tip(tip).size(36.0).disabled_because(empty);
        if button.show(ui).clicked() {
            actions.push(action);
        }
    };
    button(Icon::ToStart, "To start", "To start (Home)", Action::Transport(TransportAction::SeekTo(0.0)));
    let (icon, label, tip) = if state.sound.is_playing {
        (Icon::Pause, "Pause", "Pause (Space)")
    } else {
        (Icon::Play, "Play", "Play (Space)")
    };
    let play = IconButton::new(icon, label).tip(tip).size(44.0).filled().disabled_because(empty);
    if play.show(ui).clicked() {
        actions.push(TransportAction::PlayPause);
    }
    let stop = IconButton::new(Icon::Stop, "Stop playing").tip("Stop and go to the start (Enter)").size(36.0);
    if stop.disabled_because(empty).show(ui).clicked() {
        actions.push(TransportAction::Stop);
    }
}

fn position_ui(ui: &mut Ui, state: &AppState) {
    let palette = Palette::of(ui);
    let total = state.stage.as_ref().map_or(0.0, |s| s.performance.duration_secs());
    ui.allocate_ui_with_layout(vec2(132.0, 40.0), Layout::top_down(Align::Min), |ui| {
        ui.set_min_width(132.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(3.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label(RichText::new(clock(tenths(state.sound.position_secs.min(total)), 1)).size(18.0));
            ui.label(RichText::new(format!("/ {}", clock(tenths(total), 1))).color(palette.weak_text));
        });
        let (text, colour) = match &state.sound {
            sound if sound.is_waiting => ("waiting for notes…", palette.warning),
            _ if is_listening(state) => ("listening…", palette.weak_text),
            SoundView { output: Output::Silent { .. }, .. } => ("no sound device", palette.warning),
            sound if sound.font.is_none() && !sound.is_loading => ("no SoundFont", palette.warning),
            sound if sound.is_loading => ("loading the SoundFont…", palette.weak_text),
            _ => ("", palette.weak_text),
        };
        let label = ui.label(RichText::new(text).small().color(colour));
        if let Output::Silent { why } = &state.sound.output {
            label.on_hover_text(why);
        }
    });
}

/// Is a phrase waited for, to be answered?
fn is_listening(state: &AppState) -> bool {
    let is_open = matches!(state.midi.input, PortState::Open { .. });
    state.settings.midi.is_answering && is_open && !state.sound.is_playing
}

fn pace_ui(ui: &mut Ui, sound: &SoundView, actions: &mut Actions) {
    let is_looping = sound.loop_secs.is_some();
    let tip = "Loop the region, or the whole take (L). Drag on the ruler to choose a region.";
    if IconButton::new(Icon::Loop, "Loop").tip(tip).on(is_looping).show(ui).clicked() {
        actions.push(TransportAction::ToggleLoop);
    }
    let mut percent = (sound.tempo_scale * 100.0).round();
    let name = ui.label(RichText::new("Tempo").small().color(Palette::of(ui).weak_text));
    let tempo = DragValue::new(&mut percent).range(25.0..=200.0).speed(1.0).suffix(" %").fixed_decimals(0);
    let response = ui.add_sized(vec2(60.0, 24.0), tempo).labelled_by(name.id);
    if response.changed() {
        actions.push(TransportAction::SetTempo(percent / 100.0));
    }
    if response.double_clicked() {
        actions.push(TransportAction::SetTempo(1.0));
    }
    response.on_hover_text("Tempo, 25–200 % at the same pitch (Up and Down, double-click for 100 %)");
}

fn volume_ui(ui: &mut Ui, sound: &SoundSettings, actions: &mut Actions) {
    let mut volume = sound.volume;
    ui.spacing_mut().slider_width = 88.0;
    let slider = ui.add(Slider::new(&mut volume, 0.0..=1.0).show_value(false));
    slider.widget_info(|| {
        let mut info = egui::WidgetInfo::slider(true, f64::from(sound.volume), "Volume");
        info.label = Some("Volume".to_owned());
        info
    });
    if slider.on_hover_text(format!("Volume {:.0} %", volume * 100.0)).changed() {
        actions.push(TransportAction::SetVolume(volume));
    }
    let (icon, label) = if sound.is_muted { (Icon::Muted, "Unmute") } else { (Icon::Volume, "Mute") };
    if IconButton::new(icon, label).tip(&format!("{label} (M)")).on(sound.is_muted).show(ui).clicked() {
        actions.push(TransportAction::ToggleMute);
    }
}

fn soundfont_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let sound = &state.sound;
    let name = sound.font.as_ref().map_or("Choose a SoundFont", SoundFont::name);
    let text = RichText::new(shortened(name, 24));
    let response = ui.add_sized(vec2(176.0, 32.0), Button::new(text).truncate());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("SoundFont: {name}")));
    let response = response.on_hover_text(format!("{name}\nSoundFont, preset, sound settings"));
    Popup::menu(&response).width(300.0).show(|ui| sound_menu_ui(ui, state, actions));
}

fn sound_menu_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let sound = &state.sound;
    menu_spacing(ui, 300.0);
    caption(ui, "SoundFont");
    for (path, name) in sound.found.iter() {
        let is_used = sound.font.as_ref().is_some_and(|font| font.path() == path);
        if ui
            .selectable_label(is_used, shortened(name, 38))
            .on_hover_text(path.display().to_string())
            .clicked()
        {
            actions.push(SoundAction::UseFont(path.clone()));
        }
    }
    if ui.button("Open SoundFont…").clicked() {
        actions.push(FileAction::Ask(Ask::SoundFont));
    }
    let is_used = |preset: &&Preset| sound.preset == Some((preset.bank, preset.program));
    if sound.presets().len() > 1 {
        let name = sound.presets().iter().find(is_used).map_or("", |p| &p.name);
        ui.menu_button(format!("Preset: {}", shortened(name, 24)), |ui| {
            egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for preset in sound.presets() {
                    if ui.selectable_label(is_used(&preset), &preset.name).clicked() {
                        actions.push(SoundAction::UsePreset { bank: preset.bank, program: preset.program });
                    }
                }
            });
        });
    }
    ui.separator();
    if ui.button("Sound settings…").on_hover_text("Output, buffer, effects, MIDI").clicked() {
        actions.push(WindowAction::ShowSheet(Sheet::Sound));
    }
    let weak = Palette::of(ui).weak_text;
    let what = match &sound.output {
        Output::Opening => "Opening the sound device…".to_owned(),
        Output::Device { name, latency_ms: Some(ms), .. } => format!("Playing on {name}, latency {ms:.0} ms"),
        Output::Device { name, latency_ms: None, .. } => format!("Playing on {name}"),
        Output::Silent { why } => format!("No sound: {why}"),
    };
    ui.with_layout(Layout::top_down(Align::LEFT), |ui| ui.label(RichText::new(what).small().color(weak)));
}

/// Rounded down, as clocks do.
fn tenths(secs: f64) -> f64 {
    (secs * 10.0).floor() / 10.0
}
