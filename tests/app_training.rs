//! From the window: resume a run on a small corpus, use what it learnt, and compose with it.
#![cfg(feature = "app")]

mod common;
mod window_common;

use std::path::Path;

use pastiche::data::{Corpus, Piece, Provenance, Split};
use pastiche::device::DeviceChoice;
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;
use pastiche::tokens::encode;
use pastiche::train::{RunDir, TrainConfig, Trainer};
use window_common::studio::Window;
use window_common::{composers, tiny_config};

/// Three composers, a few made-up pieces each, in every split.
fn write_corpus(path: &Path) {
    let composers = composers();
    let piece = |i: u64| {
        let composer = ComposerId((i % 3) as u8);
        Piece {
            title: format!("Piece {i}"),
            work: format!("piece {i}"),
            composer_name: composers.get(composer).expect("a composer").name.clone(),
            composer: Some(composer),
            split: [Split::Train, Split::Train, Split::Validation, Split::Test][(i / 3 % 4) as usize],
            tokens: encode(&common::piece(i, 0, 300)).tokens,
        }
    };
    let pieces = (0..24).map(piece).collect();
    let corpus = Corpus {
        composers: composers.clone(),
        pieces,
        provenance: Provenance::default(),
    };
    corpus.save(path).expect("a corpus is written");
}

#[test]
fn a_run_is_resumed_for_fifty_steps_and_its_model_composes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, run) = (folder.path().join("small.corpus"), folder.path().join("run"));
    write_corpus(&corpus);
    // The window starts runs of the full size; one that was begun small goes on small.
    let config = TrainConfig {
        max_steps: Some(5),
        batch_size: 4,
        validate_every: 5,
        threads: 1,
        model: tiny_config(),
        ..TrainConfig::default()
    };
    let trainer = Trainer::open(&corpus, &run, config, DeviceChoice::Cpu, false).expect("a run");
    trainer.run(&StopFlag::new(), &mut |_| {}).expect("five steps");
    let config = TrainConfig {
        max_steps: Some(60),
        ..RunDir::config(&run).expect("its configuration")
    };
    std::fs::write(run.join("config.toml"), toml::to_string(&config).expect("TOML")).expect("it is written");

    let mut window = Window::open_in(folder, |_, settings| {
        settings.training_data = corpus.display().to_string();
        settings.training_run = run.display().to_string();
    });
    window.click("Training");
    window.wait("the facts", |w| w.shows("Resume at 5"));
    window.click("Resume at 5");
    window.wait("the run", |w| w.app().state.is_training);
    window.wait("its end", |w| !w.app().state.is_training);
    assert!(window.shows("Finished at step 60"));
    window.click("Use this model");
    window.wait("the model", |w| w.app().state.model.ready.is_some());
    assert!(
        window
            .app()
            .state
            .model
            .ready
            .as_ref()
            .is_some_and(|m| m.trained_on.step >= 50)
    );
    window.click("Studio");
    window.generate();
    assert!(!window.takes_on_disk().is_empty());
}
