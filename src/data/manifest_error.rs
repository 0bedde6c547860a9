//! Why a data set cannot be read.

use std::io;
use std::path::PathBuf;

/// Why a data set could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    #[error("cannot open the data set: {source}: {}", .path.display())]
    Open { source: io::Error, path: PathBuf },
    #[error("cannot read the zip file: {source}: {}", .path.display())]
    Zip { source: zip::result::ZipError, path: PathBuf },
    #[error("the list of pieces {list} cannot be used: {reason}; put the original back: {}", .path.display())]
    List { list: String, reason: String, path: PathBuf },
    #[error(
        "this looks like MAESTRO without its list, and only the list says who composed what; put maestro-v3.0.0.csv \
         beside the folders of years: {}", .path.display()
    )]
    NoList { path: PathBuf },
    #[error(
        "{count} MIDI files were found, but none in a composer's folder; sort them into folders named after their \
         composers: {}", .path.display()
    )]
    NoComposer { count: usize, path: PathBuf },
    #[error("no music found: give the MAESTRO folder or zip, or a folder of \"Composer Name/*.mid\": {}", .path.display())]
    Empty { path: PathBuf },
}
