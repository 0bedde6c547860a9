//! Why a SoundFont cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with a SoundFont file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoundFontFault {
    #[error("could not read the SoundFont: {0}")]
    Io(io::Error),
    #[error("this is {0}, not a SoundFont; choose a file that ends in .sf2 or .sf3")]
    NotASoundFont(&'static str),
    #[error(
        "this SoundFont is cut short: {missing_bytes} bytes are missing at its end; copy or download it again"
    )]
    CutShort { missing_bytes: u64 },
    #[error("this SoundFont is too large ({} MB; at most {} MB fit): choose a smaller piano", bytes >> 20, limit >> 20)]
    TooLarge { bytes: u64, limit: u64 },
    #[error("this SoundFont contains no instrument, only drums or nothing; choose another one")]
    NoPreset,
    #[error(
        "no sound of this SoundFont can be played: its samples are empty, missing or in a synthesizer's ROM; choose \
         another one"
    )]
    NothingUsable,
    #[error("this SoundFont is damaged ({0}); copy or download it again, or choose another")]
    Damaged(String),
}

impl From<io::Error> for SoundFontFault {
    fn from(source: io::Error) -> SoundFontFault {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => SoundFontFault::Damaged("it ends too early".to_owned()),
            _ => SoundFontFault::Io(source),
        }
    }
}

impl SoundFontFault {
    pub(super) fn at(self, path: &Path) -> SoundFontError {
        SoundFontError { fault: self, path: path.to_owned() }
    }
}

/// A fault and the file that has it; the message is meant for the user as it is.
#[derive(Debug, thiserror::Error)]
#[error("{fault}: {}", path.display())]
pub struct SoundFontError {
    pub fault: SoundFontFault,
    pub path: PathBuf,
}
