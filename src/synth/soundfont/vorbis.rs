//! The compressed samples of an SF3 file: each is an Ogg Vorbis stream of its own.

use std::io::Cursor;
use std::panic::catch_unwind;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::VorbisDecoder;
use symphonia::default::formats::OggReader;

/// A longer sample is taken for damage: 20 minutes at 48 kHz.
const MAX_FRAMES: usize = 20 * 60 * 48_000;

/// The first channel of an Ogg Vorbis stream in 16 bits; `None` when it cannot be decoded. What breaks off is
/// decoded as far as it goes.
pub fn decode(bytes: Vec<u8>) -> Option<Vec<i16>> {
    // The decoder is pure Rust; whatever a damaged stream may do to it ends here.
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
