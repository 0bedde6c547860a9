//! Data sets as users have them: the composers found are those that a person would see.

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use pastiche::data::{Dataset, ManifestError};
use pastiche::music::midi;

/// Pieces by composer.
type Seen = BTreeMap<String, Vec<String>>;

fn seen(dataset: &Dataset) -> Seen {
    let mut seen = Seen::new();
    for entry in &dataset.entries {
        seen.entry(entry.composer_name.clone()).or_default().push(entry.title.clone());
    }
    seen
}

fn seen_at(path: &Path) -> Seen {
    seen(&Dataset::open(path).unwrap())
}

fn expect(pieces: &[(&str, &[&str])]) -> Seen {
    let own = |titles: &[&str]| titles.iter().map(|t| (*t).to_owned()).collect();
    pieces.iter().map(|(name, titles)| ((*name).to_owned(), own(titles))).collect()
}

fn two() -> Seen {
    expect(&[("Anna Alpha", &["a", "b"]), ("Bela Béta", &["c"])])
}

fn music() -> Vec<u8> {
    midi::write(&common::piece(1, 0, 20), None, None)
}

fn put(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, music()).unwrap();
    path
}

/// The two composers in a folder.
fn folder_of_two() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Anna Alpha/a.mid", "Anna Alpha/Late/b.KAR", "Bela Béta/c.Midi"] {
        put(folder.path(), name);
    }
    folder
}

fn zip(names: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Collection.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for name in names {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&music()).unwrap();
    }
    zip.finish().unwrap();
    (folder, path)
}

/// Every file of a data set can be read where it was found.
fn assert_readable(path: &Path) {
    let dataset = Dataset::open(path).unwrap();
    let mut reader = dataset.reader().unwrap();
    for entry in &dataset.entries {
        assert_eq!(reader.read(&entry.place).unwrap(), music(), "{}", entry.name);
    }
}

#[test]
fn wrapper_folders_in_a_zip_are_not_composers() {
    for names in [
        &["Anna Alpha/a.mid", "Anna Alpha/Late/b.mid", "Bela Béta/c.mid"][..],
        &["Collection/Anna Alpha/a.mid", "Collection/Anna Alpha/Late/b.mid", "Collection/Bela Béta/c.mid"],
        &[
            "Collection/Anna Alpha/a.mid",
            "Collection/Anna Alpha/b.mid",
            "Collection/Bela Béta/c.mid",
            "__MACOSX/Collection/Anna Alpha/._a.mid",
            "__MACOSX/._Collection",
        ],
        &[
            "Collection/Anna Alpha/a.mid",
            "Collection/Anna Alpha/b.mid",
            "Collection/Bela Béta/c.mid",
            "readme.txt",
            "stray.mid",
            "Collection/another stray.mid",
        ],
        &["Collection\\Anna Alpha\\a.mid", "Collection\\Anna Alpha\\b.mid", "Collection\\Bela Béta\\c.mid"],
        &["midi/train/Anna Alpha/a.mid", "midi/test/Anna Alpha/b.mid", "midi/train/Bela Béta/c.mid"],
        &["./Anna Alpha/a.mid", "./Anna Alpha/b.mid", "./Bela Béta/c.mid", ".git/x.mid"],
    ] {
        let (_folder, path) = zip(names);
        assert_eq!(seen_at(&path), two(), "{names:?}");
        assert_readable(&path);
        let strays = Dataset::open(&path).unwrap().unusable;
        let expected = names.iter().filter(|n| n.contains("stray")).count();
        assert_eq!(strays.len(), expected, "{strays:?}");
    }
}

#[test]
fn names_in_a_zip_that_are_not_utf_8_are_kept() {
    // "Béla Béta" in code page 437, without the zip's UTF-8 flag, as some programs write it.
    let (_folder, path) = zip(&["Anna Alpha/a.mid", "B?la B?ta/c.mid"]);
    let mut bytes = std::fs::read(&path).unwrap();
    for at in 0..bytes.len() - 9 {
        if &bytes[at..at + 9] == b"B?la B?ta" {
            bytes[at + 1] = 0x82; // é in code page 437, which applies without the flag
            bytes[at + 6] = 0x82;
        }
    }
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(seen_at(&path), expect(&[("Anna Alpha", &["a"]), ("Béla Béta", &["c"])]));
    assert_readable(&path);
}

#[test]
fn a_folder_is_seen_as_a_person_sees_it() {
    let folder = folder_of_two();
    for hidden in [".git/objects/x.mid", ".Trash/Anna Alpha/old.mid", "Anna Alpha/._a.mid", "__MACOSX/y.mid"]
    {
        put(folder.path(), hidden);
    }
    assert_eq!(seen_at(folder.path()), two());
    assert_readable(folder.path());
    // A wrapper folder changes nothing, nor does the name of the outermost folder.
    let outer = tempfile::tempdir().unwrap();
    std::fs::rename(folder.path(), outer.path().join("My pieces")).unwrap();
    put(outer.path(), "stray.mid");
    let dataset = Dataset::open(outer.path()).unwrap();
    assert_eq!(seen(&dataset), two());
    assert_eq!(dataset.unusable, [("stray.mid".to_owned(), "it is not in a composer's folder".to_owned())]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_or_not_at_all() {
    use std::os::unix::fs::symlink;
    let folder = folder_of_two();
    let root = folder.path();
    // Links back up, to a neighbour, to itself, to nothing, and to a file that is listed anyway.
    symlink("..", root.join("Bela Béta/up")).unwrap();
    symlink(root.parent().unwrap(), root.join("above")).unwrap();
    symlink("Anna Alpha", root.join("A first")).unwrap();
    symlink(".", root.join("here")).unwrap();
    symlink("gone.mid", root.join("Anna Alpha/gone.mid")).unwrap();
    symlink(root.join("Anna Alpha/a.mid"), root.join("Bela Béta/again.mid")).unwrap();
    // Outside the data set: followed once, although two links lead there.
    let elsewhere = tempfile::tempdir().unwrap();
    put(elsewhere.path(), "d.mid");
    symlink("..", elsewhere.path().join("back")).unwrap();
    symlink(elsewhere.path(), root.join("Carl Gamma")).unwrap();
    symlink(elsewhere.path(), root.join("Carla Gamma")).unwrap();
    // Like the files of git-annex.
    let hidden = put(root, ".store/e.mid");
    symlink(&hidden, root.join("Bela Béta/e.mid")).unwrap();
    let dataset = Dataset::open(root).unwrap();
    let mut expected = two();
    expected.insert("Carl Gamma".to_owned(), vec!["d".to_owned()]);
    expected.get_mut("Bela Béta").unwrap().push("e".to_owned());
    assert_eq!(seen(&dataset), expected);
    assert_eq!(dataset.unusable.len(), 1, "{:?}", dataset.unusable);
    assert!(dataset.unusable[0].0 == "Anna Alpha/gone.mid" && dataset.unusable[0].1.contains("nowhere"));
    assert_readable(root);
}

#[cfg(target_os = "linux")]
#[test]
fn odd_names_and_pipes_do_not_vanish_or_hang() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_of_two();
    let latin = folder.path().join(std::ffi::OsStr::from_bytes(b"Fr\xe9d\xe9ric Chopin"));
    std::fs::create_dir(&latin).unwrap();
    std::fs::write(latin.join(std::ffi::OsStr::from_bytes(b"\xc9tude.mid")), music()).unwrap();
    let pipe = folder.path().join("Anna Alpha/pipe.mid");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut expected = two();
    expected.insert("Frédéric Chopin".to_owned(), vec!["Étude".to_owned()]);
    assert_eq!(seen_at(folder.path()), expected);
    assert_readable(folder.path());
}

#[test]
fn spellings_of_a_name_become_one_composer() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "Chopin F./a.mid",
        "chopin/b.mid",
        "Fryderyk Chopin/c.mid",
        "J.S. Bach/d.mid",
        "Johann Sebastian Bach - Ferruccio Busoni/e.mid",
        "Rachmaninov/f.mid",
        "Skrjabin/g.mid",
        "Tschaikowsky/h.mid",
        "Alpha, Anna/i.mid",
        "A. Alpha/j.mid",
    ] {
        put(folder.path(), name);
    }
    let dataset = Dataset::open(folder.path()).unwrap();
    let expected = expect(&[
        ("Alexander Scriabin", &["g"]),
        ("Anna Alpha", &["i", "j"]),
        ("Frédéric Chopin", &["a", "b", "c"]),
        ("Johann Sebastian Bach", &["d"]),
        ("Johann Sebastian Bach - Ferruccio Busoni", &["e"]),
        ("Pyotr Ilyich Tchaikovsky", &["h"]),
        ("Sergei Rachmaninoff", &["f"]),
    ]);
    assert_eq!(seen(&dataset), expected);
    let remark = "\"Skrjabin\" was read as Alexander Scriabin".to_owned();
    assert!(dataset.remarks.contains(&remark), "{:?}", dataset.remarks);
}

const HEAD: &str = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n";

/// A small MAESTRO with this list.
fn maestro(list_name: &str, list: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("maestro-v3.0.0");
    for i in 0..4 {
        put(&root, &format!("20{:02}/piece_{i}.midi", 4 + i));
    }
    let list_path = root.join(list_name);
    std::fs::create_dir_all(list_path.parent().unwrap()).unwrap();
    std::fs::write(&list_path, list).unwrap();
    (folder, root)
}

fn rows(separator: char) -> String {
    let row = |i: i32| format!("Franz Liszt,Etude {i},train,2004,20{:02}/piece_{i}.midi,x.wav,60\n", 4 + i);
    let list = HEAD.to_owned() + &(0..4).map(row).collect::<String>();
    list.replace(',', &separator.to_string())
}

#[test]
fn a_maestro_list_counts_in_any_format() {
    let expected = expect(&[("Franz Liszt", &["Etude 0", "Etude 1", "Etude 2", "Etude 3"])]);
    for (name, list) in [
        ("maestro-v3.0.0.csv", rows(',')),
        ("maestro-v3.0.0.csv", rows(';')),
        ("list.csv", rows('\t')),
        ("elsewhere/maestro-v3.0.0.csv", rows(';')),
        ("maestro-v3.0.0.csv", format!("\u{feff}{}", rows(',').replace('\n', "\r\n"))),
        ("maestro-v3.0.0.csv", rows(',').replace('/', "\\")),
    ] {
        let (_folder, root) = maestro(name, &list);
        let dataset = Dataset::open(&root).unwrap();
        assert_eq!(seen(&dataset), expected, "{name}: {list}");
        assert_eq!(dataset.source, "MAESTRO v3.0.0");
        assert!(dataset.licence.contains("CC BY-NC-SA 4.0"), "{}", dataset.licence);
        assert_eq!((dataset.unusable.len(), dataset.remarks.len()), (0, 0));
        assert_readable(&root);
    }
    let json = r#"{"canonical_composer": {"0": "Franz Liszt"}, "canonical_title": {"0": "Etude 0"}, "split": {"0": "train"},
        "midi_filename": {"0": "2004/piece_0.midi"}, "audio_filename": {"0": "x.wav"}}"#;
    let (_folder, root) = maestro("maestro-v3.0.0.json", json);
    let dataset = Dataset::open(&root).unwrap();
    assert_eq!(seen(&dataset), expect(&[("Franz Liszt", &["Etude 0"])]));
    assert_eq!(dataset.remarks, ["3 MIDI files are not in maestro-v3.0.0.json and were left out"]);
}

#[test]
fn a_missing_or_odd_list_is_reported() {
    let (_folder, root) = maestro("LICENSE", "");
    let error = Dataset::open(&root).unwrap_err();
    assert!(matches!(error, ManifestError::NoList { .. }), "{error}");
    assert!(error.to_string().contains("put maestro-v3.0.0.csv beside the folders of years"), "{error}");
    let odd = |list: &str| Dataset::open(&maestro("maestro-v3.0.0.csv", list).1).unwrap_err().to_string();
    let error = odd(&rows(',').replace("canonical_composer", "who"));
    assert!(error.contains("has no column canonical_composer"), "{error}");
    let error = odd(&rows(',').replace("piece", "other"));
    assert!(error.contains("none of the 4 files it names exists"), "{error}");
    let error = odd("something,else\n1,2\n");
    assert!(error.contains("looks like MAESTRO without its list"), "{error}");
    let list = rows(',') + "Franz Liszt,Lost,train,2004,2004/lost.midi,x.wav,60\nbroken line\n";
    let (_folder, root) = maestro("maestro-v3.0.0.csv", &list);
    let dataset = Dataset::open(&root).unwrap();
    assert_eq!((dataset.entries.len(), dataset.unusable.len()), (4, 1));
    assert!(dataset.unusable[0].1.contains("lists it, but it does not exist"));
    assert_eq!(dataset.remarks, ["1 line of maestro-v3.0.0.csv cannot be read"]);
}

#[test]
fn no_music_and_no_composer_give_different_errors() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Dataset::open(folder.path()).unwrap_err(), ManifestError::Empty { .. }));
    put(folder.path(), "a.mid");
    let error = Dataset::open(folder.path()).unwrap_err();
    assert!(matches!(error, ManifestError::NoComposer { count: 1, .. }), "{error}");
    // A folder that is itself a composer's folder.
    let own = folder.path().join("Liszt");
    put(&own, "a.mid");
    assert_eq!(seen_at(&own), expect(&[("Franz Liszt", &["a"])]));
}
