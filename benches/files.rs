//! How long a user waits for files: a MIDI file of 100,000 notes (at most 300 ms), and the list of 1,000 stored takes
//! (at most 200 ms). `cargo bench --bench files`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pastiche::music::midi;

/// Prints the best and the worst of ten runs beside the limit.
fn report(what: &str, most: Duration, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..10)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{what}: {:.0} ms at best, {:.0} ms at worst, of {:.0} ms allowed",
        ms(times[0]),
        ms(times[9]),
        ms(most)
    );
}

fn long_file(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("long.mid");
    midi::write_file(&path, &common::piece(1, 0, 100_000), None, None).expect("a file is written");
    let read = || {
        let found = midi::read_file(&path).expect("our own files are sound");
        assert!(found.performance.notes().len() > 99_000);
    };
    report("a file of 100,000 notes", Duration::from_millis(300), read);
    let mut group = c.benchmark_group("files");
    group.sample_size(10);
    group.bench_function("open 100,000 notes", |b| b.iter(read));
    group.finish();
}

#[cfg(feature = "app")]
fn stored_takes(c: &mut Criterion) {
    use pastiche::takes::{TakeRecord, TakeStore};

    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = TakeStore::new(folder.path());
    let take = common::piece(2, 0, 500);
    let record = TakeRecord {
        z: vec![vec![0.123_456; 32]; 2],
        confidence: vec![("Frédéric Chopin".to_owned(), 0.7); 14],
        ..TakeRecord::opened("Chopin 7".to_owned(), &take, 1)
    };
    let entry = store.save(record, &take).expect("a take is stored");
    let id = entry.id.as_str();
    for i in 1..1000 {
        for ending in ["json", "mid"] {
            let from = folder.path().join(format!("{id}.{ending}"));
            std::fs::copy(from, folder.path().join(format!("take-{i}.{ending}"))).expect("a copy");
        }
    }
    let list = || assert_eq!(store.list().expect("a list").len(), 1000);
    report("1,000 stored takes", Duration::from_millis(200), list);
    let mut group = c.benchmark_group("files");
    group.sample_size(10);
    group.bench_function("list 1,000 takes", |b| b.iter(list));
    group.finish();
}

#[cfg(not(feature = "app"))]
fn stored_takes(_: &mut Criterion) {
    println!("the list of takes needs the feature app");
}

criterion_group!(benches, long_file, stored_takes);
criterion_main!(benches);
