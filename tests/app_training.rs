//! In the window: resume a run on a small corpus, use the trained model, and compose with it.
#![cfg(feature = "app")]

mod common;
mod window_common;

use std::path::Path;

use pastiche::data::{Corpus, Piece, Provenance, Split};
use pastiche::device::DeviceChoice;
use pastiche::model::Checkpoint;
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;
use pastiche::tokens::encode;
use pastiche::train::{RunDir, TrainConfig, Trainer};
use window_common::studio::{PROBED_ON, Window};
use window_common::{composers, tiny_config};

/// Three composers with a few synthetic pieces each, in every split.
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
    let corpus = Corpus { composers: composers.clone(), pieces, provenance: Provenance::default() };
    corpus.save(path).expect("a corpus is written");
}

/// A small run of five steps, and a window that knows it; `max_steps` limits the resumed run.
fn begun(max_steps: u64) -> (Window, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, run) = (folder.path().join("small.corpus"), folder.path().join("run"));
    write_corpus(&corpus);
    // The window starts full-size runs; a run that was started small stays small.
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
    let config =
        TrainConfig { max_steps: Some(max_steps), ..RunDir::config(&run).expect("its configuration") };
    std::fs::write(run.join("config.toml"), toml::to_string(&config).expect("TOML")).expect("it is written");

    let mut window = Window::open_in(folder, |_, settings| {
        settings.training_data = corpus.display().to_string();
        settings.training_run = run.display().to_string();
    });
    window.click("Training");
    window.wait("the facts", |w| w.shows("Resume at 5"));
    (window, run)
}

#[test]
fn closing_ends_a_run_after_its_step_and_keeps_it() {
    let (mut window, run) = begun(1_000_000);
    window.click("Resume at 5");
    let last = run.join("last.safetensors");
    let before = Checkpoint::read(&last).expect("the state").header.trained_on.step;
    assert_eq!(before, 5);
    window.wait("steps", |w| {
        let lost = w.app().state.would_lose();
        lost.is_some_and(|text| text.contains("is at step") && !text.contains("is at step 5."))
    });
    let Window { harness, folder } = window;
    let begun = std::time::Instant::now();
    drop(harness);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    let after = Checkpoint::read(&last).expect("the state").header.trained_on.step;
    assert!(after > before, "{after}");
    drop(folder);
}

#[test]
fn a_run_is_resumed_for_fifty_steps_and_its_model_composes() {
    let (mut window, _run) = begun(60);
    window.click("Resume at 5");
    window.wait("the run", |w| w.app().state.training_loss.is_some());
    window.wait("its end", |w| w.app().state.training_loss.is_none());
    assert!(window.shows("Finished at step 60"));
    window.click("Use this model");
    window.wait("the model", |w| w.app().state.model.ready.is_some());
    assert!(window.app().state.model.ready.as_ref().is_some_and(|m| m.trained_on.step >= 50));
    window.click("Studio");
    window.generate();
    assert!(!window.takes_on_disk().is_empty());
}

#[test]
fn devices_are_not_probed_on_the_windows_thread() {
    let mut window = Window::open(|_, _| {});
    window.click("Training");
    window.wait("the devices", |w| w.shows("A processor"));
    let probed_on = PROBED_ON.lock().expect("the list");
    assert!(!probed_on.is_empty() && !probed_on.contains(&std::thread::current().id()));
}
