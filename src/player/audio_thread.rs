//! The thread `audio`: opens the sound card, reopens it when it is lost, lengthens its buffer after gaps in the sound
//! (underruns), and keeps time when there is no card.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use rodio::MixerDeviceSink;

use super::handle::DeviceCommand;
use super::handle::PlayerHandle;
use super::source::{Core, Ends, PlayerSource, Retired};
use super::status::{Device, Shared, SoundState};
use super::{OutputChoice, PlayerCommand, Sound, Wake, card};
use crate::synth::{BLOCK, Renderer, VoiceSettings, Voices};

/// Polling interval of the thread, and the step of the silent clock.
const TICK: Duration = Duration::from_millis(20);
/// A card that asks for nothing for this long is lost, even without an error.
const STALL: Duration = Duration::from_secs(3);
/// Frames asked of the card at a time: 11 ms at 48 kHz …
const SHORT_BUFFER: u32 = 512;
/// … and at most, on a machine too busy to be in time with fewer.
const LONG_BUFFER: u32 = 4096;
/// Gaps within [`GAP_WINDOW`] after which the buffer is doubled.
const MANY_GAPS: u32 = 4;
const GAP_WINDOW: Duration = Duration::from_secs(5);
/// Waits between attempts to open a card; they double.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(30);
/// How often a missing chosen device is looked for while another is in use.
const LOOK_FOR_CHOSEN: Duration = Duration::from_secs(15);
/// Longest wait for a card to close.
pub(super) const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
/// Longest wait for the sound to fade out before a change.
const FADE_PATIENCE: Duration = Duration::from_millis(400);
/// The time from rendering to hearing, while it has not been measured.
const DEFAULT_LATENCY_SECS: f64 = 0.05;
/// Longest wait of a command from this thread for room in the queue.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of the thread; see [`AudioThread::run_safely`].
pub(super) struct AudioThread {
    shared: Arc<Shared>,
    wake: Wake,
    commands: Receiver<DeviceCommand>,
    inbox: Sender<PlayerCommand>,
    retired: Receiver<Retired>,
    /// The callback's ends of the channels, for a new callback.
    callback_ends: Ends,
    home: (Sender<Box<Core>>, Receiver<Box<Core>>),
    chosen: OutputChoice,
    sound: Option<Box<Sound>>,
    sample_rate: u32,
    buffer_frames: u32,
    /// Number of gaps at the start of this [`GAP_WINDOW`].
    gaps: (u32, Instant),
    last_milestone: (bool, bool, u64),
}

enum State {
    Open { sink: MixerDeviceSink, is_chosen: bool, frames: u64, frames_at: Instant, look_again_at: Instant },
    Silent { core: Box<Core>, since: Instant, frames: u64, retry: Duration, retry_at: Instant },
}

impl State {
    fn silent(core: Box<Core>, retry: Duration) -> State {
        let now = Instant::now();
        State::Silent { core, since: now, frames: 0, retry, retry_at: now + retry }
    }
}

impl AudioThread {
    pub fn new(
        handle: &PlayerHandle,
        core: &Core,
        retired: Receiver<Retired>,
        commands: Receiver<DeviceCommand>,
        chosen: OutputChoice,
        wake: Wake,
    ) -> AudioThread {
        AudioThread {
            shared: Arc::clone(&handle.shared),
            wake,
            commands,
            inbox: handle.commands.clone(),
            retired,
            callback_ends: core.ends(),
            home: bounded(1),
            buffer_frames: chosen.buffer_frames.unwrap_or(SHORT_BUFFER),
            chosen,
            sound: None,
            sample_rate: core.renderer.sample_rate(),
            gaps: (0, Instant::now()),
            last_milestone: (false, false, 0),
        }
    }

    pub fn run_safely(mut self, core: Box<Core>) {
        let shared = Arc::clone(&self.shared);
        let wake = Arc::clone(&self.wake);
        if catch_unwind(AssertUnwindSafe(|| self.run(core))).is_err() {
            shared.set_device(Device::Silent {
                reason: "the sound system failed; restart Pastiche".to_owned(),
            });
            wake();
        }
    }

    fn run(&mut self, core: Box<Core>) {
        let mut state = self.open(core, FIRST_RETRY);
        loop {
            match self.commands.recv_timeout(TICK) {
                Ok(DeviceCommand::Close) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(DeviceCommand::SetSound(sound)) => self.set_sound(sound, &mut state),
                Ok(DeviceCommand::Select(output)) => {
                    self.buffer_frames = output.buffer_frames.unwrap_or(SHORT_BUFFER);
                    self.chosen = output;
                    state = self.reopen_gently(state);
                }
                Ok(DeviceCommand::ListDevices) => {
                    self.shared.set_devices(card::names().into());
                    (self.wake)();
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.clear_retired();
            state = self.look_after(state);
            let milestone = self.shared.milestone();
            if milestone != self.last_milestone {
                self.last_milestone = milestone;
                (self.wake)();
            }
        }
    }

    /// Drops what the callback returned.
    fn clear_retired(&mut self) {
        for retired in self.retired.try_iter() {
            if let Retired::Voices { is_broken: true, .. } = retired {
                self.sound = None;
                let reason = "the synthesizer failed with this SoundFont; choose another one".to_owned();
                self.shared.set_sound(SoundState::Failed { reason });
                (self.wake)();
            }
        }
    }

    fn look_after(&mut self, state: State) -> State {
        let now = Instant::now();
        match state {
            State::Open { sink, is_chosen, mut frames, mut frames_at, mut look_again_at } => {
                let rendered = self.shared.frames.load(Ordering::Relaxed);
                if rendered != frames {
                    (frames, frames_at) = (rendered, now);
                }
                let is_lost = self.shared.is_lost.load(Ordering::Relaxed) || now > frames_at + STALL;
                let mut is_chosen_back = false;
                if !is_chosen && now > look_again_at {
                    look_again_at = now + LOOK_FOR_CHOSEN;
                    is_chosen_back =
                        self.chosen.device.as_deref().is_some_and(|name| card::find(name).is_some());
                }
                let state = State::Open { sink, is_chosen, frames, frames_at, look_again_at };
                let is_late = self.is_often_late(now);
                match () {
                    () if is_lost => self.reopen(state),
                    () if is_chosen_back || is_late => self.reopen_gently(state),
                    () => state,
                }
            }
            State::Silent { mut core, since, mut frames, retry, retry_at } => {
                let due = (now - since).as_secs_f64() * f64::from(self.sample_rate);
                let mut block = [[0.0; 2]; BLOCK];
                while (frames as f64) < due {
                    core.render(&mut block);
                    frames += BLOCK as u64;
                }
                if now > retry_at {
                    self.open(core, (2 * retry).min(LAST_RETRY))
                } else {
                    State::Silent { core, since, frames, retry, retry_at }
                }
            }
        }
    }

    /// Doubles the buffer if there were too many gaps in a short time.
    fn is_often_late(&mut self, now: Instant) -> bool {
        let underruns = self.shared.underruns.load(Ordering::Relaxed);
        let (before, since) = self.gaps;
        let may_grow = self.chosen.buffer_frames.is_none() && self.buffer_frames < LONG_BUFFER;
        let is_late = underruns >= before + MANY_GAPS && may_grow;
        if is_late {
            self.buffer_frames *= 2;
            tracing::warn!("the sound had gaps; asking for {} frames at a time", self.buffer_frames);
        }
        if is_late || now > since + GAP_WINDOW {
            self.gaps = (underruns, now);
        }
        is_late
    }

    /// [`AudioThread::reopen`] once what sounds has faded out, so that it does not end in a click.
    fn reopen_gently(&mut self, state: State) -> State {
        if let State::Open { .. } = state
            && self.inbox.try_send(PlayerCommand::Hold).is_ok()
        {
            let deadline = Instant::now() + FADE_PATIENCE;
            while !self.shared.is_held.load(Ordering::Relaxed) && Instant::now() < deadline {
                self.clear_retired();
                std::thread::sleep(Duration::from_millis(1));
            }
            // What was rendered until then is still in the card's buffers.
            let latency_secs = self.shared.latency_secs().unwrap_or(DEFAULT_LATENCY_SECS);
            std::thread::sleep(Duration::from_secs_f64(latency_secs.clamp(0.0, FADE_PATIENCE.as_secs_f64())));
        }
        self.reopen(state)
    }

    /// Closes the card, if one is open, and opens one again; the music continues.
    fn reopen(&mut self, state: State) -> State {
        let core = match state {
            State::Silent { core, .. } => core,
            State::Open { mut sink, .. } => {
                sink.log_on_drop(false);
                drop(sink);
                match self.home.1.recv_timeout(CLOSE_PATIENCE) {
                    Ok(core) => core,
                    Err(_) => self.new_core(),
                }
            }
        };
        self.open(core, FIRST_RETRY)
    }

    /// For a stream that was closed without returning its core: a new, empty one with the same inbox.
    fn new_core(&mut self) -> Box<Core> {
        tracing::error!("the sound card's stream kept its renderer; starting with a new one");
        let voices = self.sound.as_deref().and_then(|sound| build(sound, self.sample_rate).ok());
        let renderer = Renderer::new(self.sample_rate, voices.map(Box::new));
        Box::new(Core::new(renderer, self.callback_ends.clone(), Arc::clone(&self.shared)))
    }

    /// Opens the chosen card, or else the system default, or else runs the silent clock.
    fn open(&mut self, mut core: Box<Core>, retry: Duration) -> State {
        if !matches!(self.shared.status().device, Device::Silent { .. }) {
            self.shared.set_device(Device::Opening);
            (self.wake)();
        }
        self.shared.is_lost.store(false, Ordering::Relaxed);
        let opened = match card::open(&self.chosen, self.buffer_frames, &self.shared) {
            Ok(opened) => opened,
            Err(reason) => {
                tracing::warn!("no sound card: {reason}");
                self.shared.set_device(Device::Silent { reason });
                (self.wake)();
                self.begin_stream(&mut core);
                return State::silent(core, retry);
            }
        };
        let config = opened.sink.config();
        let sample_rate = card::playable_rate(config.sample_rate().get());
        if sample_rate != core.renderer.sample_rate() {
            let voices = self.sound.as_deref().and_then(|sound| build(sound, sample_rate).ok());
            core.renderer.set_sample_rate(sample_rate, voices.map(Box::new));
        }
        self.sample_rate = sample_rate;
        self.begin_stream(&mut core);
        self.shared.underruns.store(0, Ordering::Relaxed);
        self.gaps = (0, Instant::now());
        let channels = config.channel_count();
        self.shared.set_device(Device::Open {
            name: opened.name,
            sample_rate: config.sample_rate().get(),
            buffer_frames: opened.buffer_frames,
            instead_of: self.chosen.device.clone().filter(|_| !opened.is_chosen),
        });
        opened.sink.mixer().add(PlayerSource::new(core, self.home.0.clone(), channels));
        (self.wake)();
        let now = Instant::now();
        State::Open {
            sink: opened.sink,
            is_chosen: opened.is_chosen,
            frames: self.shared.frames.load(Ordering::Relaxed),
            frames_at: now,
            look_again_at: now + LOOK_FOR_CHOSEN,
        }
    }

    fn begin_stream(&self, core: &mut Core) {
        self.shared.is_held.store(false, Ordering::Relaxed);
        core.begin_stream();
    }

    fn set_sound(&mut self, sound: Box<Sound>, state: &mut State) {
        self.shared.set_sound(SoundState::Preparing);
        (self.wake)();
        let result = build(&sound, self.sample_rate).map_err(|e| e.to_string()).and_then(|voices| {
            let preset = voices.preset().name.clone();
            let sound_font = sound.sound_font.name().to_owned();
            self.deliver(PlayerCommand::SetVoices(Box::new(voices)), state)?;
            self.sound = Some(sound);
            Ok(SoundState::Ready { sound_font, preset })
        });
        self.shared.set_sound(result.unwrap_or_else(|reason| SoundState::Failed { reason }));
        (self.wake)();
    }

    /// Sends to the callback, which is this thread while it runs the silent clock.
    fn deliver(&mut self, mut command: PlayerCommand, state: &mut State) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.inbox.try_send(command) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) if Instant::now() < deadline => command = back,
                Err(_) => return Err("the player is busy; choose the sound once more".to_owned()),
            }
            self.clear_retired();
            match state {
                State::Silent { core, frames, .. } => {
                    core.render(&mut [[0.0; 2]; BLOCK]);
                    *frames += BLOCK as u64;
                }
                State::Open { .. } => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

fn build(sound: &Sound, sample_rate: u32) -> Result<Voices, crate::synth::VoicesError> {
    let settings = VoiceSettings {
        preset: sound.preset,
        has_reverb: sound.has_reverb,
        has_chorus: sound.has_chorus,
        ..VoiceSettings::new(sample_rate)
    };
    Voices::new(&sound.sound_font, &settings)
}
