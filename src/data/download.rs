//! Downloads a dataset, resuming where it was interrupted, and checks its SHA-256.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::progress::{Progress, StopFlag};

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;
const CONNECT_SECS: u64 = 30;
/// The status of an answer with a part of a file.
const PARTIAL_CONTENT: u16 = 206;
/// The status of an answer to a range outside the file.
const OUT_OF_RANGE: u16 = 416;

/// A file to download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
    /// The name of the file on disk.
    pub file_name: String,
}

impl Source {
    /// The MIDI files of MAESTRO v3.0.0, 58 MB, with the checksum that its publisher states
    /// (<https://magenta.withgoogle.com/datasets/maestro>). CC BY-NC-SA 4.0.
    pub fn maestro() -> Source {
        const URL: &str =
            "https://storage.googleapis.com/magentadata/datasets/maestro/v3.0.0/maestro-v3.0.0-midi.zip";
        Source {
            url: URL.to_owned(),
            sha256: "70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c".to_owned(),
            file_name: "maestro-v3.0.0-midi.zip".to_owned(),
        }
    }
}

/// Why a file was not downloaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    #[error("the server cannot be reached; check the connection and try again: {url}")]
    Connect { source: Box<ureq::Error>, url: String },
    #[error("the server answers with status {status}; download the file by hand and choose it: {url}")]
    Status { status: u16, url: String },
    #[error("the connection was lost; try again to resume the download: {url}")]
    BrokenOff { source: io::Error, url: String },
    #[error(
        "the file is not the one that was expected (SHA-256 {found}); it was deleted, so try again: {url}"
    )]
    Checksum { found: String, url: String },
    #[error("the file cannot be written; check the free space: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("stopped; the next download resumes from here")]
    Stopped,
}

/// Downloads `source` into `folder`, unless it is there already, and returns its path. What has arrived is kept in a
/// file with the ending `.part`, so that the next call resumes from there.
///
/// # Errors
/// [`DownloadError`]; [`DownloadError::Stopped`] soon after `stop` is set.
pub fn download(
    source: &Source,
    folder: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, DownloadError> {
    let path = folder.join(&source.file_name);
    if path.is_file() {
        return Ok(path);
    }
    let part = folder.join(format!("{}.part", source.file_name));
    let write = |error| DownloadError::Write { source: error, path: part.clone() };
    fs::create_dir_all(folder).map_err(write)?;
    let mut file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&part).map_err(write)?;
    fetch(source, &mut file, &part, stop, on_progress)?;
    file.sync_all().map_err(write)?;
    on_progress(Progress::new("checking", None));
    let found = checksum(&mut file).map_err(write)?;
    if found != source.sha256 {
        // Going on from a wrong part would never succeed.
        fs::remove_file(&part).map_err(write)?;
        return Err(DownloadError::Checksum { found, url: source.url.clone() });
    }
    fs::rename(&part, &path).map_err(write)?;
    Ok(path)
}

/// Appends to `file` what is missing.
fn fetch(
    source: &Source,
    file: &mut File,
    part: &Path,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<(), DownloadError> {
    let url = || source.url.clone();
    let write = |error| DownloadError::Write { source: error, path: part.to_owned() };
    let mut have = file.seek(io::SeekFrom::End(0)).map_err(write)?;
    on_progress(Progress::new("connecting", None));
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(CONNECT_SECS)))
        .build();
    let mut request = ureq::Agent::new_with_config(config).get(&source.url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let answer =
        request.call().map_err(|error| DownloadError::Connect { source: Box::new(error), url: url() })?;
    match answer.status().as_u16() {
        // All of it is there already; the checksum tells whether it is the right one.
        OUT_OF_RANGE if have > 0 => return Ok(()),
        PARTIAL_CONTENT => {}
        200 => {
            // This server sends the whole file only.
            file.set_len(0).and_then(|()| file.rewind()).map_err(write)?;
            have = 0;
        }
        status => return Err(DownloadError::Status { status, url: url() }),
    }
    let length = answer.headers().get("content-length").and_then(|l| l.to_str().ok()?.parse::<u64>().ok());
    let total = length.map(|rest| have + rest);
    let mut body = answer.into_body().into_reader();
    let mut block = vec![0; BLOCK];
    loop {
        if stop.is_stopped() {
            return Err(DownloadError::Stopped);
        }
        let read = body.read(&mut block).map_err(|source| DownloadError::BrokenOff { source, url: url() })?;
        if read == 0 {
            break;
        }
        file.write_all(&block[..read]).map_err(write)?;
        have += read as u64;
        on_progress(Progress { phase: "downloading".into(), done: have, total });
    }
    if total.is_some_and(|total| have < total) {
        let source = io::ErrorKind::UnexpectedEof.into();
        return Err(DownloadError::BrokenOff { source, url: url() });
    }
    Ok(())
}

fn checksum(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => break,
            read => hash.update(&block[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
