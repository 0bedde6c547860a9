//! Decodes titles in any encoding.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use crate::display::one_line;

/// Longer titles are cut.
const MAX_BYTES: usize = 400;
/// Bytes that are enough to detect an encoding.
const MAX_SAMPLE_BYTES: usize = 16 << 10;

/// Detects the encoding of a file's text events, which MIDI files do not state.
pub(super) struct Alphabet {
    detector: EncodingDetector,
    sample_bytes: usize,
    is_any: bool,
}

impl Alphabet {
    pub fn new() -> Alphabet {
        Alphabet { detector: EncodingDetector::new(Iso2022JpDetection::Deny), sample_bytes: 0, is_any: false }
    }

    /// Adds a text event. UTF-8 text says nothing about the encoding of the others.
    pub fn hear(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(MAX_SAMPLE_BYTES - self.sample_bytes)];
        if as_utf8(bytes).is_some() {
            return;
        }
        self.detector.feed(bytes, false);
        self.detector.feed(b"\n", false);
        self.sample_bytes += bytes.len();
        self.is_any = true;
    }

    /// The text of an event, on one line; empty if nothing is visible.
    pub fn decode(&self, bytes: &[u8]) -> String {
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
            return one_line(&encoding.decode_without_bom_handling(&bytes[mark..]).0);
        }
        if let Some(text) = as_utf8(bytes) {
            return one_line(text);
        }
        let encoding = if self.is_any { self.detector.guess(None, Utf8Detection::Deny) } else { UTF_8 };
        let encoding = if encoding.is_single_byte() && is_japanese(bytes) { SHIFT_JIS } else { encoding };
        one_line(&encoding.decode_without_bom_handling(bytes).0)
    }
}

/// `bytes` as UTF-8, without a final character that was cut in two.
fn as_utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && bytes.len() >= MAX_BYTES => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// Is this Shift-JIS that consists of kanji, kana, digits and punctuation only? The detector mistakes two kanji, as in
/// 革命, for accented letters.
fn is_japanese(bytes: &[u8]) -> bool {
    let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) else {
        return false;
    };
    let is_wide =
        |c: char| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    let is_half = |c: char| matches!(c, '\u{ff61}'..='\u{ff9f}');
    let has_two_byte_letters = text.chars().any(|c| is_wide(c) && !is_half(c));
    has_two_byte_letters && text.chars().all(|c| is_wide(c) || c.is_ascii() && !c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{
        BIG5, EUC_JP, EUC_KR, GBK, KOI8_R, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
    };

    #[test]
    fn decodes_titles_in_many_encodings() {
        for (encoding, titles) in [
            (
                WINDOWS_1252,
                ["Prélude à l’après", "Für Elise", "Étude", "Arabesque nº 1", "FÜR ELISE"].as_slice(),
            ),
            (WINDOWS_1252, &["Träumerei", "Rêverie", "Ballade – Chopin", "Smørrebrød", "© Müller"]),
            (WINDOWS_1250, &["Dvořák: Humoreska", "Janáček"]),
            (WINDOWS_1251, &["Чайковский - Времена года", "Вальс"]),
            (WINDOWS_1253, &["Βαλς"]),
            (KOI8_R, &["Времена года"]),
            (SHIFT_JIS, &["月の光", "革命", "無題", "別れの曲 Chopin", "ピアノソナタ第14番「月光」"]),
            (EUC_JP, &["月の光"]),
            (GBK, &["致爱丽丝"]),
            (BIG5, &["月光奏鳴曲"]),
            (EUC_KR, &["월광 소나타"]),
            (UTF_8, &["月の光 Prélude", "Étude"]),
        ] {
            for &title in titles {
                let (bytes, ..) = encoding.encode(title);
                let mut alphabet = Alphabet::new();
                alphabet.hear(&bytes);
                assert_eq!(alphabet.decode(&bytes), title, "{}", encoding.name());
            }
        }
    }

    #[test]
    fn byte_order_marks_are_obeyed() {
        let alphabet = Alphabet::new();
        assert_eq!(alphabet.decode(b"\xef\xbb\xbf\xc3\x89tude"), "Étude");
        assert_eq!(alphabet.decode(b"\xff\xfe\xc9\0t\0u\0d\0e\0"), "Étude");
        assert_eq!(alphabet.decode(b"\0"), "");
        // Longer than a title may be, and cut within a character.
        assert!(alphabet.decode("é".repeat(5000).as_bytes()).starts_with("ééé"));
    }
}
