//! Files that are there whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes `bytes` under a temporary name in the same folder and renames it to `path`: a full disk or a cut leaves
/// what was there before.
///
/// # Errors
/// Those of creating, writing or renaming.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = temporary_beside(path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// A new file in the folder of `path`, to be written and then renamed to it. Dropped before that, it goes away.
///
/// # Errors
/// That of creating it.
pub fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pastiche-").suffix(".part");
    // A temporary file is private by default; this one becomes the user's, so the umask shall decide.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.bin");
        write_whole(&path, b"one")?;
        write_whole(&path, b"two")?;
        assert_eq!(std::fs::read(&path)?, b"two");
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        assert!(write_whole(&folder.path().join("no/such/folder"), b"x").is_err());
        Ok(())
    }
}
