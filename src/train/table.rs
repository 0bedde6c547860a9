//! The logs of a run: tables of numbers as CSV that only grow, written by the run and followed by whoever watches.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::metrics::Row;

/// Rows that wait for room on the disk; further ones are dropped.
const MAX_WAITING_BYTES: usize = 1 << 20;
/// Bytes that one call of [`TableReader::read`] takes in at most.
const READ_BYTES: u64 = 4 << 20;

/// Appends rows to a log. Rows that cannot be written wait for the next one.
#[derive(Debug)]
pub struct TableWriter<T> {
    path: PathBuf,
    waiting: String,
    has_header: bool,
    rows: PhantomData<fn(T)>,
}

impl<T: Row> TableWriter<T> {
    pub fn new(path: PathBuf) -> TableWriter<T> {
        let has_header = first_line(&path).is_some_and(|line| line == header::<T>());
        TableWriter { path, waiting: String::new(), has_header, rows: PhantomData }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    /// If the row cannot be written now; it is kept, and written with the next one.
    pub fn append(&mut self, row: &T) -> io::Result<()> {
        if self.waiting.len() < MAX_WAITING_BYTES {
            if !self.has_header {
                // Also in the middle of a log that an older version began with other columns.
                self.waiting += &header::<T>();
                self.waiting.push('\n');
                self.has_header = true;
            }
            self.waiting += &line(row);
            self.waiting.push('\n');
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(self.waiting.as_bytes()) {
            // Half a row would spoil the one that follows.
            file.set_len(before)?;
            return Err(error);
        }
        self.waiting.clear();
        Ok(())
    }
}

/// The header of a log: the names of its columns.
pub fn header<T: Row>() -> String {
    T::COLUMNS.iter().map(|c| c.name).collect::<Vec<_>>().join(",")
}

/// A row as CSV, without the line's end.
pub fn line<T: Row>(row: &T) -> String {
    let cell = |value: f64, decimals: usize| {
        if value.is_nan() { String::new() } else { format!("{value:.decimals$}") }
    };
    T::COLUMNS.iter().map(|c| cell((c.get)(row), c.decimals)).collect::<Vec<_>>().join(",")
}

fn first_line(path: &Path) -> Option<String> {
    let mut head = String::new();
    File::open(path).ok()?.take(4096).read_to_string(&mut head).ok()?;
    head.lines().next().map(str::to_owned)
}

/// Follows a log that another process writes.
#[derive(Debug)]
pub struct TableReader<T> {
    path: PathBuf,
    at: u64,
    /// For each cell of a row, its place among the columns of `T`; `None` for an unknown one.
    places: Vec<Option<usize>>,
    rows: PhantomData<fn() -> T>,
}

impl<T: Row> TableReader<T> {
    pub fn new(path: PathBuf) -> TableReader<T> {
        TableReader { path, at: 0, places: Vec::new(), rows: PhantomData }
    }

    /// The whole rows that were added since the last call, a few megabytes at most; `None` if the log was replaced by
    /// another one, which is read from its beginning with the next call.
    pub fn read(&mut self) -> Option<Vec<T>> {
        let Ok(mut file) = File::open(&self.path) else {
            return if self.at > 0 { self.restart() } else { Some(Vec::new()) };
        };
        if file.metadata().is_ok_and(|m| m.len() < self.at) {
            return self.restart();
        }
        let mut bytes = Vec::new();
        let read =
            file.seek(SeekFrom::Start(self.at)).and_then(|_| file.take(READ_BYTES).read_to_end(&mut bytes));
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |last| last + 1);
        if read.is_err() || end == 0 {
            return Some(Vec::new());
        }
        self.at += end as u64;
        let text = String::from_utf8_lossy(&bytes[..end]);
        Some(text.lines().filter_map(|line| self.row(line)).collect())
    }

    fn restart(&mut self) -> Option<Vec<T>> {
        *self = TableReader::new(std::mem::take(&mut self.path));
        None
    }

    /// `None` for a header and for a damaged line.
    fn row(&mut self, line: &str) -> Option<T> {
        let cells: Vec<&str> = line.split(',').collect();
        if cells.first() == T::COLUMNS.first().map(|c| c.name).as_ref() {
            let place = |name: &&str| T::COLUMNS.iter().position(|c| c.name == *name);
            self.places = cells.iter().map(place).collect();
            return None;
        }
        if cells.len() != self.places.len() {
            return None;
        }
        let mut row = T::default();
        for (cell, place) in cells.iter().zip(&self.places) {
            let Some(column) = place.and_then(|place| T::COLUMNS.get(place)) else { continue };
            let value = if cell.is_empty() { f64::NAN } else { cell.parse().ok()? };
            (column.set)(&mut row, value);
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::StepMetrics;

    fn row(step: u64) -> StepMetrics {
        StepMetrics { step, nll: 9.5, nll_fields: [3.0, 2.0, 1.5, 0.5, 2.5], ..StepMetrics::default() }
    }

    fn steps(rows: Option<Vec<StepMetrics>>) -> Vec<u64> {
        rows.unwrap().iter().map(|r| r.step).collect()
    }

    #[test]
    fn what_is_written_is_read_as_it_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut reader = TableReader::<StepMetrics>::new(path.clone());
        assert!(reader.read().unwrap().is_empty(), "no log yet");
        let mut writer = TableWriter::new(path.clone());
        writer.append(&StepMetrics { eta_secs: Some(60.0), ..row(10) }).unwrap();
        let read = reader.read().unwrap();
        assert_eq!(read, [StepMetrics { eta_secs: Some(60.0), ..row(10) }]);
        // A resumed run opens the log again, and half a line is not a row yet.
        let mut writer = TableWriter::new(path.clone());
        writer.append(&row(20)).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"30,1").unwrap();
        assert_eq!(steps(reader.read()), [20]);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"garbage\n").unwrap();
        writer.append(&row(40)).unwrap();
        assert_eq!(steps(reader.read()), [40]);
        std::fs::write(&path, "").unwrap();
        assert_eq!(reader.read(), None, "another log");
    }

    #[test]
    fn a_log_of_an_older_version_goes_on_with_more_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        std::fs::write(&path, "step,notes,nll,later\n10,100,9.5,7\n").unwrap();
        TableWriter::new(path.clone()).append(&row(20)).unwrap();
        let read = TableReader::<StepMetrics>::new(path).read().unwrap();
        assert_eq!((read[0].notes_seen, read[0].nll, read[1].step), (100, 9.5, 20));
    }

    /// `/dev/full` takes no byte, as a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn rows_wait_for_room_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (full, path) = (folder.path().join("full"), folder.path().join("log.csv"));
        std::os::unix::fs::symlink("/dev/full", &full).unwrap();
        let mut writer = TableWriter::<StepMetrics>::new(full);
        assert!(writer.append(&row(10)).is_err() && writer.append(&row(20)).is_err());
        writer.path = path.clone();
        writer.append(&row(30)).unwrap();
        assert_eq!(steps(TableReader::new(path).read()), [10, 20, 30]);
    }
}
