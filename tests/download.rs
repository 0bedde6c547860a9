//! Downloading a data set, from a server on this machine.

mod common;

use std::path::Path;
use std::sync::atomic::Ordering;

use common::server::{Server, sha256};
use pastiche::data::{DownloadError, Source, download};
use pastiche::progress::{Progress, StopFlag};

fn body() -> Vec<u8> {
    (0..1_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn source(server: &Server, bytes: &[u8]) -> Source {
    Source { url: server.url(), sha256: sha256(bytes), file_name: "data.zip".to_owned() }
}

fn get(source: &Source, folder: &Path) -> Result<std::path::PathBuf, DownloadError> {
    download(source, folder, &StopFlag::new(), &mut |_| {})
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.map(|file| file.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_file_arrives_whole_and_is_not_fetched_again() {
    let (folder, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::start(body.clone());
    let mut last = None;
    let mut on_progress = |p: Progress| {
        if p.phase == "downloading" {
            last = Some((p.done, p.total));
        }
    };
    let source = source(&server, &body);
    let path = download(&source, folder.path(), &StopFlag::new(), &mut on_progress).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), body);
    assert_eq!(last, Some((1_000_000, Some(1_000_000))));
    assert_eq!(names(folder.path()), ["data.zip"]);
    get(&source, folder.path()).unwrap();
    assert_eq!(server.requests.load(Ordering::Relaxed), 1);
}

#[test]
fn a_broken_download_goes_on_where_it_was() {
    let (folder, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::start(body.clone());
    server.break_off_at.store(300_000, Ordering::Relaxed);
    let source = source(&server, &body);
    let error = get(&source, folder.path()).unwrap_err();
    assert!(matches!(error, DownloadError::BrokenOff { .. }), "{error}");
    let have = std::fs::metadata(folder.path().join("data.zip.part")).unwrap().len();
    assert!((100_000..=300_000).contains(&have), "{have}");
    server.break_off_at.store(usize::MAX, Ordering::Relaxed);
    let path = get(&source, folder.path()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body);
    assert_eq!(server.sent_from.lock().unwrap().as_slice(), [0, have as usize]);
}

#[test]
fn a_stopped_download_keeps_its_part() {
    let (folder, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::start(body.clone());
    let stop = StopFlag::new();
    let source = source(&server, &body);
    let result = download(&source, folder.path(), &stop, &mut |p| {
        if p.done > 100_000 {
            stop.stop();
        }
    });
    assert!(matches!(result, Err(DownloadError::Stopped)));
    assert_eq!(names(folder.path()), ["data.zip.part"]);
    get(&source, folder.path()).unwrap();
    assert!(server.sent_from.lock().unwrap()[1] > 100_000);
}

#[test]
fn a_wrong_file_is_refused_and_forgotten() {
    let (folder, body) = (tempfile::tempdir().unwrap(), body());
    let server = Server::start(body.clone());
    let wrong = Source { sha256: sha256(b"another file"), ..source(&server, &body) };
    let error = get(&wrong, folder.path()).unwrap_err();
    assert!(matches!(&error, DownloadError::Checksum { found, .. } if *found == sha256(&body)), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_server_without_the_file_and_no_server_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Vec::new());
    let missing = Source { url: server.url() + "/missing", ..source(&server, b"") };
    let error = get(&missing, folder.path()).unwrap_err();
    assert!(matches!(error, DownloadError::Status { status: 404, .. }), "{error}");
    let nobody = Source { url: "http://127.0.0.1:1/".to_owned(), ..missing };
    assert!(matches!(get(&nobody, folder.path()).unwrap_err(), DownloadError::Connect { .. }));
}

/// The address is the publisher's, and so is the checksum of what lies there.
#[test]
#[ignore = "a connection to the internet"]
fn maestro_arrives_over_the_internet() {
    let folder = tempfile::tempdir().unwrap();
    let path = get(&Source::maestro(), folder.path()).unwrap();
    assert_eq!(pastiche::data::Dataset::open(&path).unwrap().entries.len(), 1276);
}
