//! Text out of files, made fit for one line on a terminal or in a window.

/// `text` on one line. Control characters and marks that turn the direction of writing are left out, each run of them
/// with the white space around it becoming one space: nothing in a title can command a terminal.
pub fn one_line(text: &str) -> String {
    let parts = text.split(is_hidden).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A character that is obeyed instead of shown.
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
