//! What composing costs with the checkpoint that ships: the wait for the first notes, and how many times faster than
//! real time the rest comes. `cargo bench --bench generate`.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Generator};
use pastiche::paths;
use pastiche::progress::StopFlag;
use pastiche::sampling::SamplingSettings;

fn request(generator: &Generator, seed: u64, guidance: f32, notes: usize) -> GenerateRequest {
    let chopin = generator.info().composers.find("chopin").ok();
    GenerateRequest {
        notes,
        sampling: SamplingSettings { guidance, ..SamplingSettings::default() },
        ..GenerateRequest::new(chopin, seed)
    }
}

fn generate(c: &mut Criterion) {
    let Some(path) = paths::default_checkpoint() else {
        eprintln!("no checkpoint in checkpoints/: nothing to measure");
        return;
    };
    let begun = Instant::now();
    let generator = Generator::load(&path, DeviceChoice::Cpu).expect("the checkpoint that ships loads");
    println!("load: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);

    let begun = Instant::now();
    let take =
        generator.generate(&request(&generator, 7, 1.5, 500), &StopFlag::new(), &mut |_| {}).expect("a take");
    let (took, lasts) = (begun.elapsed().as_secs_f64(), take.performance.duration_secs());
    println!(
        "500 notes at guidance 1.5: {took:.2} s for {lasts:.1} s of music, {:.0} times real time",
        lasts / took
    );

    let timed = |best_of: usize| {
        let asked = GenerateRequest { best_of, ..request(&generator, 9, 2.5, 500) };
        let begun = Instant::now();
        let take = generator.generate(&asked, &StopFlag::new(), &mut |_| {}).expect("a take");
        begun.elapsed().as_secs_f64() / take.tokens.len() as f64
    };
    let alone = timed(1);
    for best_of in [2, 4, 8] {
        println!(
            "best of {best_of}: {:.2} times the time of a take without a choice",
            timed(best_of) / alone
        );
    }

    let mut group = c.benchmark_group("generate");
    group.sample_size(10);
    group.bench_function("first notes", |b| {
        let mut seed = 0;
        b.iter(|| {
            seed += 1;
            let stop = StopFlag::new();
            let first = stop.clone();
            let asked = request(&generator, seed, 2.5, 500);
            black_box(generator.generate(&asked, &stop, &mut |_| first.stop()).expect("a take"))
        });
    });
    group.throughput(Throughput::Elements(128));
    for guidance in [1.0, 1.5] {
        group.bench_function(format!("128 notes at guidance {guidance}"), |b| {
            let mut seed = 0;
            b.iter(|| {
                seed += 1;
                let stop = StopFlag::new();
                let enough = stop.clone();
                let asked = request(&generator, seed, guidance, 5000);
                let mut on_notes = |s: pastiche::generate::StreamedNotes| {
                    if s.done_notes >= 128 {
                        enough.stop();
                    }
                };
                black_box(generator.generate(&asked, &stop, &mut on_notes).expect("a take"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, generate);
criterion_main!(benches);
