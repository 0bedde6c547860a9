//! Writes a file completely or not at all (atomic writes).

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Maximum number of links to follow, as in the system.
const MAX_LINKS: usize = 40;

/// A file that is being written. It appears with [`Draft::finish`]; dropped before that, it leaves nothing.
pub struct Draft {
    temporary: NamedTempFile,
    target: Target,
}

/// The final target of the bytes.
enum Target {
    /// A file; an existing one passes on its permissions.
    File { path: PathBuf, before: Option<Metadata> },
    /// A pipe or device, which can only be written to.
    Stream(PathBuf),
}

impl Draft {
    /// A draft of the file at `path`, under a temporary name in the same folder. A symbolic link stays one: the file
    /// that it leads to is written.
    ///
    /// # Errors
    /// If `path` cannot be written: it is a folder, lacks permission, or its folder does not exist.
    pub fn begin(path: &Path) -> io::Result<Draft> {
        let target = Target::of(path)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".pastiche-").suffix(".part");
        let temporary = match &target {
            Target::Stream(_) => builder.tempfile()?,
            Target::File { path, .. } => {
                // A temporary file is private by default; this one becomes the user's, so the umask decides.
                #[cfg(unix)]
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
                builder.tempfile_in(folder_of(path))?
            }
        };
        Ok(Draft { temporary, target })
    }

    /// The file to write to.
    pub fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Moves the draft to its place, replacing an old file, or copies it into the pipe or device.
    ///
    /// # Errors
    /// Errors of writing and renaming; an old file is then unchanged.
    pub fn finish(self) -> io::Result<()> {
        match self.target {
            Target::Stream(path) => {
                let mut bytes = self.temporary.reopen()?;
                let mut stream = OpenOptions::new().write(true).open(path)?;
                io::copy(&mut bytes, &mut stream)?;
                stream.flush()
            }
            Target::File { path, before } => {
                if let Some(before) = before {
                    self.temporary.as_file().set_permissions(before.permissions())?;
                    keep_owner(self.temporary.path(), &before);
                }
                // A full disk may only show when the last bytes are flushed.
                self.temporary.as_file().sync_all()?;
                self.temporary.persist(path).map_err(|e| e.error)?;
                Ok(())
            }
        }
    }
}

impl Target {
    fn of(path: &Path) -> io::Result<Target> {
        let before = match fs::metadata(path) {
            Ok(before) => Some(before),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match before {
            Some(before) if before.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Some(before) if !before.is_file() => Ok(Target::Stream(path.to_owned())),
            Some(before) => {
                // Renaming would bypass write protection.
                OpenOptions::new().append(true).open(path)?;
                Ok(Target::File { path: follow(path)?, before: Some(before) })
            }
            None => Ok(Target::File { path: follow(path)?, before: None }),
        }
    }
}

/// The target of a path through symbolic links, whether it exists or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Keeps the owner of the old file, if the user is an administrator.
fn keep_owner(path: &Path, before: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let _ = chown(path, Some(before.uid()), Some(before.gid()));
    }
    #[cfg(not(unix))]
    let _ = (path, before);
}

/// Checks that a file can be written at `path`, without leaving anything.
///
/// # Errors
/// Errors of [`Draft::begin`].
pub fn check_writable(path: &Path) -> io::Result<()> {
    Draft::begin(path).map(drop)
}

/// Is there a pipe or a device at `path`?
pub fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Is `path` the same file as standard output?
pub fn is_stdout(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        let out = id(Path::new("/dev/stdout"));
        out.is_some() && out == id(path)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Writes `bytes` as a finished [`Draft`]: if it fails, an old file is unchanged.
///
/// # Errors
/// Errors of creating, writing or renaming.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = Draft::begin(path)?;
    draft.file().write_all(bytes)?;
    draft.finish()
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
        assert_eq!(fs::read(&path)?, b"two");
        check_writable(&path)?;
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        assert!(write_whole(&folder.path().join("no/such/folder"), b"x").is_err());
        assert!(check_writable(folder.path()).is_err());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_modes_stay() -> io::Result<()> {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inner"))?;
        for mode in [0o640, 0o600, 0o664] {
            write_whole(&at("inner/real"), b"old")?;
            fs::set_permissions(at("inner/real"), PermissionsExt::from_mode(mode))?;
            let _ = fs::remove_file(at("link"));
            let _ = fs::remove_file(at("link to link"));
            symlink("inner/real", at("link"))?;
            symlink(at("link"), at("link to link"))?;
            write_whole(&at("link to link"), b"new")?;
            assert_eq!(fs::read(at("inner/real"))?, b"new");
            assert!(fs::symlink_metadata(at("link"))?.is_symlink());
            assert_eq!(fs::metadata(at("inner/real"))?.permissions().mode() & 0o777, mode);
        }
        // A link to where nothing is yet.
        symlink("inner/fresh", at("early"))?;
        write_whole(&at("early"), b"there")?;
        assert_eq!(fs::read(at("inner/fresh"))?, b"there");
        // A ring of links.
        symlink("ring", at("ring"))?;
        assert!(write_whole(&at("ring"), b"x").is_err());
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_and_devices_are_written_to() -> io::Result<()> {
        write_whole(Path::new("/dev/null"), b"gone")?;
        assert!(is_stream(Path::new("/dev/null")));
        assert!(write_whole(Path::new("/dev/full"), b"nowhere to go").is_err());
        let folder = tempfile::tempdir()?;
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status()?;
        assert!(made.success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe)
        });
        write_whole(&pipe, b"through")?;
        assert_eq!(reader.join().expect("the reader")?, b"through");
        assert!(is_stream(&pipe));
        Ok(())
    }
}
