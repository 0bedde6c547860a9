//! In the window: resume a run on a small corpus, use the trained model, and compose with it.
#![cfg(feature = "app")]

mod common;
mod window_common;

use std::path::{Path, PathBuf};

use common::server::{Server, sha256};
use pastiche::data::{Corpus, Piece, Provenance, Source, Split};
use pastiche::device::DeviceChoice;
use pastiche::model::Checkpoint;
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;
use pastiche::tokens::encode;
use pastiche::train::{RunDir, RunPlan, RunRequest, RunStatus, TrainConfig, train};
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

/// Asks a run to end when its test does: its process outlives the window.
struct Ending(PathBuf);

impl Drop for Ending {
    fn drop(&mut self) {
        // A run that has ended hears no request.
        let _ = RunDir::ask(&self.0, RunRequest::Pause);
    }
}

/// A small run of five steps, and a window that knows it; `max_steps` limits the resumed run.
fn begun(max_steps: u64) -> (Window, PathBuf, Ending) {
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
    let plan = RunPlan {
        corpus: corpus.clone(),
        run_dir: run.clone(),
        config,
        device: DeviceChoice::Cpu,
        resume: false,
    };
    train(plan, &StopFlag::new(), &mut |_| {}).expect("five steps");
    let config =
        TrainConfig { max_steps: Some(max_steps), ..RunDir::config(&run).expect("its configuration") };
    std::fs::write(run.join("config.toml"), toml::to_string(&config).expect("TOML")).expect("it is written");

    let mut window = Window::open_in(folder, |_, settings| {
        settings.training_data = corpus.display().to_string();
        settings.training_run = run.display().to_string();
    });
    window.click("Training");
    window.wait("the facts", |w| w.shows("Resume at 5"));
    let ending = Ending(run.clone());
    (window, run, ending)
}

fn saved_step(run: &Path) -> u64 {
    Checkpoint::read(&run.join("last.safetensors")).expect("the state").header.trained_on.step
}

/// The run is at a step after this one.
fn is_past(window: &Window, step: u64) -> bool {
    let goes_on = window.app().state.training_goes_on.as_deref().unwrap_or_default();
    let at = goes_on.split("at step ").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or_default();
    at.replace(',', "").parse().is_ok_and(|at: u64| at > step)
}

#[test]
fn a_run_goes_on_without_the_window_which_finds_it_again() {
    let (mut window, run, _ending) = begun(1_000_000);
    window.click("Resume at 5");
    window.wait("steps", |w| is_past(w, 5));
    window.ask_to_close();
    assert!(window.shows("Close Pastiche?") && window.shows("It can go on without the window"));
    window.click("Keep training");
    let mut window = window.reopened();
    assert!(RunDir::is_locked(&run), "its process is still there");
    window.click("Training");
    window.wait("the run", |w| w.shows("Training. You can compose") && is_past(w, 5));

    window.click("Pause");
    window.wait("the pause", |w| w.shows("Paused at step"));
    assert!(!RunDir::is_locked(&run));
    let paused = saved_step(&run);
    assert!(paused > 5);
    window.wait("the facts", |w| w.shows("Resume at"));
    window.click(&format!("Resume at {paused}"));
    window.wait("more steps", |w| is_past(w, paused));
    window.ask_to_close();
    window.click("Stop, save and close");
    window.wait("its end", |w| w.shows("Stopped at step"));
    assert!(saved_step(&run) > paused);
}

#[cfg(unix)]
#[test]
fn a_killed_run_does_not_take_the_window_with_it() {
    let (mut window, run, _ending) = begun(1_000_000);
    window.click("Resume at 5");
    window.wait("steps", |w| is_past(w, 5));
    let status = RunStatus::read(&run).expect("its status");
    let process = rustix::process::Pid::from_raw(status.process as i32).expect("a process");
    rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("it is killed");
    window.wait("the news", |w| w.shows("was killed, perhaps for lack of memory"));
    window.wait("the facts", |w| w.shows("Resume at"));
}

#[test]
fn a_run_is_resumed_for_fifty_steps_heard_and_its_model_composes() {
    let (mut window, _run, _ending) = begun(60);
    window.click("Resume at 5");
    window.wait("the run", |w| is_past(w, 0));
    window.wait("its end", |w| w.shows("Finished at step 60"));
    // Each validation was written as a take, and the slider goes over them.
    window.wait("the takes", |w| w.shows("Hear it learn") && w.shows("step 60,"));
    window.set("Step to hear", 0.0);
    window.wait("the first take", |w| {
        let stage = w.app().state.stage.as_ref();
        stage.is_some_and(|s| s.name.contains("at step 5") && s.performance.duration_secs() <= 11.0)
    });
    window.click("Hear step 60");
    window.wait("the last take", |w| {
        w.app().state.stage.as_ref().is_some_and(|s| s.name.contains("at step 60"))
    });
    assert!(window.takes_on_disk().is_empty(), "they are the run's, not the user's");
    window.click("Use this model");
    window.wait("the model", |w| w.app().state.model.ready.is_some());
    assert!(window.app().state.model.ready.as_ref().is_some_and(|m| m.trained_on.step >= 50));
    window.click("Studio");
    window.generate();
    assert!(!window.takes_on_disk().is_empty());
}

#[test]
fn why_a_run_cannot_start_is_shown() {
    let (mut window, run, _ending) = begun(60);
    std::fs::write(run.join("last.safetensors"), "no state").expect("it is written");
    window.click("Resume at 5");
    window.wait("the reason", |w| w.shows("this is not a Pastiche checkpoint"));
}

/// A zip with a piece of each of three composers.
fn dataset_zip() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut zip = zip::ZipWriter::new(&mut bytes);
    for (i, (_, composer)) in composers().iter().enumerate() {
        let name = format!("{}/Piece {i}.mid", composer.name);
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file in the zip");
        let music = pastiche::music::midi::write(&common::piece(i as u64, 0, 200), None, None);
        std::io::Write::write_all(&mut zip, &music).expect("it is written");
    }
    zip.finish().expect("a zip");
    bytes.into_inner()
}

#[test]
fn a_data_set_is_downloaded_and_looked_at() {
    let zip = dataset_zip();
    let server = Server::start(zip.clone());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = Source { url: server.url(), sha256: sha256(&zip), file_name: "music.zip".to_owned() };
    let mut window = Window::open_at(folder, |_, _| {}, |places| places.maestro = source);
    window.click("Training");
    window.click("Download MAESTRO (58 MB)");
    window.wait("the music", |w| w.shows("3 pieces, 3 composers"));
    assert!(window.folder.path().join("data/datasets/music.zip").is_file());
}

#[test]
fn settings_come_from_a_dropped_file_and_what_they_need_is_measured() {
    let (mut window, _run, _ending) = begun(60);
    let path = window.folder.path().join("tiny.toml");
    let config = TrainConfig { batch_size: 4, threads: 1, model: tiny_config(), ..TrainConfig::default() };
    std::fs::write(&path, toml::to_string(&config).expect("TOML")).expect("it is written");
    window.drop_file(&path);
    window.wait("the settings", |w| w.app().state.sheet.is_none());
    window.click("What will it need?");
    window.wait("the figures", |w| w.shows(" million parameters, "));
}

#[test]
fn devices_are_not_probed_on_the_windows_thread() {
    let mut window = Window::open(|_, _| {});
    window.click("Training");
    window.wait("the devices", |w| w.shows("A processor"));
    let probed_on = PROBED_ON.lock().expect("the list");
    assert!(!probed_on.is_empty() && !probed_on.contains(&std::thread::current().id()));
}
