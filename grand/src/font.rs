//! The SoundFont file: samples one after the other, then the tables. See the SoundFont 2.04 specification.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use crate::level::Frames;
use crate::tail::Looped;

/// Silent frames after each sample, as the specification demands.
const PADDING: u32 = 46;
/// Kinds of samples.
const RIGHT: u16 = 2;
const LEFT: u16 = 4;

/// The numbers of generators.
mod generator {
    pub const PAN: u16 = 17;
    pub const HOLD: u16 = 35;
    pub const DECAY: u16 = 36;
    pub const SUSTAIN: u16 = 37;
    pub const RELEASE: u16 = 38;
    pub const KEY_TO_HOLD: u16 = 39;
    pub const INSTRUMENT: u16 = 41;
    pub const KEY_RANGE: u16 = 43;
    pub const VELOCITY_RANGE: u16 = 44;
    pub const ATTENUATION: u16 = 48;
    pub const FINE_TUNE: u16 = 52;
    pub const SAMPLE: u16 = 53;
    pub const SAMPLE_MODES: u16 = 54;
    pub const SCALE_TUNING: u16 = 56;
}

/// A stereo sample that has been written.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The index of its left half in the table; the right half follows.
    number: u16,
    rate: u32,
    key: u8,
    looped: Option<Looped>,
}

/// A range of keys and velocities that plays a sample.
pub struct Zone {
    pub keys: RangeInclusive<u8>,
    pub velocities: RangeInclusive<u8>,
    pub sample: Sample,
    /// As stated in the file, in hundredths of a bel.
    pub attenuation: i16,
    /// In cents.
    pub tuning: i16,
    /// From one key to the next, in cents.
    pub semitone: i16,
    /// How long a released note takes to fall by 60 dB.
    pub release_secs: f64,
}

/// The metadata of the file, by the chunk names of the specification.
pub type Info<'a> = [(&'a [u8; 4], &'a str)];

/// A SoundFont that is being written.
pub struct Writer {
    file: BufWriter<File>,
    samples_at: u64,
    frames: u32,
    headers: Vec<u8>,
}

impl Writer {
    /// # Errors
    /// Errors of writing the file.
    pub fn new(path: &Path, info: &Info) -> io::Result<Writer> {
        let mut file = BufWriter::new(File::create(path)?);
        let version = chunk(b"ifil", &words(&[2, 1]));
        let texts = info.iter().map(|(id, text)| {
            let mut bytes = [text.as_bytes(), &[0]].concat();
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            chunk(id, &bytes)
        });
        let about: Vec<u8> = [version].into_iter().chain(texts).flatten().collect();
        file.write_all(b"RIFF\0\0\0\0sfbk")?;
        file.write_all(&list(b"INFO", &about))?;
        file.write_all(b"LIST\0\0\0\0sdtasmpl\0\0\0\0")?;
        let samples_at = file.stream_position()?;
        Ok(Writer { file, samples_at, frames: 0, headers: Vec::new() })
    }

    /// Writes a stereo sample, multiplied by `gain`; values beyond full scale are clipped.
    ///
    /// # Errors
    /// Errors of writing the file.
    pub fn sample(
        &mut self,
        name: &str,
        key: u8,
        rate: u32,
        frames: &Frames,
        gain: f64,
        looped: Option<Looped>,
    ) -> io::Result<Sample> {
        let number = (self.headers.len() / 46) as u16;
        for (channel, kind) in [(0, LEFT), (1, RIGHT)] {
            let start = self.frames;
            let as_word = |frame: &[f32; 2]| {
                let value = (f64::from(frame[channel]) * gain * 32_768.0).round();
                (value.clamp(-32_768.0, 32_767.0) as i16).to_le_bytes()
            };
            let bytes: Vec<u8> = frames.iter().flat_map(as_word).collect();
            self.file.write_all(&bytes)?;
            self.file.write_all(&[0; 2 * PADDING as usize])?;
            let end = start + frames.len() as u32;
            self.frames = end + PADDING;
            let (from, to) = looped.map_or((start, end), |l| (start + l.start as u32, start + l.end as u32));
            let other = if channel == 0 { number + 1 } else { number };
            let side = if channel == 0 { "L" } else { "R" };
            self.headers.extend(named::<20>(&format!("{name} {side}")));
            self.headers.extend([start, end, from, to, rate].iter().flat_map(|n| n.to_le_bytes()));
            self.headers.extend([key, 0]);
            self.headers.extend(words(&[other, kind]));
        }
        Ok(Sample { number, rate, key, looped })
    }

    /// Writes the tables of one instrument (bank 0, program 0) and fills in the sizes. Returns the size of the file.
    ///
    /// # Errors
    /// Errors of writing the file.
    pub fn finish(mut self, name: &str, zones: &[Zone]) -> io::Result<u64> {
        self.file.write_all(&list(b"pdta", &self.tables(name, zones)))?;
        let size = self.file.stream_position()?;
        let sample_bytes = 2 * self.frames;
        for (at, bytes) in [
            (4, size as u32 - 8),
            (self.samples_at - 16, sample_bytes + 12),
            (self.samples_at - 4, sample_bytes),
        ] {
            self.file.seek(SeekFrom::Start(at))?;
            self.file.write_all(&bytes.to_le_bytes())?;
        }
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(size)
    }

    fn tables(&self, name: &str, zones: &[Zone]) -> Vec<u8> {
        let (mut bags, mut generators) = (Vec::new(), Vec::new());
        for zone in zones {
            for right in [false, true] {
                bags.extend([(generators.len() / 2) as u16, 0]);
                generators.extend(zone.generators(right));
            }
        }
        let end = (bags.len() / 2) as u16;
        bags.extend([(generators.len() / 2) as u16, 0]);
        generators.extend([0, 0]);
        let preset = |name: &str, bag: u16| [&named::<20>(name)[..], &words(&[0, 0, bag]), &[0; 12]].concat();
        let instrument = |name: &str, bag: u16| [&named::<20>(name)[..], &words(&[bag])].concat();
        [
            chunk(b"phdr", &[preset(name, 0), preset("EOP", 1)].concat()),
            chunk(b"pbag", &words(&[0, 0, 1, 0])),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &words(&[generator::INSTRUMENT, 0, 0, 0])),
            chunk(b"inst", &[instrument(name, 0), instrument("EOI", end)].concat()),
            chunk(b"ibag", &words(&bags)),
            chunk(b"imod", &[0; 10]),
            chunk(b"igen", &words(&generators)),
            chunk(b"shdr", &[&self.headers[..], &named::<20>("EOS"), &[0; 26]].concat()),
        ]
        .concat()
    }
}

impl Zone {
    fn generators(&self, is_right: bool) -> Vec<u16> {
        let range = |r: &RangeInclusive<u8>| u16::from_le_bytes([*r.start(), *r.end()]);
        let signed = |value: i16| value as u16;
        let mut all = vec![generator::KEY_RANGE, range(&self.keys)];
        all.extend([generator::VELOCITY_RANGE, range(&self.velocities)]);
        all.extend([generator::PAN, signed(if is_right { 500 } else { -500 })]);
        // An envelope falls by 80 dB in the stated time (in rustysynth; by 100 dB in others).
        let falling = |db_per_sec: f64| signed(timecents(80.0 / db_per_sec));
        if let Some(looped) = self.sample.looped {
            // A higher key reaches the loop sooner: by 100 timecents per key, counted from middle C.
            let hold = looped.level_from as f64 / f64::from(self.sample.rate);
            let at_middle_c = hold * f64::exp2((f64::from(self.sample.key) - 60.0) / 12.0);
            all.extend([generator::HOLD, signed(timecents(at_middle_c))]);
            all.extend([generator::DECAY, falling(looped.decay)]);
            all.extend([generator::SUSTAIN, 1_000]);
            all.extend([generator::KEY_TO_HOLD, 100]);
        }
        all.extend([generator::RELEASE, falling(60.0 / self.release_secs)]);
        if self.attenuation != 0 {
            all.extend([generator::ATTENUATION, signed(self.attenuation)]);
        }
        if self.tuning != 0 {
            all.extend([generator::FINE_TUNE, signed(self.tuning)]);
        }
        if self.sample.looped.is_some() {
            all.extend([generator::SAMPLE_MODES, 1]);
        }
        if self.semitone != 100 {
            all.extend([generator::SCALE_TUNING, signed(self.semitone)]);
        }
        all.extend([generator::SAMPLE, self.sample.number + u16::from(is_right)]);
        all
    }
}

/// 1,200 for each doubling of a second.
fn timecents(secs: f64) -> i16 {
    (1200.0 * secs.max(0.001).log2()).round().clamp(-12_000.0, 8_000.0) as i16
}

fn named<const SIZE: usize>(name: &str) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes().take(SIZE - 1)) {
        *byte = letter;
    }
    bytes
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_le_bytes(), body].concat()
}

fn list(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[kind, body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_in_twelve_hundredths_of_an_octave() {
        assert_eq!(
            (timecents(1.0), timecents(2.0), timecents(0.5), timecents(0.0)),
            (0, 1200, -1200, -11_959)
        );
    }
}
