//! `--checkpoint` and `--device`.

use std::path::PathBuf;

use clap::Args;
use pastiche::device::DeviceChoice;
use pastiche::generate::Generator;

use super::composers::checkpoint_path;

#[derive(Args, Debug)]
pub struct ModelArgs {
    /// Model checkpoint [default: the one that ships with Pastiche]
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
    /// Device for the network: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
}

impl ModelArgs {
    /// Loads the named checkpoint, or else the one that ships.
    pub fn load(&self) -> anyhow::Result<Generator> {
        Ok(Generator::load(&checkpoint_path(self.checkpoint.as_deref())?, self.device)?)
    }
}
