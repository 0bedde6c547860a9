//! `pastiche calibrate`: corrects a model's takes towards its training music.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use pastiche::data::Corpus;
use pastiche::device::DeviceChoice;
use pastiche::generate::{CalibrationSettings, calibrate};

use super::interrupt;

/// Correct a model so that its takes are as loud, as long-held and as fast as its training music
///
/// Run it once, after training; it writes the correction into the model's file. One to three minutes on a CPU core.
#[derive(Args, Debug)]
pub struct CalibrateArgs {
    /// The model to correct
    #[arg(value_name = "MODEL")]
    checkpoint: PathBuf,
    /// The corpus that it was trained on
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Device for the network: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
}

pub fn run(args: &CalibrateArgs) -> anyhow::Result<()> {
    let corpus = Corpus::load(&args.data)?;
    let stop = interrupt::stop_flag();
    calibrate(&args.checkpoint, &corpus, args.device, CalibrationSettings::default(), stop, &mut |round| {
        let [velocity, duration, gap] = round.differences;
        println!(
            "round {}: takes are {:+.1} in velocity, {:+.0} % in note length, {:+.0} % in time between notes",
            round.round,
            velocity * 32.0,
            (duration.exp() - 1.0) * 100.0,
            (gap.exp() - 1.0) * 100.0
        );
    })
    .with_context(|| format!("cannot calibrate {}", args.checkpoint.display()))?;
    if stop.is_stopped() {
        bail!("stopped; the model is as it was");
    }
    Ok(())
}
