//! Encoders for WAV, FLAC and Ogg Vorbis; MP3 has a file of its own.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::{NonZeroU8, NonZeroU32};
use std::path::Path;

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::config::Encoder as FlacConfig;
use flacenc::error::{SourceError, Verify};
use flacenc::source::{Fill, Source};
use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisEncoderBuilder, VorbisError};

use super::mp3::write_mp3;
use super::offline::Offline;
use super::settings::{AudioFormat, BitDepth, ExportError, ExportSettings};
use crate::synth::BLOCK;

/// Vorbis quality, −0.2–1; this is about 190 kbit/s, where a piano sounds like the original.
const OGG_QUALITY: f32 = 0.6;
/// Frames per FLAC block.
const FLAC_BLOCK: usize = 4096;
/// Frames handed to the Vorbis encoder at a time.
const OGG_BLOCK: usize = 1024;

pub(super) fn encode(
    offline: &mut Offline<'_>,
    format: AudioFormat,
    settings: &ExportSettings,
    file: BufWriter<&File>,
    path: &Path,
) -> Result<(), ExportError> {
    let (depth, title) = (settings.bit_depth, settings.title.as_deref());
    match format {
        AudioFormat::Wav => write_wav(offline, depth, file, path),
        AudioFormat::Flac => write_flac(offline, depth, file, path),
        AudioFormat::Ogg => write_ogg(offline, title, file, path),
        AudioFormat::Mp3 => write_mp3(offline, title, file, path),
    }
}

fn write_wav(
    offline: &mut Offline<'_>,
    depth: BitDepth,
    mut file: BufWriter<&File>,
    path: &Path,
) -> Result<(), ExportError> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: offline.sample_rate(),
        bits_per_sample: depth.bits(),
        sample_format: hound::SampleFormat::Int,
    };
    let wav_error = |e: hound::Error| match e {
        hound::Error::IoError(source) => ExportError::io(path)(source),
        other => ExportError::encode(path, &other),
    };
    let frame_bytes = 2 * u64::from(depth.bits()) / 8;
    let max_frames = (u64::from(u32::MAX) - 1024) / frame_bytes;
    let mut frames = 0u64;
    let mut quantiser = Quantiser::new(depth);
    let mut writer = hound::WavWriter::new(&mut file, spec).map_err(wav_error)?;
    while let Some(block) = offline.next_block()? {
        frames += BLOCK as u64;
        if frames.max(offline.expected_frames()) > max_frames {
            return Err(ExportError::TooLong { path: path.to_owned() });
        }
        for sample in block.iter().flatten() {
            writer.write_sample(quantiser.quantise(*sample)).map_err(wav_error)?;
        }
    }
    writer.finalize().map_err(wav_error)?;
    file.flush().map_err(ExportError::io(path))
}

fn write_flac(
    offline: &mut Offline<'_>,
    depth: BitDepth,
    mut file: BufWriter<&File>,
    path: &Path,
) -> Result<(), ExportError> {
    let config = FlacConfig::default().into_verified().map_err(|(_, e)| ExportError::encode(path, &e))?;
    let mut source =
        FlacSource { offline, quantiser: Quantiser::new(depth), pending: Vec::new(), failure: None };
    let encoded = flacenc::encode_with_fixed_block_size(&config, &mut source, FLAC_BLOCK);
    if let Some(failure) = source.failure {
        return Err(failure);
    }
    let stream = encoded.map_err(|e| ExportError::encode(path, &e))?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(|e| ExportError::encode(path, &e))?;
    file.write_all(sink.as_slice()).map_err(ExportError::io(path))?;
    file.flush().map_err(ExportError::io(path))
}

/// A source from which the encoder pulls rendered samples.
struct FlacSource<'a, 'b> {
    offline: &'a mut Offline<'b>,
    quantiser: Quantiser,
    pending: Vec<i32>,
    /// Why rendering ended early; the encoder's error type cannot carry it.
    failure: Option<ExportError>,
}

impl Source for FlacSource<'_, '_> {
    fn channels(&self) -> usize {
        2
    }

    fn bits_per_sample(&self) -> usize {
        usize::from(self.quantiser.depth.bits())
    }

    fn sample_rate(&self) -> usize {
        self.offline.sample_rate() as usize
    }

    fn read_samples<F: Fill>(&mut self, block_size: usize, dest: &mut F) -> Result<usize, SourceError> {
        self.pending.clear();
        while self.pending.len() < 2 * block_size {
            match self.offline.next_block() {
                Ok(Some(block)) => {
                    self.pending.extend(block.iter().flatten().map(|s| self.quantiser.quantise(*s)));
                }
                Ok(None) => break,
                Err(failure) => {
                    self.failure = Some(failure);
                    return Err(SourceError::from_unknown());
                }
            }
        }
        dest.fill_interleaved(&self.pending)?;
        Ok(self.pending.len() / 2)
    }
}

fn write_ogg(
    offline: &mut Offline<'_>,
    title: Option<&str>,
    mut file: BufWriter<&File>,
    path: &Path,
) -> Result<(), ExportError> {
    let ogg_error = |e: VorbisError| match e {
        VorbisError::Io(source) => ExportError::io(path)(source),
        other => ExportError::encode(path, &other),
    };
    let rate = NonZeroU32::new(offline.sample_rate()).unwrap_or(NonZeroU32::MIN);
    let stereo = NonZeroU8::MIN.saturating_add(1);
    // A fixed serial number, so that the same music gives the same file.
    let mut builder = VorbisEncoderBuilder::new_with_serial(rate, stereo, &mut file, 1);
    builder.bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr {
        target_quality: OGG_QUALITY,
    });
    if let Some(title) = title {
        builder.comment_tag("TITLE", title).map_err(ogg_error)?;
    }
    let mut encoder = builder.build().map_err(ogg_error)?;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        let block = offline.next_block()?;
        for frame in block.iter().flatten() {
            left.push(frame[0]);
            right.push(frame[1]);
        }
        if left.len() >= OGG_BLOCK || (block.is_none() && !left.is_empty()) {
            encoder.encode_audio_block([&left, &right]).map_err(ogg_error)?;
            left.clear();
            right.clear();
        }
        if block.is_none() {
            break;
        }
    }
    encoder.finish().map_err(ogg_error)?;
    file.flush().map_err(ExportError::io(path))
}

/// Converts samples to integers. 16 bits get triangular dither of one step, so that fading notes do not sound grainy;
/// digital silence stays silent.
struct Quantiser {
    depth: BitDepth,
    state: u32,
}

impl Quantiser {
    fn new(depth: BitDepth) -> Quantiser {
        Quantiser { depth, state: 1 }
    }

    /// A random number between 0 and 1 from a fixed seed, so that the same music gives the same file.
    fn noise(&mut self) -> f32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 8) as f32 / (1 << 24) as f32
    }

    fn quantise(&mut self, sample: f32) -> i32 {
        let full_scale = ((1u32 << (self.depth.bits() - 1)) - 1) as f32;
        let dither = match self.depth {
            BitDepth::Sixteen if sample != 0.0 => self.noise() - self.noise(),
            _ => 0.0,
        };
        let exact = (sample * full_scale + dither).clamp(-full_scale, full_scale);
        // The nearest integer, faster than `round`, which may be a library call.
        (exact + 0.5f32.copysign(exact)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantises_within_one_step_and_keeps_silence() {
        let mut sixteen = Quantiser::new(BitDepth::Sixteen);
        let mut twenty_four = Quantiser::new(BitDepth::TwentyFour);
        for i in -100..=100 {
            let sample = i as f32 / 100.0;
            let error = (sixteen.quantise(sample) as f32 - sample * 32767.0).abs();
            assert!(error <= 1.5 && (i != 0 || error == 0.0), "{sample}: {error}");
            assert!((twenty_four.quantise(sample) as f32 / 8_388_607.0 - sample).abs() < 2e-7);
        }
    }
}
