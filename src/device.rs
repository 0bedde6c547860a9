//! The device that the network runs on, and its precision.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

/// The libtorch that tch 0.24 pairs with.
pub const LIBTORCH_VERSION: &str = "2.11.0";

/// The user's choice of device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// CUDA if available, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
    Mps,
}

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<DeviceChoice, UnknownDevice> {
        DeviceChoice::ALL.into_iter().find(|choice| choice.name() == name).ok_or(UnknownDevice)
    }
}

/// The name is not one of a [`DeviceChoice`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("choose auto, cpu, cuda or mps")]
pub struct UnknownDevice;

/// The chosen device is not available.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no {0} device that libtorch can use; choose auto or cpu")]
pub struct NoSuchDevice(&'static str);

impl DeviceChoice {
    pub const ALL: [DeviceChoice; 4] =
        [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda, DeviceChoice::Mps];

    /// As on the command line and in the settings file.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceChoice::Auto => "auto",
            DeviceChoice::Cpu => "cpu",
            DeviceChoice::Cuda => "cuda",
            DeviceChoice::Mps => "mps",
        }
    }

    /// # Errors
    /// If libtorch does not see the chosen device. `Auto` never fails.
    pub fn resolve(self) -> Result<Device, NoSuchDevice> {
        match self {
            DeviceChoice::Auto => Ok(Device::cuda_if_available()),
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Cuda if tch::Cuda::is_available() => Ok(Device::Cuda(0)),
            DeviceChoice::Cuda => Err(NoSuchDevice("CUDA")),
            DeviceChoice::Mps if tch::utils::has_mps() => Ok(Device::Mps),
            DeviceChoice::Mps => Err(NoSuchDevice("MPS (Apple GPU)")),
        }
    }
}

/// Sets the number of CPU threads for matrix products, at least one, for the whole process.
pub fn use_threads(n: usize) {
    tch::set_num_threads(n.clamp(1, 256) as i32);
}

/// A display name.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cpu => "CPU".to_owned(),
        Device::Cuda(i) => format!("CUDA {i}"),
        Device::Mps => "Apple GPU".to_owned(),
        Device::Vulkan => "Vulkan".to_owned(),
    }
}

/// The kind of matrix products in training: bfloat16 if the hardware supports it (twice as fast on a CPU with AVX-512
/// BF16), else single precision.
pub fn training_kind(device: Device) -> Kind {
    if device.is_cuda() || (device == Device::Cpu && cpu_has_bf16()) { Kind::BFloat16 } else { Kind::Float }
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_bf16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_bf16() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command line and the settings file use the same names.
    #[test]
    fn devices_are_named_as_in_the_settings() {
        for choice in DeviceChoice::ALL {
            let name = serde_json::to_value(choice).unwrap();
            assert_eq!(name.as_str().unwrap().parse(), Ok(choice));
        }
        assert_eq!("gpu".parse::<DeviceChoice>(), Err(UnknownDevice));
    }
}
