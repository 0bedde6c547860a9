//! From a data set to a corpus file and back.

mod common;

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use pastiche::data::{Corpus, CorpusError, PrepareError, PrepareOptions, PrepareReport, Split, prepare};
use pastiche::music::Performance;
use pastiche::progress::StopFlag;

/// A lower threshold, for a few minutes of synthetic music.
fn options() -> PrepareOptions {
    PrepareOptions { min_hours: 0.05, ..PrepareOptions::default() }
}

/// Two composers with enough music, one with too little, an arrangement, another performance of a work under an
/// uninformative name, and three unusable files.
fn write_fixture(folder: &Path) {
    let long = |seed, performance| common::piece(seed, performance, 300);
    let mut pieces: Vec<(&str, String, Performance)> = Vec::new();
    for i in 1..=12u64 {
        pieces.push(("Anna Alpha", format!("Sonata No. {i}, Op. {i}"), long(i, 0)));
        pieces.push(("Bela Béta", format!("Étude in C, Op. 9 No. {i}"), long(100 + i, 0)));
    }
    for performance in 1..4 {
        pieces.push(("Anna Alpha", format!("SONATA no. 3 op. 3 ({performance})"), long(3, performance)));
    }
    pieces.push(("Anna Alpha", "untitled".to_owned(), long(5, 1)));
    pieces.push(("Bela Béta", "Etude Op.9, No.2".to_owned(), long(102, 1)));
    pieces.push(("Carl Gamma", "Waltz".to_owned(), long(200, 0)));
    pieces.push(("Anna Alpha - Carl Gamma", "Paraphrase".to_owned(), long(201, 0)));
    common::write_dataset(folder, pieces.iter().map(|(c, t, p)| (*c, t.as_str(), p.clone())));
    std::fs::write(folder.join("Carl Gamma/broken.mid"), b"MThd but not really").unwrap();
    std::fs::write(folder.join("Carl Gamma/empty.midi"), b"").unwrap();
    std::fs::write(folder.join("Carl Gamma/notes.txt"), b"not music").unwrap();
    std::fs::write(folder.join("stray.mid"), b"").unwrap();
}

fn prepare_quietly(path: &Path, options: &PrepareOptions) -> (Corpus, PrepareReport) {
    prepare(path, options, &StopFlag::new(), |_| {}).unwrap()
}

/// No work in two splits, every labelled composer in all three, nothing unlabelled held out.
fn assert_splits_are_sound(corpus: &Corpus) {
    let mut split_of: HashMap<(&str, &str), Split> = HashMap::new();
    for piece in &corpus.pieces {
        let split = *split_of.entry((&piece.composer_name, &piece.work)).or_insert(piece.split);
        assert_eq!(split, piece.split, "{} is in two splits", piece.work);
        assert!(piece.composer.is_some() || piece.split == Split::Train, "{} is held out", piece.title);
        assert_eq!(
            piece.composer.and_then(|id| corpus.composers.get(id)).is_some(),
            piece.composer.is_some()
        );
    }
    for (id, composer) in corpus.composers.iter() {
        for split in Split::ALL {
            let holds = corpus.labelled(split).any(|p| p.composer == Some(id));
            assert!(holds, "{} has nothing in {}", composer.name, split.name());
        }
    }
}

#[test]
fn a_folder_of_composers_becomes_a_corpus() {
    let folder = tempfile::tempdir().unwrap();
    write_fixture(folder.path());
    let most = AtomicU64::new(0);
    let (corpus, report) = prepare(folder.path(), &options(), &StopFlag::new(), |p| {
        most.fetch_max(p.done, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(most.into_inner(), 33, "31 pieces and two broken files");
    assert_eq!(corpus.pieces.len(), 31);
    let names: Vec<&str> = corpus.composers.iter().map(|(_, c)| c.name.as_str()).collect();
    assert_eq!(names, ["Anna Alpha", "Bela Béta"]);
    assert_splits_are_sound(&corpus);
    let broken: HashSet<&str> = report.broken.iter().map(|b| b.name.as_str()).collect();
    assert_eq!(broken, HashSet::from(["Carl Gamma/broken.mid", "Carl Gamma/empty.midi", "stray.mid"]));
    let pieces: usize = report.composers.iter().flat_map(|c| c.splits).map(|s| s.pieces).sum();
    assert_eq!(pieces, corpus.pieces.len());
}

#[test]
fn performances_of_a_work_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    write_fixture(folder.path());
    let (corpus, _) = prepare_quietly(folder.path(), &options());
    let work = |title: &str| {
        corpus.pieces.iter().find(|p| p.title == title).map(|p| (p.work.clone(), p.split)).unwrap()
    };
    let sonata = work("Sonata No. 3, Op. 3");
    for performance in 1..4 {
        assert_eq!(work(&format!("SONATA no. 3 op. 3 ({performance})")), sonata);
    }
    assert_eq!(work("Etude Op.9, No.2"), work("Étude in C, Op. 9 No. 2"));
    assert_eq!(work("untitled"), work("Sonata No. 5, Op. 5"), "the notes show it");
    assert_ne!(work("Sonata No. 5, Op. 5").0, sonata.0);
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    write_fixture(folder.path());
    let (first, second) = (folder.path().join("1.corpus"), folder.path().join("2.corpus"));
    prepare_quietly(folder.path(), &options()).0.save(&first).unwrap();
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| {
        prepare_quietly(folder.path(), &options()).0.save(&second).unwrap();
    });
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    let splits = |seed| {
        let (corpus, _) = prepare_quietly(folder.path(), &PrepareOptions { seed, ..options() });
        corpus.pieces.iter().map(|p| p.split).collect::<Vec<_>>()
    };
    assert_ne!(splits(0), splits(1), "another seed holds out other works");
}

/// A small MAESTRO: a list and files laid out like the original, in a zip and as a folder.
#[test]
fn maestros_list_decides_in_folders_and_zips() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("maestro-v3.0.0");
    std::fs::create_dir_all(root.join("2018")).unwrap();
    let mut list =
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n".to_owned();
    for i in 0..8u64 {
        let name = format!("2018/piece_{i}.midi");
        let file = pastiche::music::midi::write(&common::piece(i, 0, 200), None, None);
        std::fs::write(root.join(&name), file).unwrap();
        list += &format!("Frédéric Chopin,\"Nocturne in C, Op. {i}\",train,2018,{name},x.wav,60.0\n");
    }
    list += "Erik Satie,Missing,train,2018,2018/missing.midi,x.wav,60.0\n";
    std::fs::write(root.join("maestro-v3.0.0.csv"), &list).unwrap();
    let zip_path = folder.path().join("maestro-v3.0.0-midi.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zip_path).unwrap());
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for name in
        ["maestro-v3.0.0.csv".to_owned()].into_iter().chain((0..8).map(|i| format!("2018/piece_{i}.midi")))
    {
        zip.start_file(format!("maestro-v3.0.0/{name}"), stored).unwrap();
        zip.write_all(&std::fs::read(root.join(&name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    let options = PrepareOptions { min_hours: 0.0, ..PrepareOptions::default() };
    let (from_folder, report) = prepare_quietly(&root, &options);
    let (from_zip, _) = prepare_quietly(&zip_path, &options);
    assert_eq!(from_folder, from_zip);
    assert_eq!(from_zip.provenance.source, "MAESTRO v3.0.0");
    assert!(from_zip.provenance.licence.contains("CC BY-NC-SA 4.0"));
    assert_eq!((from_zip.pieces.len(), report.broken.len()), (8, 1));
    assert!(report.broken[0].name.ends_with("missing.midi"));
    assert_splits_are_sound(&from_zip);
}

#[test]
fn damaged_corpus_files_are_detected() {
    let folder = tempfile::tempdir().unwrap();
    write_fixture(folder.path());
    let (corpus, _) = prepare_quietly(folder.path(), &options());
    let path = folder.path().join("whole.corpus");
    corpus.save(&path).unwrap();
    assert_eq!(Corpus::load(&path).unwrap(), corpus);
    let whole = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        let path = folder.path().join("changed.corpus");
        std::fs::write(&path, bytes).unwrap();
        let error = Corpus::load(&path).unwrap_err();
        assert!(!error.to_string().contains('\n'));
        assert!(error.to_string().ends_with("changed.corpus"), "{error}");
        error
    };
    assert!(matches!(load(b"something else"), CorpusError::NotACorpus { .. }));
    assert!(matches!(load(b""), CorpusError::NotACorpus { .. }));
    let mut newer = whole.clone();
    newer[8] = 99;
    assert!(matches!(load(&newer), CorpusError::Version { found: 99, .. }));
    for length in [10, 40, 60, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(load(&whole[..length]), CorpusError::Damaged { .. }), "cut to {length}");
    }
    for at in (12..whole.len()).step_by(whole.len() / 200) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        assert!(matches!(load(&changed), CorpusError::Damaged { .. }), "byte {at}");
    }
    let longer = [whole.as_slice(), b"more"].concat();
    assert!(load(&longer).to_string().contains("4 bytes follow"));
    assert!(matches!(Corpus::load(&folder.path().join("none.corpus")), Err(CorpusError::Read { .. })));
    assert!(matches!(corpus.save(&folder.path().join("no/folder.corpus")), Err(CorpusError::Write { .. })));
}

#[test]
fn an_empty_data_set_and_a_stop_give_different_errors() {
    let folder = tempfile::tempdir().unwrap();
    let run = |path: &Path, stop: &StopFlag| prepare(path, &options(), stop, |_| {}).map(|_| ()).unwrap_err();
    assert!(run(folder.path(), &StopFlag::new()).to_string().contains("no music found"));
    let missing = run(&folder.path().join("missing"), &StopFlag::new()).to_string();
    assert!(missing.starts_with("cannot open the data set"), "{missing}");
    std::fs::create_dir(folder.path().join("Someone")).unwrap();
    std::fs::write(folder.path().join("Someone/x.mid"), b"x").unwrap();
    assert!(matches!(run(folder.path(), &StopFlag::new()), PrepareError::NothingRead { count: 1, .. }));
    write_fixture(folder.path());
    let stop = StopFlag::new();
    stop.stop();
    assert!(matches!(run(folder.path(), &stop), PrepareError::Stopped));
}

#[test]
#[ignore = "needs the real MAESTRO; set PASTICHE_MAESTRO to its path"]
fn real_maestro_gives_fourteen_composers_in_one_small_file() {
    let path = common::maestro();
    let begun = std::time::Instant::now();
    let (corpus, report) = prepare_quietly(&path, &PrepareOptions::default());
    let took = begun.elapsed();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("maestro.corpus");
    corpus.save(&file).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    let begun = std::time::Instant::now();
    assert_eq!(Corpus::load(&file).unwrap(), corpus);
    println!("{} pieces in {took:?}, {size} bytes, loaded in {:?}", corpus.pieces.len(), begun.elapsed());
    assert_eq!((corpus.pieces.len(), report.broken.len()), (1276, 0));
    assert!(size <= 32 << 20);
    let mut surnames: Vec<&str> = corpus.composers.iter().map(|(_, c)| c.surname()).collect();
    surnames.sort_unstable();
    let expected = "Bach Beethoven Brahms Chopin Debussy Haydn Liszt Mendelssohn Mozart Rachmaninoff Scarlatti Schubert \
                    Schumann Scriabin";
    assert_eq!(surnames.join(" "), expected);
    assert_splits_are_sound(&corpus);
    for composer in report.composers.iter().filter(|c| c.is_labelled) {
        let hours = composer.splits.map(|s| s.hours);
        let total: f64 = hours.iter().sum();
        // Mendelssohn has one work in 24 performances and three others.
        let least = if composer.name.ends_with("Mendelssohn") { 0.03 } else { 0.06 };
        for held_out in &hours[1..] {
            assert!((least..=0.125).contains(&(held_out / total)), "{}: {hours:?}", composer.name);
        }
    }
    // The same music under different names, known from other sources: all in one split.
    let of = |title: &str| corpus.pieces.iter().find(|p| p.title == title).map(|p| p.work.clone());
    assert!(of("Sonata in A Min.").is_some());
    assert_eq!(of("Sonata in A Min."), of("Sonata in A Minor, D. 845"));
    assert_eq!(of("Dante Sonata"), of("Après une lecture de Dante: Fantasia quasi Sonata, S.161, No. 7"));
    assert_eq!(of("Sonata in B Min."), of("Sonata in B Minor, S. 178"));
    assert_ne!(of("Sonata in A Min."), of("Sonata in B-flat Major, D960"));
}
