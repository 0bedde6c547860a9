//! Normalises titles of works and finds catalogue numbers.

use deunicode::deunicode;

/// A number in a catalogue: "Op. 27 No. 2" is `op` 27, part 2; "D. 960" is `d` 960.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CatalogueNumber {
    pub kind: &'static str,
    pub number: u32,
    pub part: Option<u32>,
}

/// Lower case, without accents, and with every run of other characters as one space: titles that differ in nothing else
/// become equal.
pub fn normalised(title: &str) -> String {
    words(title).join(" ")
}

/// Letters and digits apart ("D960" is two words); a sharp sign counts as the word, a slash stays.
fn words(title: &str) -> Vec<String> {
    let folded = deunicode(title).to_lowercase().replace('#', " sharp ");
    let mut words: Vec<String> = Vec::new();
    let mut last_class = 0;
    for c in folded.chars() {
        let class = match c {
            'a'..='z' => 1,
            '0'..='9' => 2,
            '/' => 3,
            // "Poissons d'or" becomes "poissons dor".
            '\'' => continue,
            _ => 0,
        };
        match words.last_mut() {
            Some(word) if class == last_class && class > 0 => word.push(c),
            _ if class > 0 => words.push(c.to_string()),
            _ => {}
        }
        last_class = class;
    }
    words
}

/// Facts parsed from a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub text: String,
    pub catalogue: Option<CatalogueNumber>,
    /// The kind of piece and its tonality ("sonata", pitch class, minor), for repairing movement numbers.
    pub form: Option<(String, u8, bool)>,
}

pub(super) fn read_title(title: &str) -> Named {
    let words = words(title);
    let text = words.join(" ");
    Named { text, catalogue: catalogue_number(&words), form: form(&words) }
}

/// The opus number if there is one, otherwise the first catalogue number.
fn catalogue_number(words: &[String]) -> Option<CatalogueNumber> {
    let numbers: Vec<CatalogueNumber> = (0..words.len()).filter_map(|i| number_at(words, i)).collect();
    numbers.iter().find(|n| n.kind == "op").or(numbers.first()).cloned()
}

fn number_at(words: &[String], at: usize) -> Option<CatalogueNumber> {
    let next = words.get(at + 1)?;
    let kind = match words[at].as_str() {
        "op" | "opus" => "op",
        "woo" => "woo",
        "bwv" => "bwv",
        "d" => "d",
        "k" | "kv" => "k",
        "l" => "l",
        "s" => "s",
        "m" => "m",
        "hwv" => "hwv",
        "hob" => return haydn_number(words, at + 1),
        _ => return None,
    };
    Some(CatalogueNumber { kind, number: next.parse().ok()?, part: part_at(words, at + 2) })
}

/// Hoboken's groups are Roman numerals: XVI:50 is number 50 of the sonatas.
fn haydn_number(words: &[String], at: usize) -> Option<CatalogueNumber> {
    let is_sonata = words.get(at)? == "xvi";
    let rest = &words[at + 1..];
    let number = rest.iter().find(|w| *w != "/")?.parse().ok()?;
    Some(CatalogueNumber { kind: if is_sonata { "hob xvi" } else { "hob" }, number, part: None })
}

/// The part of an opus: "No. 2", "/2" or "Nos. 8"; none for a range or list, which means the whole opus.
fn part_at(words: &[String], at: usize) -> Option<u32> {
    // "Op. 81a No. 26": the letter belongs to the number.
    let at = if words.get(at).is_some_and(|w| w == "a" || w == "b") { at + 1 } else { at };
    if !matches!(words.get(at)?.as_str(), "no" | "nos" | "nr" | "/") {
        return None;
    }
    let part = words.get(at + 1)?.parse().ok()?;
    let mut rest = words[at + 2..].iter().skip_while(|w| *w == "and");
    let is_number = rest.next().is_some_and(|w| w.parse::<u32>().is_ok());
    // "No. 2, 1st mov." is not a list.
    let is_ordinal = rest.next().is_some_and(|w| matches!(w.as_str(), "st" | "nd" | "rd" | "th"));
    (!is_number || is_ordinal).then_some(part)
}

fn form(words: &[String]) -> Option<(String, u8, bool)> {
    let kind = match words.first()?.as_str() {
        "son" => "sonata",
        other => other,
    };
    let at = words.iter().position(|w| w == "in")? + 1;
    let name = words.get(at)?;
    let mut letters = name.chars();
    let step: i32 = match letters.next()? {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let sign = words.get(at + 1).map(String::as_str);
    let bend = match (rest, sign) {
        ("b", _) | ("", Some("flat")) => -1,
        ("", Some("sharp")) => 1,
        ("", _) => 0,
        _ => return None,
    };
    let is_minor = words[at..].iter().take(3).any(|w| w == "minor" || w == "min" || w == "moll");
    Some((kind.to_owned(), (step + bend).rem_euclid(12) as u8, is_minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(title: &str) -> Option<(&'static str, u32, Option<u32>)> {
        read_title(title).catalogue.map(|n| (n.kind, n.number, n.part))
    }

    #[test]
    fn catalogue_numbers_in_all_spellings() {
        for title in [
            "Sonata No. 14 in C# minor, Op. 27 No. 2 (Complete)",
            "Sonata op.27, no.2",
            "Sonata Op. 27/2",
            "Opus 27 Nr. 2",
        ] {
            assert_eq!(number(title), Some(("op", 27, Some(2))), "{title}");
        }
        assert_eq!(number("Impromptu Op. 142 No. 1, in F Minor, D935"), Some(("op", 142, Some(1))));
        assert_eq!(number("Sonata in B-flat Major, D960"), Some(("d", 960, None)));
        assert_eq!(number("Sonata in D Major, K 576, First Movement"), Some(("k", 576, None)));
        assert_eq!(number("Sonata in C Major, Hob. XVI/50"), Some(("hob xvi", 50, None)));
        assert_eq!(number("Son. Hob. XVI:52"), Some(("hob xvi", 52, None)));
        assert_eq!(number("Prelude and Fugue in D Minor, WTC II,  BWV 875"), Some(("bwv", 875, None)));
        assert_eq!(number("Thirty-Two Variations in C Minor, WoO80"), Some(("woo", 80, None)));
        assert_eq!(number("Etudes Op. 25 Nos. 1-5"), Some(("op", 25, None)));
        assert_eq!(number("Preludes Op. 23, Nos. 2, 4 and 5"), Some(("op", 23, None)));
        assert_eq!(number("Etudes Op. 10 Nos. 8"), Some(("op", 10, Some(8))));
        assert_eq!(number("Sonata Op. 81 No. 26, 'Les Adieux'"), Some(("op", 81, Some(26))));
        assert_eq!(number("Sonata No. 17 in D minor, Op. 31 No. 2, 1st mov."), Some(("op", 31, Some(2))));
        assert_eq!(number("Gaspard de la nuit"), None);
    }

    #[test]
    fn tonalities() {
        let form = |title: &str| read_title(title).form.map(|(_, class, minor)| (class, minor));
        assert_eq!(form("Son. in Bb D.960"), Some((10, false)));
        assert_eq!(form("Sonata in B-flat Major, D. 963"), Some((10, false)));
        assert_eq!(form("Sonata in C  Minor, D. 958"), Some((0, true)));
        assert_eq!(form("Sonata in A Min."), Some((9, true)));
        assert_eq!(form("Barcarolle in F#"), Some((6, false)));
        assert_eq!(form("Four Preludes"), None);
    }

    #[test]
    fn spelling_is_folded() {
        assert_eq!(normalised("Variations sérieuses,  Op.54"), normalised("Variations Serieuses, Op. 54"));
    }
}
