//! A SoundFont file: its presets, and the samples of the one in use.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::{SoundFontError, SoundFontFault};
use super::outline::{Outline, SampleData};
use super::playable::{self, Playable};
use super::regions::{self, Data};
use super::riff::{self, Source};
use super::tables::{PresetEntry, Tables, Zones};

/// Banks from here on are drum kits.
const FIRST_DRUM_BANK: u16 = 128;

/// One sound of a SoundFont: bank and program as MIDI counts them, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    pub bank: u8,
    pub program: u8,
    pub name: String,
}

/// The parts of a SoundFont that cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoundFontReport {
    /// Playable presets, without drum kits.
    pub presets: usize,
    /// Presets with some zones without a usable sample; the other zones play.
    pub incomplete: usize,
    /// Presets without any usable sample, left out.
    pub lost: usize,
    /// Samples that are empty, outside the file, or in a synthesizer's ROM.
    pub unusable_samples: usize,
}

impl SoundFontReport {
    /// A sentence for the user; `None` if there is nothing to say.
    pub fn remark(&self) -> Option<String> {
        let sounds = |n: usize| {
            if n == 1 { "1 sound".to_owned() } else { format!("{n} sounds") }
        };
        let lacking = |n: usize| {
            let verb = if n == 1 { "lacks" } else { "lack" };
            format!("{} of this SoundFont {verb} notes", sounds(n))
        };
        let what = match (self.incomplete, self.lost) {
            (0, 0) => return None,
            (some, 0) => lacking(some),
            (0, all) => format!("{} of this SoundFont cannot be played", sounds(all)),
            (some, all) => format!("{} and {all} cannot be played", lacking(some)),
        };
        let samples = match self.unusable_samples {
            1 => "1 of its samples is".to_owned(),
            n => format!("{n} of its samples are"),
        };
        Some(format!("{what}: {samples} empty, outside the file or in a synthesizer's ROM"))
    }
}

/// An open SoundFont; a clone shares everything. Only the samples of the preset used last are in memory.
#[derive(Clone)]
pub struct SoundFont(Arc<Inner>);

struct Inner {
    name: String,
    path: Box<Path>,
    presets: Vec<Preset>,
    /// The index of each of `presets` in the tables.
    entries: Vec<usize>,
    tables: Tables,
    samples: SampleData,
    /// The location of each sample; `None` for unusable ones.
    data: Vec<Option<Data>>,
    report: SoundFontReport,
    open: Mutex<Open>,
}

struct Open {
    source: Box<dyn Source>,
    /// The preset used last, by its index in the tables.
    loaded: Option<(usize, Arc<Playable>)>,
}

impl SoundFont {
    /// Opens an SF2 or SF3 file and reads its tables; the file stays open for the samples.
    ///
    /// # Errors
    /// See [`SoundFontFault`]; the messages can be shown to the user as they are.
    pub fn load(path: &Path) -> Result<SoundFont, SoundFontError> {
        let open = || {
            let file = File::open(path).map_err(SoundFontFault::Io)?;
            let metadata = file.metadata().map_err(SoundFontFault::Io)?;
            Ok((file, metadata.len()))
        };
        let (file, bytes) = open().map_err(|fault: SoundFontFault| fault.at(path))?;
        SoundFont::read(file, bytes, path)
    }

    /// Reads a SoundFont of `bytes` bytes from any source; `path` names it in messages.
    ///
    /// # Errors
    /// As [`SoundFont::load`].
    pub fn read(source: impl Source + 'static, bytes: u64, path: &Path) -> Result<SoundFont, SoundFontError> {
        read(Box::new(source), bytes, path)
            .map(|inner| SoundFont(Arc::new(inner)))
            .map_err(|fault| fault.at(path))
    }

    /// The name in the file, or else the file's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// All playable presets except drum kits, by bank and program; never empty.
    pub fn presets(&self) -> &[Preset] {
        &self.0.presets
    }

    /// The default preset: bank 0, program 0 is the grand piano by convention; if a SoundFont does not have it, its
    /// first one.
    pub fn default_preset(&self) -> &Preset {
        &self.0.presets[0]
    }

    /// The parts that cannot be used.
    pub fn report(&self) -> SoundFontReport {
        self.0.report
    }

    /// What cannot be played, in the whole file and in the preset used last, as a sentence for the user; `None` if
    /// everything can. Waits while samples are being read: not for the window's thread.
    pub fn remark(&self) -> Option<String> {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let undecodable = open.loaded.as_ref().map_or(0, |(_, playable)| playable.undecodable());
        let damaged = match undecodable {
            0 => None,
            1 => Some("1 compressed sample of this sound is damaged; its keys are silent".to_owned()),
            n => Some(format!("{n} compressed samples of this sound are damaged; their keys are silent")),
        };
        match (self.0.report.remark(), damaged) {
            (Some(file), Some(preset)) => Some(format!("{file}; {preset}")),
            (file, preset) => file.or(preset),
        }
    }

    /// The samples of one of [`SoundFont::presets`], cached for the last one. Takes up to a few seconds for a large
    /// one: not for the window's thread.
    ///
    /// # Errors
    /// If the file can no longer be read, is damaged, or does not fit into memory.
    pub fn playable(&self, preset: &Preset) -> Result<Arc<Playable>, SoundFontError> {
        let font = &*self.0;
        let is_wanted = |p: &Preset| (p.bank, p.program) == (preset.bank, preset.program);
        let place = font.presets.iter().position(is_wanted);
        let Some(entry) = place.and_then(|place| font.entries.get(place)).copied() else {
            return Err(SoundFontFault::NothingUsable.at(&font.path));
        };
        let mut open = font.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, playable)) = open.loaded.as_ref().filter(|(loaded, _)| *loaded == entry) {
            return Ok(Arc::clone(playable));
        }
        // Frees the old samples first, unless they are still playing.
        open.loaded = None;
        let source = open.source.as_mut();
        let loaded =
            playable::load(source, &font.tables, &font.samples, &font.data, &font.tables.presets[entry]);
        let playable = Arc::new(loaded.map_err(|fault| fault.at(&font.path))?);
        open.loaded = Some((entry, Arc::clone(&playable)));
        Ok(playable)
    }
}

impl std::fmt::Debug for SoundFont {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoundFont")
            .field("name", &self.name())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

fn read(mut source: Box<dyn Source>, bytes: u64, path: &Path) -> Result<Inner, SoundFontFault> {
    let Outline { name, tables, samples } = Outline::read(source.as_mut(), bytes)?;
    let mut is_vorbis = |start: u32| {
        let mut head = [0; 4];
        let is_inside = u64::from(start) + 4 <= samples.bytes;
        is_inside
            && riff::read_at(source.as_mut(), samples.at + u64::from(start), &mut head).is_ok()
            && &head == b"OggS"
    };
    let data: Vec<Option<Data>> =
        tables.samples.iter().map(|sample| regions::data(sample, &samples, &mut is_vorbis)).collect();
    let audit = Audit::new(&tables, &data);
    let (entries, presets): (Vec<usize>, Vec<Preset>) = audit.playable(&tables).into_iter().unzip();
    if presets.is_empty() {
        return Err(match audit.report.lost {
            0 => SoundFontFault::NoPreset,
            _ => SoundFontFault::NothingUsable,
        });
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Inner {
        name: if name.is_empty() { stem.into_owned() } else { name },
        path: path.into(),
        report: SoundFontReport { presets: presets.len(), ..audit.report },
        presets,
        entries,
        tables,
        samples,
        data,
        open: Mutex::new(Open { source, loaded: None }),
    })
}

/// Counts the zones of each preset with a usable sample.
struct Audit {
    usable: Vec<bool>,
    report: SoundFontReport,
}

impl Audit {
    fn new(tables: &Tables, data: &[Option<Data>]) -> Audit {
        let is_usable = |target: usize| data.get(target).copied().flatten().is_some();
        let mut unusable = HashSet::new();
        // Usable zones and others of each instrument.
        let count = |instrument: &Zones| {
            let bad = instrument.zones.iter().map(|z| z.target).filter(|t| !is_usable(*t));
            let others = bad.map(|target| unusable.insert(target)).count();
            (instrument.zones.len() - others, others)
        };
        let instruments: Vec<(usize, usize)> = tables.instruments.iter().map(count).collect();
        let mut report = SoundFontReport { unusable_samples: unusable.len(), ..SoundFontReport::default() };
        let mut usable = Vec::with_capacity(tables.presets.len());
        for preset in &tables.presets {
            let zones = preset.zones.zones.iter();
            let (some, others) = zones
                .map(|zone| instruments.get(zone.target).copied().unwrap_or((0, 1)))
                .fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
            usable.push(some > 0);
            match (some, others) {
                _ if preset.bank >= FIRST_DRUM_BANK => {}
                (0, 1..) => report.lost += 1,
                (1.., 1..) => report.incomplete += 1,
                (_, 0) => {}
            }
        }
        Audit { usable, report }
    }

    /// The presets to offer, with their indices in the tables.
    fn playable(&self, tables: &Tables) -> Vec<(usize, Preset)> {
        let preset = |entry: &PresetEntry| {
            let bank = Some(entry.bank).filter(|bank| *bank < FIRST_DRUM_BANK)?;
            Some(Preset {
                bank: u8::try_from(bank).ok()?,
                program: u8::try_from(entry.program).ok().filter(|n| *n < 128)?,
                name: entry.name.clone(),
            })
        };
        let places = tables.presets.iter().enumerate().filter(|(i, _)| self.usable[*i]);
        let mut presets: Vec<(usize, Preset)> =
            places.filter_map(|(i, entry)| Some((i, preset(entry)?))).collect();
        presets.sort_by_key(|(_, p)| (p.bank, p.program));
        presets.dedup_by_key(|(_, p)| (p.bank, p.program));
        presets
    }
}
