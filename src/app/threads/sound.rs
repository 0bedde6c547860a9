//! The window's handle of the player: score, SoundFont and device.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::state::settings::{SoundSettings, WavSettings};
use crate::app::state::sound::{Output, SoundView};
use crate::jobs::Wake;
use crate::music::{Performance, Pitch, Velocity};
use crate::player::{
    Device, OutputChoice, Player, PlayerBusy, PlayerHandle, PlayerStatus, Sound, SoundState, TapReader,
};
use crate::synth::SoundFont;
use crate::synth::export::{BitDepth, ExportSettings};

/// Tempo limits of the player.
pub const TEMPO: Range<f32> = 0.25..2.0;

/// Owns the player and keeps its settings.
pub struct SoundControl {
    player: Player,
    settings: SoundSettings,
    font: Option<SoundFont>,
    /// Is a SoundFont file being read?
    pub loading: Option<PathBuf>,
    loop_secs: Option<Range<f64>>,
    tempo_scale: f32,
    found: Arc<[(PathBuf, String)]>,
}

impl SoundControl {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: SoundSettings, found: Vec<PathBuf>, wake: Wake) -> std::io::Result<SoundControl> {
        let player = Player::start(output_choice(&settings), wake)?;
        let named = found.into_iter().map(|path| (path.clone(), crate::display::stem(&path))).collect();
        let control = SoundControl {
            player,
            settings,
            font: None,
            loading: None,
            loop_secs: None,
            tempo_scale: 1.0,
            found: named,
        };
        control.send_gain();
        log_busy(control.handle().refresh_devices());
        Ok(control)
    }

    pub fn handle(&self) -> PlayerHandle {
        self.player.handle()
    }

    /// What is played, for an instrument outside.
    pub fn tap(&self) -> TapReader {
        self.player.tap()
    }

    pub fn settings(&self) -> &SoundSettings {
        &self.settings
    }

    pub fn font(&self) -> Option<&SoundFont> {
        self.font.as_ref()
    }

    /// The current state of the player.
    pub fn view(&self) -> SoundView {
        let status = self.handle().status();
        let is_preparing = self.font.is_some() && status.sound == SoundState::Preparing;
        SoundView {
            position_secs: status.position_secs,
            is_playing: status.is_playing,
            is_waiting: status.is_waiting,
            loop_secs: self.loop_secs.clone(),
            tempo_scale: self.tempo_scale,
            outputs: self.handle().devices(),
            font: self.font.clone(),
            preset: self.preset(),
            is_loading: self.loading.is_some() || is_preparing,
            failure: match &status.sound {
                SoundState::Failed { reason } => Some(reason.clone()),
                SoundState::None | SoundState::Preparing | SoundState::Ready { .. } => None,
            },
            found: self.found.clone(),
            output: output(status),
        }
    }

    /// Bank and program in use.
    pub fn preset(&self) -> Option<(u8, u8)> {
        let font = self.font.as_ref()?;
        let kept =
            self.settings.preset.filter(|kept| font.presets().iter().any(|p| (p.bank, p.program) == *kept));
        kept.or_else(|| Some((font.default_preset().bank, font.default_preset().program)))
    }

    /// A SoundFont file was read.
    pub fn set_font(&mut self, font: SoundFont) {
        if self.settings.soundfont.as_deref() != Some(font.path()) {
            self.settings.preset = self.settings.preset.filter(|_| self.font.is_none());
        }
        self.settings.soundfont = Some(font.path().to_owned());
        self.font = Some(font);
        self.send_sound();
    }

    pub fn set_preset(&mut self, bank: u8, program: u8) {
        self.settings.preset = Some((bank, program));
        self.send_sound();
    }

    pub fn set_effects(&mut self, has_reverb: bool, has_chorus: bool) {
        self.settings.has_reverb = has_reverb;
        self.settings.has_chorus = has_chorus;
        self.send_sound();
    }

    /// Export settings with the player's sound.
    pub fn export_settings(&self, wav: WavSettings) -> ExportSettings {
        let mut settings = ExportSettings::new(wav.sample_rate);
        settings.voices.preset = self.preset();
        settings.voices.has_reverb = self.settings.has_reverb;
        settings.voices.has_chorus = self.settings.has_chorus;
        settings.is_normalised = wav.is_normalised;
        if wav.bits == 24 {
            settings.bit_depth = BitDepth::TwentyFour;
        }
        settings
    }

    fn send_sound(&self) {
        let Some(sound_font) = self.font.clone() else {
            return;
        };
        let SoundSettings { has_reverb, has_chorus, .. } = self.settings;
        log_busy(self.handle().set_sound(Sound {
            sound_font,
            preset: self.preset(),
            has_reverb,
            has_chorus,
        }));
    }

    pub fn select_output(&mut self, name: Option<String>) {
        self.settings.output = name;
        self.send_output();
    }

    pub fn set_sample_rate(&mut self, sample_rate: Option<u32>) {
        self.settings.sample_rate = sample_rate;
        self.send_output();
    }

    pub fn set_buffer(&mut self, frames: Option<u32>) {
        self.settings.buffer_frames = frames;
        self.send_output();
    }

    fn send_output(&self) {
        log_busy(self.handle().select_output(output_choice(&self.settings)));
    }

    /// Looks for devices again.
    pub fn refresh_outputs(&self) {
        log_busy(self.handle().refresh_devices());
    }

    pub fn play_scale(&self) {
        log_busy(self.handle().play_scale(true));
    }

    pub fn set_volume(&mut self, volume: f32) {
        self.settings.volume = volume.clamp(0.0, 1.0);
        self.settings.is_muted = false;
        self.send_gain();
    }

    pub fn toggle_mute(&mut self) {
        self.settings.is_muted = !self.settings.is_muted;
        self.send_gain();
    }

    fn send_gain(&self) {
        // Squared, so that the slider sounds even.
        let gain =
            if self.settings.is_muted { 0.0 } else { 1.5 * self.settings.volume * self.settings.volume };
        log_busy(self.handle().set_gain(gain));
    }

    pub fn set_tempo(&mut self, scale: f32) {
        self.tempo_scale = scale.clamp(TEMPO.start, TEMPO.end);
        log_busy(self.handle().set_tempo_scale(f64::from(self.tempo_scale)));
    }

    /// Adds to the tempo scale.
    pub fn change_tempo(&mut self, by: f32) {
        self.set_tempo(self.tempo_scale + by);
    }

    pub fn set_loop(&mut self, region: Option<Range<f64>>) {
        self.loop_secs = region.clone();
        log_busy(self.handle().set_loop(region));
    }

    /// Loads a whole take at its start.
    pub fn load(&mut self, performance: Arc<Performance>, play: bool) {
        self.set_loop(None);
        log_busy(self.handle().load(performance).map(drop));
        if play {
            log_busy(self.handle().play());
        }
    }

    /// Loads another take at the same playhead; keeps playing if it was.
    pub fn swap(&mut self, performance: Arc<Performance>) {
        log_busy(self.handle().swap_keeping_position(performance).map(drop));
    }

    pub fn is_playing(&self) -> bool {
        self.handle().status().is_playing
    }

    pub fn loop_secs(&self) -> Option<Range<f64>> {
        self.loop_secs.clone()
    }

    pub fn toggle_play(&self) {
        let handle = self.handle();
        log_busy(if self.is_playing() { handle.pause() } else { handle.play() });
    }

    pub fn pause(&self) {
        log_busy(self.handle().pause());
    }

    pub fn stop(&self) {
        log_busy(self.handle().stop());
    }

    pub fn seek(&self, secs: f64) {
        log_busy(self.handle().seek(secs.max(0.0)));
    }

    /// Seeks relative to the playhead, including pending seeks.
    pub fn seek_by(&self, secs: f64) {
        log_busy(self.handle().seek_by(secs));
    }

    pub fn audition(&self, pitch: Pitch, velocity: Velocity) {
        log_busy(self.handle().audition(pitch, velocity));
    }
}

fn output_choice(settings: &SoundSettings) -> OutputChoice {
    OutputChoice {
        device: settings.output.clone(),
        sample_rate: settings.sample_rate,
        buffer_frames: settings.buffer_frames,
    }
}

fn output(status: PlayerStatus) -> Output {
    match status.device {
        Device::Opening => Output::Opening,
        Device::Open { name, sample_rate, buffer_frames, instead_of } => Output::Device {
            name,
            sample_rate,
            buffer_frames,
            latency_ms: status.latency_secs.map(|s| s * 1000.0),
            gaps: status.underruns,
            instead_of,
        },
        Device::Silent { reason } => Output::Silent { why: reason },
    }
}

pub(super) fn log_busy(result: Result<(), PlayerBusy>) {
    if let Err(busy) = result {
        tracing::warn!("{busy}");
    }
}
