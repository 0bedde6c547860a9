//! A request to compose, and its result.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::form::Form;
use super::given::Given;
use super::mix::Mix;
use super::quality::Quality;
use crate::music::{ComposerId, Note, PedalChange, Performance};
use crate::sampling::SamplingSettings;
use crate::tokens::NoteToken;

/// Maximum number of new notes: about an hour of music.
pub const MAX_NOTES: usize = 40_000;
/// Maximum number of steps in a blend.
pub const MAX_STEPS: usize = 100;
/// Maximum number of alternatives for a region.
pub const MAX_ALTERNATIVES: usize = 64;
/// Default number of notes in a take.
pub const DEFAULT_NOTES: usize = 500;

/// One take to compose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// `None`: no label, and z from any component.
    pub composer: Option<ComposerId>,
    pub seed: u64,
    /// Requested number of new notes; the take ends within about a tenth of it.
    pub notes: usize,
    pub sampling: SamplingSettings,
    /// How the take is divided into sections, and which themes return.
    #[serde(default)]
    pub form: Form,
    /// How closely a theme returns, 0–1; 1 is note for note.
    #[serde(default = "default_recall")]
    pub recall: f32,
    /// Number of continuations from which the selector chooses after the first [`CHUNK`](super::CHUNK) notes; 1: no
    /// choice.
    pub best_of: usize,
    /// The latent of the first segment, from which later ones wander; `None`: drawn for the composer.
    pub z: Option<Vec<f32>>,
    /// Instead of `z`: the latent of each window of the take in order, as returned by [`Generator::encode_windows`];
    /// further windows wander from the last one. Empty: `z` is used.
    ///
    /// [`Generator::encode_windows`]: super::Generator::encode_windows
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub z_path: Vec<Vec<f32>>,
    /// The composers of each window of the take in order; the last entry applies to all further windows. Empty:
    /// `composer` is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixes: Vec<Mix>,
    /// More (above 0) or less of some qualities, in standard deviations. Those without a direction beside the
    /// checkpoint make no difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<(Quality, f32)>,
    /// Notes to keep, wholly or in part. The take then has exactly their length, and a prompt is ignored.
    #[serde(skip)]
    pub given: Option<Arc<Given>>,
    /// Music to continue: the take begins with it, quantised to the token grid.
    #[serde(skip)]
    pub prompt: Option<Arc<Performance>>,
}

impl GenerateRequest {
    pub fn new(composer: Option<ComposerId>, seed: u64) -> GenerateRequest {
        GenerateRequest {
            composer,
            seed,
            notes: DEFAULT_NOTES,
            sampling: SamplingSettings::default(),
            form: Form::default(),
            recall: DEFAULT_RECALL,
            best_of: 1,
            z: None,
            z_path: Vec::new(),
            mixes: Vec::new(),
            qualities: Vec::new(),
            given: None,
            prompt: None,
        }
    }
}

/// New notes since the last call, in order of onset.
#[derive(Clone, Debug)]
pub struct StreamedNotes {
    pub notes: Vec<Note>,
    pub pedal: Vec<PedalChange>,
    /// The music before this time is final, in seconds.
    pub ready_until_secs: f64,
    /// Notes so far, including the prompt.
    pub done_notes: usize,
}

/// Everything needed to make a take again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Full name of the composer; `None` without a label.
    pub composer: Option<String>,
    pub seed: u64,
    pub notes: usize,
    pub sampling: SamplingSettings,
    #[serde(default)]
    pub form: Form,
    #[serde(default = "default_recall")]
    pub recall: f32,
    #[serde(default = "default_best_of")]
    pub best_of: usize,
    /// The latent of each segment.
    pub z: Vec<Vec<f32>>,
    /// For a take with a mix of composers: full names and shares for each segment in order; the last entry applies to
    /// all further segments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixes: Vec<Vec<(String, f32)>>,
    /// Qualities that were asked for, in standard deviations; the latents have them already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<(Quality, f32)>,
    /// Number of prompt notes.
    #[serde(default)]
    pub prompt_notes: usize,
    /// The checkpoint's hash.
    pub checkpoint: String,
    /// The version of this program.
    pub version: String,
}

/// Default for how closely a theme returns.
pub const DEFAULT_RECALL: f32 = 0.7;

fn default_recall() -> f32 {
    DEFAULT_RECALL
}

/// Default for recipes written before best-of-N existed.
fn default_best_of() -> usize {
    1
}

impl Recipe {
    /// The composers imitated, as text.
    pub fn manner(&self) -> String {
        let shares = |mix: &Vec<(String, f32)>| {
            let shares = mix.iter().map(|(name, share)| format!("{name} {:.0} %", share * 100.0));
            shares.collect::<Vec<String>>().join(", ")
        };
        match (self.mixes.first(), self.mixes.last()) {
            (Some(first), Some(last)) if first != last => format!("{} to {}", shares(first), shares(last)),
            (Some(mix), _) => shares(mix),
            (None, _) => self.composer.clone().unwrap_or_else(|| "nobody in particular".to_owned()),
        }
    }

    /// One line for a MIDI text event.
    pub fn to_line(&self) -> String {
        let z: Vec<String> = self.z.first().into_iter().flatten().map(|v| format!("{v:.3}")).collect();
        format!(
            "Pastiche {}; in the manner of {}; seed {}; {} notes; guidance {}; temperature {}; top-p {}; memory {}; form {}; recall {}; best of {}; checkpoint {}; z {}",
            self.version,
            self.manner(),
            self.seed,
            self.notes,
            self.sampling.guidance,
            self.sampling.temperature,
            self.sampling.top_p,
            self.sampling.memory,
            self.form,
            self.recall,
            self.best_of,
            self.checkpoint,
            z.join(" "),
        )
    }
}

/// A composed take.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub performance: Performance,
    /// Without the end token.
    pub tokens: Vec<NoteToken>,
    pub recipe: Recipe,
    /// Was composing stopped early?
    pub is_partial: bool,
}
