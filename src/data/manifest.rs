//! Finding the pieces of a data set: MAESTRO as a folder or a zip, or any folder of `Composer Name/*.mid`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use zip::ZipArchive;

use crate::music::midi::MAX_BYTES;

const MAESTRO_LICENCE: &str = "CC BY-NC-SA 4.0 (MAESTRO, Hawthorne et al. 2019): not for commercial use";
const FOLDER_LICENCE: &str = "unknown: the user's own collection";
/// Folders nested deeper are not looked into.
const MAX_DEPTH: usize = 8;

/// One MIDI file of a data set, and whose music it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies in the folder or zip, with `/` between folders.
    pub name: String,
    pub title: String,
    pub composer_name: String,
}

/// Why a data set could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    #[error("cannot open the data set: {source}: {}", .path.display())]
    Open { source: io::Error, path: PathBuf },
    #[error("cannot read the zip file: {source}: {}", .path.display())]
    Zip {
        source: zip::result::ZipError,
        path: PathBuf,
    },
    #[error("cannot read the list of pieces: {source}: {}", .path.display())]
    List { source: csv::Error, path: PathBuf },
    #[error("no music found: give the MAESTRO folder or zip, or a folder of \"Composer Name/*.mid\": {}", .path.display())]
    Empty { path: PathBuf },
}

/// A data set whose pieces are known but not yet read.
#[derive(Clone, Debug)]
pub struct Dataset {
    path: PathBuf,
    is_zip: bool,
    /// In the order of composer, title and name, whatever the order of the files.
    pub entries: Vec<Entry>,
    /// MIDI files that no composer's folder holds.
    pub without_composer: Vec<String>,
    pub source: String,
    pub licence: String,
}

/// The columns that are needed of MAESTRO's list.
#[derive(Deserialize)]
struct MaestroRow {
    canonical_composer: String,
    canonical_title: String,
    midi_filename: String,
}

impl Dataset {
    /// Lists the pieces under `path`: a folder or a zip file. With a MAESTRO list (`*.csv`) in it, that decides what
    /// belongs to it; without, each folder is a composer and each MIDI file in it a piece.
    ///
    /// # Errors
    /// [`ManifestError`]; what is found but broken shows only when it is read.
    pub fn open(path: &Path) -> Result<Dataset, ManifestError> {
        let metadata = std::fs::metadata(path).map_err(|source| ManifestError::Open {
            source,
            path: path.to_owned(),
        })?;
        let is_zip = metadata.is_file();
        let mut dataset = Dataset {
            path: path.to_owned(),
            is_zip,
            entries: Vec::new(),
            without_composer: Vec::new(),
            source: path
                .file_stem()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            licence: FOLDER_LICENCE.to_owned(),
        };
        let names = match is_zip {
            true => zip_names(path)?,
            false => folder_names(path)?,
        };
        if !dataset.take_maestro_list(&names)? {
            dataset.take_folders(&names);
        }
        if dataset.entries.is_empty() {
            return Err(ManifestError::Empty {
                path: path.to_owned(),
            });
        }
        let key = |e: &Entry| (e.composer_name.clone(), e.title.clone(), e.name.clone());
        dataset.entries.sort_by_cached_key(key);
        Ok(dataset)
    }

    /// Something that reads its files; each thread makes its own.
    pub fn reader(&self) -> Result<Reader, ManifestError> {
        match self.is_zip {
            true => Ok(Reader::Zip(Box::new(open_zip(&self.path)?))),
            false => Ok(Reader::Folder(self.path.clone())),
        }
    }

    /// Fills the entries from the first list with MAESTRO's columns; `false` without one.
    fn take_maestro_list(&mut self, names: &[String]) -> Result<bool, ManifestError> {
        for list in names.iter().filter(|name| has_extension(name, &["csv"])) {
            let bytes = self.reader()?.read(list).map_err(|source| ManifestError::Open {
                source,
                path: self.path.join(list),
            })?;
            let mut rows = csv::Reader::from_reader(bytes.as_slice());
            if !rows
                .headers()
                .is_ok_and(|h| h.iter().any(|column| column == "midi_filename"))
            {
                continue;
            }
            let folder = list
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| format!("{folder}/"));
            for row in rows.deserialize() {
                let row: MaestroRow = row.map_err(|source| ManifestError::List {
                    source,
                    path: self.path.join(list),
                })?;
                self.entries.push(Entry {
                    name: format!("{folder}{}", row.midi_filename),
                    title: row.canonical_title.trim().to_owned(),
                    composer_name: row.canonical_composer.trim().to_owned(),
                });
            }
            if let Some(version) = list
                .split(['/', '\\'])
                .find_map(|part| part.strip_prefix("maestro-"))
            {
                self.source = format!("MAESTRO {}", version.trim_end_matches(".csv"));
                self.licence = MAESTRO_LICENCE.to_owned();
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn take_folders(&mut self, names: &[String]) {
        let midi: Vec<&String> = names
            .iter()
            .filter(|name| has_extension(name, &["mid", "midi"]))
            .collect();
        // A zip often holds one folder that holds everything.
        let roots: BTreeSet<&str> = midi.iter().filter_map(|name| name.split('/').next()).collect();
        let is_wrapped =
            self.is_zip && roots.len() == 1 && midi.iter().all(|name| name.split('/').count() > 2);
        for name in midi {
            let parts: Vec<&str> = name.split('/').skip(usize::from(is_wrapped)).collect();
            match parts.as_slice() {
                [composer, .., file] => self.entries.push(Entry {
                    name: name.clone(),
                    title: file.rsplit_once('.').map_or(*file, |(stem, _)| stem).to_owned(),
                    composer_name: (*composer).trim().to_owned(),
                }),
                _ => self.without_composer.push(name.clone()),
            }
        }
    }
}

/// Reads the files of a [`Dataset`].
pub enum Reader {
    Folder(PathBuf),
    Zip(Box<ZipArchive<BufReader<File>>>),
}

impl Reader {
    /// The bytes of the file called `name`; at most [`MAX_BYTES`] are read of a MIDI file, and one more to show it.
    pub fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Reader::Folder(folder) => File::open(folder.join(name))?
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)?,
            Reader::Zip(archive) => archive
                .by_name(name)
                .map_err(io::Error::other)?
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, ManifestError> {
    let file = File::open(path).map_err(|source| ManifestError::Open {
        source,
        path: path.to_owned(),
    })?;
    ZipArchive::new(BufReader::new(file)).map_err(|source| ManifestError::Zip {
        source,
        path: path.to_owned(),
    })
}

fn zip_names(path: &Path) -> Result<Vec<String>, ManifestError> {
    let archive = open_zip(path)?;
    let mut names: Vec<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .map(|name| name.into_owned())
        .collect();
    names.sort();
    Ok(names)
}

fn folder_names(root: &Path) -> Result<Vec<String>, ManifestError> {
    let mut names = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let open_error = |source| ManifestError::Open {
            source,
            path: folder.clone(),
        };
        for item in std::fs::read_dir(&folder).map_err(open_error)? {
            let path = item.map_err(open_error)?.path();
            if path.is_dir() {
                if depth < MAX_DEPTH {
                    folders.push((path, depth + 1));
                }
            } else if let Ok(inside) = path.strip_prefix(root) {
                let parts: Vec<_> = inside
                    .components()
                    .filter_map(|part| match part {
                        Component::Normal(part) => part.to_str(),
                        _ => None,
                    })
                    .collect();
                names.push(parts.join("/"));
            }
        }
    }
    names.sort();
    Ok(names)
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extensions
        .iter()
        .any(|wanted| extension.eq_ignore_ascii_case(wanted))
}
