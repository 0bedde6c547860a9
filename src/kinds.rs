//! Recognises kinds of files by their first bytes, for error messages.

/// The kind of file that begins with `bytes`, with an article ("a web page"); a few hundred bytes are enough. `None`
/// for an unknown kind.
pub fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("an empty file");
    }
    binary_kind(bytes).or_else(|| text_kind(bytes)).or_else(|| {
        let is_blank = bytes.iter().all(|&b| b == 0);
        is_blank.then_some("a file of zeros, perhaps from a broken copy")
    })
}

fn binary_kind(bytes: &[u8]) -> Option<&'static str> {
    let riff = |kind: &[u8]| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(kind);
    Some(match bytes {
        _ if riff(b"WAVE") => "a WAV recording",
        _ if riff(b"sfbk") => "a SoundFont",
        _ if riff(b"DLS ") => "a DLS instrument",
        _ if riff(b"AVI ") => "a video",
        _ if riff(b"RMID") => "a MIDI file",
        [b'R', b'I', b'F', b'F', ..] => "some other RIFF file",
        [b'M', b'T', b'h', b'd', ..] => "a MIDI file",
        [b'O', b'g', b'g', b'S', ..] => "an Ogg recording",
        [b'f', b'L', b'a', b'C', ..] => "a FLAC recording",
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', ..] => "an AIFF recording",
        [b'F', b'O', b'R', b'M', _, _, _, _, b'X', ..] => "an XMIDI file of a game",
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xe7 | 0xf2..=0xf7 | 0xfa..=0xfb, ..] => "an MP3 recording",
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..] => "an AAC recording",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "an MP4 recording or video",
        [b'P', b'K', 3 | 5 | 7, ..] if contains(bytes, b"META-INF/container.xml") => {
            "a compressed score (MusicXML or MuseScore)"
        }
        [b'P', b'K', 3 | 5 | 7, ..] if contains(bytes, b".mscx") => "a MuseScore score",
        [b'P', b'K', 3 | 5 | 7, ..] => "a zip archive",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [b'B', b'Z', b'h', ..] => "a bzip2 archive",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "an xz archive",
        [b'7', b'z', 0xbc, 0xaf, ..] => "a 7-Zip archive",
        [b'R', b'a', b'r', b'!', ..] => "a RAR archive",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a Zstandard archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => "a picture",
        [b'M', b'U', b'S', 0x1a, ..] => "a MUS file of a game",
        [0x0f, b'S', b'I', b'B', ..] => "a Sibelius score",
        [0x18, b'F', b'I', b'C', b'H', b'I', b'E', b'R', ..] => "a Guitar Pro score",
        [b'B', b'C', b'F', b'S' | b'Z', ..] => "a Guitar Pro score",
        [b'[', b'N', b'o', b't', b'e', b'W', ..] => "a NoteWorthy Composer score",
        [b'S', b'C', b'O', b'W' | b'5' | b'6', ..] => "an Encore score",
        [b'E', b'N', b'I', b'G', b'M', b'A', ..] => "a Finale score",
        [b'E', b'x', b't', b'e', b'n', b'd', b'e', b'd', b' ', b'M', ..] | [b'I', b'M', b'P', b'M', ..] => {
            "a tracker module"
        }
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => "a program",
        [b'p', b'a', b's', b't', b'c', b'o', b'r', b'p', ..] => "a Pastiche corpus",
        // A safetensors file: the length of its header, then JSON.
        [_, _, _, 0, 0, 0, 0, 0, b'{', ..] => "a checkpoint",
        _ => return None,
    })
}

fn text_kind(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut in two at the end.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.contains('\0') {
        return None;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.to_lowercase();
    Some(match lower.as_str() {
        t if t.starts_with("<!doctype html") || t.contains("<html") || t.contains("<head") => {
            "a web page; the download was probably refused"
        }
        t if t.contains("<score-partwise") || t.contains("<score-timewise") => "a MusicXML score",
        t if t.contains("<musescore") => "a MuseScore score",
        t if t.contains("<mei") => "an MEI score",
        t if t.starts_with("<?xml") || t.starts_with("<svg") => "an XML file",
        t if t.starts_with("{\\rtf") => "a text document",
        t if t.starts_with('{') || t.starts_with('[') => "a JSON file",
        t if t.contains("\\version") && t.contains('{') || t.contains("\\relative") => "a LilyPond score",
        t if t.starts_with("**kern") || t.contains("\n**kern") || t.contains("\t**kern") => "a Humdrum score",
        t if t.starts_with("x:") || t.contains("\nx:") && t.contains("\nk:") => "an ABC score",
        t if t.starts_with("version https://git-lfs") => "a Git LFS pointer; the file itself was not fetched",
        t if t.contains("mfile ") => "a MIDI file written as text",
        _ => "a text file",
    })
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_music_is_named() {
        for (bytes, kind) in [
            (b"".as_slice(), "an empty file"),
            (b"\0\0\0\0\0\0\0\0", "a file of zeros, perhaps from a broken copy"),
            (b"<!DOCTYPE html>\n<html>", "a web page; the download was probably refused"),
            (b"  <HTML><body>404", "a web page; the download was probably refused"),
            (b"PK\x03\x04\x14\0", "a zip archive"),
            (b"PK\x03\x04....META-INF/container.xml", "a compressed score (MusicXML or MuseScore)"),
            (b"\x1f\x8b\x08", "a gzip archive"),
            (b"ID3\x03", "an MP3 recording"),
            (b"\xff\xfb\x90\x64", "an MP3 recording"),
            (b"RIFF\0\0\0\0WAVEfmt ", "a WAV recording"),
            (b"RIFF\0\0\0\0sfbkLIST", "a SoundFont"),
            (b"%PDF-1.4", "a PDF document"),
            (b"<?xml version=\"1.0\"?>\n<!DOCTYPE score-partwise>\n<score-partwise>", "a MusicXML score"),
            (b"X:1\nT:Tune\nK:G\n", "an ABC score"),
            (b"\\version \"2.24\"\n{ c' }", "a LilyPond score"),
            ("Пьеса".as_bytes(), "a text file"),
        ] {
            assert_eq!(kind_of(bytes), Some(kind), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(kind_of(&[0x80, 0x01, 0x99]), None);
    }
}
