//! A rustysynth synthesizer with our reverb.

use rustysynth::{Synthesizer, SynthesizerError, SynthesizerSettings};

use super::reverb::Reverb;
use super::soundfont::Playable;
use super::voice_settings::VoiceSettings;
use super::{BLOCK, Block};

/// Number of channels in use; General MIDI's drums are on the tenth.
pub(super) const CHANNELS: usize = 8;
/// Send level of reverb and chorus, of 127; 40 is General MIDI's default.
const SEND: u8 = 40;
/// A peak below this, −100 dBFS, is silence.
const SILENCE: f32 = 1e-5;

/// A synthesizer with [`CHANNELS`] channels that all play the same preset.
pub(super) struct ReverbSynth {
    synth: Synthesizer,
    room: Option<Reverb>,
    has_chorus: bool,
    left: [f32; BLOCK],
    right: [f32; BLOCK],
}

impl ReverbSynth {
    pub fn new(
        playable: &Playable,
        settings: &VoiceSettings,
        polyphony: usize,
    ) -> Result<ReverbSynth, SynthesizerError> {
        let mut wanted = SynthesizerSettings::new(i32::try_from(settings.sample_rate).unwrap_or(0));
        wanted.block_size = BLOCK;
        wanted.maximum_polyphony = polyphony;
        // rustysynth's own reverb comes with the chorus but gets no input: ours sounds the same and costs less.
        wanted.enable_reverb_and_chorus = settings.has_chorus;
        let send = f32::from(SEND) / 127.0 + playable.reverb_send();
        Ok(ReverbSynth {
            synth: Synthesizer::new(playable.samples(), &wanted)?,
            room: settings.has_reverb.then(|| Reverb::new(settings.sample_rate, send.clamp(0.0, 1.0))),
            has_chorus: settings.has_chorus,
            left: [0.0; BLOCK],
            right: [0.0; BLOCK],
        })
    }

    /// Sets the levels of every channel; after [`ReverbSynth::reset`] they must be set again.
    pub fn prepare(&mut self) {
        for channel in 0..CHANNELS {
            self.control(channel, 0x5B, 0);
            self.control(channel, 0x5D, if self.has_chorus { SEND.into() } else { 0 });
            // Full channel volume: loudness is set by calibration and by the gain after it.
            self.control(channel, 0x07, 127);
        }
    }

    pub fn control(&mut self, channel: usize, controller: i32, value: i32) {
        self.synth.process_midi_message(channel as i32, 0xB0, controller, value);
    }

    pub fn set_volume(&mut self, volume: f32) {
        self.synth.set_master_volume(volume);
    }

    pub fn strike(&mut self, channel: usize, key: u8, velocity: u8) {
        self.synth.note_on(channel as i32, key.into(), velocity.into());
    }

    pub fn release(&mut self, channel: usize, key: u8) {
        self.synth.note_off(channel as i32, key.into());
    }

    /// Removes the voices of a channel; the reverb rings on.
    pub fn cut(&mut self, channel: usize) {
        self.synth.note_off_all_channel(channel as i32, true);
    }

    /// Removes all voices.
    pub fn cut_all(&mut self) {
        self.synth.note_off_all(true);
    }

    /// Resets everything.
    pub fn reset(&mut self) {
        self.synth.reset();
        if let Some(room) = &mut self.room {
            room.clear();
        }
    }

    /// Adds the next block to `out`; returns whether it held any sound.
    pub fn render(&mut self, out: &mut Block) -> bool {
        self.synth.render(&mut self.left, &mut self.right);
        if let Some(room) = &mut self.room {
            room.process(&mut self.left, &mut self.right);
        }
        for ((frame, left), right) in out.iter_mut().zip(&self.left).zip(&self.right) {
            frame[0] += left;
            frame[1] += right;
        }
        self.left.iter().chain(&self.right).any(|s| s.abs() > SILENCE)
    }
}
