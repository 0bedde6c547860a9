//! SoundFonts small enough to be generated here, following the SoundFont 2.04 specification.
//!
//! [`sines`] is valid: one preset, one looped sine wave at 440 Hz for the key A4, full level as long as the key is
//! held, 0.25 s of release. [`Font`] makes others, valid or not.

/// Frames of one period; with the sample's rate of 44 kHz that is 440 Hz.
pub const PERIOD: usize = 100;
pub const SAMPLE_RATE: u32 = 44_000;
pub const FRAMES: usize = 40 * PERIOD;

pub const REVERB_SEND: u16 = 16;
const RELEASE_VOL_ENV: u16 = 38;
const INSTRUMENT: u16 = 41;
pub const KEY_RANGE: u16 = 43;
pub const VELOCITY_RANGE: u16 = 44;
const SAMPLE_ID: u16 = 53;
pub const SAMPLE_MODES: u16 = 54;
/// Bits of a sample's kind.
pub const IN_ROM: u16 = 0x8000;
pub const COMPRESSED: u16 = 0x10;

/// A sample: its bytes as stored in the file, and its header fields.
#[derive(Clone)]
pub struct Sample {
    pub bytes: Vec<u8>,
    /// Frames, or bytes where it is compressed, from its place in the sample data on.
    pub length: u32,
    /// In frames from the beginning of the sample.
    pub looped: (u32, u32),
    pub kind: u16,
    /// Added to its position in the sample data.
    pub shift: u32,
}

impl Sample {
    /// The sine, looped over its last period.
    pub fn sine() -> Sample {
        Sample {
            bytes: to_bytes(&sine()),
            length: FRAMES as u32,
            looped: ((FRAMES - PERIOD) as u32, FRAMES as u32),
            kind: 1,
            shift: 0,
        }
    }

    /// The sine as an Ogg Vorbis stream.
    pub fn vorbis() -> Sample {
        let bytes = vorbis(&sine());
        Sample { length: bytes.len() as u32, kind: 1 | COMPRESSED, bytes, ..Sample::sine() }
    }
}

/// A zone of an instrument: generators before the sample's number.
pub type Zone = (Vec<[u16; 2]>, u16);

/// The range of a key or velocity generator.
pub fn range(number: u16, low: u8, high: u8) -> [u16; 2] {
    [number, u16::from_le_bytes([low, high])]
}

/// Looped, with a short release.
pub fn plain() -> Vec<[u16; 2]> {
    let quarter_second = (1200.0 * f64::log2(0.25)) as i16 as u16;
    vec![[RELEASE_VOL_ENV, quarter_second], [SAMPLE_MODES, 1]]
}

/// A SoundFont to be written.
#[derive(Clone)]
pub struct Font {
    pub version: [u16; 2],
    /// Chunks after the name in the list INFO, as they are.
    pub info: Vec<u8>,
    pub samples: Vec<Sample>,
    /// Silent frames after each sample.
    pub padding: usize,
    /// Each preset has an instrument of its own: name, program, bank, zones.
    pub presets: Vec<(&'static str, u16, u16, Vec<Zone>)>,
}

impl Font {
    pub fn new() -> Font {
        Font {
            version: [2, 4],
            info: Vec::new(),
            samples: vec![Sample::sine()],
            padding: 46,
            presets: vec![("Sine", 0, 0, vec![(plain(), 0)])],
        }
    }

    /// One preset with these zones.
    pub fn with_zones(zones: Vec<Zone>) -> Font {
        Font { presets: vec![("Sine", 0, 0, zones)], ..Font::new() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let info = [
            chunk(b"ifil", &words(&self.version)),
            chunk(b"isng", b"EMU8000\0"),
            chunk(b"INAM", b"Test sines\0\0"),
            self.info.clone(),
        ];
        let (data, headers) = self.sample_data();
        let (parameters, data) = (self.parameters(&headers), chunk(b"smpl", &data));
        let lists = [list(b"INFO", &info), list(b"sdta", &[data]), parameters];
        chunk(b"RIFF", &[&b"sfbk"[..], &lists.concat()].concat())
    }

    fn sample_data(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut data, mut headers) = (Vec::new(), Vec::new());
        for (index, sample) in self.samples.iter().enumerate() {
            let is_compressed = sample.bytes.starts_with(b"OggS");
            let unit = if is_compressed { 1 } else { 2 };
            let start = (data.len() / unit) as u32 + sample.shift;
            let origin = if is_compressed { 0 } else { start };
            let places = [
                start,
                start + sample.length,
                origin + sample.looped.0,
                origin + sample.looped.1,
                SAMPLE_RATE,
            ];
            headers.extend(name(&format!("Sample {index}")));
            headers.extend(places.iter().flat_map(|p| p.to_le_bytes()));
            headers.extend([69, 0]);
            headers.extend(words(&[0, sample.kind]));
            data.extend(&sample.bytes);
            data.extend(vec![0; (2 * self.padding).next_multiple_of(2) + data.len() % 2]);
        }
        headers.extend([0; 46]);
        (data, headers)
    }

    fn parameters(&self, headers: &[u8]) -> Vec<u8> {
        let count = self.presets.len() as u16;
        let (mut phdr, mut pbag, mut pgen) = (Vec::new(), Vec::new(), Vec::new());
        let (mut inst, mut ibag, mut igen) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (text, program, bank, zones)) in self.presets.iter().enumerate() {
            let index = index as u16;
            phdr.extend([&name(text)[..], &words(&[*program, *bank, index]), &[0; 12]].concat());
            pbag.extend(words(&[index, 0]));
            pgen.extend(words(&[INSTRUMENT, index]));
            inst.extend([&name(text)[..], &words(&[(ibag.len() / 4) as u16])].concat());
            for (generators, sample) in zones {
                ibag.extend(words(&[(igen.len() / 4) as u16, 0]));
                igen.extend(generators.iter().flat_map(|g| words(g)));
                igen.extend(words(&[SAMPLE_ID, *sample]));
            }
        }
        phdr.extend([&name("EOP")[..], &words(&[0, 0, count]), &[0; 12]].concat());
        pbag.extend(words(&[count, 0]));
        inst.extend([&name("EOI")[..], &words(&[(ibag.len() / 4) as u16])].concat());
        ibag.extend(words(&[(igen.len() / 4) as u16, 0]));
        pgen.extend([0; 4]);
        igen.extend([0; 4]);
        let tables = [
            chunk(b"phdr", &phdr),
            chunk(b"pbag", &pbag),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &pgen),
            chunk(b"inst", &inst),
            chunk(b"ibag", &ibag),
            chunk(b"imod", &[0; 10]),
            chunk(b"igen", &igen),
            chunk(b"shdr", headers),
        ];
        list(b"pdta", &tables)
    }
}

/// A valid SoundFont.
pub fn sines() -> Vec<u8> {
    Font::new().bytes()
}

/// Only a drum kit.
pub fn drums() -> Vec<u8> {
    let mut font = Font::new();
    font.presets[0].2 = 128;
    font.bytes()
}

pub fn sine() -> Vec<i16> {
    let at = |i: usize| (std::f64::consts::TAU * (i % PERIOD) as f64 / PERIOD as f64).sin();
    (0..FRAMES).map(|i| (30_000.0 * at(i)) as i16).collect()
}

pub fn to_bytes(frames: &[i16]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.to_le_bytes()).collect()
}

/// One channel as an Ogg Vorbis stream.
pub fn vorbis(frames: &[i16]) -> Vec<u8> {
    use std::num::{NonZeroU8, NonZeroU32};
    let mut stream = Vec::new();
    let rate = NonZeroU32::new(SAMPLE_RATE).unwrap();
    let mut encoder = vorbis_rs::VorbisEncoderBuilder::new_with_serial(rate, NonZeroU8::MIN, &mut stream, 1)
        .build()
        .unwrap();
    let samples: Vec<f32> = frames.iter().map(|frame| f32::from(*frame) / 32_768.0).collect();
    encoder.encode_audio_block([&samples]).unwrap();
    encoder.finish().unwrap();
    stream
}

pub fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

pub fn list(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"LIST", &[&kind[..], &chunks.concat()].concat())
}

fn name(text: &str) -> [u8; 20] {
    let mut out = [0; 20];
    out[..text.len()].copy_from_slice(text.as_bytes());
    out
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
