//! Lists and reads the files of a data set, in a folder or a zip.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::manifest_error::ManifestError;
use crate::music::midi::MAX_BYTES;

/// Folders that operating systems add; names with a leading dot are hidden too.
const SYSTEM_FOLDERS: [&str; 5] =
    ["__MACOSX", "$RECYCLE.BIN", "System Volume Information", "@eaDir", "lost+found"];

/// Maximum depth of nested folders.
const MAX_DEPTH: usize = 64;
const TOO_DEEP: &str = "it is nested too many folders deep";

/// Where a file is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    /// Its index in the zip.
    Zip(usize),
}

/// A file of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The path within the data set, as names; the file name is last.
    pub parts: Vec<String>,
    pub place: Place,
}

impl Found {
    /// The whole name, with `/` between folders.
    pub fn name(&self) -> String {
        self.parts.join("/")
    }

    pub fn file_name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }
}

/// The files, and the names of those that could not be read, with reasons.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of their names.
    pub files: Vec<Found>,
    pub unreadable: Vec<(String, String)>,
}

/// Reads the files of a data set.
pub enum Reader {
    Folder,
    Zip(Box<ZipArchive<BufReader<File>>>),
}

impl Reader {
    /// The bytes of a file; at most [`MAX_BYTES`] are read, and one more to show that there are more.
    ///
    /// # Errors
    /// Errors of the file system or the zip.
    pub fn read(&mut self, place: &Place) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match (self, place) {
            (_, Place::Folder(path)) => File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?,
            (Reader::Zip(archive), Place::Zip(index)) => archive
                .by_index(*index)
                .map_err(io::Error::other)?
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)?,
            (Reader::Folder, Place::Zip(_)) => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(bytes)
    }
}

pub fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, ManifestError> {
    let file = File::open(path).map_err(|source| ManifestError::Open { source, path: path.to_owned() })?;
    ZipArchive::new(BufReader::new(file))
        .map_err(|source| ManifestError::Zip { source, path: path.to_owned() })
}

pub fn list_zip(path: &Path) -> Result<Listing, ManifestError> {
    let archive = open_zip(path)?;
    let mut listing = Listing::default();
    for (index, raw) in archive.file_names_raw().enumerate() {
        // Most zip files do not state the encoding of names: UTF-8 if valid, otherwise as the zip says.
        let name = match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => match archive.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                _ => latin_1(raw),
            },
        };
        if name.ends_with(['/', '\\']) {
            continue;
        }
        // Some Windows programs write backslashes, which the format does not allow.
        let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if parts.len() > MAX_DEPTH {
            listing.unreadable.push((name, TOO_DEEP.to_owned()));
        } else if !parts.is_empty() && !parts.iter().any(|part| is_hidden(part)) {
            listing.files.push(Found { parts, place: Place::Zip(index) });
        }
    }
    listing.files.sort_by(|a, b| a.parts.cmp(&b.parts));
    Ok(listing)
}

/// Lists a folder recursively. A link is followed once, unless its target is listed anyway, leads back into the data
/// set, or is a folder that contains the data set.
pub fn list_folder(path: &Path) -> Result<Listing, ManifestError> {
    let open_error = |source| ManifestError::Open { source, path: path.to_owned() };
    let root = path.canonicalize().map_err(open_error)?;
    std::fs::read_dir(&root).map_err(open_error)?;
    let mut walk = Walk {
        seen: HashSet::from([root.clone()]),
        folders: vec![(root.clone(), Vec::new())],
        links: Vec::new(),
        root,
        listing: Listing::default(),
    };
    loop {
        if let Some((folder, parts)) = walk.folders.pop() {
            walk.visit(&folder, &parts);
        } else if !walk.links.is_empty() {
            // Real folders come first, so that files are listed at their real place.
            let mut links = std::mem::take(&mut walk.links);
            links.sort();
            links.into_iter().for_each(|(parts, target)| walk.follow(parts, target));
        } else {
            break;
        }
    }
    walk.listing.files.sort_by(|a, b| a.parts.cmp(&b.parts));
    walk.listing.unreadable.sort();
    Ok(walk.listing)
}

struct Walk {
    root: PathBuf,
    /// Real paths of visited folders and of linked files.
    seen: HashSet<PathBuf>,
    folders: Vec<(PathBuf, Vec<String>)>,
    links: Vec<(Vec<String>, PathBuf)>,
    listing: Listing,
}

impl Walk {
    fn visit(&mut self, folder: &Path, parts: &[String]) {
        if parts.len() > MAX_DEPTH {
            return self.note(parts, TOO_DEEP);
        }
        let items = match std::fs::read_dir(folder) {
            Ok(items) => items,
            Err(error) => return self.note(parts, &error.to_string()),
        };
        for item in items {
            let (name, kind, path) = match item.and_then(|i| Ok((i.file_name(), i.file_type()?, i.path()))) {
                Ok(found) => found,
                Err(error) => {
                    self.note(parts, &error.to_string());
                    continue;
                }
            };
            let name = readable(&name);
            if is_hidden(&name) {
                continue;
            }
            let parts: Vec<String> = parts.iter().cloned().chain([name]).collect();
            if kind.is_dir() {
                if self.seen.insert(path.clone()) {
                    self.folders.push((path, parts));
                }
            } else if kind.is_symlink() {
                self.links.push((parts, path));
            } else if kind.is_file() {
                let place = Place::Folder(path);
                self.listing.files.push(Found { parts, place });
            }
        }
    }

    fn follow(&mut self, parts: Vec<String>, link: PathBuf) {
        let target = link.canonicalize().and_then(|path| Ok((path.metadata()?, path)));
        let (metadata, target) = match target {
            Ok(found) => found,
            Err(error) => return self.note(&parts, &format!("the link leads nowhere: {error}")),
        };
        let is_in_sight = target
            .strip_prefix(&self.root)
            .is_ok_and(|inside| !inside.components().any(|part| is_hidden(&readable(part.as_os_str()))));
        if is_in_sight || self.root.starts_with(&target) || !self.seen.insert(target.clone()) {
            return;
        }
        if metadata.is_dir() {
            self.folders.push((target, parts));
        } else if metadata.is_file() {
            let place = Place::Folder(target);
            self.listing.files.push(Found { parts, place });
        }
    }

    fn note(&mut self, parts: &[String], reason: &str) {
        self.listing.unreadable.push((parts.join("/"), reason.to_owned()));
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || SYSTEM_FOLDERS.contains(&name)
}

/// A file name as text. If it is not UTF-8, it is most likely Latin-1.
fn readable(name: &OsStr) -> String {
    if let Some(text) = name.to_str() {
        return text.to_owned();
    }
    #[cfg(unix)]
    {
        latin_1(std::os::unix::ffi::OsStrExt::as_bytes(name))
    }
    #[cfg(not(unix))]
    {
        name.to_string_lossy().into_owned()
    }
}

pub fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
