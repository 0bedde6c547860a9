//! The sending side.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use super::status::{PlayerStatus, Shared};
use super::{PlayerCommand, Sound};
use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};
use crate::synth::{Score, ScoreId};

/// How long [`PlayerHandle::append`] waits for room before it gives up.
const APPEND_PATIENCE: Duration = Duration::from_secs(1);

/// The player has not caught up with earlier commands; the command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the player is busy; try again in a moment")]
pub struct PlayerBusy;

/// Sends commands to the player and looks at it; clones send to the same one. No method but
/// [`PlayerHandle::append`] and [`PlayerHandle::finish`] ever waits.
#[derive(Clone)]
pub struct PlayerHandle {
    pub(super) commands: Sender<PlayerCommand>,
    pub(super) device: Sender<DeviceCommand>,
    pub(super) shared: Arc<Shared>,
}

impl PlayerHandle {
    /// Loads a take, paused at its beginning. What sounded stops: ask first.
    pub fn load(&self, performance: Arc<Performance>) -> Result<ScoreId, PlayerBusy> {
        self.send_score(Score::whole(performance), PlayerCommand::Load)
    }

    /// Loads a take that is still being generated: `so_far`, complete up to `ready_until_secs`, with room for
    /// `note_capacity` notes in all. The rest comes by [`PlayerHandle::append`] with the id returned.
    pub fn load_growing(
        &self,
        so_far: &Performance,
        ready_until_secs: f64,
        note_capacity: usize,
    ) -> Result<ScoreId, PlayerBusy> {
        self.send_score(Score::growing(so_far, ready_until_secs, note_capacity), PlayerCommand::Load)
    }

    /// Loads another take at the same playhead and goes on playing if it played: to compare two takes.
    pub fn swap_keeping_position(&self, performance: Arc<Performance>) -> Result<ScoreId, PlayerBusy> {
        self.send_score(Score::whole(performance), PlayerCommand::SwapKeepingPosition)
    }

    fn send_score(
        &self,
        score: Score,
        command: impl FnOnce(Box<Score>) -> PlayerCommand,
    ) -> Result<ScoreId, PlayerBusy> {
        let id = score.id();
        self.send(command(Box::new(score))).map(|()| id)
    }

    /// Adds to the growing take `score`: notes and pedal in order of time, and up to where the take is now
    /// complete. Ignored when another take has been loaded since. For the thread that generates: waits up to a
    /// second for room.
    pub fn append(
        &self,
        score: ScoreId,
        notes: Arc<[Note]>,
        pedal: Arc<[PedalChange]>,
        ready_until_secs: f64,
    ) -> Result<(), PlayerBusy> {
        self.send_patiently(PlayerCommand::Append { score, notes, pedal, ready_until_secs })
    }

    /// Nothing more will be added to `score`. Waits like [`PlayerHandle::append`].
    pub fn finish(&self, score: ScoreId) -> Result<(), PlayerBusy> {
        self.send_patiently(PlayerCommand::Finish { score })
    }

    /// From the playhead on; from the beginning when it is at the end.
    pub fn play(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Play)
    }

    pub fn pause(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Pause)
    }

    /// Pauses and goes back to the beginning.
    pub fn stop(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Stop)
    }

    /// Seconds of the score, clamped to it; the pedal and held notes sound again there.
    pub fn seek(&self, secs: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Seek { secs })
    }

    /// So many seconds on, or back: from where the playhead is when the player comes to it, so that several in a row
    /// add up.
    pub fn seek_by(&self, secs: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SeekBy { secs })
    }

    /// Repeats a part; `None`, or a part shorter than 50 ms, plays on.
    pub fn set_loop(&self, region_secs: Option<Range<f64>>) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetLoop(region_secs))
    }

    /// 0 is silent, 1 as it is, up to 4; a limiter holds what is too much.
    pub fn set_gain(&self, gain: f32) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetGain(gain))
    }

    /// 0.25–2, at the same pitch.
    pub fn set_tempo_scale(&self, scale: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetTempoScale(scale))
    }

    /// Strikes a key for a moment, whether or not the music plays.
    pub fn audition(&self, pitch: Pitch, velocity: Velocity) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Audition { pitch, velocity })
    }

    /// Plays with another sound: the thread `audio` builds its voices, and they take over while the old ones fade.
    /// When that fails the old ones stay, and [`PlayerStatus::sound`] says why. Load the SoundFont itself in a
    /// worker first.
    pub fn set_sound(&self, sound: Sound) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::SetSound(Box::new(sound)))
    }

    /// Plays on the device of this name, or on the system's choice. When it is not there the system's choice
    /// serves until it is.
    pub fn select_device(&self, name: Option<String>) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::Select(name))
    }

    /// Looks for devices; the wake function is called when [`PlayerHandle::devices`] is up to date.
    pub fn refresh_devices(&self) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::ListDevices)
    }

    /// The names of the output devices found by the last [`PlayerHandle::refresh_devices`].
    pub fn devices(&self) -> Arc<[String]> {
        self.shared.devices()
    }

    /// How things stand. Cheap enough for every frame; the peak starts anew with each look.
    pub fn status(&self) -> PlayerStatus {
        self.shared.status()
    }

    /// Any command as it is; the other methods are made of it.
    pub fn send(&self, command: PlayerCommand) -> Result<(), PlayerBusy> {
        self.commands.try_send(command).map_err(|_| PlayerBusy)
    }

    fn send_device(&self, command: DeviceCommand) -> Result<(), PlayerBusy> {
        self.device.try_send(command).map_err(|_| PlayerBusy)
    }

    /// Waits by looking again: a blocked sender would have to be woken by the audio callback, with a lock.
    fn send_patiently(&self, mut command: PlayerCommand) -> Result<(), PlayerBusy> {
        let deadline = Instant::now() + APPEND_PATIENCE;
        loop {
            match self.commands.try_send(command) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) if Instant::now() < deadline => command = back,
                Err(_) => return Err(PlayerBusy),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// What the thread `audio` is told.
pub(super) enum DeviceCommand {
    SetSound(Box<Sound>),
    Select(Option<String>),
    ListDevices,
    Close,
}
