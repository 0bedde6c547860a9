//! The status of the player.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::clock::Clock;
use crate::synth::{Renderer, Transport};

/// The sound card, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Device {
    /// It is being opened.
    Opening,
    Open {
        name: String,
        sample_rate: u32,
        /// Frames the card asks for at a time, where known.
        buffer_frames: Option<u32>,
        /// The chosen device, if it is missing and this one stands in for it.
        instead_of: Option<String>,
    },
    /// There is none: the playhead moves without sound, and the card is tried again from time to time.
    Silent { reason: String },
}

/// The state of the sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SoundState {
    /// No SoundFont yet.
    #[default]
    None,
    /// Voices are being built.
    Preparing,
    /// SoundFont and preset.
    Ready { sound_font: String, preset: String },
    /// Why the last one could not be played; the one before is still in use.
    Failed { reason: String },
}

/// A snapshot of the player.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerStatus {
    /// What is heard now, in seconds of the score.
    pub position_secs: f64,
    /// The known length of the score.
    pub duration_secs: f64,
    pub is_playing: bool,
    /// Playing, but waiting for more of the take to be composed.
    pub is_waiting: bool,
    /// [`crate::synth::ScoreId::value`] of the loaded score.
    pub score: u64,
    /// Notes dropped for lack of room in a growing score.
    pub dropped: u32,
    /// The absolute peak since the last call, 0–1.
    pub peak: f32,
    /// Underruns since the card was opened.
    pub underruns: u32,
    /// The time from rendering to hearing, measured; `None` for the first half second.
    pub latency_secs: Option<f64>,
    pub device: Device,
    pub sound: SoundState,
}

/// Shared between the callback, which only stores, and the readers.
pub(super) struct Shared {
    epoch: Instant,
    /// Sequence lock: odd while the callback is writing the four below.
    version: AtomicU32,
    position: AtomicU64,
    /// The lowest position of the playhead since the last jump.
    floor: AtomicU64,
    pace: AtomicU64,
    heard_at: AtomicU64,

    duration: AtomicU64,
    is_playing: AtomicBool,
    is_waiting: AtomicBool,
    score: AtomicU64,
    dropped: AtomicU32,
    peak: AtomicU32,
    latency: AtomicU64,
    /// Total frames rendered: if it stops growing, the card is lost.
    pub(super) frames: AtomicU64,
    pub(super) underruns: AtomicU32,
    pub(super) is_lost: AtomicBool,
    /// The callback has faded out and stands still.
    pub(super) is_held: AtomicBool,
    /// Written by the thread `audio` only.
    words: Mutex<Words>,
}

struct Words {
    device: Device,
    sound: SoundState,
    devices: Arc<[String]>,
}

impl Shared {
    pub fn new() -> Shared {
        Shared {
            epoch: Instant::now(),
            version: AtomicU32::new(0),
            position: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            pace: AtomicU64::new(0),
            heard_at: AtomicU64::new(0),
            duration: AtomicU64::new(0),
            is_playing: AtomicBool::new(false),
            is_waiting: AtomicBool::new(false),
            score: AtomicU64::new(0),
            dropped: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            latency: AtomicU64::new(f64::NAN.to_bits()),
            frames: AtomicU64::new(0),
            underruns: AtomicU32::new(0),
            is_lost: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            words: Mutex::new(Words {
                device: Device::Opening,
                sound: SoundState::None,
                devices: Arc::new([]),
            }),
        }
    }

    pub fn epoch(&self) -> Instant {
        self.epoch
    }

    /// Seconds since this was created.
    pub fn now_secs(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64()
    }

    /// Published by the callback after each block, with stores only.
    pub fn publish(&self, renderer: &Renderer, clock: &Clock, floor_secs: f64, peak: f32, frames: u64) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.position.store(renderer.position_secs().to_bits(), Ordering::Relaxed);
        self.floor.store(floor_secs.to_bits(), Ordering::Relaxed);
        self.pace.store(renderer.pace().to_bits(), Ordering::Relaxed);
        self.heard_at.store(clock.heard_at_secs().to_bits(), Ordering::Relaxed);
        self.version.store(version.wrapping_add(2), Ordering::Release);

        self.duration.store(renderer.score().duration_secs().to_bits(), Ordering::Relaxed);
        self.is_playing.store(renderer.transport() == Transport::Playing, Ordering::Relaxed);
        self.is_waiting.store(renderer.is_waiting(), Ordering::Relaxed);
        self.score.store(renderer.score().id().value(), Ordering::Relaxed);
        self.dropped.store(renderer.score().dropped() as u32, Ordering::Relaxed);
        // Bits of positive floats are ordered like the floats.
        self.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
        self.latency.store(clock.latency_secs().unwrap_or(f64::NAN).to_bits(), Ordering::Relaxed);
        self.frames.fetch_add(frames, Ordering::Relaxed);
    }

    /// The playhead as heard now.
    pub fn heard_position_secs(&self) -> f64 {
        let load = |value: &AtomicU64| f64::from_bits(value.load(Ordering::Relaxed));
        for _ in 0..64 {
            let before = self.version.load(Ordering::Acquire);
            let (position, floor, pace, heard_at) =
                (load(&self.position), load(&self.floor), load(&self.pace), load(&self.heard_at));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && before == self.version.load(Ordering::Relaxed) {
                let ahead_secs = (heard_at - self.now_secs()).clamp(0.0, 1.0);
                return (position - ahead_secs * pace).max(floor.min(position));
            }
            std::hint::spin_loop();
        }
        load(&self.position)
    }

    /// The time from rendering to hearing, as far as it is known.
    pub fn latency_secs(&self) -> Option<f64> {
        Some(f64::from_bits(self.latency.load(Ordering::Relaxed))).filter(|latency| latency.is_finite())
    }

    pub fn status(&self) -> PlayerStatus {
        let (device, sound) = self.with_words(|words| (words.device.clone(), words.sound.clone()));
        PlayerStatus {
            position_secs: self.heard_position_secs(),
            duration_secs: f64::from_bits(self.duration.load(Ordering::Relaxed)),
            is_playing: self.is_playing.load(Ordering::Relaxed),
            is_waiting: self.is_waiting.load(Ordering::Relaxed),
            score: self.score.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            peak: f32::from_bits(self.peak.swap(0, Ordering::Relaxed)),
            underruns: self.underruns.load(Ordering::Relaxed),
            latency_secs: self.latency_secs(),
            device,
            sound,
        }
    }

    /// The parts of the status whose change wakes the window.
    pub fn milestone(&self) -> (bool, bool, u64) {
        let load = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        (load(&self.is_playing), load(&self.is_waiting), self.score.load(Ordering::Relaxed))
    }

    pub fn devices(&self) -> Arc<[String]> {
        self.with_words(|words| Arc::clone(&words.devices))
    }

    pub fn set_device(&self, device: Device) {
        self.with_words(|words| words.device = device);
    }

    pub fn set_sound(&self, sound: SoundState) {
        self.with_words(|words| words.sound = sound);
    }

    pub fn set_devices(&self, devices: Arc<[String]>) {
        self.with_words(|words| words.devices = devices);
    }

    fn with_words<T>(&self, look: impl FnOnce(&mut Words) -> T) -> T {
        look(&mut self.words.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
