//! Playing on the sound card.
//!
//! Three threads are involved. The window, or any holder of a [`PlayerHandle`], sends commands. The sound card's
//! callback owns the [`Renderer`](crate::synth::Renderer) and obeys them once per block; it neither locks, allocates,
//! frees, reads files nor logs, and returns what it no longer needs over a channel. The thread `audio` owns the
//! device: it opens it, builds voices, drops what is returned, and keeps time itself while there is no device, so
//! that the playhead still moves.

mod audio_thread;
mod card;
mod clock;
mod handle;
mod scale;
mod source;
mod start;
mod status;
mod tap;

pub use handle::{PlayerBusy, PlayerHandle};
pub use source::{Backstage, PlayerSource};
pub use start::{Player, detached};
pub use status::{Device, PlayerStatus, SoundState};
pub use tap::{Played, PlayedEvent, TapReader};

use std::ops::Range;
use std::sync::Arc;

use crate::music::{Note, PedalChange, Pitch, Velocity};
use crate::synth::{Score, ScoreId, SoundFont, Voices};

/// A command for the audio callback; see the methods of [`PlayerHandle`].
pub enum PlayerCommand {
    SetVoices(Box<Voices>),
    Load(Box<Score>),
    /// Another take at the same playhead.
    SwapKeepingPosition(Box<Score>),
    Append {
        score: ScoreId,
        notes: Arc<[Note]>,
        pedal: Arc<[PedalChange]>,
        ready_until_secs: f64,
    },
    Finish {
        score: ScoreId,
    },
    Play,
    Pause,
    Stop,
    Seek {
        secs: f64,
    },
    SeekBy {
        secs: f64,
    },
    SetLoop(Option<Range<f64>>),
    SetGain(f32),
    SetTempoScale(f64),
    Audition {
        pitch: Pitch,
        velocity: Velocity,
    },
    /// Someone plays along: a key goes down with this velocity, or up.
    PlayKey {
        pitch: Pitch,
        velocity: Option<Velocity>,
    },
    /// The pedal of someone who plays along.
    PlayPedal {
        is_down: bool,
    },
    /// Plays a scale besides the music, or stops it.
    PlayScale(bool),
    /// Fades out and stands still until the next stream begins.
    Hold,
    /// Turns the local sound on or off; the tap gets the events either way.
    SetLocalSound(bool),
    /// Does someone read the tap?
    SetTapped(bool),
}

/// Where and how to play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputChoice {
    /// The name of the device; `None` is the system's default.
    pub device: Option<String>,
    /// In Hz; `None` is the device's own.
    pub sample_rate: Option<u32>,
    /// Frames asked for at a time; `None` is short, and longer on a machine that is late with that.
    pub buffer_frames: Option<u32>,
}

/// Which sound to play with.
#[derive(Clone, Debug)]
pub struct Sound {
    pub sound_font: SoundFont,
    /// Bank and program; `None` is the grand piano.
    pub preset: Option<(u8, u8)>,
    pub has_reverb: bool,
    pub has_chorus: bool,
}

impl Sound {
    /// The SoundFont's piano, with reverb.
    pub fn new(sound_font: SoundFont) -> Sound {
        Sound { sound_font, preset: None, has_reverb: true, has_chorus: false }
    }
}

/// Called after a change of [`PlayerHandle::status`], never by the audio callback.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
