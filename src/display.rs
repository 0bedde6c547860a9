//! Formats numbers, times, names and titles for people.

use std::path::Path;

/// 12000 as "12,000".
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 note", "1,234 notes". `noun` is singular and takes an s.
pub fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(number as u64))
}

/// Seconds as `m:ss`, rounded to `decimals` digits; negative times give 0.
pub fn clock(secs: f64, decimals: usize) -> String {
    let scale = 10f64.powi(decimals as i32);
    let rounded = (secs.max(0.0) * scale).round() / scale;
    let minutes = (rounded / 60.0).floor();
    let rest = rounded - minutes * 60.0;
    let width = if decimals == 0 { 2 } else { decimals + 3 };
    format!("{minutes:.0}:{rest:0width$.decimals$}")
}

/// At most `max_chars` characters of `text`, ending in an ellipsis if it was cut.
pub fn shortened(text: &str, max_chars: usize) -> String {
    if text.chars().count() > max_chars {
        text.chars().take(max_chars - 1).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

/// "pastiche-small" for `…/checkpoints/pastiche-small.safetensors`.
pub fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |s| s.to_string_lossy().into_owned())
}

/// `text` on one line. Control characters and marks that turn the direction of writing are left out, each run of them
/// with the white space around it becoming one space, so that no title can control the terminal.
pub fn one_line(text: &str) -> String {
    let parts = text.split(is_hidden).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Is this a control character?
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
        // Marks, embeddings, overrides and isolates of the writing direction.
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_agree_with_their_noun() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "note"), "1 note");
        assert_eq!(count(0, "note"), "0 notes");
        assert_eq!(count(1200, "note"), "1,200 notes");
    }

    #[test]
    fn clocks_round_and_carry() {
        assert_eq!(clock(0.0, 0), "0:00");
        assert_eq!(clock(-1.0, 1), "0:00.0");
        assert_eq!(clock(59.6, 0), "1:00");
        assert_eq!(clock(72.4, 0), "1:12");
        assert_eq!(clock(59.96, 1), "1:00.0");
        assert_eq!(clock(605.0, 1), "10:05.0");
        assert_eq!(clock(5.25, 2), "0:05.25");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shortened("Chopin", 6), "Chopin");
        assert_eq!(shortened("Rachmaninoff", 6), "Rachm…");
    }

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        for (given, shown) in [
            ("Sonata\0", "Sonata"),
            ("\0", ""),
            ("\x1b[31mred\x1b]0;owned\x07", "[31mred ]0;owned"),
            ("one\r\ntwo\n", "one two"),
            ("\u{9b}31m Étude", "31m Étude"),
            ("a\u{202e}b", "a b"),
            ("  月の光  Prélude ", "月の光  Prélude"),
        ] {
            assert_eq!(one_line(given), shown);
        }
    }
}
