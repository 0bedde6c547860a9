//! Which processor the network runs on, and in which precision.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// CUDA where there is one, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
    Mps,
}

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<DeviceChoice, UnknownDevice> {
        match name {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda),
            "mps" => Ok(DeviceChoice::Mps),
            _ => Err(UnknownDevice),
        }
    }
}

/// The name of a device is none that [`DeviceChoice`] knows.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("choose auto, cpu, cuda or mps")]
pub struct UnknownDevice;

/// The device asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no {0} device that libtorch can use; choose auto or cpu")]
pub struct NoSuchDevice(&'static str);

impl DeviceChoice {
    /// # Errors
    /// When a device is asked for by name and libtorch does not see it. `Auto` never fails.
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

/// Lets matrix products on the CPU use `n` threads, at least one, in all of this process.
pub fn use_threads(n: usize) {
    tch::set_num_threads(n.clamp(1, 256) as i32);
}

/// A name for people.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cpu => "CPU".to_owned(),
        Device::Cuda(i) => format!("CUDA {i}"),
        Device::Mps => "Apple GPU".to_owned(),
        Device::Vulkan => "Vulkan".to_owned(),
    }
}

/// The kind for matrix products while training: bfloat16 where the hardware multiplies it (twice as fast on a CPU
/// with AVX-512 BF16), else single precision.
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
        for choice in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda, DeviceChoice::Mps] {
            let name = serde_json::to_value(choice).unwrap();
            assert_eq!(name.as_str().unwrap().parse(), Ok(choice));
        }
        assert_eq!("gpu".parse::<DeviceChoice>(), Err(UnknownDevice));
    }
}
