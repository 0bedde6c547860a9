//! A composer with little music gets a label, and the network stays the same.

mod common;

use std::path::{Path, PathBuf};

use pastiche::data::{Corpus, Piece, Split};
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Generator};
use pastiche::model::checkpoint::Checkpoint;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::progress::StopFlag;
use pastiche::sampling::SamplingSettings;
use pastiche::tokens::NoteToken;
use pastiche::train::{RareConfig, TrainConfig, TrainError, Trainer, add_rare};

const NAMES: [&str; 3] = ["Frédéric Chopin", "George Frideric Handel", "Johann Bach"];

/// Each composer has its own region of the keyboard, so that a label matters.
fn piece(composer: usize, number: u8) -> Piece {
    Piece {
        title: format!("Piece {number}"),
        work: format!("{composer} {number}"),
        composer_name: NAMES[composer].to_owned(),
        composer: Some(ComposerId(composer as u8)),
        split: [Split::Train, Split::Train, Split::Validation, Split::Test][usize::from(number % 4)],
        tokens: (0..70u8)
            .map(|i| NoteToken {
                pitch: composer as u8 * 30 + (i * (1 + number % 3)) % 12,
                velocity: (number + i) % 32,
                duration: i % 60,
                pedal: i % 3,
                gap: 1 + (number + i) % 30,
            })
            .collect(),
    }
}

fn corpus(folder: &Path, composers: &[usize]) -> PathBuf {
    let pieces = composers.iter().enumerate().flat_map(|(at, &composer)| {
        (0..8).map(move |number| Piece { composer: Some(ComposerId(at as u8)), ..piece(composer, number) })
    });
    let corpus = Corpus {
        composers: ComposerSet::new(composers.iter().map(|&c| NAMES[c].to_owned())),
        pieces: pieces.collect(),
        ..Corpus::default()
    };
    let path = folder.join(format!("{}.corpus", composers.len()));
    corpus.save(&path).unwrap();
    path
}

fn add(model: &Path, corpus: &Path, out: &Path) -> Result<pastiche::train::RareSummary, TrainError> {
    let config = RareConfig { steps: 60, threads: 1, ..RareConfig::default() };
    let stop = StopFlag::new();
    add_rare(model, corpus, out, &config, DeviceChoice::Cpu, &stop, &mut |_| {})
}

#[test]
fn a_label_is_learned_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (narrow, wide) = (corpus(folder.path(), &[0, 2]), corpus(folder.path(), &[0, 1, 2]));
    let config = TrainConfig {
        max_steps: Some(60),
        batch_size: 4,
        heard_windows: 2,
        validate_every: 60,
        threads: 1,
        model: common::network::small_config(2, 32),
        ..TrainConfig::default()
    };
    let run = folder.path().join("run");
    let trainer = Trainer::open(&narrow, &run, config, DeviceChoice::Cpu, false).unwrap();
    let base = trainer.run(&StopFlag::new(), &mut |_| {}).unwrap().checkpoint;

    let out = folder.path().join("wider.safetensors");
    assert!(matches!(add(&base, &narrow, &out), Err(TrainError::NobodyNew)));
    assert!(!out.exists());

    let summary = add(&base, &wide, &out).unwrap();
    assert_eq!(summary.composers.len(), 1);
    let handel = &summary.composers[0];
    assert_eq!(handel.name, NAMES[1]);
    assert!(handel.own < handel.nobody - 0.05, "{} {}", handel.own, handel.nobody);

    let (before, after) = (Checkpoint::read(&base).unwrap(), Checkpoint::read(&out).unwrap());
    for (name, tensor) in &before.tensors {
        assert!(tensor.equal(&after.tensors[name]), "{name} changed");
    }
    let generator = Generator::load(&out, DeviceChoice::Cpu).unwrap();
    let info = generator.info();
    assert_eq!((info.labelled.len(), info.composers.len()), (2, 3));
    let id = info.composers.find("handel").unwrap();
    assert!(info.is_rare(id) && !info.is_rare(ComposerId(1)));

    // Asking for a choice is not an error, although there is no selector, and the label makes a difference. Memory is
    // off because it does not depend on the label.
    let in_handels_region = |composer: ComposerId, best_of: usize| {
        let sampling = SamplingSettings { memory: 0.0, ..SamplingSettings::default() };
        let request = |seed| GenerateRequest {
            notes: 200,
            best_of,
            sampling,
            ..GenerateRequest::new(Some(composer), seed)
        };
        let requests: Vec<GenerateRequest> = (0..12).map(request).collect();
        let takes = generator.generate_batch(&requests, &StopFlag::new(), &mut |_| {}).unwrap();
        let notes = || takes.iter().flat_map(|take| &take.tokens);
        notes().filter(|n| (30..42).contains(&n.pitch)).count() as f64 / notes().count() as f64
    };
    let bach = info.composers.find("bach").unwrap();
    let (own, other) = (in_handels_region(id, 4), in_handels_region(bach, 1));
    assert!(own > other, "{own} {other}");
}
