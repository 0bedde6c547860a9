//! What training spends outside the network: drawing windows, augmenting them and stacking them into a batch.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pastiche::data::{Corpus, Piece, Sampler, Split, Window, stack};
use pastiche::model::ModelConfig;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::tokens::NoteToken;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use tch::Device;

/// Windows that are written and heard in a step, as a run has them by default.
const WRITTEN: usize = 16;
const HEARD: usize = 32;

fn corpus() -> Corpus {
    let piece = |number: usize| Piece {
        title: format!("Piece {number}"),
        work: format!("piece {number}"),
        composer_name: String::new(),
        composer: Some(ComposerId((number % 14) as u8)),
        split: Split::Train,
        tokens: (0..4000usize)
            .map(|i| NoteToken {
                pitch: ((i * 7 + number) % 88) as u8,
                velocity: (i % 32) as u8,
                duration: (i % 64) as u8,
                pedal: (i % 3) as u8,
                gap: (i * number % 40) as u8,
            })
            .collect(),
    };
    Corpus {
        composers: ComposerSet::new((0..14).map(|i| format!("Composer {i}"))),
        pieces: (0..140).map(piece).collect(),
        ..Corpus::default()
    }
}

fn batches(c: &mut Criterion) {
    let (corpus, config) = (corpus(), ModelConfig::default());
    let Some(sampler) = Sampler::new(&corpus) else {
        return;
    };
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let mut draw =
        |n: usize| -> Vec<Window> { (0..n).map(|_| sampler.draw(config.context_len, &mut rng)).collect() };
    let mut group = c.benchmark_group("batch");
    group
        .throughput(Throughput::Elements((WRITTEN * config.context_len) as u64))
        .measurement_time(Duration::from_secs(4));
    group.bench_function("drawn", |b| b.iter(|| black_box(draw(WRITTEN + HEARD))));
    group.bench_function("stacked", |b| {
        b.iter_batched(
            || (draw(WRITTEN), draw(HEARD)),
            |(written, heard)| stack(&written, &heard, &config, Device::Cpu, || false),
            BatchSize::SmallInput,
        )
    });
    group.finish();
}

criterion_group!(benches, batches);
criterion_main!(benches);
