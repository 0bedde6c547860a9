//! Looks at the machine and the log for the diagnostics; takes a moment.

use std::path::Path;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::app::state::diagnostics::{Machine, diagnostics};

/// The diagnostics, with `studio` from [`studio_words`](crate::app::state::diagnostics::studio_words).
pub fn gather(studio: &str, log_file: &Path) -> String {
    let log = match std::fs::read(log_file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("the log cannot be read: {error}"),
    };
    let user = directories::UserDirs::new();
    diagnostics(studio, &machine(), &log, user.as_ref().map(|user| user.home_dir()))
}

fn machine() -> Machine {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(wanted);
    let name = System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned());
    let kernel = System::kernel_version().unwrap_or_default();
    Machine {
        system: format!("{name}, {kernel}, {}", std::env::consts::ARCH),
        processor: system.cpus().first().map_or("unknown", |cpu| cpu.brand()).trim().to_owned(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: system.total_memory(),
    }
}
