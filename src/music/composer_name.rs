//! Matches composer names in different spellings.

use std::collections::HashMap;
use std::sync::LazyLock;

use deunicode::deunicode;

use super::composer_known::{KNOWN, Known};

/// Words of a name that do not distinguish composers.
const PARTICLES: [&str; 10] = ["van", "von", "de", "di", "da", "del", "der", "d", "v", "le"];
/// Minimum similarity, 0–1, of two forenames with the same first letter: Pyotr is Peter, Fanny is not Felix.
const LIKE_FORENAME: f64 = 0.4;
/// Minimum similarity, 0–1, of a name offered as "did you mean".
const NEAR: f64 = 0.6;

/// The composer that `name` refers to, in any spelling; `None` for unknown names and for two people ("Franz Schubert /
/// Franz Liszt").
pub fn known_as(name: &str) -> Option<&'static Known> {
    static PREPARED: LazyLock<Vec<Prepared>> = LazyLock::new(|| KNOWN.iter().map(Prepared::known).collect());
    if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
        return Some(known);
    }
    if names_several(name) {
        return None;
    }
    let asked = words(name);
    let found = PREPARED.iter().position(|prepared| prepared.is_meant_by(&asked))?;
    KNOWN.get(found)
}

/// Do both names refer to the same composer? Accents, word order, initials and transliteration make no difference:
/// "Skrjabin, A." is "Alexander Scriabin".
pub fn is_same(a: &str, b: &str) -> bool {
    match (known_as(a), known_as(b)) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) if names_several(a) || names_several(b) => fold(a) == fold(b),
        (None, None) => {
            let (a, b) = (words(a), words(b));
            Prepared::new(&b).is_meant_by(&a) || Prepared::new(&a).is_meant_by(&b)
        }
    }
}

/// One name for each of `names`, so that all spellings of a composer become the same: the full name of a known
/// composer, otherwise the longest spelling.
pub fn unified(names: &[&str]) -> Vec<String> {
    let spelt: Vec<Vec<String>> = names.iter().map(|name| words(name)).collect();
    let mut by_sound: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, words) in spelt.iter().enumerate() {
        if !names_several(names[index]) {
            words.iter().for_each(|word| by_sound.entry(sound(word)).or_default().push(index));
        }
    }
    let longest_of = |index: usize| {
        let asked = &spelt[index];
        let akin = asked.iter().filter_map(|word| by_sound.get(&sound(word))).flatten();
        let meant: Vec<usize> =
            akin.copied().filter(|full| Prepared::new(&spelt[*full]).is_meant_by(asked)).collect();
        let longest = *meant.iter().max_by_key(|full| (names[**full].len(), std::cmp::Reverse(**full)))?;
        // "Alpha" stays as it is if there are both an Anna Alpha and a Berta Alpha.
        let prepared = Prepared::new(&spelt[longest]);
        meant.iter().all(|other| prepared.is_meant_by(&spelt[*other])).then_some(longest)
    };
    let unify = |(index, name): (usize, &&str)| match known_as(name) {
        Some(known) => known.name.to_owned(),
        None if names_several(name) => (*name).to_owned(),
        None => forename_first(longest_of(index).map_or(*name, |full| names[full])),
    };
    names.iter().enumerate().map(unify).collect()
}

/// The index of the name nearest to `asked`, if it is near enough to suggest ("did you mean").
pub fn nearest(asked: &str, names: &[&str]) -> Option<usize> {
    let like = |a: &str, b: &str| {
        let spelt = strsim::normalized_damerau_levenshtein(a, b);
        spelt.max(strsim::normalized_damerau_levenshtein(&sound(a), &sound(b)))
    };
    let likeness = |name: &&str| {
        let full = words(name);
        let surname = full.last().map_or("", String::as_str);
        let by_word = words(asked).iter().map(|word| like(word, surname)).fold(0.0, f64::max);
        by_word.max(like(&words(asked).concat(), &full.concat()))
    };
    let scored = names.iter().map(likeness).enumerate();
    let best = scored.max_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|(_, likeness)| *likeness >= NEAR).map(|(index, _)| index)
}

/// Lower case without accents, so that "frederic" finds "Frédéric".
pub fn fold(text: &str) -> String {
    deunicode(text.trim()).to_lowercase()
}

/// "Alpha, Anna" becomes "Anna Alpha".
fn forename_first(name: &str) -> String {
    match name.split_once(',') {
        Some((surname, forenames)) if !forenames.trim().is_empty() && !forenames.contains(',') => {
            format!("{} {}", forenames.trim(), surname.trim())
        }
        _ => name.to_owned(),
    }
}

/// Does the name contain two people, as for an arrangement or a paraphrase?
fn names_several(name: &str) -> bool {
    name.contains(['/', '&', '+', ';']) || name.contains(" - ") || fold(name).contains(" and ")
}

/// The words of a name without years and particles, folded.
fn words(name: &str) -> Vec<String> {
    let folded = fold(&forename_first(name)).replace(['\'', '’', '`'], "");
    folded
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty() && !PARTICLES.contains(word))
        .map(str::to_owned)
        .collect()
}

/// A full name, prepared for comparison.
struct Prepared {
    /// The sounds of the surname, one per spelling.
    surnames: Vec<String>,
    forenames: Vec<String>,
}

impl Prepared {
    fn new(full: &[String]) -> Prepared {
        let (surname, forenames) =
            full.split_last().map_or((None, full), |(last, firsts)| (Some(last), firsts));
        Prepared {
            surnames: surname.into_iter().map(|word| sound(word)).collect(),
            forenames: forenames.to_vec(),
        }
    }

    fn known(known: &Known) -> Prepared {
        let mut prepared = Prepared::new(&words(known.name));
        let also = |names: &[&str]| names.iter().flat_map(|name| words(name)).collect::<Vec<_>>();
        prepared.surnames.extend(also(known.surnames).iter().map(|word| sound(word)));
        prepared.forenames.extend(also(known.forenames));
        prepared
    }

    /// Is `asked` this name, or a part of it that includes the surname? Every word must match.
    fn is_meant_by(&self, asked: &[String]) -> bool {
        let is_surname = |word: &String| self.surnames.contains(&sound(word));
        let is_forename = |word: &String| {
            self.forenames.is_empty()
                || are_initials(word, &self.forenames)
                || self.forenames.iter().any(|forename| alike(word, forename))
        };
        asked.iter().any(is_surname) && asked.iter().all(|word| is_surname(word) || is_forename(word))
    }
}

/// Are these initials of the forenames ("j", "js")?
fn are_initials(word: &str, forenames: &[String]) -> bool {
    let mut initials = forenames.iter().filter_map(|name| name.chars().next());
    word.len() <= 3 && word.chars().all(|letter| initials.any(|initial| initial == letter))
}

fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (sound(a), sound(b));
    a.chars().next() == b.chars().next() && strsim::normalized_levenshtein(&a, &b) >= LIKE_FORENAME
}

/// The sound of a folded word in any transliteration: "Tschaikowsky" and "Chaikovskii" are the same.
fn sound(word: &str) -> String {
    const SPELLINGS: [(&str, &str); 22] = [
        ("tsch", "k"),
        ("tch", "k"),
        ("sch", "s"),
        ("sh", "s"),
        ("sz", "s"),
        ("kh", "k"),
        ("ch", "k"),
        ("ck", "k"),
        ("ph", "v"),
        ("th", "t"),
        ("ae", "a"),
        ("oe", "o"),
        ("ue", "u"),
        ("ou", "u"),
        ("c", "k"),
        ("q", "k"),
        ("w", "v"),
        ("f", "v"),
        ("y", "i"),
        ("j", "i"),
        ("z", "s"),
        ("x", "ks"),
    ];
    let spelt = SPELLINGS.iter().fold(word.to_owned(), |word, (from, to)| word.replace(from, to));
    let mut letters: Vec<char> = spelt.chars().collect();
    letters.dedup();
    // "Scriabine", "Rachmaninove".
    if letters.len() > 3 && letters.last() == Some(&'e') {
        letters.pop();
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> Option<&'static str> {
        known_as(name).map(|known| known.name)
    }

    #[test]
    fn every_spelling_means_its_composer() {
        let spellings = [
            (
                "Sergei Rachmaninoff",
                "Rachmaninov|Rakhmaninov|Rachmaninow|S. Rachmaninoff|Рахманинов|Rachmaninov, Sergey|Rahmaninov",
            ),
            (
                "Frédéric Chopin",
                "Chopin F.|chopin|F. Chopin|Fryderyk Chopin|Chopin, Frederic (1810-1849)|CHOPIN_FREDERIC|Szopen",
            ),
            (
                "Johann Sebastian Bach",
                "J.S. Bach|JS Bach|Bach|Bach, J. S.|Bach (Johann Sebastian)|johann-sebastian-bach",
            ),
            ("Alexander Scriabin", "Skrjabin|Skryabin|Scriabine|A. Skriabin|Aleksandr Skrjabin|Скрябин"),
            (
                "Pyotr Ilyich Tchaikovsky",
                "Tschaikowsky|Chaikovsky|Čajkovskij|P.I. Tchaikovsky|Peter Tchaikovsky|Чайковский|Tchaïkovski",
            ),
            ("George Frideric Handel", "Händel|Haendel|G.F. Handel|Georg Friedrich Händel"),
            ("Felix Mendelssohn", "Mendelssohn-Bartholdy|Felix Mendelssohn Bartholdy|Mendelsohn"),
            ("Modest Mussorgsky", "Moussorgsky|Musorgskij|M. Mussorgski"),
            ("Sergei Prokofiev", "Prokofieff|Prokofjew|Прокофьев|Prokofyev"),
            ("Franz Liszt", "Liszt Ferenc|List|F Liszt"),
            ("Ludwig van Beethoven", "Beethoven, L. van|L. v. Beethoven|van Beethoven|Ludwig Beethoven"),
            ("Joseph Haydn", "Franz Joseph Haydn|F.J. Haydn|Josef Haydn"),
            ("Wolfgang Amadeus Mozart", "W.A. Mozart|WA Mozart|Mozart"),
            ("Béla Bartók", "Bartok Bela|Bartok"),
            ("Camille Saint-Saëns", "Saint-Saens|C. Saint-Saens"),
            ("Dmitri Shostakovich", "Schostakowitsch|Chostakovitch|Dmitry Shostakovich"),
        ];
        for (name, others) in spellings {
            for other in others.split('|').chain([name]) {
                assert_eq!(meant(other), Some(name), "{other}");
            }
        }
    }

    #[test]
    fn relatives_arrangers_and_strangers_are_not_the_composer() {
        for other in [
            "C.P.E. Bach",
            "Carl Philipp Emanuel Bach",
            "Johann Christian Bach",
            "Clara Schumann",
            "Fanny Mendelssohn",
            "Michael Haydn",
            "Johann Michael Haydn",
            "Alessandro Scarlatti",
            "Leopold Mozart",
            "Johann Sebastian Bach / Ferruccio Busoni",
            "Franz Schubert / Franz Liszt",
            "Anna Alpha - Franz Liszt",
            "Franz",
            "Johann",
            "",
            "1810",
            "György Ligeti",
        ] {
            assert_eq!(meant(other), None, "{other}");
        }
    }

    #[test]
    fn unknown_names_are_compared_too() {
        assert!(is_same("Alpha, A.", "Anna Alpha"));
        assert!(is_same("alpha", "Anna Alpha"));
        assert!(is_same("Béta, Bela", "Bela Beta"));
        assert!(!is_same("Berta Alpha", "Anna Alpha"));
        assert!(!is_same("Anna Alpha", "Anna Alpha - Carl Gamma"));
        assert!(!is_same("Carl Gamma", "Anna Alpha - Carl Gamma"));
        assert!(!is_same("Chopin", "Anna Chopin-Alpha"));
    }

    #[test]
    fn all_spellings_become_one_name() {
        let names = [
            "chopin",
            "Alpha, A.",
            "Anna Alpha",
            "Beta",
            "Anna Alpha - Carl Gamma",
            "Carl Gamma",
            "Chopin F.",
        ];
        let unified = super::unified(&names);
        assert_eq!(unified[0], "Frédéric Chopin");
        assert_eq!(unified[1], "Anna Alpha");
        assert_eq!(unified[2], "Anna Alpha");
        assert_eq!(unified[3], "Beta");
        assert_eq!(unified[4], names[4]);
        assert_eq!(unified[5], "Carl Gamma");
        assert_eq!(unified[6], "Frédéric Chopin");
        let names = ["Alpha", "Anna Alpha", "Berta Alpha"];
        assert_eq!(super::unified(&names), names);
    }

    #[test]
    fn a_wrong_name_has_a_nearest_one_or_none() {
        let names = ["Frédéric Chopin", "Franz Schubert", "Robert Schumann", "Wolfgang Amadeus Mozart"];
        assert_eq!(nearest("Schopin", &names), Some(0));
        assert_eq!(nearest("Mozrat", &names), Some(3));
        assert_eq!(nearest("Shubbert", &names), Some(1));
        assert_eq!(nearest("Rob. Schumaher", &names), Some(2));
        assert_eq!(nearest("ligeti", &names), None);
        assert_eq!(nearest("", &names), None);
    }
}
