//! Sound: renders a performance with a SoundFont to samples, without a sound card.

pub mod export;
mod limiter;
mod loudness;
mod playhead;
mod render;
mod reverb;
mod reverb_synth;
mod score;
mod soundfont;
mod tap;
mod voice_settings;
mod voices;

pub use limiter::CEILING;
pub use playhead::{PlayheadEvent, SHORTEST_LOOP_SECS, TEMPO_SCALES};
pub use render::{Renderer, Transport};
pub use score::{Score, ScoreId};
pub use soundfont::{Playable, Preset, SoundFont, SoundFontError, SoundFontFault, SoundFontReport};
pub use voice_settings::{MAX_VOICES, VoiceSettings};
pub use voices::{Voices, VoicesError};

/// Frames per block: the resolution of event timing, 1.3 ms at 48 kHz.
pub const BLOCK: usize = 64;
/// Left and right samples of [`BLOCK`] frames.
pub type Block = [[f32; 2]; BLOCK];
