//! Finds the composer of each file from its folders.

use std::collections::BTreeMap;

use super::listing::Found;
use crate::music::known_composer;

/// Words in folder names that sort music but are not composers.
const SORTING: &[&str] = &[
    "train",
    "training",
    "validation",
    "valid",
    "val",
    "dev",
    "test",
    "midi",
    "midis",
    "mid",
    "files",
    "data",
    "dataset",
    "datasets",
    "music",
    "songs",
    "tracks",
    "piano",
    "keyboard",
    "solo",
    "classical",
    "classic",
    "classics",
    "composers",
    "collection",
    "baroque",
    "romantic",
    "romanticism",
    "impressionist",
    "impressionism",
    "modern",
    "contemporary",
    "renaissance",
    "century",
    "early",
];
/// Words in folder names that denote works.
const WORKS: &[&str] = &[
    "op",
    "opus",
    "no",
    "nr",
    "bwv",
    "sonata",
    "sonatas",
    "sonate",
    "sonaten",
    "sonatina",
    "prelude",
    "preludes",
    "etude",
    "etudes",
    "fugue",
    "fugues",
    "nocturne",
    "nocturnes",
    "waltz",
    "waltzes",
    "mazurka",
    "mazurkas",
    "suite",
    "suites",
    "variations",
    "concerto",
];

/// Why a file has no composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// It is next to the composers' folders.
    NoFolder,
    /// Its folder is a year.
    Year,
}

/// The composer's name of each of `files`, or why it has none. `title` is the data set's own name, used if the pieces
/// are directly in it.
///
/// A folder with the name of a known composer contains that composer's music. A folder is entered if it only sorts
/// ("train", "Romantic", a year), contains a known composer's folder, or contains all the others. Any other folder is
/// taken as a composer.
pub fn composers(files: &[Found], title: &str) -> Vec<Result<String, Nobody>> {
    let mut root = Folder::default();
    for (index, file) in files.iter().enumerate() {
        let folders = file.parts.split_last().map_or(&[][..], |(_, folders)| folders);
        let folder = folders.iter().fold(&mut root, |folder, name| folder.inside.entry(name).or_default());
        folder.files.push(index);
    }
    let mut names = vec![Err(Nobody::NoFolder); files.len()];
    if known_composer(title).is_some() && root.inside.is_empty() {
        return vec![Ok(title.to_owned()); files.len()];
    }
    root.sort(&mut names);
    names
}

#[derive(Default)]
struct Folder<'a> {
    inside: BTreeMap<&'a str, Folder<'a>>,
    files: Vec<usize>,
}

impl Folder<'_> {
    /// Finds the composers of the folders in this one.
    fn sort(&self, names: &mut [Result<String, Nobody>]) {
        for (name, folder) in &self.inside {
            let is_known = known_composer(name).is_some();
            let is_wrapper = self.inside.len() == 1 && folder.looks_like_a_wrapper();
            if !is_known && (is_sorting(name) || is_wrapper || folder.holds_known()) {
                if is_year(name) {
                    folder.files.iter().for_each(|file| names[*file] = Err(Nobody::Year));
                }
                folder.sort(names);
            } else {
                folder.assign(name.trim(), names);
            }
        }
    }

    fn assign(&self, name: &str, names: &mut [Result<String, Nobody>]) {
        self.files.iter().for_each(|file| names[*file] = Ok(name.to_owned()));
        self.inside.values().for_each(|folder| folder.assign(name, names));
    }

    fn holds_known(&self) -> bool {
        let mut inside = self.inside.iter();
        inside.any(|(name, folder)| known_composer(name).is_some() || folder.holds_known())
    }

    /// Does it contain composers' folders rather than a composer's works?
    fn looks_like_a_wrapper(&self) -> bool {
        let is_work = |name: &&str| {
            let text = name.to_lowercase();
            let mut words = text.split(|c: char| !c.is_alphabetic());
            name.contains(|c: char| c.is_ascii_digit()) || words.any(|word| WORKS.contains(&word))
        };
        let deeper: usize = self.inside.values().map(Folder::count).sum();
        deeper > self.files.len() && !self.inside.keys().any(|name| is_work(name) && !is_sorting(name))
    }

    fn count(&self) -> usize {
        self.files.len() + self.inside.values().map(Folder::count).sum::<usize>()
    }
}

/// A year, or a name made of words that sort.
fn is_sorting(name: &str) -> bool {
    let text = name.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).peekable();
    words.peek().is_some()
        && words.all(|word| SORTING.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_year(name: &str) -> bool {
    name.len() == 4 && name.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::listing::Place;
    use super::*;

    fn seen(names: &[&str]) -> Vec<Result<String, Nobody>> {
        let found = |name: &&str| Found {
            parts: name.split('/').map(str::to_owned).collect(),
            place: Place::Folder(PathBuf::new()),
        };
        composers(&names.iter().map(found).collect::<Vec<_>>(), "my music")
    }

    fn people(names: &[&str]) -> Vec<String> {
        let name = |r: Result<String, Nobody>| r.unwrap_or_else(|why| format!("{why:?}"));
        seen(names).into_iter().map(name).collect()
    }

    #[test]
    fn a_folder_is_a_composer() {
        assert_eq!(
            people(&["Anna Alpha/a.mid", "Bela Béta/x/b.mid", "c.mid"]),
            ["Anna Alpha", "Bela Béta", "NoFolder"]
        );
        assert_eq!(people(&["Anna Alpha/a.mid"]), ["Anna Alpha"]);
        assert_eq!(
            people(&["Anna Alpha/Op. 1/a.mid", "Anna Alpha/Sonatas/b.mid"]),
            ["Anna Alpha", "Anna Alpha"]
        );
        assert_eq!(
            people(&["Anna Alpha/a.mid", "Anna Alpha/b.mid", "Anna Alpha/Late/b.mid"]),
            ["Anna Alpha"; 3]
        );
    }

    #[test]
    fn wrapper_folders_are_entered() {
        let files = ["Collection/Anna Alpha/a.mid", "Collection/Bela Béta/b.mid", "stray.mid"];
        assert_eq!(people(&files), ["Anna Alpha", "Bela Béta", "NoFolder"]);
        let files = ["My zip/All/Anna Alpha/a.mid", "My zip/All/Bela Béta/b.mid", "My zip/c.mid"];
        assert_eq!(people(&files), ["Anna Alpha", "Bela Béta", "NoFolder"]);
        let files = ["Great/Chopin/Etudes/a.mid", "Great/Somebody/b.mid", "More/Liszt/c.mid"];
        assert_eq!(people(&files), ["Chopin", "Somebody", "Liszt"]);
        assert_eq!(people(&["Chopin/Etudes/a.mid", "Chopin/Waltzes/b.mid"]), ["Chopin", "Chopin"]);
    }

    #[test]
    fn sorting_folders_are_not_composers() {
        let files = [
            "train/Anna Alpha/a.mid",
            "test/Anna Alpha/b.mid",
            "Romantic/Bela Béta/c.mid",
            "20th century/d.mid",
        ];
        assert_eq!(people(&files), ["Anna Alpha", "Anna Alpha", "Bela Béta", "NoFolder"]);
        assert_eq!(people(&["2004/a.midi", "2006/b.midi"]), ["Year", "Year"]);
        assert_eq!(people(&["maestro-v3.0.0/2004/a.midi", "maestro-v3.0.0/2006/b.midi"]), ["Year", "Year"]);
    }
}
