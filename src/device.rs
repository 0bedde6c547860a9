//! Which processor the network runs on, and in which precision.

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
    if device.is_cuda() || (device == Device::Cpu && cpu_has_bf16()) {
        Kind::BFloat16
    } else {
        Kind::Float
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_bf16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_bf16() -> bool {
    false
}
