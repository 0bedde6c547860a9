//! Voices: plays notes with rustysynth, with pedal, fades and restored notes.

use rustysynth::SynthesizerError;

use super::loudness::{self, Loudness};
use super::playhead::PlayheadEvent;
use super::reverb_synth::{CHANNELS, ReverbSynth};
use super::soundfont::{Playable, Preset, SoundFont, SoundFontError};
use super::voice_settings::VoiceSettings;
use super::{BLOCK, Block};
use crate::music::{PedalChange, Pitch, Velocity};

/// Voices for single notes played by a click.
const AUDITION_VOICES: usize = 32;
/// Duration of such a note.
const AUDITION_SECS: f32 = 0.4;
/// Layers take turns: after a jump, the old sound fades on one layer while the next one plays. Each layer has two
/// channels: one for new notes, and one, [`LAYERS`] further on, for notes restored from before the jump.
const LAYERS: usize = CHANNELS / 2;
/// Blocks in which a layer fades out, 16 ms at 48 kHz.
const FADE_BLOCKS: u8 = 12;
/// Blocks over which restored notes fade in, 64 ms at 48 kHz. A SoundFont can only play a note from its attack; by the
/// end of the fade-in, the attack is over and only the ringing string remains.
const RETURN_BLOCKS: u8 = 48;
/// Full expression (controller 11).
const FULL: u8 = 127;

/// Why a SoundFont cannot be played, although it could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VoicesError {
    #[error("the SoundFont has no sound with bank {bank}, program {program}; choose one from its list")]
    NoSuchPreset { bank: u8, program: u8 },
    #[error("the sound \"{preset}\" of this SoundFont is silent; choose another one")]
    Silent { preset: String },
    #[error("the sound \"{preset}\" of this SoundFont is damaged; choose another one")]
    Broken { preset: String },
    #[error("{0}")]
    SoundFont(SoundFontError),
    #[error("{0}")]
    Settings(#[source] SynthesizerError),
}

/// Up to [`MAX_VOICES`](super::voice_settings::MAX_VOICES) sounding strings of one preset. Rendering neither
/// allocates nor locks.
pub struct Voices {
    synth: ReverbSynth,
    audition: ReverbSynth,
    preset: Preset,
    settings: VoiceSettings,
    /// The layer that plays; the others may still be fading.
    layer: usize,
    /// Blocks left until a layer is silent; 0 if it is not fading.
    fading: [u8; LAYERS],
    /// Blocks left of the fade-in of the current layer's restored notes.
    returning: u8,
    /// The expression of each layer's restored notes.
    returned: [u8; LAYERS],
    /// The pedal was lifted and pressed again within one block: press it in the next one.
    is_pedal_due: bool,
    did_pedal_rise: bool,
    auditioned: Option<(Pitch, u32)>,
    is_audition_sounding: bool,
}

impl Voices {
    /// Reads the samples of the preset, builds the voices, tries every key once, and normalises the loudness. Takes up
    /// to a few seconds with a large SoundFont: not for the audio callback.
    ///
    /// # Errors
    /// If the preset is missing, silent or damaged, its samples cannot be read, or a setting is out of
    /// range.
    pub fn new(sound_font: &SoundFont, settings: &VoiceSettings) -> Result<Voices, VoicesError> {
        let preset = match settings.preset {
            None => sound_font.default_preset().clone(),
            Some((bank, program)) => sound_font
                .presets()
                .iter()
                .find(|p| (p.bank, p.program) == (bank, program))
                .cloned()
                .ok_or(VoicesError::NoSuchPreset { bank, program })?,
        };
        let playable = sound_font.playable(&preset).map_err(VoicesError::SoundFont)?;
        let mut voices = Voices::unmeasured(&playable, preset, settings)?;
        let loudness = loudness::measure(&mut voices.synth, &playable, settings.sample_rate);
        let name = || voices.preset.name.clone();
        let volume = match loudness {
            Loudness::Volume(volume) => volume,
            Loudness::Silent => return Err(VoicesError::Silent { preset: name() }),
            Loudness::Broken => return Err(VoicesError::Broken { preset: name() }),
        };
        voices.synth.set_volume(volume);
        voices.audition.set_volume(volume);
        voices.silence();
        Ok(voices)
    }

    /// Voices without the loudness correction.
    pub(super) fn unmeasured(
        playable: &Playable,
        preset: Preset,
        settings: &VoiceSettings,
    ) -> Result<Voices, VoicesError> {
        let synth = |polyphony: usize| {
            let synth = ReverbSynth::new(playable, settings, polyphony).map_err(VoicesError::Settings);
            synth.map(|mut synth| {
                synth.prepare();
                synth
            })
        };
        Ok(Voices {
            synth: synth(settings.polyphony)?,
            audition: synth(AUDITION_VOICES)?,
            preset,
            settings: settings.clone(),
            layer: 0,
            fading: [0; LAYERS],
            returning: 0,
            returned: [FULL; LAYERS],
            is_pedal_due: false,
            did_pedal_rise: false,
            auditioned: None,
            is_audition_sounding: false,
        })
    }

    pub fn preset(&self) -> &Preset {
        &self.preset
    }

    pub fn settings(&self) -> &VoiceSettings {
        &self.settings
    }

    /// Cuts every sound at once, including reverb. It clicks, so only while nothing can be heard.
    pub fn silence(&mut self) {
        self.synth.reset();
        self.synth.prepare();
        self.layer = 0;
        self.fading = [0; LAYERS];
        self.returning = 0;
        self.returned = [FULL; LAYERS];
        self.is_pedal_due = false;
        self.did_pedal_rise = false;
    }

    pub(super) fn apply(&mut self, event: PlayheadEvent) {
        match event {
            PlayheadEvent::Strike { pitch, velocity } => {
                self.synth.strike(self.layer, pitch.number(), velocity.value());
            }
            PlayheadEvent::Restore { pitch, velocity } => {
                if self.returning == 0 {
                    self.returning = RETURN_BLOCKS;
                    self.set_returned(0);
                }
                self.synth.strike(self.layer + LAYERS, pitch.number(), velocity.value());
            }
            PlayheadEvent::Release { pitch } => {
                for channel in channels(self.layer) {
                    self.synth.release(channel, pitch.number());
                }
            }
            // SoundFonts know the pedal up and down only.
            PlayheadEvent::Pedal { has_turned: false, .. } => {}
            PlayheadEvent::Pedal { value, .. } if is_down(value) && self.did_pedal_rise => {
                self.is_pedal_due = true;
            }
            PlayheadEvent::Pedal { value, .. } => {
                let is_down = is_down(value);
                self.set_pedal(is_down);
                self.did_pedal_rise = !is_down;
                self.is_pedal_due = false;
            }
            PlayheadEvent::Cut => self.cut(),
        }
    }

    fn set_pedal(&mut self, is_down: bool) {
        for channel in channels(self.layer) {
            self.synth.control(channel, 0x40, if is_down { 127 } else { 0 });
        }
    }

    /// Fades everything out within `FADE_BLOCKS`, and continues on a new layer.
    pub fn cut(&mut self) {
        self.fading[self.layer] = FADE_BLOCKS;
        self.layer = (self.layer + 1) % LAYERS;
        self.end_layer(self.layer);
        self.returning = 0;
        self.is_pedal_due = false;
        self.did_pedal_rise = false;
    }

    /// Frees a layer whose sound has faded.
    fn end_layer(&mut self, layer: usize) {
        self.fading[layer] = 0;
        self.returned[layer] = FULL;
        for channel in channels(layer) {
            self.synth.cut(channel);
            self.synth.control(channel, 0x40, 0);
            self.synth.control(channel, 0x0B, FULL.into());
        }
    }

    fn set_returned(&mut self, expression: u8) {
        self.returned[self.layer] = expression;
        self.synth.control(self.layer + LAYERS, 0x0B, expression.into());
    }

    fn fade_layers(&mut self) {
        if self.returning > 0 {
            self.returning -= 1;
            let done = i32::from(RETURN_BLOCKS - self.returning);
            self.set_returned((i32::from(FULL) * done / i32::from(RETURN_BLOCKS)) as u8);
        }
        for layer in 0..LAYERS {
            if self.fading[layer] == 0 {
                continue;
            }
            self.fading[layer] -= 1;
            // One block at 0 lets the gain arrive there before the voices are removed.
            match self.fading[layer] {
                0 => self.end_layer(layer),
                left => {
                    let part = |from: u8| i32::from(from) * i32::from(left - 1) / i32::from(FADE_BLOCKS - 1);
                    self.synth.control(layer, 0x0B, part(FULL));
                    self.synth.control(layer + LAYERS, 0x0B, part(self.returned[layer]));
                }
            }
        }
    }

    /// Adds the next block of the music to `out`.
    pub fn render(&mut self, out: &mut Block) {
        self.fade_layers();
        self.synth.render(out);
        self.did_pedal_rise = false;
        if std::mem::take(&mut self.is_pedal_due) {
            self.set_pedal(true);
        }
    }

    /// Plays a single note alongside the music.
    pub fn audition(&mut self, pitch: Pitch, velocity: Velocity) {
        if let Some((before, _)) = self.auditioned.take() {
            self.audition.release(0, before.number());
        }
        self.audition.strike(0, pitch.number(), velocity.value());
        let held_blocks = AUDITION_SECS * self.settings.sample_rate as f32 / BLOCK as f32;
        self.auditioned = Some((pitch, held_blocks as u32));
        self.is_audition_sounding = true;
    }

    /// Presses a key besides the music, or lets it go: someone plays along.
    pub fn play_key(&mut self, pitch: Pitch, velocity: Option<Velocity>) {
        match velocity {
            Some(velocity) => self.audition.strike(0, pitch.number(), velocity.value()),
            None => self.audition.release(0, pitch.number()),
        }
        self.is_audition_sounding = true;
    }

    /// The pedal of [`Voices::play_key`].
    pub fn play_pedal(&mut self, is_down: bool) {
        self.audition.control(0, 0x40, if is_down { 127 } else { 0 });
    }

    /// Adds the next block of the notes played by [`Voices::audition`] and [`Voices::play_key`].
    pub fn render_audition(&mut self, out: &mut Block) {
        if !self.is_audition_sounding {
            return;
        }
        let is_sounding = self.audition.render(out);
        self.auditioned = match self.auditioned {
            Some((pitch, 0)) => {
                self.audition.release(0, pitch.number());
                None
            }
            Some((pitch, left)) => Some((pitch, left - 1)),
            None => {
                self.is_audition_sounding = is_sounding;
                None
            }
        };
    }
}

fn is_down(value: u8) -> bool {
    PedalChange { time_secs: 0.0, value }.is_down()
}

/// The two channels of a layer.
fn channels(layer: usize) -> [usize; 2] {
    [layer, layer + LAYERS]
}
