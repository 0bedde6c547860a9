//! `status.json` of a run: how it stands, for whoever watches the folder.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::files;

const FILE: &str = "status.json";

/// How a run stands, as it last said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunPhase {
    #[default]
    Training,
    /// Ended with its state saved, to go on later.
    Paused,
    /// Stopped before its length was reached; validated and saved.
    Stopped,
    Finished,
    /// Ended with an error, which `message` tells.
    Failed,
}

/// The contents of `status.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunStatus {
    pub phase: RunPhase,
    /// The error or the newest warning.
    pub message: Option<String>,
    /// The corpus it learns from; absolute.
    pub corpus: PathBuf,
    /// Training pieces with a label.
    pub pieces: usize,
    pub device: String,
    pub threads: usize,
    pub parameters: i64,
    pub host: String,
    pub process: u32,
    pub step: u64,
    /// The step of the state to resume from.
    pub saved_step: Option<u64>,
    pub best_nll: Option<f64>,
    /// When this was written, in seconds since 1970.
    pub written_secs: u64,
}

impl RunStatus {
    /// The status of the run in `folder`; `None` if there is none.
    pub fn read(folder: &Path) -> Option<RunStatus> {
        serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// Writes it into the run's folder, with the present time.
    ///
    /// # Errors
    /// Errors of writing; the old status stays.
    pub fn write(&mut self, folder: &Path) -> std::io::Result<()> {
        self.written_secs = now_secs();
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        files::write_whole(&folder.join(FILE), &text)
    }

    /// Was it written by a process of this machine?
    pub fn is_from_here(&self) -> bool {
        self.host == host_name()
    }
}

/// Seconds since 1970.
pub(super) fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// The name of this machine.
pub(super) fn host_name() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name
}

/// The memory that this process holds now, MB (10⁶ bytes); 0 where the system does not say.
pub(super) fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or(0.0, |kib| kib * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_written_and_an_older_one_too() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(RunStatus::read(folder.path()), None);
        let mut status =
            RunStatus { phase: RunPhase::Paused, step: 7, host: host_name(), ..RunStatus::default() };
        status.write(folder.path()).unwrap();
        let read = RunStatus::read(folder.path()).unwrap();
        assert_eq!(read, status);
        assert!(read.written_secs > 1_700_000_000 && read.is_from_here());
        std::fs::write(folder.path().join(FILE), "{\"phase\": \"failed\", \"later\": 1}").unwrap();
        assert_eq!(RunStatus::read(folder.path()).unwrap().phase, RunPhase::Failed);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_counted() {
        assert!(memory_mb() > 1.0);
    }
}
