//! The renderer: plays a score with voices, with play, pause, seek, loop and tempo.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::limiter::{Limiter, ramp};
use super::playhead::{Playhead, PlayheadEvent};
use super::score::{Score, ScoreId};
use super::tap::Tap;
use super::voices::Voices;
use super::{BLOCK, Block};
use crate::music::{Note, PedalChange, Pitch, Velocity};

/// Frames over which the sound fades out at pause and stop, and fades in at play: 5 ms at 48 kHz.
const FADE_FRAMES: f32 = 256.0;
/// Rendering ends after this much silence at the end.
const SILENT_SECS: f32 = 0.5;
/// A block that stays below this, −100 dBFS, counts as silent.
const SILENCE: f32 = 1e-5;
/// Maximum gain, +12 dB; the limiter catches the rest.
const MAX_GAIN: f32 = 4.0;

/// The state of the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Paused; the sound is frozen.
    Paused,
    /// Playing, or waiting for a growing take.
    Playing,
    /// At the end; the last notes ring.
    Ended,
}

/// Plays a [`Score`] with [`Voices`]. Every method but the constructors is safe in an audio callback: none allocates,
/// frees, locks or blocks; replaced values are returned, to be dropped elsewhere.
pub struct Renderer {
    sample_rate: u32,
    playhead: Playhead,
    voices: Option<Box<Voices>>,
    /// Replaced voices that are still fading out.
    leaving: Option<Box<Voices>>,
    leaving_fade: f32,
    /// Voices that failed while playing.
    broken: Option<Box<Voices>>,
    transport: Transport,
    /// The gain of the music, apart from auditions: 0 when paused, 1 when it sounds.
    fade: f32,
    /// The voices still hold sound from before a jump, which must be cut before they are heard again.
    is_stale: bool,
    gain: f32,
    next_gain: f32,
    limiter: Limiter,
    silent_secs: f32,
    tap: Tap,
    /// Can anything be heard? It fades to silence and back.
    is_audible: bool,
    level: f32,
}

impl Renderer {
    /// Without voices the playhead moves in silence.
    pub fn new(sample_rate: u32, voices: Option<Box<Voices>>) -> Renderer {
        Renderer {
            sample_rate,
            playhead: Playhead::new(Box::new(Score::empty())),
            voices,
            leaving: None,
            leaving_fade: 0.0,
            broken: None,
            transport: Transport::Paused,
            fade: 0.0,
            is_stale: true,
            gain: 1.0,
            next_gain: 1.0,
            limiter: Limiter::default(),
            silent_secs: 0.0,
            tap: Tap::default(),
            is_audible: true,
            level: 1.0,
        }
    }

    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Continues at another sample rate with voices built for it. Not for an audio callback: it frees the old voices.
    pub fn set_sample_rate(&mut self, sample_rate: u32, voices: Option<Box<Voices>>) {
        self.sample_rate = sample_rate;
        self.voices = voices;
        self.leaving = None;
        self.limiter = Limiter::default();
        self.is_stale = true;
        self.fade = 0.0;
        self.restore_after_jump();
    }

    /// Notes down what is played, for [`Renderer::take_played`], or stops doing so.
    pub fn set_tapped(&mut self, is_tapped: bool) {
        self.tap.set_open(is_tapped);
        if is_tapped && self.transport == Transport::Playing {
            self.tap.push(PlayheadEvent::Pedal { value: self.playhead.pedal_value(), has_turned: true });
        }
    }

    /// What was played since the last call. Keys that are down at a [`PlayheadEvent::Cut`] are let go.
    pub fn take_played(&mut self) -> impl Iterator<Item = PlayheadEvent> + '_ {
        self.tap.take()
    }

    /// Fades all sound out within 5 ms, or in again. The playhead moves on.
    pub fn set_audible(&mut self, is_audible: bool) {
        self.is_audible = is_audible;
    }

    /// Has all sound been faded out?
    pub fn is_silenced(&self) -> bool {
        !self.is_audible && self.level == 0.0
    }

    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Is the playhead waiting because the take has not been composed far enough yet?
    pub fn is_waiting(&self) -> bool {
        self.transport == Transport::Playing && self.playhead.is_waiting()
    }

    /// The playhead, in seconds of the score.
    pub fn position_secs(&self) -> f64 {
        self.playhead.position_secs()
    }

    /// Current speed in seconds of the score per second; 0 while paused.
    pub fn pace(&self) -> f64 {
        let is_moving = self.transport == Transport::Playing && !self.playhead.is_waiting();
        if is_moving { self.playhead.tempo_scale() } else { 0.0 }
    }

    pub fn score(&self) -> &Score {
        self.playhead.score()
    }

    pub fn has_voices(&self) -> bool {
        self.voices.is_some()
    }

    /// Replaces the voices with a cross-fade. Check [`Renderer::can_set_voices`] first.
    pub fn set_voices(&mut self, voices: Box<Voices>) {
        self.leaving = self.voices.replace(voices);
        self.leaving_fade = self.fade;
        self.is_stale = true;
        self.restore_after_jump();
    }

    /// False for a few milliseconds while an earlier replacement is fading.
    pub fn can_set_voices(&self) -> bool {
        self.leaving.is_none()
    }

    /// Voices that are no longer heard, to be dropped elsewhere; true if they failed while playing.
    pub fn take_retired(&mut self) -> Option<(Box<Voices>, bool)> {
        if let Some(broken) = self.broken.take() {
            return Some((broken, true));
        }
        if self.leaving_fade > 0.0 { None } else { self.leaving.take().map(|voices| (voices, false)) }
    }

    /// Replaces the score, paused at its beginning; returns the old one.
    pub fn load(&mut self, score: Box<Score>) -> Box<Score> {
        self.tap.push(PlayheadEvent::Cut);
        self.transport = Transport::Paused;
        self.is_stale = true;
        self.playhead.load(score)
    }

    /// Replaces the score at the same playhead and keeps playing if it was; returns the old one.
    pub fn swap(&mut self, score: Box<Score>) -> Box<Score> {
        let old = self.playhead.swap(score);
        self.is_stale = true;
        self.restore_after_jump();
        old
    }

    /// Adds to the growing score `id`; ignored for any other.
    pub fn append(&mut self, id: ScoreId, notes: &[Note], pedal: &[PedalChange], ready_until_secs: f64) {
        self.playhead.append(id, notes, pedal, ready_until_secs);
    }

    /// The growing score `id` is complete.
    pub fn finish(&mut self, id: ScoreId) {
        self.playhead.finish(id);
    }

    /// Plays from the playhead, or from the beginning if it is at the end.
    pub fn play(&mut self) {
        if self.transport == Transport::Playing {
            return;
        }
        if self.playhead.is_at_end() {
            self.playhead.place(0.0);
            self.is_stale = true;
        }
        self.transport = Transport::Playing;
        if !self.is_stale {
            self.tap.push(PlayheadEvent::Pedal { value: self.playhead.pedal_value(), has_turned: true });
        }
        self.restore_after_jump();
    }

    /// Fades out within 5 ms; [`Renderer::play`] continues at the next sample.
    pub fn pause(&mut self) {
        self.tap.push(PlayheadEvent::Cut);
        self.transport = Transport::Paused;
    }

    /// Pauses and moves the playhead to the beginning.
    pub fn stop(&mut self) {
        self.tap.push(PlayheadEvent::Cut);
        self.transport = Transport::Paused;
        self.playhead.place(0.0);
        self.is_stale = true;
    }

    /// Moves the playhead, clamped to the score; notes held there are restored.
    pub fn seek(&mut self, secs: f64) {
        self.playhead.place(secs);
        self.is_stale = true;
        match self.transport {
            Transport::Ended => {
                self.tap.push(PlayheadEvent::Cut);
                self.transport = Transport::Paused;
            }
            Transport::Playing | Transport::Paused => self.restore_after_jump(),
        }
    }

    /// Sets the loop; `None` for none.
    pub fn set_loop(&mut self, region: Option<Range<f64>>) {
        self.playhead.set_loop(region);
    }

    /// Sets the gain, clamped to 0–4 and reached within a block; 1 is unchanged.
    pub fn set_gain(&mut self, gain: f32) {
        if gain.is_finite() {
            self.next_gain = gain.clamp(0.0, MAX_GAIN);
        }
    }

    /// Sets the tempo without changing the pitch; see [`super::TEMPO_SCALES`].
    pub fn set_tempo_scale(&mut self, scale: f64) {
        self.playhead.set_tempo_scale(scale);
    }

    /// Plays a single note alongside the music.
    pub fn audition(&mut self, pitch: Pitch, velocity: Velocity) {
        if let Some(voices) = &mut self.voices {
            voices.audition(pitch, velocity);
        }
    }

    /// Presses a key besides the music (`None` lets it go).
    pub fn play_key(&mut self, pitch: Pitch, velocity: Option<Velocity>) {
        if let Some(voices) = &mut self.voices {
            voices.play_key(pitch, velocity);
        }
    }

    /// The pedal of [`Renderer::play_key`].
    pub fn play_pedal(&mut self, is_down: bool) {
        if let Some(voices) = &mut self.voices {
            voices.play_pedal(is_down);
        }
    }

    /// After a jump while playing: cuts the old sound and restores the notes at the playhead.
    fn restore_after_jump(&mut self) {
        if self.transport != Transport::Playing || !self.is_stale {
            return;
        }
        self.is_stale = false;
        if let Some(voices) = &mut self.voices {
            if self.fade > 0.0 { voices.cut() } else { voices.silence() }
        }
        self.tap.push(PlayheadEvent::Cut);
        let (voices, tap) = (&mut self.voices, &mut self.tap);
        self.playhead.restore(&mut |event| {
            tap.push(event);
            apply(voices, event);
        });
    }

    /// Releases all keys and the pedal, as at the end of an excerpt; the notes fade naturally.
    pub(super) fn let_ring(&mut self) {
        self.transport = Transport::Ended;
        let keys: [bool; Pitch::COUNT] = std::array::from_fn(|_| true);
        for pitch in (0..keys.len()).filter_map(Pitch::from_key_index) {
            apply(&mut self.voices, PlayheadEvent::Release { pitch });
        }
        apply(&mut self.voices, PlayheadEvent::Pedal { value: 0, has_turned: true });
    }

    /// Renders the next frames; returns their absolute peak. The output is one block late, because the limiter looks
    /// ahead.
    pub fn render(&mut self, out: &mut Block) -> f32 {
        *out = [[0.0; 2]; BLOCK];
        let is_fading_out = self.transport == Transport::Paused && self.fade > 0.0 && !self.is_stale;
        if self.transport == Transport::Playing || is_fading_out {
            let secs = BLOCK as f64 / f64::from(self.sample_rate);
            let (voices, tap) = (&mut self.voices, &mut self.tap);
            self.playhead.advance(secs, &mut |event| {
                if !is_fading_out {
                    tap.push(event);
                }
                apply(voices, event);
            });
        }
        if self.transport == Transport::Playing && self.playhead.is_at_end() {
            self.transport = Transport::Ended;
            self.silent_secs = 0.0;
        }
        // A SoundFont that makes the synthesizer panic must not end the audio thread, nor send it NaN.
        let is_sound = |out: &Block| out.iter().flatten().all(|s| s.is_finite());
        let rendered = catch_unwind(AssertUnwindSafe(|| self.render_voices(out)));
        if rendered.is_err() || !is_sound(out) {
            *out = [[0.0; 2]; BLOCK];
            self.broken = self.voices.take();
        }
        ramp(out, self.gain, self.next_gain);
        self.gain = self.next_gain;
        self.limiter.process(out);
        self.level = fade(out, self.level, if self.is_audible { 1.0 } else { 0.0 });
        out.iter().flatten().fold(0.0, |peak, s| peak.max(s.abs()))
    }

    fn render_voices(&mut self, out: &mut Block) {
        let target = if self.transport == Transport::Paused { 0.0 } else { 1.0 };
        if self.fade > 0.0 || target > 0.0 {
            if let Some(voices) = &mut self.voices {
                voices.render(out);
            }
            self.fade = fade(out, self.fade, target);
            self.stop_when_silent(out);
        }
        if let Some(leaving) = &mut self.leaving
            && self.leaving_fade > 0.0
        {
            let mut block = [[0.0; 2]; BLOCK];
            leaving.render(&mut block);
            self.leaving_fade = fade(&mut block, self.leaving_fade, 0.0);
            for (sum, frame) in out.iter_mut().zip(&block) {
                sum[0] += frame[0];
                sum[1] += frame[1];
            }
        }
        if let Some(voices) = &mut self.voices {
            voices.render_audition(out);
        }
    }

    /// After the end: stops once the last notes have died away.
    fn stop_when_silent(&mut self, block: &Block) {
        let is_silent = block.iter().flatten().all(|s| s.abs() < SILENCE);
        if is_silent && self.transport == Transport::Ended {
            self.silent_secs += BLOCK as f32 / self.sample_rate as f32
        } else {
            self.silent_secs = 0.0
        }
        if self.silent_secs > SILENT_SECS {
            self.transport = Transport::Paused;
            self.fade = 0.0;
            self.is_stale = true;
            self.tap.push(PlayheadEvent::Cut);
        }
    }
}

fn apply(voices: &mut Option<Box<Voices>>, event: PlayheadEvent) {
    if let Some(voices) = voices {
        voices.apply(event);
    }
}

/// Moves a gain sample by sample from `from` towards `to`, over at most [`FADE_FRAMES`]; returns the value reached.
fn fade(block: &mut Block, from: f32, to: f32) -> f32 {
    if from == 1.0 && to == 1.0 {
        return 1.0;
    }
    let step = if to > from { 1.0 / FADE_FRAMES } else { -1.0 / FADE_FRAMES };
    let mut gain = from;
    for frame in block {
        gain = (gain + step).clamp(0.0, 1.0);
        frame[0] *= gain;
        frame[1] *= gain;
    }
    gain
}
