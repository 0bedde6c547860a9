//! The sounding side: strings that are struck, damped and faded, by rustysynth.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rustysynth::{Synthesizer, SynthesizerError, SynthesizerSettings};

use super::cursor::CursorEvent;
use super::soundfont::{Preset, SoundFont};
use super::{BLOCK, Block};
use crate::music::{Pitch, Velocity};

/// Voices a synthesizer can have at most; a pedalled piano in stereo needs two for every string that rings.
pub const MOST_VOICES: usize = 256;
/// Voices for notes that are tried out by a click.
const AUDITION_VOICES: usize = 32;
/// How long such a note is held.
const AUDITION_SECS: f32 = 0.4;
/// Takes turns: what sounded before a jump fades on one channel while the next one plays.
const LAYERS: usize = 4;
/// Blocks in which a layer fades out, 16 ms at 48 kHz.
const FADE_BLOCKS: u8 = 12;
/// A part of the sound below this, −100 dBFS, is silence.
const SILENCE: f32 = 1e-5;
/// How much goes to the reverb and the chorus while they are on, of 127; 40 is what General MIDI sets.
const SEND: i32 = 40;
/// The peak to which the reference chord is brought, so that every SoundFont is about equally loud, and a take
/// with a fortissimo reaches some −3 dBFS.
const REFERENCE_PEAK: f32 = 1.0;

/// How [`Voices`] are built. Reverb and chorus cannot be switched afterwards: build new ones and swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceSettings {
    /// Frames a second, 16,000–192,000.
    pub sample_rate: u32,
    /// Bank and program; `None` is the SoundFont's first, the grand piano by convention.
    pub preset: Option<(u8, u8)>,
    pub has_reverb: bool,
    pub has_chorus: bool,
    /// 8–[`MOST_VOICES`].
    pub polyphony: usize,
}

impl VoiceSettings {
    /// A grand piano in a room.
    pub fn new(sample_rate: u32) -> VoiceSettings {
        VoiceSettings {
            sample_rate,
            preset: None,
            has_reverb: true,
            has_chorus: false,
            polyphony: MOST_VOICES,
        }
    }
}

/// Why a SoundFont that could be read cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VoicesError {
    #[error("the SoundFont has no sound with bank {bank}, program {program}; choose one of its list")]
    NoSuchPreset { bank: u8, program: u8 },
    #[error("the sound \"{preset}\" of this SoundFont is silent; choose another one")]
    Silent { preset: String },
    #[error("the sound \"{preset}\" of this SoundFont is damaged; choose another one")]
    Broken { preset: String },
    #[error("{0}")]
    Settings(#[source] SynthesizerError),
}

/// Up to [`MOST_VOICES`] sounding strings of one preset. Rendering neither allocates nor locks.
pub struct Voices {
    synth: Synthesizer,
    audition: Synthesizer,
    preset: Preset,
    settings: VoiceSettings,
    /// The channel that plays; the others may still be fading.
    layer: usize,
    /// Blocks left until a layer is silent; 0 when it is not fading.
    fading: [u8; LAYERS],
    /// A pedal that went up and down again within one block: the dampers must touch the strings first.
    is_pedal_due: bool,
    did_pedal_rise: bool,
    auditioned: Option<(Pitch, u32)>,
    is_audition_sounding: bool,
    left: [f32; BLOCK],
    right: [f32; BLOCK],
}

impl Voices {
    /// Builds them, tries every key once, and brings the SoundFont to the common loudness. Takes some tens of
    /// milliseconds: not for the audio callback.
    ///
    /// # Errors
    /// When the preset is not there, silent or damaged, or a setting is out of its range.
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
        let has_effects = settings.has_reverb || settings.has_chorus;
        let synth = |polyphony: usize| {
            let mut wanted = SynthesizerSettings::new(i32::try_from(settings.sample_rate).unwrap_or(0));
            wanted.block_size = BLOCK;
            wanted.maximum_polyphony = polyphony;
            wanted.enable_reverb_and_chorus = has_effects;
            Synthesizer::new(&sound_font.samples, &wanted).map_err(VoicesError::Settings)
        };
        let mut voices = Voices {
            synth: synth(settings.polyphony)?,
            audition: synth(AUDITION_VOICES)?,
            preset,
            settings: settings.clone(),
            layer: 0,
            fading: [0; LAYERS],
            is_pedal_due: false,
            did_pedal_rise: false,
            auditioned: None,
            is_audition_sounding: false,
            left: [0.0; BLOCK],
            right: [0.0; BLOCK],
        };
        voices.calibrate()?;
        Ok(voices)
    }

    pub fn preset(&self) -> &Preset {
        &self.preset
    }

    pub fn settings(&self) -> &VoiceSettings {
        &self.settings
    }

    /// Plays every key for one block, which shows damage before it is heard, then a chord to measure the level.
    fn calibrate(&mut self) -> Result<(), VoicesError> {
        let broken = || VoicesError::Broken {
            preset: self.preset.name.clone(),
        };
        let (synth, sample_rate) = (&mut self.synth, self.settings.sample_rate as usize);
        synth.set_master_volume(1.0);
        let peak = catch_unwind(AssertUnwindSafe(|| {
            choose_preset(synth, &self.preset, &self.settings);
            let mut block = ([0.0; BLOCK], [0.0; BLOCK]);
            for key in 21..=108 {
                synth.note_on(0, key, 100);
                synth.render(&mut block.0, &mut block.1);
                synth.note_off_all(true);
            }
            for key in [36, 43, 48, 55, 60, 64, 67, 72] {
                synth.note_on(0, key, 100);
            }
            let mut peak = 0.0f32;
            for _ in 0..sample_rate / 2 / BLOCK {
                synth.render(&mut block.0, &mut block.1);
                peak = block.0.iter().chain(&block.1).fold(peak, |p, s| p.max(s.abs()));
            }
            peak
        }))
        .map_err(|_| broken())?;
        if !peak.is_finite() {
            return Err(broken());
        }
        if peak < SILENCE {
            return Err(VoicesError::Silent {
                preset: self.preset.name.clone(),
            });
        }
        let volume = (REFERENCE_PEAK / peak).clamp(0.05, 20.0);
        self.synth.set_master_volume(volume);
        self.audition.set_master_volume(volume);
        self.silence();
        choose_preset(&mut self.audition, &self.preset, &self.settings);
        Ok(())
    }

    /// Cuts every sound at once, reverb and all. Only while nothing of it can be heard: it clicks.
    pub fn silence(&mut self) {
        self.synth.reset();
        choose_preset(&mut self.synth, &self.preset, &self.settings);
        self.layer = 0;
        self.fading = [0; LAYERS];
        self.is_pedal_due = false;
        self.did_pedal_rise = false;
    }

    pub(super) fn apply(&mut self, event: CursorEvent) {
        let channel = self.layer as i32;
        match event {
            CursorEvent::Strike { pitch, velocity } => {
                self.synth
                    .note_on(channel, pitch.number().into(), velocity.value().into());
            }
            CursorEvent::Release { pitch } => self.synth.note_off(channel, pitch.number().into()),
            CursorEvent::Pedal { is_down: true } if self.did_pedal_rise => self.is_pedal_due = true,
            CursorEvent::Pedal { is_down } => {
                self.set_pedal(is_down);
                self.did_pedal_rise = !is_down;
                self.is_pedal_due = false;
            }
            CursorEvent::Cut => self.cut(),
        }
    }

    fn set_pedal(&mut self, is_down: bool) {
        self.control(self.layer, 0x40, if is_down { 127 } else { 0 });
    }

    fn control(&mut self, layer: usize, controller: i32, value: i32) {
        self.synth
            .process_midi_message(layer as i32, 0xB0, controller, value);
    }

    /// Lets all that sounds fade out within `FADE_BLOCKS`, and goes on with a fresh layer.
    pub fn cut(&mut self) {
        self.fading[self.layer] = FADE_BLOCKS;
        self.layer = (self.layer + 1) % LAYERS;
        self.end_layer(self.layer);
        self.is_pedal_due = false;
        self.did_pedal_rise = false;
    }

    /// Frees a layer whose sound has faded.
    fn end_layer(&mut self, layer: usize) {
        self.fading[layer] = 0;
        self.synth.note_off_all_channel(layer as i32, true);
        self.control(layer, 0x40, 0);
        self.control(layer, 0x0B, 127);
    }

    fn fade_layers(&mut self) {
        for layer in 0..LAYERS {
            if self.fading[layer] == 0 {
                continue;
            }
            self.fading[layer] -= 1;
            // One block at 0 lets the gain arrive there before the voices are taken away.
            match self.fading[layer] {
                0 => self.end_layer(layer),
                left => {
                    let expression = 127 * i32::from(left - 1) / i32::from(FADE_BLOCKS - 1);
                    self.control(layer, 0x0B, expression);
                }
            }
        }
    }

    /// Adds the next block of the music to `out`.
    pub fn render(&mut self, out: &mut Block) {
        self.fade_layers();
        self.synth.render(&mut self.left, &mut self.right);
        add(&self.left, &self.right, out);
        self.did_pedal_rise = false;
        if std::mem::take(&mut self.is_pedal_due) {
            self.set_pedal(true);
        }
    }

    /// Strikes a key apart from the music, whether that plays or not.
    pub fn audition(&mut self, pitch: Pitch, velocity: Velocity) {
        if let Some((before, _)) = self.auditioned.take() {
            self.audition.note_off(0, before.number().into());
        }
        self.audition
            .note_on(0, pitch.number().into(), velocity.value().into());
        let held_blocks = AUDITION_SECS * self.settings.sample_rate as f32 / BLOCK as f32;
        self.auditioned = Some((pitch, held_blocks as u32));
        self.is_audition_sounding = true;
    }

    /// Adds the next block of what was struck by [`Voices::audition`].
    pub fn render_audition(&mut self, out: &mut Block) {
        if !self.is_audition_sounding {
            return;
        }
        self.audition.render(&mut self.left, &mut self.right);
        add(&self.left, &self.right, out);
        self.auditioned = match self.auditioned {
            Some((pitch, 0)) => {
                self.audition.note_off(0, pitch.number().into());
                None
            }
            Some((pitch, left)) => Some((pitch, left - 1)),
            None => {
                self.is_audition_sounding = self.left.iter().chain(&self.right).any(|s| s.abs() > SILENCE);
                None
            }
        };
    }
}

fn add(left: &[f32; BLOCK], right: &[f32; BLOCK], out: &mut Block) {
    for ((frame, left), right) in out.iter_mut().zip(left).zip(right) {
        frame[0] += left;
        frame[1] += right;
    }
}

fn choose_preset(synth: &mut Synthesizer, preset: &Preset, settings: &VoiceSettings) {
    for channel in 0..LAYERS as i32 {
        synth.process_midi_message(channel, 0xB0, 0x00, preset.bank.into());
        synth.process_midi_message(channel, 0xC0, preset.program.into(), 0);
        synth.process_midi_message(channel, 0xB0, 0x5B, if settings.has_reverb { SEND } else { 0 });
        synth.process_midi_message(channel, 0xB0, 0x5D, if settings.has_chorus { SEND } else { 0 });
        // Full channel volume: loudness is set once, by calibration, and by the gain after it.
        synth.process_midi_message(channel, 0xB0, 0x07, 127);
    }
}
