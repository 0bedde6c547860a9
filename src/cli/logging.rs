//! The studio's log: a file of this start, and those of a few starts before.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// Logs of earlier starts that are kept.
const KEPT: usize = 4;

/// Logs to `path` from now on, at the level that the environment variable `PASTICHE_LOG` asks for ("info" unless
/// set). Where the file cannot be written, the studio goes on without.
pub fn to_file(path: &Path) {
    let file = match rotate(path).and_then(|()| File::create(path)) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("pastiche: no log is kept ({error}): {}", path.display());
            return;
        }
    };
    let level =
        EnvFilter::try_from_env("PASTICHE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,pastiche=info"));
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(level).with_ansi(false).with_writer(Mutex::new(file));
    if subscriber.try_init().is_err() {
        return;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the studio starts");
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        tracing::error!("{info}");
        usual(info);
    }));
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
}
