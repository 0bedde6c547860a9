//! The record of a take: the JSON file beside its MIDI file.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::history::History;
use super::made::Made;
use crate::evaluate::Heard;
use crate::generate::{CopyCheck, DEFAULT_BEST_OF, DEFAULT_RECALL, Form, Quality, Recipe, Region, Take};
use crate::music::{Performance, surname};
use crate::sampling::SamplingSettings;

/// Where the music of a take came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    #[default]
    Composed,
    /// A MIDI file of the user's.
    Opened,
    /// Anything a later version of Pastiche may add.
    #[serde(other)]
    Other,
}

/// The settings of a take, with the composer by name, so that they do not depend on the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComposeSettings {
    /// Full name; `None` is "any composer".
    pub composer: Option<String>,
    pub seed: u64,
    pub notes: usize,
    #[serde(flatten)]
    pub sampling: SamplingSettings,
    /// The form. One that cannot be parsed, as from a later version, is read as free.
    #[serde(deserialize_with = "form_or_free")]
    pub form: Form,
    /// How closely a theme comes back, 0–1.
    pub recall: f32,
    pub best_of: usize,
    /// The latent, if it was chosen on the map.
    pub z: Option<Vec<f32>>,
    /// Of a walk: where each window of the take lies in turn, and in whose manner it is composed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub walk: Vec<Step>,
    /// Qualities that were asked for, in standard deviations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<(Quality, f32)>,
    /// Was it to go on until it is stopped?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_endless: bool,
    /// Of a mix: composers by full name with their weights.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mix: Vec<(String, f32)>,
    /// In takes continued by the first version: number of given notes at the beginning. It did not keep their source.
    pub prompt_notes: usize,
}

impl Default for ComposeSettings {
    fn default() -> ComposeSettings {
        ComposeSettings {
            composer: None,
            seed: 1,
            notes: 500,
            sampling: SamplingSettings::default(),
            form: Form::default(),
            recall: DEFAULT_RECALL,
            best_of: DEFAULT_BEST_OF,
            z: None,
            walk: Vec::new(),
            qualities: Vec::new(),
            is_endless: false,
            mix: Vec::new(),
            prompt_notes: 0,
        }
    }
}

impl ComposeSettings {
    /// A name for the take: the composer's surname, those of a mix, of a walk those of its two ends, and the seed.
    pub fn name(&self) -> String {
        let alone = self.composer.as_deref().map_or("Any composer", surname).to_owned();
        let own = match self.mix.len() {
            0 | 1 => alone,
            _ => self.mix.iter().map(|(name, _)| surname(name)).collect::<Vec<&str>>().join(" + "),
        };
        if self.is_endless {
            return format!("Endless {own} {}", self.seed);
        }
        match (self.walk.first().and_then(Step::surname), self.walk.last().and_then(Step::surname)) {
            (Some(first), Some(last)) if first != last => format!("{first} → {last} {}", self.seed),
            _ => format!("{own} {}", self.seed),
        }
    }
}

/// A step of a walk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    pub z: Vec<f32>,
    /// Composers by their full names, with their shares.
    pub mix: Vec<(String, f32)>,
}

impl Step {
    /// The last name of the composer with the largest share.
    fn surname(&self) -> Option<&str> {
        let heaviest = self.mix.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        heaviest.map(|(name, _)| surname(name))
    }
}

fn form_or_free<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Form, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The record of a take. Unknown fields are preserved when it is rewritten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeRecord {
    pub format: u32,
    pub name: String,
    pub composer: Option<String>,
    /// Seconds since 1970, UTC.
    pub created_secs: u64,
    pub is_starred: bool,
    pub notes: usize,
    pub duration_secs: f64,
    pub origin: Origin,
    /// For an opened file: a hash that identifies its music.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub settings: Option<ComposeSettings>,
    /// What it was made from, as [`Made`] in JSON; null if it was composed from nothing. Preserved if a later version
    /// wrote something else.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub made: Value,
    /// The model's latent, one per segment.
    pub z: Vec<Vec<f32>>,
    /// The composers the selector hears in it, best first.
    pub confidence: Vec<(String, f32)>,
    /// What it has in common with the training music, if that was checked.
    pub copy: Option<CopyCheck>,
    /// The recipe from the generator.
    pub recipe: Value,
    /// Its versions, where it was changed after it was made.
    #[serde(skip_serializing_if = "is_unchanged")]
    pub history: History,
    /// Parts of it in which nothing may change.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "locks")]
    pub locks: Vec<Region>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Locks were seconds of all keys at first.
fn locks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Region>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lock {
        Part(Region),
        Secs(Range<f64>),
    }
    let all = Vec::<Lock>::deserialize(deserializer)?;
    let part = |lock| match lock {
        Lock::Part(part) => part,
        Lock::Secs(secs) => Region::all_keys(secs),
    };
    Ok(all.into_iter().map(part).collect())
}

fn is_unchanged(history: &History) -> bool {
    *history == History::default()
}

/// The layout of [`TakeRecord`]; readers accept any.
const FORMAT: u32 = 1;

impl TakeRecord {
    /// The record of a take before its first note. Its name is that of its source, or else the composer's surname and
    /// the seed.
    pub fn begun(made: Option<&Made>, settings: ComposeSettings, created_secs: u64) -> TakeRecord {
        TakeRecord {
            format: FORMAT,
            name: made.map_or_else(|| settings.name(), Made::name),
            composer: settings.composer.clone(),
            created_secs,
            made: made.map_or(Value::Null, |made| serde_json::to_value(made).unwrap_or(Value::Null)),
            settings: Some(settings),
            ..TakeRecord::default()
        }
    }

    /// Completes the record with the finished take.
    pub fn finished(mut self, take: &Take, heard: &Heard) -> TakeRecord {
        self.composer.clone_from(&take.recipe.composer);
        if let Some(settings) = &mut self.settings {
            settings.composer.clone_from(&take.recipe.composer);
            // Of an endless walk only the part that was gone.
            settings.walk.truncate(take.recipe.z.len());
        }
        self.z.clone_from(&take.recipe.z);
        self.confidence.clone_from(&heard.composers);
        self.copy.clone_from(&heard.copy);
        self.recipe = serde_json::to_value(&take.recipe).unwrap_or(Value::Null);
        self.measured(&take.performance)
    }

    /// What it was made from, if it was.
    pub fn made(&self) -> Option<Made> {
        // Called in every frame of a menu: avoids cloning for the many takes without a source.
        (!self.made.is_null()).then(|| Made::deserialize(&self.made).ok()).flatten()
    }

    /// The record of a MIDI file that was opened.
    pub fn opened(name: String, performance: &Performance, created_secs: u64) -> TakeRecord {
        TakeRecord {
            format: FORMAT,
            name,
            created_secs,
            origin: Origin::Opened,
            fingerprint: Some(fingerprint(performance)),
            ..TakeRecord::default()
        }
        .measured(performance)
    }

    /// Sets the length from the music.
    pub fn measured(mut self, performance: &Performance) -> TakeRecord {
        self.notes = performance.notes().len();
        self.duration_secs = performance.duration_secs();
        self
    }

    /// One line for a MIDI file's text event; `None` if it was not composed here.
    pub fn recipe_line(&self) -> Option<String> {
        serde_json::from_value::<Recipe>(self.recipe.clone()).ok().map(|recipe| match self.made() {
            Some(made) => format!("{}; {}", recipe.to_line(), made.words()),
            None => recipe.to_line(),
        })
    }

    /// The composer's last name.
    pub fn surname(&self) -> Option<&str> {
        self.composer.as_deref().map(surname)
    }
}

/// A hash of notes and pedal.
fn fingerprint(performance: &Performance) -> String {
    let mut hash = Sha256::new();
    for n in performance.notes() {
        hash.update([n.pitch.number(), n.velocity.value()]);
        hash.update(n.onset_secs.to_le_bytes());
        hash.update(n.duration_secs.to_le_bytes());
    }
    for change in performance.pedal() {
        hash.update([change.value]);
        hash.update(change.time_secs.to_le_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_without_memory_and_form_still_read() {
        let old = r#"{"composer":"Frédéric Chopin","seed":7,"notes":300,"guidance":2.0,"temperature":0.9,
            "top_p":0.95,"best_of":2,"z":null,"prompt_notes":0}"#;
        let settings: ComposeSettings = serde_json::from_str(old).unwrap();
        assert_eq!(settings.sampling.guidance, 2.0);
        assert_eq!(settings.sampling.memory, SamplingSettings::default().memory);
        assert_eq!((settings.form, settings.recall), (Form::Free, DEFAULT_RECALL));
    }

    #[test]
    fn memory_and_form_are_kept() {
        let mut settings =
            ComposeSettings { form: "ABA'+5".parse().unwrap(), recall: 0.25, ..ComposeSettings::default() };
        settings.sampling.memory = 2.5;
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ComposeSettings>(&text).unwrap(), settings);
    }

    #[test]
    fn a_walk_is_kept_and_named_after_its_ends() {
        let step = |z: f32, name: &str| Step { z: vec![z], mix: vec![(name.to_owned(), 1.0)] };
        let walk = vec![step(0.5, "Johann Sebastian Bach"), step(1.5, "Frédéric Chopin")];
        let composer = Some("Johann Sebastian Bach".to_owned());
        let settings = ComposeSettings { composer, seed: 7, walk, ..ComposeSettings::default() };
        assert_eq!(settings.name(), "Bach → Chopin 7");
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ComposeSettings>(&text).unwrap(), settings);
        let plain = ComposeSettings { walk: Vec::new(), ..settings };
        assert_eq!(plain.name(), "Bach 7");
        assert!(!serde_json::to_string(&plain).unwrap().contains("walk"));
    }

    #[test]
    fn locks_of_time_and_of_voices_are_kept() {
        let old = r#"{"name":"Bach 7","locks":[{"start":1.0,"end":2.5}]}"#;
        let mut record: TakeRecord = serde_json::from_str(old).unwrap();
        assert_eq!(record.locks, [Region::all_keys(1.0..2.5)]);
        let pitch = |n| crate::music::Pitch::new(n).unwrap();
        record.locks.push(Region { secs: 3.0..4.0, pitches: pitch(60)..=pitch(72) });
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<TakeRecord>(&text).unwrap(), record);
    }

    #[test]
    fn an_unknown_form_costs_no_take() {
        for form in [r#""sonata 3""#, "{}", "null"] {
            let text = format!(r#"{{"settings":{{"seed":5,"form":{form}}}}}"#);
            let record: TakeRecord = serde_json::from_str(&text).unwrap();
            let settings = record.settings.unwrap();
            assert_eq!((settings.seed, settings.form), (5, Form::Free));
        }
    }
}
