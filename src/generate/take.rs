//! What is asked for, and what comes back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::form::Form;
use super::given::Given;
use super::mix::Mix;
use super::quality::Quality;
use crate::music::{ComposerId, Note, PedalChange, Performance};
use crate::sampling::SamplingSettings;
use crate::tokens::NoteToken;

/// More notes than this are an hour of music and a mistake.
pub const MAX_NOTES: usize = 40_000;
/// The most steps of a blend.
pub const MAX_STEPS: usize = 100;
/// The most alternatives for a region.
pub const MAX_ALTERNATIVES: usize = 64;
/// The length of a take unless another is asked for.
pub const DEFAULT_NOTES: usize = 500;

/// One take to compose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// `None`: no label, z from any component.
    pub composer: Option<ComposerId>,
    pub seed: u64,
    /// New notes asked for; the take ends by itself within about a tenth of it.
    pub notes: usize,
    pub sampling: SamplingSettings,
    /// How the take is divided, and which themes come back.
    #[serde(default)]
    pub form: Form,
    /// How closely a theme comes back, 0–1; 1 is note for note.
    #[serde(default = "default_recall")]
    pub recall: f32,
    /// Continuations that the selector chooses from after the first [`CHUNK`](super::CHUNK) notes; 1: none.
    pub best_of: usize,
    /// The latent of the first segment, later ones wandering from it; `None`: drawn for the composer.
    pub z: Option<Vec<f32>>,
    /// Instead of `z`: the latent of each window of the take in turn, as [`Generator::encode_windows`] gives them;
    /// after the last one they wander from it. Empty: `z` holds.
    ///
    /// [`Generator::encode_windows`]: super::Generator::encode_windows
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub z_path: Vec<Vec<f32>>,
    /// In whose manner each window of the take is composed in turn, the last one holding to the end; empty: in that of
    /// `composer`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixes: Vec<Mix>,
    /// More (above 0) or less of some qualities, in standard deviations. Those without a direction beside the
    /// checkpoint make no difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<(Quality, f32)>,
    /// Notes to keep, wholly or in part; the take is then as long as they are, and a prompt is not looked at.
    #[serde(skip)]
    pub given: Option<Arc<Given>>,
    /// Music to go on from: it stands at the beginning of the take, unchanged but for the token grid.
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

/// Notes that are new since the last call, in the order of their onsets.
#[derive(Clone, Debug)]
pub struct StreamedNotes {
    pub notes: Vec<Note>,
    pub pedal: Vec<PedalChange>,
    /// Nothing before this time will change any more.
    pub ready_until_secs: f64,
    /// Notes so far, the prompt's among them.
    pub done_notes: usize,
}

/// All that is needed to make a take again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Full name; `None` without a label.
    pub composer: Option<String>,
    pub seed: u64,
    pub notes: usize,
    pub sampling: SamplingSettings,
    #[serde(default)]
    pub form: Form,
    #[serde(default = "default_recall")]
    pub recall: f32,
    #[serde(default = "one")]
    pub best_of: usize,
    /// The latent of each segment.
    pub z: Vec<Vec<f32>>,
    /// Of a take in more than one manner: full names and shares for each segment in turn, the last one holding to the
    /// end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixes: Vec<Vec<(String, f32)>>,
    /// Qualities that were asked for, in standard deviations; the latents have them already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<(Quality, f32)>,
    /// Notes of the prompt.
    #[serde(default)]
    pub prompt_notes: usize,
    /// The checkpoint's fingerprint.
    pub checkpoint: String,
    /// The version of this program.
    pub version: String,
}

/// How closely a theme comes back by default.
pub const DEFAULT_RECALL: f32 = 0.7;

fn default_recall() -> f32 {
    DEFAULT_RECALL
}

/// Of takes from before there was a choice.
fn one() -> usize {
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

/// One generated result.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub performance: Performance,
    /// Without an end token.
    pub tokens: Vec<NoteToken>,
    pub recipe: Recipe,
    /// Was it stopped before its end?
    pub is_partial: bool,
}
