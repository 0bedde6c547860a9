//! Ogg Vorbis files into frames.

use std::fs::File;
use std::path::Path;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::VorbisDecoder;
use symphonia::default::formats::OggReader;

use crate::Failure;

/// A stereo recording, −1 to 1.
pub struct Recording {
    pub frames: Vec<[f32; 2]>,
    /// Frames a second.
    pub rate: u32,
}

/// Decodes a stereo Ogg Vorbis file.
///
/// # Errors
/// If the file cannot be read, is not Vorbis, is damaged or is not stereo.
pub fn decode(path: &Path) -> Result<Recording, Failure> {
    let fault = |what: String| format!("cannot decode {}: {what}", path.display());
    let file = File::open(path).map_err(|e| fault(e.to_string()))?;
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut reader =
        OggReader::try_new(stream, FormatOptions::default()).map_err(|e| fault(e.to_string()))?;
    let track = reader.tracks().first().ok_or_else(|| fault("it has no track".into()))?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = track.codec_params.clone() else {
        return Err(fault("it holds no audio".into()));
    };
    let rate = parameters.sample_rate.ok_or_else(|| fault("it does not state its sample rate".into()))?;
    let mut decoder = VorbisDecoder::try_new(&parameters, &AudioDecoderOptions::default())
        .map_err(|e| fault(e.to_string()))?;
    let mut frames = Vec::new();
    let mut planes: Vec<Vec<f32>> = Vec::new();
    while let Some(packet) = reader.next_packet().map_err(|e| fault(e.to_string()))? {
        if packet.track_id != id {
            continue;
        }
        let decoded = decoder.decode(&packet).map_err(|e| fault(e.to_string()))?;
        decoded.copy_to_vecs_planar(&mut planes);
        let [left, right] = planes.as_slice() else {
            return Err(fault(format!("it has {} channels, not two", planes.len())));
        };
        frames.extend(left.iter().zip(right).map(|(l, r)| [*l, *r]));
    }
    Ok(Recording { frames, rate })
}
