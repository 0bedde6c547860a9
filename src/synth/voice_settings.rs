//! How the voices of a SoundFont are built.

/// Maximum number of voices; a stereo piano with pedal needs two for every note that rings.
pub const MAX_VOICES: usize = 256;

/// How [`Voices`](super::voices::Voices) are built. Reverb and chorus cannot be switched afterwards: build new voices
/// and swap them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceSettings {
    /// Frames a second, 16,000–192,000.
    pub sample_rate: u32,
    /// Bank and program; `None` is the SoundFont's first, the grand piano by convention.
    pub preset: Option<(u8, u8)>,
    pub has_reverb: bool,
    pub has_chorus: bool,
    /// 8–[`MAX_VOICES`].
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
            polyphony: MAX_VOICES,
        }
    }
}
