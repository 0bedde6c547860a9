//! A training run in a process of its own, so that neither a crash nor a lack of memory in it reaches the window.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::files;
use crate::train::{Preflight, RareSummary, RunPlan};

/// What the process writes to standard error.
const OUTPUT: &str = "output.log";
/// The end of the output that is read after a failure.
const TAIL_BYTES: u64 = 4096;
/// The exit code of a run that was stopped or paused, and saved.
const STOPPED: i32 = 130;

/// Why the process could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the training process cannot be started; check the run folder: {}", .path.display())]
pub struct StartError {
    source: io::Error,
    path: PathBuf,
}

/// The process of a run. It continues when this is dropped, and when the window closes.
#[derive(Debug)]
pub struct TrainingProcess {
    child: Child,
    output: PathBuf,
}

impl TrainingProcess {
    /// Starts `program train …` as planned.
    ///
    /// # Errors
    /// If the run folder cannot be written to or the program cannot be started. All other errors are those of the
    /// process: see [`TrainingProcess::wait`].
    pub fn start(program: &Path, plan: &RunPlan) -> Result<TrainingProcess, StartError> {
        let start = || {
            fs::create_dir_all(&plan.run_dir)?;
            let config = plan.run_dir.join("config.toml");
            let text = toml::to_string(&plan.config).map_err(io::Error::other)?;
            files::write_whole(&config, text.as_bytes())?;
            let output = plan.run_dir.join(OUTPUT);
            let mut command = Command::new(program);
            command.arg("train").arg("--data").arg(&plan.corpus).arg("--out").arg(&plan.run_dir);
            command.arg("--config").arg(&config).args(["--device", plan.device.name(), "--background"]);
            if plan.resume {
                command.arg("--resume");
            }
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&output)?);
            // In a group of its own, so that Ctrl-C in the terminal of the window does not reach it.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
            Ok(TrainingProcess { child: command.spawn()?, output })
        };
        start().map_err(|source| StartError { source, path: plan.run_dir.clone() })
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// Why it failed, in words for the user.
    pub fn wait(mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() || status.code() == Some(STOPPED) {
            return Ok(());
        }
        Err(failure(&tail(&self.output).unwrap_or_default(), status))
    }
}

/// Measures in a process of its own what a run would need.
///
/// # Errors
/// Why it could not be measured, in words for the user.
pub fn probe_in_process(program: &Path, plan: &RunPlan) -> Result<Preflight, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let config = folder.path().join("config.toml");
    let text = toml::to_string(&plan.config).map_err(|error| error.to_string())?;
    fs::write(&config, text).map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["train", "--probe", "--json", "--background", "--device", plan.device.name()]);
    command.arg("--data").arg(&plan.corpus).arg("--out").arg(&plan.run_dir).arg("--config").arg(&config);
    serde_json::from_slice(&output_of(&mut command)?).map_err(|error| error.to_string())
}

/// Adds the composers of a folder (`Composer Name/*.mid`) to a model, in a process of its own, and writes it into
/// `out`. The others stay exactly as they are.
///
/// # Errors
/// Why it was not possible, in words for the user.
pub fn add_composers(program: &Path, music: &Path, model: &Path, out: &Path) -> Result<RareSummary, String> {
    fs::create_dir_all(out).map_err(|error| error.to_string())?;
    let corpus = out.join("own.corpus");
    let mut prepare = Command::new(program);
    // Everybody gets a label, however little music there is: the verdict tells what it is worth.
    prepare.arg("prepare").arg(music).arg("--out").arg(&corpus).args([
        "--min-hours",
        "0",
        "--min-works",
        "1",
    ]);
    output_of(&mut prepare)?;
    let mut learn = Command::new(program);
    learn.args(["train", "--model", "rare", "--json", "--background"]);
    learn.arg("--from").arg(model).arg("--data").arg(&corpus).arg("--out").arg(out);
    serde_json::from_slice(&output_of(&mut learn)?).map_err(|error| error.to_string())
}

/// What a command prints.
fn output_of(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failure(&String::from_utf8_lossy(&output.stderr), output.status))
}

/// Why a process failed: its last error message, or how it ended.
fn failure(said: &str, status: ExitStatus) -> String {
    let error = said.lines().rev().find_map(|line| line.strip_prefix("pastiche: "));
    error.map_or_else(|| how_it_ended(status), str::to_owned)
}

fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(9) {
        return "The training process was killed, perhaps for lack of memory. Resume it; with a smaller batch_size it \
                needs less."
            .to_owned();
    }
    format!(
        "The training process ended unexpectedly ({status}). What it said is in {OUTPUT} of the run folder."
    )
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
