//! Actions on the transport, the sound and the model.

use super::app::PasticheApp;
use crate::app::state::action::{ModelAction, SoundAction, TransportAction};

impl PasticheApp {
    pub(super) fn transport_action(&mut self, action: TransportAction) {
        let length = self.state.stage.as_ref().map(|s| s.performance.duration_secs());
        match action {
            TransportAction::PlayPause if length.is_some() => self.sound.toggle_play(),
            TransportAction::Stop => self.sound.stop(),
            TransportAction::SeekTo(secs) => self.sound.seek(secs),
            TransportAction::SeekBy(secs) => self.sound.seek_by(secs),
            TransportAction::SeekToEnd => self.sound.seek(length.unwrap_or(0.0)),
            TransportAction::SetLoop(region) => self.sound.set_loop(region),
            TransportAction::ToggleLoop => {
                let whole = length.filter(|_| self.sound.loop_secs().is_none()).map(|end| 0.0..end);
                self.sound.set_loop(whole);
            }
            TransportAction::SetTempo(scale) => self.sound.set_tempo(scale),
            TransportAction::ChangeTempo(by) => self.sound.change_tempo(by),
            TransportAction::SetVolume(volume) => self.sound.set_volume(volume),
            TransportAction::ToggleMute => self.sound.toggle_mute(),
            TransportAction::Audition { pitch, velocity } => self.sound.audition(pitch, velocity),
            TransportAction::FitRoll => self.studio.roll.fit(),
            TransportAction::PlayPause => {}
        }
    }

    pub(super) fn sound_action(&mut self, action: SoundAction) {
        match action {
            SoundAction::UseFont(path) => self.load_soundfont(path),
            SoundAction::UsePreset { bank, program } => self.sound.set_preset(bank, program),
            SoundAction::UseOutput(name) => self.sound.select_output(name),
            SoundAction::UseSampleRate(rate) => self.sound.set_sample_rate(rate),
            SoundAction::UseBuffer(frames) => self.sound.set_buffer(frames),
            SoundAction::LookForOutputs => {
                self.sound.refresh_outputs();
                self.midi.refresh();
            }
            SoundAction::SetMidi(midi) => self.set_midi(midi),
            SoundAction::PlayScale => self.sound.play_scale(),
            SoundAction::SetReverb(on) => self.sound.set_effects(on, self.sound.settings().has_chorus),
            SoundAction::SetChorus(on) => self.sound.set_effects(self.sound.settings().has_reverb, on),
        }
    }

    pub(super) fn model_action(&mut self, action: ModelAction) {
        match action {
            ModelAction::Load(path) => self.load_checkpoint(path),
            ModelAction::UseDevice(device) => {
                self.state.settings.device = device;
                let path = self.state.model.ready.as_ref().map(|info| info.path.clone());
                if let Some(path) = path {
                    self.load_checkpoint(path);
                }
            }
        }
    }
}
