//! The studio's log: a file of bounded size, and a few from before it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Earlier logs that are kept.
const KEPT: usize = 4;
/// A log that grows beyond this many bytes is followed by another.
const MAX_BYTES: u64 = 2 << 20;
/// Lines that may wait to be written; beyond that, they are dropped.
const MAX_WAITING: usize = 4096;

/// Logs to `path` from now on, at the level that the environment variable `PASTICHE_LOG` asks for ("info" unless
/// set). A thread writes the lines; what is returned has it write the last ones when it is dropped. Where the file
/// cannot be written, the studio runs without it.
pub fn to_file(path: &Path) -> Option<WorkerGuard> {
    let file = match LogFile::create(path, MAX_BYTES) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("pastiche: no log is kept ({error}): {}", path.display());
            return None;
        }
    };
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING).thread_name("log").finish(file);
    let level =
        EnvFilter::try_from_env("PASTICHE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,pastiche=info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(level).with_ansi(false).with_writer(writer);
    subscriber.try_init().ok()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the studio starts");
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        tracing::error!("{info}");
        usual(info);
    }));
    Some(guard)
}

/// A log file that is replaced by a new one when it is full.
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    max_bytes: u64,
}

impl LogFile {
    fn create(path: &Path, max_bytes: u64) -> io::Result<LogFile> {
        rotate(path)?;
        Ok(LogFile { path: path.to_owned(), file: File::create(path)?, bytes: 0, max_bytes })
    }
}

impl Write for LogFile {
    /// Takes whole lines, as the subscriber hands them over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.max_bytes {
            *self = LogFile::create(&self.path, self.max_bytes)?;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Moves `pastiche.log` to `pastiche.1.log`, that to `pastiche.2.log`, and so on; the oldest is overwritten.
fn rotate(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    for n in (0..KEPT).rev() {
        let (from, to) = (numbered(path, n), numbered(path, n + 1));
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    Ok(())
}

fn numbered(path: &Path, n: usize) -> PathBuf {
    if n == 0 { path.to_owned() } else { path.with_extension(format!("{n}.log")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_logs_move_on_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/pastiche.log");
        for start in 0..7 {
            rotate(&path).unwrap();
            fs::write(&path, start.to_string()).unwrap();
        }
        let text = |n| fs::read_to_string(numbered(&path, n)).unwrap();
        assert_eq!((text(0), text(1), text(KEPT)), ("6".into(), "5".into(), "2".into()));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), KEPT + 1);
    }

    #[test]
    fn a_full_log_is_followed_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pastiche.log");
        let mut log = LogFile::create(&path, 100).unwrap();
        for line in 0..100 {
            log.write_all(format!("line {line:03}\n").as_bytes()).unwrap();
        }
        let logs: Vec<String> = (0..=KEPT).map(|n| fs::read_to_string(numbered(&path, n)).unwrap()).collect();
        assert!(logs.iter().all(|log| log.len() <= 100 && log.ends_with('\n')));
        assert!(logs[0].ends_with("line 099\n") && logs[1].ends_with("line 098\n"), "{logs:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
    }
}
