//! Decodes the samples of SF3 files, each of which is an Ogg Vorbis stream.

use std::io::Cursor;
use std::panic::catch_unwind;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::VorbisDecoder;
use symphonia::default::formats::OggReader;

/// Maximum length of a sample: 20 minutes at 48 kHz.
const MAX_FRAMES: usize = 20 * 60 * 48_000;

/// The first channel of an Ogg Vorbis stream in 16 bits; `None` if it cannot be decoded. A truncated stream is
/// decoded as far as possible.
pub fn decode(bytes: Vec<u8>) -> Option<Vec<i16>> {
    // A damaged stream may make the decoder panic.
    catch_unwind(|| decode_stream(bytes)).ok().flatten()
}

fn decode_stream(bytes: Vec<u8>) -> Option<Vec<i16>> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let mut reader = OggReader::try_new(source, FormatOptions::default()).ok()?;
    let track = reader.tracks().first()?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return None;
    };
    let mut decoder = VorbisDecoder::try_new(parameters, &AudioDecoderOptions::default()).ok()?;
    let mut samples = Vec::new();
    while let Ok(Some(packet)) = reader.next_packet() {
        if packet.track_id != id {
            continue;
        }
        let Ok(decoded) = decoder.decode(&packet) else {
            continue;
        };
        push_first_channel(&decoded, &mut samples);
        if samples.len() > MAX_FRAMES {
            return None;
        }
    }
    samples.shrink_to_fit();
    (!samples.is_empty()).then_some(samples)
}

fn push_first_channel(decoded: &GenericAudioBufferRef<'_>, samples: &mut Vec<i16>) {
    let mut planes: Vec<Vec<i16>> = Vec::new();
    decoded.copy_to_vecs_planar(&mut planes);
    if let Some(first) = planes.first() {
        samples.extend(first);
    }
}
