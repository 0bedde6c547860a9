//! Where the window's files are.

use std::path::PathBuf;

use crate::app::widgets::training::input::DeviceItem;
use crate::data::Source;
use crate::device::DeviceChoice;
use crate::ports::{Ports, SystemPorts};

/// Folders and files of the window, and functions that look for more.
#[derive(Clone)]
pub struct Places {
    /// Takes are in its subfolder `takes/`.
    pub data_folder: PathBuf,
    pub settings_file: PathBuf,
    pub log_file: PathBuf,
    /// Lists the checkpoints in the standard places, the default first.
    pub checkpoints: fn() -> Vec<PathBuf>,
    /// Lists the SoundFonts in the standard places, the best piano first.
    pub soundfonts: fn() -> Vec<PathBuf>,
    /// Lists the devices to train on; may take a moment.
    pub devices: fn() -> Vec<DeviceItem>,
    /// The MIDI ports.
    pub ports: fn() -> Box<dyn Ports>,
    /// This program, which trains in a process of its own.
    pub program: PathBuf,
    /// Where MAESTRO is downloaded from.
    pub maestro: Source,
    /// Files to open at the start.
    pub open: Vec<PathBuf>,
}

impl Places {
    /// The places of the current user.
    pub fn of_user() -> Places {
        Places {
            data_folder: crate::paths::user_data_dir(),
            settings_file: crate::paths::user_config_dir().join("settings.json"),
            log_file: crate::paths::log_file(),
            checkpoints: crate::paths::checkpoints,
            soundfonts: crate::paths::soundfonts,
            devices,
            ports: || Box::new(SystemPorts),
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("pastiche")),
            maestro: Source::maestro(),
            open: Vec::new(),
        }
    }
}

fn devices() -> Vec<DeviceItem> {
    [(DeviceChoice::Auto, "Fastest"), (DeviceChoice::Cpu, "CPU"), (DeviceChoice::Cuda, "CUDA")]
        .map(|(choice, name)| DeviceItem {
            choice,
            name: name.to_owned(),
            disabled_because: choice.resolve().err().map(|error| error.to_string()),
        })
        .into()
}
