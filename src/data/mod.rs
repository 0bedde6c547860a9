//! Training data: finding pieces, splitting them by work, the corpus file, and batches.

mod augment;
mod batch;
mod corpus;
mod download;
mod folders;
mod listing;
mod manifest;
mod manifest_error;
mod piece_list;
mod prepare;
mod report;
mod same_music;
mod splits;
mod title;

pub use augment::augment;
pub use batch::{Sampler, Window, fixed_windows, stack};
pub use corpus::{Corpus, CorpusError, Piece, Provenance, Split};
pub use download::{DownloadError, Source, download};
pub use listing::{Place, Reader};
pub use manifest::{Dataset, Entry};
pub use manifest_error::ManifestError;
pub use prepare::{Broken, PrepareError, PrepareOptions, PrepareReport, prepare};
pub use report::{ComposerReport, SplitReport};
pub use title::{CatalogueNumber, normalised};
