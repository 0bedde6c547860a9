//! Renders a recording block by block.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::settings::{ExportError, ExportSettings, ExportSummary};
use crate::music::Performance;
use crate::progress::{Progress, StopFlag};
use crate::synth::limiter::ramp;
use crate::synth::render::{Renderer, Transport};
use crate::synth::score::Score;
use crate::synth::voices::Voices;
use crate::synth::{BLOCK, Block};

/// A recording of a part starts this much earlier, to include what still rings; that is rendered and discarded.
const PREROLL_SECS: f64 = 10.0;
/// Maximum decay of the last notes and the reverb.
const LONGEST_TAIL_SECS: f64 = 10.0;
/// Duration of the fade-out at that limit.
const TAIL_FADE_SECS: f64 = 1.0;
/// The decay ends when it stays below this, −90 dBFS, …
const SILENCE: f32 = 3.2e-5;
/// … for this long.
const SILENT_SECS: f64 = 0.1;
/// The peak of a normalised recording, −1 dBFS.
const NORMALISED_PEAK: f32 = 0.891;
/// Gain at which normalised recordings are rendered first, so that the limiter does not act.
const UNLIMITED_GAIN: f32 = 0.02;
/// Interval of progress reports.
const BLOCKS_PER_REPORT: u64 = 750;

/// Renders a recording block by block, reports progress, and checks whether to stop.
pub(super) struct Offline<'a> {
    performance: Arc<Performance>,
    renderer: Renderer,
    range: Range<f64>,
    scale: f32,
    phase: Phase,
    phase_name: &'static str,
    frames: u64,
    peak: f32,
    stop: &'a StopFlag,
    on_progress: &'a mut dyn FnMut(Progress),
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Playing,
    Ringing { secs: f64, silent_secs: f64 },
    Over,
}

impl<'a> Offline<'a> {
    pub fn new(
        performance: Arc<Performance>,
        voices: Voices,
        settings: &ExportSettings,
        range: Range<f64>,
        stop: &'a StopFlag,
        on_progress: &'a mut dyn FnMut(Progress),
    ) -> Result<Offline<'a>, ExportError> {
        let mut renderer = Renderer::new(settings.voices.sample_rate, Some(Box::new(voices)));
        renderer.set_tempo_scale(settings.tempo_scale);
        renderer.set_gain(if settings.is_normalised { UNLIMITED_GAIN } else { settings.gain });
        let mut offline = Offline {
            performance,
            renderer,
            range,
            scale: 1.0,
            phase: Phase::Playing,
            phase_name: "rendering",
            frames: 0,
            peak: 0.0,
            stop,
            on_progress,
        };
        offline.rewind()?;
        Ok(offline)
    }

    pub fn sample_rate(&self) -> u32 {
        self.renderer.sample_rate()
    }

    /// The peak so far.
    pub fn summary(&self) -> ExportSummary {
        let secs = self.frames as f64 / f64::from(self.sample_rate());
        ExportSummary { secs, peak: self.peak }
    }

    /// Frames of the part itself, without the decay.
    pub fn expected_frames(&self) -> u64 {
        let secs = (self.range.end - self.range.start) / self.renderer.pace().max(0.25);
        (secs * f64::from(self.sample_rate())) as u64
    }

    /// Returns to the start of the part, restoring what rings there.
    fn rewind(&mut self) -> Result<(), ExportError> {
        self.renderer.load(Box::new(Score::whole(Arc::clone(&self.performance))));
        // Render silence until everything has faded.
        let mut block = [[0.0; 2]; BLOCK];
        for _ in 0..8 {
            self.renderer.render(&mut block);
        }
        self.renderer.seek(self.range.start - PREROLL_SECS);
        self.renderer.play();
        let lead = self.sample_block_secs() * self.renderer.pace();
        while self.renderer.position_secs() + lead < self.range.start {
            self.renderer.render(&mut block);
            self.check_stop()?;
            self.check_voices()?;
        }
        // The limiter is one block late: this block outputs what came before the part.
        self.renderer.render(&mut block);
        self.phase = Phase::Playing;
        self.frames = 0;
        self.peak = 0.0;
        Ok(())
    }

    fn sample_block_secs(&self) -> f64 {
        BLOCK as f64 / f64::from(self.sample_rate())
    }

    /// Renders everything once to find the peak, sets the gain by it, and returns to the start.
    pub fn measure(&mut self) -> Result<(), ExportError> {
        self.phase_name = "measuring";
        while self.next_block()?.is_some() {}
        let peak = self.peak;
        self.rewind()?;
        self.phase_name = "rendering";
        self.scale = if peak > 0.0 { NORMALISED_PEAK / peak } else { 1.0 };
        Ok(())
    }

    fn check_stop(&self) -> Result<(), ExportError> {
        if self.stop.is_stopped() { Err(ExportError::Stopped) } else { Ok(()) }
    }

    /// Fails if the synthesizer has failed, since it would continue in silence.
    fn check_voices(&self) -> Result<(), ExportError> {
        if self.renderer.has_voices() {
            Ok(())
        } else {
            Err(ExportError::Broken { secs: self.renderer.position_secs() })
        }
    }

    /// The next block, or `None` once the last notes have died away.
    pub fn next_block(&mut self) -> Result<Option<Block>, ExportError> {
        if self.phase == Phase::Over {
            return Ok(None);
        }
        if (self.frames / BLOCK as u64).is_multiple_of(BLOCKS_PER_REPORT) {
            self.check_stop()?;
            self.report();
        }
        let mut block = [[0.0; 2]; BLOCK];
        let mut peak = self.renderer.render(&mut block) * self.scale;
        self.check_voices()?;
        if self.scale != 1.0 {
            ramp(&mut block, self.scale, self.scale);
        }
        if let Some((from, to)) = self.turn_phase(peak) {
            ramp(&mut block, from, to);
            peak *= from;
        }
        self.frames += BLOCK as u64;
        self.peak = self.peak.max(peak);
        Ok(Some(block))
    }

    /// Advances from playing to decaying to the end; returns the gains for fading out a long decay.
    fn turn_phase(&mut self, peak: f32) -> Option<(f32, f32)> {
        let block_secs = self.sample_block_secs();
        match self.phase {
            Phase::Playing => {
                let is_at_end = self.renderer.position_secs() >= self.range.end;
                if is_at_end || self.renderer.transport() == Transport::Ended {
                    self.renderer.let_ring();
                    self.phase = Phase::Ringing { secs: 0.0, silent_secs: 0.0 };
                }
                None
            }
            Phase::Ringing { secs, silent_secs } => {
                let silent_secs = if peak < SILENCE { silent_secs + block_secs } else { 0.0 };
                let secs_after = secs + block_secs;
                self.phase = if silent_secs >= SILENT_SECS || secs_after >= LONGEST_TAIL_SECS {
                    Phase::Over
                } else {
                    Phase::Ringing { secs: secs_after, silent_secs }
                };
                let gain = |secs: f64| ((LONGEST_TAIL_SECS - secs) / TAIL_FADE_SECS).clamp(0.0, 1.0) as f32;
                Some((gain(secs), gain(secs_after)))
            }
            Phase::Over => None,
        }
    }

    fn report(&mut self) {
        let total = self.expected_frames().max(self.frames);
        let phase = Cow::Borrowed(self.phase_name);
        (self.on_progress)(Progress { phase, done: self.frames, total: Some(total) });
    }
}
