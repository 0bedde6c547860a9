//! SoundFonts: which files can be played, and what is in them.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Samples are kept in memory, and their positions are 32-bit numbers in the file.
const LARGEST_BYTES: u64 = 2 << 30;
/// Banks from here on hold drum kits.
const FIRST_DRUM_BANK: i32 = 128;

/// Why a SoundFont cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoundFontError {
    #[error("could not read the SoundFont: {source}: {}", path.display())]
    Io { source: io::Error, path: PathBuf },
    #[error("this is {found}, not a SoundFont; choose a file that ends in .sf2: {}", path.display())]
    NotASoundFont { found: &'static str, path: PathBuf },
    #[error(
        "this SoundFont is compressed (SF3), which Pastiche cannot play; choose its .sf2 edition, or convert it \
         to SF2 with the free program Polyphone: {}", path.display()
    )]
    Compressed { path: PathBuf },
    #[error(
        "this SoundFont is cut short: {missing_bytes} bytes are missing at its end; copy or download it again: {}",
        path.display()
    )]
    CutShort { missing_bytes: u64, path: PathBuf },
    #[error(
        "this SoundFont is too large ({} MB; at most {} MB fit): choose a smaller piano: {}",
        bytes >> 20, LARGEST_BYTES >> 20, path.display()
    )]
    TooLarge { bytes: u64, path: PathBuf },
    #[error("this SoundFont holds no instrument, only drums or nothing; choose another one: {}", path.display())]
    NoPreset { path: PathBuf },
    #[error("this SoundFont is damaged ({detail}); copy or download it again, or choose another: {}", path.display())]
    Damaged { detail: String, path: PathBuf },
}

/// One sound of a SoundFont: bank and program as MIDI counts them, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    pub bank: u8,
    pub program: u8,
    pub name: String,
}

/// A SoundFont in memory; a clone shares the samples.
#[derive(Clone)]
pub struct SoundFont {
    pub(super) samples: Arc<rustysynth::SoundFont>,
    presets: Arc<[Preset]>,
    name: Arc<str>,
    path: Arc<Path>,
}

impl SoundFont {
    /// Reads an SF2 file. Takes up to a few seconds for a large one: not for the window's thread.
    ///
    /// # Errors
    /// See [`SoundFontError`]; the messages are meant for the user as they are.
    pub fn load(path: &Path) -> Result<SoundFont, SoundFontError> {
        let io_error = |source| SoundFontError::Io {
            source,
            path: path.to_owned(),
        };
        let damaged = |detail: String| SoundFontError::Damaged {
            detail,
            path: path.to_owned(),
        };
        let mut file = BufReader::new(File::open(path).map_err(io_error)?);
        let bytes = file.get_ref().metadata().map_err(io_error)?.len();
        check(&mut file, bytes, path)?;
        file.seek(SeekFrom::Start(0)).map_err(io_error)?;
        // A file that lies about itself can lead the reader out of its tables: that is a damaged file, no crash.
        let read = catch_unwind(AssertUnwindSafe(|| rustysynth::SoundFont::new(&mut file)))
            .map_err(|_| damaged("its tables contradict each other".to_owned()))?;
        let samples = match read {
            Ok(samples) => samples,
            Err(rustysynth::SoundFontError::UnsupportedSampleFormat) => {
                return Err(SoundFontError::Compressed {
                    path: path.to_owned(),
                });
            }
            Err(rustysynth::SoundFontError::IoError(source))
                if source.kind() != io::ErrorKind::UnexpectedEof =>
            {
                return Err(io_error(source));
            }
            Err(other) => return Err(damaged(other.to_string())),
        };
        let presets: Arc<[Preset]> = presets(&samples).into();
        if presets.is_empty() {
            return Err(SoundFontError::NoPreset {
                path: path.to_owned(),
            });
        }
        let written = samples.get_info().get_bank_name().trim();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name: Arc<str> = if written.is_empty() {
            stem.as_ref().into()
        } else {
            written.into()
        };
        Ok(SoundFont {
            samples: Arc::new(samples),
            presets,
            name,
            path: path.into(),
        })
    }

    /// The name in the file, or else the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All sounds but drum kits, by bank and program; never empty.
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }

    /// What plays unless another is chosen: bank 0, program 0 is the grand piano by convention; where a SoundFont
    /// has no such, its first one.
    pub fn default_preset(&self) -> &Preset {
        &self.presets[0]
    }

    /// How much of `preset` goes into the reverb by its own word, 0–1, on average over its keys.
    pub(super) fn reverb_send(&self, preset: &Preset) -> f32 {
        let is_wanted = |p: &&rustysynth::Preset| {
            (p.get_bank_number(), p.get_patch_number()) == (preset.bank.into(), preset.program.into())
        };
        let regions = self.samples.get_presets().iter().find(is_wanted);
        let sends: Vec<f32> = regions
            .into_iter()
            .flat_map(|p| p.get_regions())
            .filter_map(|r| Some((r, self.samples.get_instruments().get(r.get_instrument_id())?)))
            .flat_map(|(r, i)| i.get_regions().iter().map(move |i| (r, i)))
            .map(|(r, i)| r.get_reverb_effects_send() + i.get_reverb_effects_send())
            .collect();
        // The file counts in tenths of a percent, the library tells percent.
        0.01 * sends.iter().sum::<f32>() / sends.len().max(1) as f32
    }

    /// The bytes its samples take in memory.
    pub fn sample_bytes(&self) -> usize {
        std::mem::size_of_val(self.samples.get_wave_data())
    }
}

impl std::fmt::Debug for SoundFont {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundFont")
            .field("name", &self.name)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn presets(samples: &rustysynth::SoundFont) -> Vec<Preset> {
    let melodic = samples
        .get_presets()
        .iter()
        .filter(|p| p.get_bank_number() < FIRST_DRUM_BANK);
    let mut presets: Vec<Preset> = melodic
        .filter_map(|p| {
            Some(Preset {
                bank: u8::try_from(p.get_bank_number()).ok()?,
                program: u8::try_from(p.get_patch_number()).ok().filter(|n| *n < 128)?,
                name: p.get_name().trim().to_owned(),
            })
        })
        .collect();
    presets.sort_by_key(|p| (p.bank, p.program));
    presets.dedup_by_key(|p| (p.bank, p.program));
    presets
}

/// Looks at the outline of the file before anything of it is believed: what kind it is, and that no part claims
/// more bytes than there are.
fn check(file: &mut (impl Read + Seek), bytes: u64, path: &Path) -> Result<(), SoundFontError> {
    let not_one = |found| SoundFontError::NotASoundFont {
        found,
        path: path.to_owned(),
    };
    let io_error = |source| SoundFontError::Io {
        source,
        path: path.to_owned(),
    };
    let mut head = [0u8; 12];
    let read = file.by_ref().take(12).read(&mut head).map_err(io_error)?;
    if read < 12 || &head[..4] != b"RIFF" || &head[8..] != b"sfbk" {
        return Err(not_one(kind_of(&head[..read])));
    }
    if bytes > LARGEST_BYTES {
        return Err(SoundFontError::TooLarge {
            bytes,
            path: path.to_owned(),
        });
    }
    let claimed = u64::from(u32_at(&head, 4)) + 8;
    if claimed > bytes {
        return Err(SoundFontError::CutShort {
            missing_bytes: claimed - bytes,
            path: path.to_owned(),
        });
    }
    check_lists(file, bytes, path)
}

/// Walks the three lists of a SoundFont and the chunks in them.
fn check_lists(file: &mut (impl Read + Seek), bytes: u64, path: &Path) -> Result<(), SoundFontError> {
    let io_error = |source| SoundFontError::Io {
        source,
        path: path.to_owned(),
    };
    let damaged = |detail: &str| SoundFontError::Damaged {
        detail: detail.to_owned(),
        path: path.to_owned(),
    };
    let mut at = 12u64;
    for _ in 0..3 {
        let list = header_at(file, at).map_err(io_error)?;
        let end = at + 8 + u64::from(u32_at(&list, 4));
        if &list[..4] != b"LIST" || end > bytes {
            return Err(damaged("a list is longer than the file"));
        }
        let mut inner = at + 12;
        while inner + 8 <= end {
            let chunk = header_at(file, inner).map_err(io_error)?;
            let size = u64::from(u32_at(&chunk, 4));
            if inner + 8 + size > end {
                return Err(damaged("a chunk is longer than its list"));
            }
            let is_compressed = match &chunk[..4] {
                b"smpl" => &chunk[8..] == b"OggS",
                b"ifil" => u16::from_le_bytes([chunk[8], chunk[9]]) >= 3,
                _ => false,
            };
            if is_compressed {
                return Err(SoundFontError::Compressed {
                    path: path.to_owned(),
                });
            }
            inner += 8 + size;
        }
        at = end;
    }
    Ok(())
}

/// Identifier, size and the first four bytes of what follows.
fn header_at(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; 12]> {
    let mut header = [0u8; 12];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut header)?;
    Ok(header)
}

fn u32_at(bytes: &[u8; 12], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// In words, what a file that is no SoundFont seems to be.
fn kind_of(head: &[u8]) -> &'static str {
    match head {
        [] => "an empty file",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => "a WAV recording",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'D', b'L', b'S', b' '] => "a DLS instrument",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'R', b'M', b'I', b'D'] | [b'M', b'T', b'h', b'd', ..] => {
            "a MIDI file"
        }
        [b'O', b'g', b'g', b'S', ..] => "an Ogg recording",
        [b'f', b'L', b'a', b'C', ..] => "a FLAC recording",
        [b'I', b'D', b'3', ..] | [0xff, 0xfb, ..] => "an MP3 recording",
        [b'P', b'K', ..] => "a zip archive",
        _ => "some other kind of file",
    }
}
