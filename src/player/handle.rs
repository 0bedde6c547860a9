//! The handle of the player: sends commands and reads its status.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use super::status::{PlayerStatus, Shared};
use super::{OutputChoice, PlayerCommand, Sound};
use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};
use crate::synth::{Score, ScoreId};

/// Longest wait of [`PlayerHandle::append`] for room.
const APPEND_PATIENCE: Duration = Duration::from_secs(1);

/// The player is still busy with earlier commands; the command was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the player is busy; try again in a moment")]
pub struct PlayerBusy;

/// Sends commands to the player and reads its status; clones share the player. No method but [`PlayerHandle::append`]
/// and [`PlayerHandle::finish`] ever waits.
#[derive(Clone)]
pub struct PlayerHandle {
    pub(super) commands: Sender<PlayerCommand>,
    pub(super) device: Sender<DeviceCommand>,
    pub(super) shared: Arc<Shared>,
}

impl PlayerHandle {
    /// Loads a take, paused at its beginning. Stops the sound.
    pub fn load(&self, performance: Arc<Performance>) -> Result<ScoreId, PlayerBusy> {
        self.send_score(Score::whole(performance), PlayerCommand::Load)
    }

    /// Loads a take that is still being composed: `so_far`, complete up to `ready_until_secs`, with room for
    /// `note_capacity` notes in all. Add the rest with [`PlayerHandle::append`] and the returned id.
    pub fn load_growing(
        &self,
        so_far: &Performance,
        ready_until_secs: f64,
        note_capacity: usize,
    ) -> Result<ScoreId, PlayerBusy> {
        self.send_score(Score::growing(so_far, ready_until_secs, note_capacity), PlayerCommand::Load)
    }

    /// Loads another take at the same playhead and keeps playing if it was, to compare two takes.
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

    /// Adds to the growing take `score`: notes and pedal in order of time, and the time up to which the take is now
    /// complete. Ignored if another take has been loaded since. For the composing thread: waits up to a second for
    /// room.
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

    /// Plays from the playhead, or from the beginning if it is at the end.
    pub fn play(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Play)
    }

    pub fn pause(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Pause)
    }

    /// Pauses and returns to the beginning.
    pub fn stop(&self) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Stop)
    }

    /// Seeks to seconds of the score, clamped; pedal and held notes are restored there.
    pub fn seek(&self, secs: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Seek { secs })
    }

    /// Seeks relative to the playhead at the time the player handles it, so that several in a row add up.
    pub fn seek_by(&self, secs: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SeekBy { secs })
    }

    /// Sets the loop; `None`, or a part shorter than 50 ms, means no loop.
    pub fn set_loop(&self, region_secs: Option<Range<f64>>) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetLoop(region_secs))
    }

    /// 0 is silent, 1 is unchanged, up to 4; a limiter prevents clipping.
    pub fn set_gain(&self, gain: f32) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetGain(gain))
    }

    /// Sets the tempo, 0.25–2, without changing the pitch.
    pub fn set_tempo_scale(&self, scale: f64) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::SetTempoScale(scale))
    }

    /// Plays a short note, whether or not the music plays.
    pub fn audition(&self, pitch: Pitch, velocity: Velocity) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::Audition { pitch, velocity })
    }

    /// Changes the sound: the thread `audio` builds its voices, and they take over with a cross-fade. If that fails
    /// the old ones stay, and [`PlayerStatus::sound`] says why. Load the SoundFont itself in a worker first.
    pub fn set_sound(&self, sound: Sound) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::SetSound(Box::new(sound)))
    }

    /// Plays elsewhere or otherwise; the sound fades out before the change and in after it, and the music continues
    /// where it was. If the device is missing the system default is used until it appears.
    pub fn select_output(&self, output: OutputChoice) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::Select(output))
    }

    /// Plays a scale besides the music, or stops it.
    pub fn play_scale(&self, on: bool) -> Result<(), PlayerBusy> {
        self.send(PlayerCommand::PlayScale(on))
    }

    /// Looks for devices; calls the wake function once [`PlayerHandle::devices`] is up to date.
    pub fn refresh_devices(&self) -> Result<(), PlayerBusy> {
        self.send_device(DeviceCommand::ListDevices)
    }

    /// The names of the output devices found by the last [`PlayerHandle::refresh_devices`].
    pub fn devices(&self) -> Arc<[String]> {
        self.shared.devices()
    }

    /// The current status. Cheap enough for every frame; the peak is reset by each call.
    pub fn status(&self) -> PlayerStatus {
        self.shared.status()
    }

    /// The playhead as heard now, in seconds of the score.
    pub fn position_secs(&self) -> f64 {
        self.shared.heard_position_secs()
    }

    /// Sends a command; the other methods use this.
    pub fn send(&self, command: PlayerCommand) -> Result<(), PlayerBusy> {
        self.commands.try_send(command).map_err(|_| PlayerBusy)
    }

    fn send_device(&self, command: DeviceCommand) -> Result<(), PlayerBusy> {
        self.device.try_send(command).map_err(|_| PlayerBusy)
    }

    fn send_patiently(&self, command: PlayerCommand) -> Result<(), PlayerBusy> {
        self.send_within(command, APPEND_PATIENCE)
    }

    /// Polls for room, because waking a blocked sender would take a lock in the audio callback: [`PlayerHandle::send`]
    /// that waits for room at most this long.
    pub fn send_within(&self, mut command: PlayerCommand, patience: Duration) -> Result<(), PlayerBusy> {
        let deadline = Instant::now() + patience;
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

/// A command for the thread `audio`.
pub(super) enum DeviceCommand {
    SetSound(Box<Sound>),
    Select(OutputChoice),
    ListDevices,
    Close,
}
