//! The code that the sound card's callback runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use rodio::{ChannelCount, SampleRate, Source};

use super::PlayerCommand;
use super::clock::Clock;
use super::scale::Scale;
use super::status::Shared;
use super::tap::{Played, PlayedEvent, TapReader};
use crate::music::{Note, PedalChange, Pitch, Velocity};
use crate::synth::{BLOCK, Block, Renderer, Score, Voices};

/// Values that the callback no longer needs, to be dropped on another thread.
pub(super) enum Retired {
    Voices { _voices: Box<Voices>, is_broken: bool },
    Score(#[allow(dead_code, reason = "held to be dropped")] Box<Score>),
    Notes(#[allow(dead_code, reason = "held to be dropped")] Arc<[Note]>),
    Pedal(#[allow(dead_code, reason = "held to be dropped")] Arc<[PedalChange]>),
}

/// Most values that a command retires, plus one for voices.
const ROOM_NEEDED: usize = 4;

/// The renderer with its inbox; outlives streams.
pub(super) struct Core {
    pub renderer: Renderer,
    ends: Ends,
    shared: Arc<Shared>,
    clock: Clock,
    floor_secs: f64,
    scale: Scale,
    /// Faded out, or on the way to it, until the next stream.
    is_held: bool,
    has_local_sound: bool,
    is_tapped: bool,
}

/// The callback's ends of the channels.
#[derive(Clone)]
pub(super) struct Ends {
    pub inbox: Receiver<PlayerCommand>,
    pub retired: Sender<Retired>,
    pub tap: Sender<Played>,
}

impl Core {
    pub fn new(renderer: Renderer, ends: Ends, shared: Arc<Shared>) -> Core {
        Core {
            renderer,
            ends,
            shared,
            clock: Clock::default(),
            floor_secs: 0.0,
            scale: Scale::default(),
            is_held: false,
            has_local_sound: true,
            is_tapped: false,
        }
    }

    /// The channel ends for a new core.
    pub fn ends(&self) -> Ends {
        self.ends.clone()
    }

    /// A new stream: its latency is not known yet. It fades in if the one before was held.
    pub fn begin_stream(&mut self) {
        // A stream that died may have left a command to hold the music, which must not hold the new one.
        self.drain();
        self.clock = Clock::default();
        self.is_held = false;
        self.update_audible();
    }

    fn update_audible(&mut self) {
        self.renderer.set_audible(self.has_local_sound && !self.is_held);
    }

    /// Obeys commands, renders a block, and publishes the status. Neither locks, allocates nor frees.
    pub fn render(&mut self, block: &mut Block) {
        let block_secs = BLOCK as f64 / f64::from(self.renderer.sample_rate());
        self.clock.tick(self.shared.now_secs(), block_secs);
        if self.is_held && self.renderer.is_silenced() {
            *block = [[0.0; 2]; BLOCK];
            self.shared.is_held.store(true, Ordering::Relaxed);
            self.shared.frames.fetch_add(BLOCK as u64, Ordering::Relaxed);
            return;
        }
        self.drain();
        if let Some((pitch, velocity)) = self.scale.step(block_secs) {
            self.audition(pitch, velocity);
        }
        let before_secs = self.renderer.position_secs();
        let peak = self.renderer.render(block);
        if self.renderer.position_secs() < before_secs {
            // The loop wrapped around.
            self.floor_secs = self.renderer.position_secs();
        }
        if self.has_room()
            && let Some((voices, is_broken)) = self.renderer.take_retired()
        {
            self.retire(Retired::Voices { _voices: voices, is_broken });
        }
        self.tap();
        self.shared.publish(&self.renderer, &self.clock, self.floor_secs, peak, BLOCK as u64);
    }

    /// Hands on what was played.
    fn tap(&mut self) {
        let heard_at_secs = self.clock.heard_at_secs();
        for event in self.renderer.take_played() {
            // A full tap drops the event: it would be late by the time it is read.
            _ = self.ends.tap.try_send(Played { heard_at_secs, event: PlayedEvent::Music(event) });
        }
    }

    fn audition(&mut self, pitch: Pitch, velocity: Velocity) {
        self.renderer.audition(pitch, velocity);
        if self.is_tapped {
            let event = PlayedEvent::Audition { pitch, velocity };
            _ = self.ends.tap.try_send(Played { heard_at_secs: self.clock.heard_at_secs(), event });
        }
    }

    /// Takes a command only if there is room to return what it retires.
    fn has_room(&self) -> bool {
        self.ends.retired.capacity().is_none_or(|capacity| self.ends.retired.len() + ROOM_NEEDED <= capacity)
    }

    fn retire(&self, retired: Retired) {
        // There is room, so nothing is dropped on this thread.
        let _ = self.ends.retired.try_send(retired);
    }

    fn drain(&mut self) {
        while self.has_room() && self.renderer.can_set_voices() {
            match self.ends.inbox.try_recv() {
                Ok(command) => self.obey(command),
                Err(_) => break,
            }
        }
    }

    fn obey(&mut self, command: PlayerCommand) {
        let renderer = &mut self.renderer;
        match command {
            PlayerCommand::SetVoices(voices) => renderer.set_voices(voices),
            PlayerCommand::Load(score) => {
                let old = renderer.load(score);
                self.retire(Retired::Score(old));
            }
            PlayerCommand::SwapKeepingPosition(score) => {
                let old = renderer.swap(score);
                self.retire(Retired::Score(old));
            }
            PlayerCommand::Append { score, notes, pedal, ready_until_secs } => {
                renderer.append(score, &notes, &pedal, ready_until_secs);
                self.retire(Retired::Notes(notes));
                self.retire(Retired::Pedal(pedal));
                return;
            }
            PlayerCommand::Finish { score } => return renderer.finish(score),
            PlayerCommand::Play => renderer.play(),
            PlayerCommand::Pause => return renderer.pause(),
            PlayerCommand::Stop => renderer.stop(),
            PlayerCommand::Seek { secs } => renderer.seek(secs),
            PlayerCommand::SeekBy { secs } => renderer.seek(renderer.position_secs() + secs),
            PlayerCommand::SetLoop(region) => return renderer.set_loop(region),
            PlayerCommand::SetGain(gain) => return renderer.set_gain(gain),
            PlayerCommand::SetTempoScale(scale) => return renderer.set_tempo_scale(scale),
            PlayerCommand::Audition { pitch, velocity } => return self.audition(pitch, velocity),
            PlayerCommand::PlayKey { pitch, velocity } => return renderer.play_key(pitch, velocity),
            PlayerCommand::PlayPedal { is_down } => return renderer.play_pedal(is_down),
            PlayerCommand::PlayScale(true) => return self.scale.start(),
            PlayerCommand::PlayScale(false) => return self.scale.stop(),
            PlayerCommand::Hold => {
                self.is_held = true;
                return self.update_audible();
            }
            PlayerCommand::SetLocalSound(has_local_sound) => {
                self.has_local_sound = has_local_sound;
                return self.update_audible();
            }
            PlayerCommand::SetTapped(is_tapped) => {
                self.is_tapped = is_tapped;
                return renderer.set_tapped(is_tapped);
            }
        }
        // The playhead may have jumped: do not show a position before it until that is heard.
        self.floor_secs = self.renderer.position_secs();
    }
}

/// The samples of a stream: endless, and silent while paused. When the stream is dropped it returns the core, so that
/// the next stream continues.
pub struct PlayerSource {
    core: Option<Box<Core>>,
    home: Sender<Box<Core>>,
    channels: ChannelCount,
    sample_rate: SampleRate,
    block: Block,
    frame: usize,
    channel: u16,
}

impl PlayerSource {
    pub(super) fn new(core: Box<Core>, home: Sender<Box<Core>>, channels: ChannelCount) -> PlayerSource {
        let sample_rate = SampleRate::new(core.renderer.sample_rate()).unwrap_or(SampleRate::MIN);
        PlayerSource {
            core: Some(core),
            home,
            channels,
            sample_rate,
            block: [[0.0; 2]; BLOCK],
            frame: BLOCK,
            channel: 0,
        }
    }
}

impl Iterator for PlayerSource {
    type Item = rodio::Sample;

    fn next(&mut self) -> Option<rodio::Sample> {
        if self.frame == BLOCK {
            self.core.as_mut()?.render(&mut self.block);
            self.frame = 0;
        }
        let [left, right] = self.block[self.frame];
        let sample = match (self.channels.get(), self.channel) {
            (1, _) => 0.5 * (left + right),
            (_, 0) => left,
            (_, 1) => right,
            _ => 0.0,
        };
        self.channel += 1;
        if self.channel == self.channels.get() {
            self.channel = 0;
            self.frame += 1;
        }
        Some(sample)
    }
}

impl Source for PlayerSource {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        self.channels
    }

    fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

impl Drop for PlayerSource {
    fn drop(&mut self) {
        if let Some(core) = self.core.take() {
            let _ = self.home.try_send(core);
        }
    }
}

/// The other end of a [`super::detached`] player: what the callback returns. Keep it, and clear it now and then; the
/// callback takes no commands while it is full.
pub struct Backstage {
    pub(super) retired: Receiver<Retired>,
    pub(super) home: (Sender<Box<Core>>, Receiver<Box<Core>>),
    pub(super) tap: TapReader,
}

impl Backstage {
    pub fn tap(&self) -> TapReader {
        self.tap.clone()
    }

    /// Drops what the callback returned; returns the number of values.
    pub fn clear(&self) -> usize {
        self.retired.try_iter().count()
    }

    /// The next stream, after the previous source was dropped; it continues there.
    pub fn next_source(&self, channels: ChannelCount) -> Option<PlayerSource> {
        let mut core = self.home.1.try_recv().ok()?;
        core.begin_stream();
        Some(PlayerSource::new(core, self.home.0.clone(), channels))
    }
}
