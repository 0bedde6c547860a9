//! What `pastiche train` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pastiche::device::DeviceChoice;

use super::numbers::{MAX_THREADS, within};

/// A run of half a year.
const MAX_MINUTES: f64 = 262_800.0;

/// Which network to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// The model that composes
    #[default]
    Vae,
    /// The classifier that chooses between takes
    Selector,
    /// The classifier that measures
    Judge,
    /// Labels for composers of little music, added to the model of --from
    Rare,
}

/// Train a model on a corpus.
///
/// Writes the best checkpoint so far as best.safetensors and the newest state, to resume from, as last.safetensors.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche prepare maestro-v3.0.0-midi.zip --out maestro.corpus\n  \
    pastiche train --data maestro.corpus --out runs/small --minutes 60\n  \
    pastiche train --data maestro.corpus --out runs/small --minutes 90 --resume\n  \
    pastiche train --model judge --data maestro.corpus --out runs/judge\n  \
    pastiche train --model rare --from runs/small/best.safetensors --data wide.corpus --out runs/rare")]
pub struct TrainArgs {
    /// Which network
    #[arg(long, value_enum, default_value = "vae")]
    pub model: Model,
    /// What `pastiche prepare` wrote
    #[arg(long, value_name = "CORPUS")]
    pub data: PathBuf,
    /// A folder for the run
    #[arg(long, value_name = "RUN_DIR")]
    pub out: PathBuf,
    /// Settings that differ from the defaults, as TOML
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// Where the network runs: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// How long to train, over all resumptions of the run
    #[arg(long, value_name = "M", value_parser = within(0.0..=MAX_MINUTES))]
    pub minutes: Option<f64>,
    /// How many steps to train, over all resumptions of the run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: Option<u64>,
    /// Threads for the matrix products; by default libtorch chooses
    #[arg(long, value_name = "N", value_parser = within(1..=MAX_THREADS))]
    pub threads: Option<usize>,
    /// Go on where this run stopped
    #[arg(long, conflicts_with = "from")]
    pub resume: bool,
    /// With --model rare: add only this composer (full name); can be said more than once
    #[arg(long = "composer", value_name = "NAME")]
    pub composers: Vec<String>,
    /// Start from the weights of another model over the same composers
    #[arg(long, value_name = "CHECKPOINT")]
    pub from: Option<PathBuf>,
}
