//! Finding the pieces of a data set: MAESTRO as a folder or a zip, or any folder of `Composer Name/*.mid`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::folders::{self, Nobody};
use super::listing::{Found, Listing, Place, Reader, list_folder, list_zip, open_zip};
use super::manifest_error::ManifestError;
use super::piece_list::{PieceList, parse_csv, parse_json};
use crate::music::unified_composers;

const MAESTRO_LICENCE: &str = "CC BY-NC-SA 4.0 (MAESTRO, Hawthorne et al. 2019): not for commercial use";
const FOLDER_LICENCE: &str = "unknown: the user's own collection";
/// Extensions of MIDI files.
const MIDI_ENDINGS: [&str; 4] = ["mid", "midi", "kar", "rmi"];

/// One MIDI file of a data set, with its composer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the folder or zip, with `/` between folders.
    pub name: String,
    pub place: Place,
    pub title: String,
    pub composer_name: String,
}

/// A data set whose pieces are listed but not yet read.
#[derive(Clone, Debug)]
pub struct Dataset {
    path: PathBuf,
    is_zip: bool,
    /// Ordered by composer, title and name, whatever the order of the files.
    pub entries: Vec<Entry>,
    /// What cannot be used, and why: files outside the composers' folders, listed files that are missing, folders that
    /// cannot be read.
    pub unusable: Vec<(String, String)>,
    /// Remarks on how the list and the names were read.
    pub remarks: Vec<String>,
    pub source: String,
    pub licence: String,
}

impl Dataset {
    /// Lists the pieces under `path`, a folder or a zip file. If it contains MAESTRO's list (`*.csv` or `*.json`), that
    /// list decides which files belong to it; otherwise its folders do. Hidden folders are skipped, and links are
    /// followed once, unless they lead back into the data set. Spellings of a composer's name are unified.
    ///
    /// # Errors
    /// [`ManifestError`]; broken files are only detected when they are read.
    pub fn open(path: &Path) -> Result<Dataset, ManifestError> {
        let metadata = std::fs::metadata(path)
            .map_err(|source| ManifestError::Open { source, path: path.to_owned() })?;
        let is_zip = metadata.is_file();
        let Listing { files, unreadable } = if is_zip { list_zip(path)? } else { list_folder(path)? };
        let mut dataset = Dataset {
            path: path.to_owned(),
            is_zip,
            entries: Vec::new(),
            unusable: unreadable,
            remarks: Vec::new(),
            source: own_name(path),
            licence: FOLDER_LICENCE.to_owned(),
        };
        match dataset.find_list(&files)? {
            Some((at, list)) => dataset.take_list(&files, at, &list)?,
            None => dataset.take_folders(&files)?,
        }
        dataset.unify_composers();
        let key = |e: &Entry| (e.composer_name.clone(), e.title.clone(), e.name.clone());
        dataset.entries.sort_by_cached_key(key);
        Ok(dataset)
    }

    /// A reader of its files; each thread creates its own.
    ///
    /// # Errors
    /// If a zip can no longer be opened.
    pub fn reader(&self) -> Result<Reader, ManifestError> {
        if self.is_zip { Ok(Reader::Zip(Box::new(open_zip(&self.path)?))) } else { Ok(Reader::Folder) }
    }

    /// The first list with MAESTRO's columns, and its index in `files`.
    fn find_list(&mut self, files: &[Found]) -> Result<Option<(usize, PieceList)>, ManifestError> {
        let mut reader = None;
        let tables = |ending: &'static str| {
            let is_table = move |file: &Found| has_ending(file.file_name(), &[ending]);
            (0..files.len()).filter(move |at| is_table(&files[*at]))
        };
        for at in tables("csv").chain(tables("json")) {
            let file = &files[at];
            let reader = match &mut reader {
                Some(reader) => reader,
                none => none.insert(self.reader()?),
            };
            let error =
                |reason: String| ManifestError::List { list: file.name(), reason, path: self.path.clone() };
            let bytes = reader.read(&file.place).map_err(|e| error(e.to_string()))?;
            let list = if has_ending(file.file_name(), &["csv"]) {
                parse_csv(&bytes).map_err(error)?
            } else {
                parse_json(&bytes)
            };
            match list {
                Some(list) => return Ok(Some((at, list))),
                None if is_maestro(file.file_name()) => {
                    let remark = format!("{} is not a list of pieces and was ignored", file.name());
                    self.remarks.push(remark);
                }
                None => {}
            }
        }
        Ok(None)
    }

    fn take_list(&mut self, files: &[Found], at: usize, list: &PieceList) -> Result<(), ManifestError> {
        let list_file = &files[at];
        let files_at = FilesAt::new(files, list_file);
        let mut is_listed = vec![false; files.len()];
        for row in &list.rows {
            let Some(index) = files_at.find(&row.file) else {
                let reason = format!("{} lists it, but it does not exist", list_file.name());
                self.unusable.push((row.file.clone(), reason));
                continue;
            };
            is_listed[index] = true;
            self.entries.push(Entry {
                name: files[index].name(),
                place: files[index].place.clone(),
                title: row.title.clone(),
                composer_name: row.composer.clone(),
            });
        }
        if self.entries.is_empty() {
            return Err(ManifestError::List {
                list: list_file.name(),
                reason: format!("none of the {} files it names exists", list.rows.len()),
                path: self.path.clone(),
            });
        }
        let others = files.iter().zip(is_listed).filter(|(f, is_listed)| !is_listed && is_midi(f));
        let list_name = list_file.name();
        match others.count() {
            0 => {}
            1 => self.remarks.push(format!("1 MIDI file is not in {list_name} and was left out")),
            n => self.remarks.push(format!("{n} MIDI files are not in {list_name} and were left out")),
        }
        match list.bad_lines {
            0 => {}
            1 => self.remarks.push(format!("1 line of {list_name} cannot be read")),
            n => self.remarks.push(format!("{n} lines of {list_name} cannot be read")),
        }
        let own = own_name(&self.path);
        let mut parts = list_file.parts.iter().rev().map(String::as_str).chain([own.as_str()]);
        match parts.find(|part| is_maestro(part)) {
            Some(part) => self.source = maestro_version(part),
            None if list.is_maestro => self.source = "MAESTRO".to_owned(),
            None => return Ok(()),
        }
        self.licence = MAESTRO_LICENCE.to_owned();
        Ok(())
    }

    fn take_folders(&mut self, files: &[Found]) -> Result<(), ManifestError> {
        let midi: Vec<Found> = files.iter().filter(|f| is_midi(f)).cloned().collect();
        let path = || self.path.clone();
        if midi.is_empty() {
            return Err(ManifestError::Empty { path: path() });
        }
        let composers = folders::composers(&midi, &own_name(&self.path));
        if composers.iter().all(Result::is_err) {
            return Err(if composers.contains(&Err(Nobody::Year)) {
                ManifestError::NoList { path: path() }
            } else {
                ManifestError::NoComposer { count: midi.len(), path: path() }
            });
        }
        for (file, composer) in midi.iter().zip(composers) {
            let name = file.name();
            match composer {
                Ok(composer_name) => {
                    let stem = file.file_name().rsplit_once('.').map_or("", |(stem, _)| stem);
                    self.entries.push(Entry {
                        title: stem.to_owned(),
                        place: file.place.clone(),
                        composer_name,
                        name,
                    });
                }
                Err(Nobody::NoFolder) => {
                    self.unusable.push((name, "it is not in a composer's folder".to_owned()));
                }
                Err(Nobody::Year) => {
                    let reason = "it is in a folder named after a year, and no list says who composed it";
                    self.unusable.push((name, reason.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn unify_composers(&mut self) {
        let mut names: Vec<&str> = self.entries.iter().map(|e| e.composer_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let unified: BTreeMap<String, String> =
            names.iter().map(|n| (*n).to_owned()).zip(unified_composers(&names)).collect();
        for (given, name) in unified.iter().filter(|(given, name)| given != name) {
            self.remarks.push(format!("\"{given}\" was read as {name}"));
        }
        for entry in &mut self.entries {
            if let Some(name) = unified.get(&entry.composer_name) {
                entry.composer_name.clone_from(name);
            }
        }
    }
}

/// Finds the files that a list names.
struct FilesAt<'a> {
    files: &'a [Found],
    /// The folder of the list, to which its paths are relative.
    folder: &'a [String],
    by_file_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> FilesAt<'a> {
    fn new(files: &'a [Found], list: &'a Found) -> FilesAt<'a> {
        let mut by_file_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            by_file_name.entry(file.file_name()).or_default().push(index);
        }
        FilesAt { files, folder: list.parts.split_last().map_or(&[], |(_, folder)| folder), by_file_name }
    }

    /// The file at the listed path, or one whose path ends with it, or the only file with that name.
    fn find(&self, listed: &str) -> Option<usize> {
        let parts: Vec<&str> = listed.split(['/', '\\']).filter(|p| !matches!(*p, "" | ".")).collect();
        let same_name = self.by_file_name.get(parts.last()?)?;
        let is_at = |at: &&usize| {
            let whole = self.folder.iter().map(String::as_str).chain(parts.iter().copied());
            self.files[**at].parts.iter().map(String::as_str).eq(whole)
        };
        let ends_so = |at: &&usize| {
            let own = &self.files[**at].parts;
            own.len() >= parts.len() && own[own.len() - parts.len()..].iter().zip(&parts).all(|(a, b)| a == b)
        };
        let only = || same_name.first().filter(|_| same_name.len() == 1);
        let found = same_name.iter().find(is_at).or_else(|| same_name.iter().find(ends_so));
        found.or_else(only).copied()
    }
}

/// The name of the folder or zip file without its extension.
fn own_name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if whole.is_file() { whole.file_stem() } else { whole.file_name() };
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn is_maestro(name: &str) -> bool {
    name.to_lowercase().starts_with("maestro")
}

/// "maestro-v3.0.0-midi" becomes "MAESTRO v3.0.0".
fn maestro_version(name: &str) -> String {
    let version = name
        .split(['-', '_', ' '])
        .find(|part| part.starts_with(['v', 'V']) && part[1..].starts_with(|c: char| c.is_ascii_digit()));
    let version = version.map(|v| v.trim_end_matches(".csv").trim_end_matches(".json"));
    version.map_or_else(|| "MAESTRO".to_owned(), |version| format!("MAESTRO {version}"))
}

fn is_midi(file: &Found) -> bool {
    has_ending(file.file_name(), &MIDI_ENDINGS)
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    endings.iter().any(|wanted| ending.eq_ignore_ascii_case(wanted))
}
