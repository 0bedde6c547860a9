//! Starts and ends a player.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use rodio::ChannelCount;

use super::audio_thread::{AudioThread, CLOSE_PATIENCE};
use super::handle::{DeviceCommand, PlayerHandle};
use super::source::{Backstage, Core, Ends, PlayerSource, Retired};
use super::status::Shared;
use super::tap::{TAP, TapReader};
use super::{OutputChoice, Wake};
use crate::synth::{Renderer, Voices};

/// Capacity of the command queue.
const INBOX: usize = 64;
/// Capacity of the queue of values to drop.
const RETIRED: usize = 256;
/// The sample rate before a card is open.
const SILENT_RATE: u32 = 48_000;

/// Owns the thread `audio`; dropping it closes the sound card.
pub struct Player {
    handle: PlayerHandle,
    tap: TapReader,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Starts the thread and returns at once; [`super::PlayerStatus::device`] says whether a card was opened.
    /// The device of `output` may be a name from an earlier run. `wake` is called from the thread when
    /// something changed.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(output: OutputChoice, wake: Wake) -> std::io::Result<Player> {
        let Parts { handle, core, retired, device_commands, tap } = parts(SILENT_RATE);
        let thread = AudioThread::new(&handle, &core, retired, device_commands, output, wake);
        let thread =
            std::thread::Builder::new().name("audio".to_owned()).spawn(move || thread.run_safely(core))?;
        Ok(Player { handle, tap, thread: Some(thread) })
    }

    pub fn handle(&self) -> PlayerHandle {
        self.handle.clone()
    }

    /// For an instrument outside.
    pub fn tap(&self) -> TapReader {
        self.tap.clone()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.handle.device.send_timeout(DeviceCommand::Close, CLOSE_PATIENCE);
        let deadline = Instant::now() + CLOSE_PATIENCE;
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A hanging driver must not keep the program from ending.
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

/// The handle, the callback's side, and the channels to the thread `audio`.
struct Parts {
    handle: PlayerHandle,
    core: Box<Core>,
    retired: Receiver<Retired>,
    device_commands: Receiver<DeviceCommand>,
    tap: TapReader,
}

fn parts(sample_rate: u32) -> Parts {
    let (command_sender, inbox) = bounded(INBOX);
    let (retired_sender, retired) = bounded(RETIRED);
    let (device_sender, device_commands) = bounded(INBOX);
    let (tap_sender, events) = bounded(TAP);
    let shared = Arc::new(Shared::new());
    let renderer = Renderer::new(sample_rate, None);
    let ends = Ends { inbox, retired: retired_sender, tap: tap_sender };
    let core = Box::new(Core::new(renderer, ends, Arc::clone(&shared)));
    let tap = TapReader { events, shared: Arc::clone(&shared) };
    let handle = PlayerHandle { commands: command_sender, device: device_sender, shared };
    Parts { handle, core, retired, device_commands, tap }
}

/// A player without a sound card: the caller takes the samples from the source. For tests and measurements of exactly
/// what the callback runs; `voices` must have been built for `sample_rate`.
pub fn detached(
    sample_rate: u32,
    channels: ChannelCount,
    voices: Option<Box<Voices>>,
) -> (PlayerHandle, PlayerSource, Backstage) {
    let Parts { handle, mut core, retired, tap, .. } = parts(sample_rate);
    core.renderer.set_sample_rate(sample_rate, voices);
    let home = bounded(1);
    let source = PlayerSource::new(core, home.0.clone(), channels);
    (handle, source, Backstage { retired, home, tap })
}
