//! The settings of a run, one by one, with what a user must know to change them; and presets.

use super::TrainConfig;
use crate::model::ModelConfig;

/// A number of a [`TrainConfig`].
pub struct Setting {
    /// As in the TOML file; those of the network begin with `model.`.
    pub name: &'static str,
    /// Empty for plain numbers.
    pub unit: &'static str,
    pub min: f64,
    pub max: f64,
    pub is_whole: bool,
    /// What it does, in a sentence.
    pub what: &'static str,
    pub get: fn(&TrainConfig) -> f64,
    pub set: fn(&mut TrainConfig, f64),
}

macro_rules! setting {
    ($name:literal, $unit:literal, $min:literal ..= $max:literal, $whole:literal, $what:literal, $($place:tt)+) => {
        Setting {
            name: $name,
            unit: $unit,
            min: $min,
            max: $max,
            is_whole: $whole,
            what: $what,
            get: |config| config.$($place)+ as f64,
            set: |config, value| config.$($place)+ = value as _,
        }
    };
}

/// All settings but those that have a control of their own: length, device, music, starting point, takes.
pub const SETTINGS: &[Setting] = &[
    setting!(
        "batch_size",
        "windows",
        1.0..=65536.0,
        true,
        "Windows that the decoder learns from in a step: more are steadier and need more memory.",
        batch_size
    ),
    setting!(
        "heard_windows",
        "windows",
        0.0..=65536.0,
        true,
        "Further windows for the encoder alone, which costs a tenth of decoding them.",
        heard_windows
    ),
    setting!(
        "muon_rate",
        "",
        0.0..=1.0,
        false,
        "Peak learning rate of the hidden matrices; lower it if the loss diverges.",
        muon_rate
    ),
    setting!(
        "adam_rate",
        "",
        0.0..=1.0,
        false,
        "Peak learning rate of everything else; lower it if the loss diverges.",
        adam_rate
    ),
    setting!(
        "kl_weight",
        "",
        0.0..=100.0,
        false,
        "Final weight of the KL: more makes the map smoother and the latent poorer.",
        kl_weight
    ),
    setting!(
        "free_bits_nats",
        "nats per dimension",
        0.0..=10.0,
        false,
        "KL of each dimension of the latent that costs nothing, so that it does not collapse.",
        free_bits_nats
    ),
    setting!(
        "label_weight",
        "",
        0.0..=1000.0,
        false,
        "How strongly the latent is pushed to its composer's place on the map.",
        label_weight
    ),
    setting!(
        "bag_weight",
        "",
        0.0..=1000.0,
        false,
        "How strongly the latent must tell the histograms of its segment.",
        bag_weight
    ),
    setting!(
        "heard_as_weight",
        "",
        0.0..=1000.0,
        false,
        "How strongly the composer that a selector hears in the notes must be the right one. Needs a selector.",
        heard_as_weight
    ),
    setting!(
        "validate_every",
        "steps",
        1.0..=1000000.0,
        true,
        "Steps between two validations, each with a take to hear and a model.",
        validate_every
    ),
    setting!(
        "keep_checkpoints",
        "models",
        1.0..=100000.0,
        true,
        "Models of the latest validations that are kept besides the best.",
        keep_checkpoints
    ),
    setting!(
        "threads",
        "0: libtorch chooses",
        0.0..=256.0,
        true,
        "Threads for matrix products on a CPU.",
        threads
    ),
    setting!(
        "seed",
        "",
        0.0..=9007199254740992.0,
        true,
        "Seed of the first weights and of the order of the music.",
        seed
    ),
    setting!(
        "model.d_model",
        "",
        8.0..=8192.0,
        true,
        "Width of the network: heads times a multiple of 4.",
        model.d_model
    ),
    setting!(
        "model.d_ff",
        "",
        8.0..=65536.0,
        true,
        "Width inside the feed-forward layers, usually four times d_model.",
        model.d_ff
    ),
    setting!(
        "model.n_heads",
        "heads",
        1.0..=256.0,
        true,
        "Heads of the attention; d_model is divided among them.",
        model.n_heads
    ),
    setting!(
        "model.n_layers",
        "layers",
        1.0..=128.0,
        true,
        "Layers of the decoder, which composes.",
        model.n_layers
    ),
    setting!(
        "model.n_encoder_layers",
        "layers",
        1.0..=128.0,
        true,
        "Layers of the encoder, which hears.",
        model.n_encoder_layers
    ),
    setting!(
        "model.patch_len",
        "notes",
        1.0..=64.0,
        true,
        "Notes that the encoder reads as one; divides context_len.",
        model.patch_len
    ),
    setting!(
        "model.n_queries",
        "",
        1.0..=256.0,
        true,
        "Summaries that the encoder draws from a segment, and the decoder sees.",
        model.n_queries
    ),
    setting!(
        "model.d_latent",
        "",
        1.0..=4096.0,
        true,
        "Dimensions of the latent: at least as many as labelled composers.",
        model.d_latent
    ),
    setting!(
        "model.context_len",
        "notes",
        4.0..=65536.0,
        true,
        "Notes of a segment: as far back as the decoder sees.",
        model.context_len
    ),
];

/// A network that is known to train well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Minutes on a CPU, for trying.
    Tiny,
    /// The size that ships: hours on a CPU.
    Small,
    /// For a GPU.
    Base,
}

impl Preset {
    pub const ALL: [Preset; 3] = [Preset::Tiny, Preset::Small, Preset::Base];

    pub fn name(self) -> &'static str {
        match self {
            Preset::Tiny => "Tiny",
            Preset::Small => "Small",
            Preset::Base => "Base",
        }
    }

    /// What it is for, in a sentence.
    pub fn what(self) -> &'static str {
        match self {
            Preset::Tiny => "For trying: a quarter of an hour on a CPU gives something that resembles music",
            Preset::Small => "The size of the model that ships: a night on a CPU",
            Preset::Base => "Eight times as large: for a GPU",
        }
    }

    /// The network, and how often it is validated: about every few minutes where it belongs.
    pub fn apply(self, config: &mut TrainConfig) {
        let small = ModelConfig { n_composers: config.model.n_composers, ..ModelConfig::default() };
        let usual = TrainConfig::default();
        (config.batch_size, config.heard_windows) = (usual.batch_size, usual.heard_windows);
        config.validate_every = usual.validate_every;
        config.model = match self {
            Preset::Tiny => ModelConfig {
                d_model: 96,
                d_ff: 384,
                n_heads: 3,
                n_layers: 3,
                n_encoder_layers: 1,
                context_len: 128,
                ..small
            },
            Preset::Small => small,
            Preset::Base => {
                config.batch_size = 64;
                config.validate_every = 1000;
                ModelConfig {
                    d_model: 512,
                    d_ff: 2048,
                    n_heads: 8,
                    n_layers: 10,
                    n_encoder_layers: 4,
                    d_latent: 64,
                    ..small
                }
            }
        };
    }

    /// Has `config` the network of this preset?
    pub fn is(self, config: &TrainConfig) -> bool {
        let mut own = config.clone();
        self.apply(&mut own);
        own.model == config.model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_possible_and_told_apart() {
        for preset in Preset::ALL {
            let mut config = TrainConfig { minutes: Some(1.0), ..TrainConfig::default() };
            preset.apply(&mut config);
            config.validate().unwrap();
            let same: Vec<Preset> = Preset::ALL.into_iter().filter(|p| p.is(&config)).collect();
            assert_eq!(same, [preset]);
        }
    }

    /// Every number of the file is among the settings, or has a control of its own.
    #[test]
    fn every_setting_is_named_as_in_the_file_and_within_its_range() {
        let usual = TrainConfig { minutes: Some(1.0), ..TrainConfig::default() };
        let file: toml::Table = toml::from_str(&toml::to_string(&usual).unwrap()).unwrap();
        let model = file["model"].as_table().unwrap();
        let names: Vec<String> =
            file.keys().cloned().chain(model.keys().map(|key| format!("model.{key}"))).collect();
        let elsewhere =
            ["minutes", "max_steps", "from", "selector", "listen_to", "model", "model.n_composers"];
        for name in names.iter().filter(|name| !elsewhere.contains(&name.as_str())) {
            assert!(SETTINGS.iter().any(|s| s.name == name), "{name}");
        }
        for setting in SETTINGS {
            assert!(names.iter().any(|name| name == setting.name), "{}", setting.name);
            let value = (setting.get)(&usual);
            assert!((setting.min..=setting.max).contains(&value), "{}", setting.name);
            let mut changed = usual.clone();
            (setting.set)(&mut changed, value + 1.0);
            assert_eq!((setting.get)(&changed), value + 1.0, "{}", setting.name);
        }
    }
}
