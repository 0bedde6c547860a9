//! A SoundFont small enough to be written out here: one preset, one looped sine wave at 440 Hz for the key A4,
//! full level as long as the key is held, 0.25 s of release. From the SoundFont 2.04 specification.

/// Frames of one period; with the sample's rate of 44 kHz that is 440 Hz.
const PERIOD: usize = 100;
const SAMPLE_RATE: u32 = 44_000;
const FRAMES: usize = 40 * PERIOD;

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

fn list(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut body = kind.to_vec();
    chunks.iter().for_each(|c| body.extend(c));
    chunk(b"LIST", &body)
}

fn name(text: &str) -> [u8; 20] {
    let mut out = [0; 20];
    out[..text.len()].copy_from_slice(text.as_bytes());
    out
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn samples() -> Vec<u8> {
    let sine =
        |i: usize| (30_000.0 * (std::f64::consts::TAU * (i % PERIOD) as f64 / PERIOD as f64).sin()) as i16;
    let padding = std::iter::repeat_n(0i16, 46);
    (0..FRAMES)
        .map(sine)
        .chain(padding)
        .flat_map(i16::to_le_bytes)
        .collect()
}

fn preset(text: &str, program: u16, bank: u16, bag: u16) -> Vec<u8> {
    [&name(text)[..], &words(&[program, bank, bag]), &[0; 12]].concat()
}

fn instrument(text: &str, bag: u16) -> Vec<u8> {
    [&name(text)[..], &words(&[bag])].concat()
}

fn sample_header(text: &str, end: u32) -> Vec<u8> {
    let places = [
        0,
        end,
        PERIOD as u32,
        end.saturating_sub(PERIOD as u32),
        SAMPLE_RATE,
    ];
    let places: Vec<u8> = places.iter().flat_map(|p| p.to_le_bytes()).collect();
    [&name(text)[..], &places, &[69, 0], &words(&[0, 1])].concat()
}

/// The file, with the given version and start of the sample data.
fn file(version: [u16; 2], samples: &[u8], bank: u16) -> Vec<u8> {
    const INSTRUMENT: u16 = 41;
    const SAMPLE_ID: u16 = 53;
    const SAMPLE_MODES: u16 = 54;
    const RELEASE_VOL_ENV: u16 = 38;
    let quarter_second = (1200.0 * f64::log2(0.25)) as i16 as u16;
    let info = list(
        b"INFO",
        &[
            chunk(b"ifil", &words(&version)),
            chunk(b"isng", b"EMU8000\0"),
            chunk(b"INAM", b"Test sines\0\0"),
        ],
    );
    let data = list(b"sdta", &[chunk(b"smpl", samples)]);
    let terminator = || vec![0u8; 10];
    let parameters = list(
        b"pdta",
        &[
            chunk(
                b"phdr",
                &[preset("Sine", 0, bank, 0), preset("EOP", 0, 0, 1)].concat(),
            ),
            chunk(b"pbag", &words(&[0, 0, 1, 0])),
            chunk(b"pmod", &terminator()),
            chunk(b"pgen", &words(&[INSTRUMENT, 0, 0, 0])),
            chunk(b"inst", &[instrument("Sine", 0), instrument("EOI", 1)].concat()),
            chunk(b"ibag", &words(&[0, 0, 3, 0])),
            chunk(b"imod", &terminator()),
            chunk(
                b"igen",
                &words(&[
                    RELEASE_VOL_ENV,
                    quarter_second,
                    SAMPLE_MODES,
                    1,
                    SAMPLE_ID,
                    0,
                    0,
                    0,
                ]),
            ),
            chunk(
                b"shdr",
                &[sample_header("Sine", FRAMES as u32), sample_header("EOS", 0)].concat(),
            ),
        ],
    );
    let body = [&b"sfbk"[..], &info, &data, &parameters].concat();
    chunk(b"RIFF", &body)
}

/// A sound SoundFont.
pub fn sines() -> Vec<u8> {
    file([2, 4], &samples(), 0)
}

/// Only a drum kit.
pub fn drums() -> Vec<u8> {
    file([2, 4], &samples(), 128)
}

/// As SF3 files are: samples compressed, version 3.
pub fn sf3() -> Vec<u8> {
    file([3, 1], b"OggS\0\0\0\0\0\0\0\0", 0)
}

/// Compressed samples under the older version number, as some programs write them.
pub fn sf3_in_disguise() -> Vec<u8> {
    file([2, 1], b"OggS\0\0\0\0\0\0\0\0", 0)
}
