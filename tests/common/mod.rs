//! Synthetic music for tests that need no data set, and the data set for those that do.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod network;
pub mod run;
pub mod server;

use std::path::{Path, PathBuf};

use pastiche::music::midi::write;
use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};

/// A small random number generator, so that fixtures are the same everywhere.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to `n` − 1.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A synthetic piece that behaves like a performance: chords that are not quite together, runs, rests, an occasional
/// long silence, repeated keys, and a pedal that is renewed. `seed` decides the notes, `performance` how they are
/// played.
pub fn piece(seed: u64, performance: u64, notes: usize) -> Performance {
    let mut score = Numbers::new(seed);
    let mut hands = Numbers::new(seed * 1000 + performance + 77);
    let mut at = 0.5;
    let mut written = Vec::new();
    let mut pedal = Vec::new();
    let mut pitch = 60i64;
    while written.len() < notes {
        let size = 1 + score.below(10) / 7 * (1 + score.below(3));
        pitch = (pitch + score.below(15) as i64 - 7).clamp(30, 90);
        let mut key = pitch;
        for _ in 0..size {
            let onset_secs = at + hands.unit() * 0.012;
            let duration_secs = 0.04 + score.unit() * score.unit() * 2.0;
            let velocity = Velocity::clamped(30 + score.below(70) as i32 + hands.below(8) as i32);
            written.extend(Pitch::new(key as u8).map(|pitch| Note {
                pitch,
                onset_secs,
                duration_secs,
                velocity,
            }));
            key += 3 + score.below(5) as i64;
        }
        if score.below(6) == 0 {
            pedal.push(PedalChange { time_secs: at - 0.02, value: 0 });
            pedal.push(PedalChange { time_secs: at + 0.06, value: 90 + score.below(38) as u8 });
        }
        at += match score.below(40) {
            0 => 1.0 + score.unit() * 3.0,
            1..8 => 0.25 + score.unit() * 0.3,
            _ => 0.05 + score.unit() * 0.12,
        } * (0.97 + 0.06 * hands.unit());
    }
    pedal.push(PedalChange { time_secs: at + 1.0, value: 0 });
    Performance::new(written, pedal)
}

/// Writes `folder/Composer Name/title.mid` for every piece.
pub fn write_dataset<'a>(folder: &Path, pieces: impl IntoIterator<Item = (&'a str, &'a str, Performance)>) {
    for (composer, title, performance) in pieces {
        let own = folder.join(composer);
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join(format!("{title}.mid")), write(&performance, None, None)).unwrap();
    }
}

/// Path of the real MAESTRO: the zip or the unpacked folder.
pub fn maestro() -> PathBuf {
    let path = std::env::var_os("PASTICHE_MAESTRO").map(PathBuf::from).expect("PASTICHE_MAESTRO is set");
    assert!(path.exists(), "PASTICHE_MAESTRO names a missing path: {}", path.display());
    path
}

/// Every .mid file in `tests/golden/midi` with its name.
pub fn golden_midi() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/midi");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "mid"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 8);
    files
}
