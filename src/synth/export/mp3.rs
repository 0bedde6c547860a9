//! Encodes MP3 with LAME.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use mp3lame_encoder::{
    Bitrate, BuildError, Builder, Encoder, FlushGap, Id3Tag, InterleavedPcm, Quality,
    max_required_buffer_size,
};

use super::offline::Offline;
use super::settings::ExportError;

/// Frames handed to the encoder at a time: one frame of MPEG audio.
const MPEG_FRAME: usize = 1152;

pub(super) fn write_mp3(
    offline: &mut Offline<'_>,
    title: Option<&str>,
    mut file: BufWriter<&File>,
    path: &Path,
) -> Result<(), ExportError> {
    let mut encoder = encoder(offline.sample_rate(), title).map_err(|e| ExportError::encode(path, &e))?;
    let (mut samples, mut bytes) = (Vec::<f32>::new(), Vec::new());
    loop {
        let block = offline.next_block()?;
        samples.extend(block.iter().flatten().flatten());
        if samples.len() >= 2 * MPEG_FRAME || (block.is_none() && !samples.is_empty()) {
            bytes.clear();
            bytes.reserve(max_required_buffer_size(samples.len() / 2));
            encoder
                .encode_to_vec(InterleavedPcm(&samples), &mut bytes)
                .map_err(|e| ExportError::encode(path, &e))?;
            file.write_all(&bytes).map_err(ExportError::io(path))?;
            samples.clear();
        }
        if block.is_none() {
            break;
        }
    }
    bytes.clear();
    bytes.reserve(max_required_buffer_size(0));
    encoder.flush_to_vec::<FlushGap>(&mut bytes).map_err(|e| ExportError::encode(path, &e))?;
    file.write_all(&bytes).map_err(ExportError::io(path))?;
    write_header(&encoder, &mut file).map_err(ExportError::io(path))
}

fn encoder(sample_rate: u32, title: Option<&str>) -> Result<Encoder, BuildError> {
    let mut builder = Builder::new().ok_or(BuildError::NoMem)?;
    builder.set_num_channels(2)?;
    builder.set_sample_rate(sample_rate)?;
    builder.set_brate(Bitrate::Kbps256)?;
    builder.set_quality(Quality::NearBest)?;
    let title = latin_1(title.unwrap_or_default());
    let tag = Id3Tag { title: &title, artist: b"", album: b"", album_art: b"", year: b"", comment: b"" };
    // It can only fail on a picture.
    _ = builder.set_id3_tag(tag);
    builder.build()
}

/// Replaces the frame that the encoder left empty for it by the header with the number of frames and the silence that
/// the encoder added, from which players know the exact length.
fn write_header(encoder: &Encoder, file: &mut BufWriter<&File>) -> std::io::Result<()> {
    let mut header = Vec::with_capacity(encoder.lame_tag_size());
    if encoder.lame_tag_encode_to_vec(&mut header).is_some() {
        file.seek(SeekFrom::Start(encoder.id3v2_tag_size() as u64))?;
        file.write_all(&header)?;
    }
    file.flush()
}

/// Text for LAME's tag, which knows Western letters only; others are transcribed.
fn latin_1(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(deunicode::deunicode_char(c).unwrap_or("?").bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_keep_western_letters_and_transcribe_others() {
        assert_eq!(latin_1("Frédéric 7"), b"Fr\xe9d\xe9ric 7");
        assert_eq!(latin_1("Bach → Лист"), b"Bach - List");
    }
}
