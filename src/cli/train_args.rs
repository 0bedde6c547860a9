//! The options of `pastiche train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pastiche::device::DeviceChoice;

use super::numbers::{MAX_THREADS, within};

/// Half a year.
const MAX_MINUTES: f64 = 262_800.0;

/// Which network to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// The model that composes
    #[default]
    Vae,
    /// The classifier that picks the best continuation
    Selector,
    /// The classifier that evaluates takes
    Judge,
    /// Adds composers with little music to the model of --from
    Rare,
}

/// Train a model on a corpus.
///
/// Writes the best checkpoint so far to best.safetensors, the latest state, for --resume, to last.safetensors, and at
/// each validation a short take to listen to. TensorBoard can watch the folder too.
///
/// Ctrl-C (SIGINT) and SIGTERM stop the run after the current step and save it; a second one ends it at once.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche prepare maestro-v3.0.0-midi.zip --out maestro.corpus\n  \
    pastiche train --data maestro.corpus --out runs/small --minutes 60\n  \
    pastiche train --data maestro.corpus --out runs/small --minutes 90 --resume\n  \
    pastiche train --model judge --data maestro.corpus --out runs/judge\n  \
    pastiche train --model rare --from runs/small/best.safetensors --data wide.corpus --out runs/rare\n\n\
    Exit codes:\n  \
    0    the run has reached its length\n  \
    1    an error; the last good state is kept\n  \
    2    the arguments cannot be used\n  \
    130  stopped or paused, and saved")]
pub struct TrainArgs {
    /// Network to train
    #[arg(long, value_enum, default_value = "vae")]
    pub model: Model,
    /// Corpus written by `pastiche prepare`
    #[arg(long, value_name = "CORPUS")]
    pub data: PathBuf,
    /// Folder of the run
    #[arg(long, value_name = "RUN_DIR")]
    pub out: PathBuf,
    /// TOML file with settings that differ from the defaults
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// Device for the network: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Minutes to train in total, including earlier parts of a resumed run
    #[arg(long, value_name = "M", value_parser = within(0.0..=MAX_MINUTES))]
    pub minutes: Option<f64>,
    /// Steps to train in total, including earlier parts of a resumed run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: Option<u64>,
    /// CPU threads [default: libtorch chooses]
    #[arg(long, value_name = "N", value_parser = within(1..=MAX_THREADS))]
    pub threads: Option<usize>,
    /// Resume the run in RUN_DIR
    #[arg(long, conflicts_with = "from")]
    pub resume: bool,
    /// Print each event of the run as a line of JSON
    #[arg(long)]
    pub json: bool,
    /// Leave the processor to other programs when they need it
    #[arg(long)]
    pub background: bool,
    /// Only measure what the run would need: memory, speed, time and disk
    #[arg(long, conflicts_with = "resume")]
    pub probe: bool,
    /// With --model rare: add only this composer (full name); can be repeated
    #[arg(long = "composer", value_name = "NAME")]
    pub composers: Vec<String>,
    /// Start from the weights of a model with the same composers
    #[arg(long, value_name = "CHECKPOINT")]
    pub from: Option<PathBuf>,
}
