//! A run in its folder: paused, killed, resumed, watched, and what it writes.
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::network::small_config;
use common::run::write_corpus;
use pastiche::device::DeviceChoice;
use pastiche::model::Checkpoint;
use pastiche::music::midi;
use pastiche::progress::StopFlag;
use pastiche::train::{
    Life, RunDir, RunPhase, RunPlan, RunRequest, RunStatus, RunWatch, TrainConfig, TrainError, TrainEvent,
    train,
};
use rustix::process::{Pid, Signal, kill_process};

fn config(max_steps: u64) -> TrainConfig {
    TrainConfig {
        max_steps: Some(max_steps),
        batch_size: 4,
        heard_windows: 2,
        validate_every: 10,
        keep_checkpoints: 2,
        threads: 1,
        model: small_config(2, 32),
        ..TrainConfig::default()
    }
}

fn plan(corpus: &Path, run_dir: &Path, config: TrainConfig, resume: bool) -> RunPlan {
    RunPlan {
        corpus: corpus.to_owned(),
        run_dir: run_dir.to_owned(),
        config,
        device: DeviceChoice::Cpu,
        resume,
    }
}

/// The program, training in `folder/run` on `folder/two.corpus`.
fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pastiche"))
        .args(["train", "--data", "two.corpus", "--out", "run", "--device", "cpu", "--json"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads the lines of JSON until one has this key; the lines so far.
fn until(lines: &mut impl Iterator<Item = String>, key: &str) -> Vec<serde_json::Value> {
    let mut read = Vec::new();
    for line in lines {
        let event: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let is_it = event.get(key).is_some();
        read.push(event);
        if is_it {
            return read;
        }
    }
    panic!("no {key} among {read:?}");
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap)
}

#[test]
fn a_paused_run_goes_on_exactly_as_if_it_had_not_been_paused() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let at = |name: &str| folder.path().join(name);
    // Other tests of this process draw random weights too, so both runs start from the same file.
    let begun = train(plan(&corpus, &at("begun"), config(10), false), &StopFlag::new(), &mut |_| {}).unwrap();
    let config = |steps| TrainConfig { from: Some(begun.checkpoint.clone()), ..config(steps) };
    let whole = train(plan(&corpus, &at("whole"), config(20), false), &StopFlag::new(), &mut |_| {}).unwrap();
    assert!(!whole.stopped);

    // The schedule depends on the length, so the paused run is planned as long.
    let stop = StopFlag::new();
    let mut pause = |event: &TrainEvent| {
        if matches!(event, TrainEvent::Stepped(m) if m.step == 10) {
            RunDir::ask(&at("paused"), RunRequest::Pause).unwrap();
            // The request is seen a moment later; this step waits for it, so that the run ends here.
            while !stop.is_abandoned() {
                std::thread::yield_now();
            }
        }
    };
    let paused = train(plan(&corpus, &at("paused"), config(20), false), &stop, &mut pause).unwrap();
    assert_eq!((paused.step, paused.stopped), (10, true));
    let status = RunStatus::read(&at("paused")).unwrap();
    assert_eq!((status.phase, status.saved_step), (RunPhase::Paused, Some(10)));
    assert!(!at("paused/best.safetensors").exists(), "pausing takes no time for a validation");
    let resumed =
        train(plan(&corpus, &at("paused"), config(20), true), &StopFlag::new(), &mut |_| {}).unwrap();
    assert_eq!(resumed.step, 20);

    let state = |run: &str| Checkpoint::read(&at(run).join("last.safetensors")).unwrap();
    let (whole, resumed) = (state("whole"), state("paused"));
    let is_equal = |name: &String| whole.tensors[name].equal(&resumed.tensors[name]);
    let different: Vec<&String> =
        whole.tensors.keys().filter(|name| *name != "elapsed_secs" && !is_equal(name)).collect();
    assert!(different.is_empty() && whole.tensors.len() > 50, "{different:?}");
}

#[test]
fn every_validation_is_heard_and_the_latest_models_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    let mut events = Vec::new();
    let listen_to = vec!["chopin".to_owned()];
    let config = TrainConfig { listen_to, ..config(30) };
    train(plan(&corpus, &run, config, false), &StopFlag::new(), &mut |e| events.push(e.clone())).unwrap();

    let look = RunWatch::new(&run).look();
    let takes: Vec<(u64, &str)> = look.takes.iter().map(|t| (t.step, t.composer.as_str())).collect();
    assert_eq!(takes, [(10, "Chopin"), (20, "Chopin"), (30, "Chopin")]);
    for take in &look.takes {
        let music = midi::read_file(&take.path).unwrap().performance;
        assert!(!music.is_empty() && music.duration_secs() <= 11.0, "{}", music.duration_secs());
    }
    let kept: Vec<u64> = look.kept_models.iter().map(|k| k.0).collect();
    assert_eq!(kept, [20, 30], "two were asked for");
    assert_eq!(Checkpoint::read(&look.kept_models[0].1).unwrap().header.trained_on.step, 20);
    assert!(look.has_best && look.has_state && look.life == Life::Ended);
    assert_eq!(look.status.unwrap().phase, RunPhase::Finished);
    // The log has what the run reported, to the digits it is written with.
    let reported: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            TrainEvent::Stepped(m) => Some(m),
            _ => None,
        })
        .collect();
    assert_eq!(look.steps.len(), 3);
    for (read, reported) in look.steps.iter().zip(reported) {
        assert_eq!(read.step, reported.step);
        assert!((read.nll - reported.nll).abs() < 1e-4 && reported.memory_mb > 1.0);
    }
    assert_eq!(look.validations.len(), 3);
}

#[test]
fn a_killed_run_is_found_dead_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    std::fs::write(folder.path().join("config.toml"), toml::to_string(&config(100_000)).unwrap()).unwrap();
    let mut child = start(folder.path(), &["--config", "config.toml"]);
    let mut said = lines(&mut child);
    let saved = until(&mut said, "state_saved").pop().unwrap()["state_saved"]["step"].as_u64().unwrap();
    let mut watch = RunWatch::new(&run);
    assert_eq!(watch.look().life, Life::Here);
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();

    let look = watch.look();
    assert_eq!((look.life, look.status.unwrap().phase), (Life::Ended, RunPhase::Training), "it left no word");
    let steps = (saved + 15).to_string();
    let mut child = start(folder.path(), &["--resume", "--steps", &steps]);
    let events = until(&mut lines(&mut child), "ended");
    assert!(events[0]["started"]["from_step"].as_u64().unwrap() >= saved);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(RunStatus::read(&run).unwrap().phase, RunPhase::Finished);
}

#[test]
fn a_run_stops_for_a_request_in_its_folder_and_for_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    std::fs::write(folder.path().join("config.toml"), toml::to_string(&config(100_000)).unwrap()).unwrap();
    let mut child = start(folder.path(), &["--config", "config.toml", "--background"]);
    let mut said = lines(&mut child);
    until(&mut said, "stepped");
    RunDir::ask(&run, RunRequest::Stop).unwrap();
    until(&mut said, "ended");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(RunStatus::read(&run).unwrap().phase, RunPhase::Stopped);
    assert!(run.join("best.safetensors").exists());

    let mut child = start(folder.path(), &["--resume"]);
    let mut said = lines(&mut child);
    until(&mut said, "stepped");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    until(&mut said, "ended");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_run_that_goes_wrong_keeps_its_last_good_state_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    train(plan(&corpus, &run, config(10), false), &StopFlag::new(), &mut |_| {}).unwrap();
    // Rates at which weights leave the range of numbers in a few steps.
    let wild = TrainConfig { muon_rate: 1e30, adam_rate: 1e30, ..config(1000) };
    let error = train(plan(&corpus, &run, wild, true), &StopFlag::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, TrainError::NotFinite { kept: 10, .. }), "{error}");
    let state = Checkpoint::read(&run.join("last.safetensors")).expect("all values are numbers");
    assert_eq!(state.header.trained_on.step, 10);
    let status = RunStatus::read(&run).unwrap();
    assert_eq!(status.phase, RunPhase::Failed);
    assert!(status.message.unwrap().contains("stopped being a number"));
}

/// What cannot be written now may be written later: a folder stands where the state should be, as on a full disk.
#[test]
fn a_run_survives_that_its_state_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    let blocked = run.join("last.safetensors");
    std::fs::create_dir_all(run.join("takes")).unwrap();
    let mut warnings = Vec::new();
    let mut on_event = |event: &TrainEvent| match event {
        TrainEvent::Started { .. } => std::fs::create_dir(&blocked).unwrap(),
        TrainEvent::Warned { step, message } => {
            warnings.push((*step, message.clone()));
            std::fs::remove_dir(&blocked).unwrap();
        }
        _ => {}
    };
    train(plan(&corpus, &run, config(20), false), &StopFlag::new(), &mut on_event).unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].0, 10);
    assert!(warnings[0].1.contains("cannot be written"), "{warnings:?}");
    assert_eq!(Checkpoint::read(&blocked).unwrap().header.trained_on.step, 20);
}

#[test]
fn a_run_whose_folder_is_deleted_ends() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    let mut on_event = |event: &TrainEvent| {
        if matches!(event, TrainEvent::StateSaved { .. }) {
            std::fs::remove_dir_all(&run).unwrap();
        }
    };
    let result = train(plan(&corpus, &run, config(1_000_000), false), &StopFlag::new(), &mut on_event);
    assert!(matches!(result, Err(TrainError::Write { .. })), "{result:?}");
}

#[test]
fn a_second_run_in_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let run = folder.path().join("run");
    let mut second = None;
    let mut on_event = |event: &TrainEvent| {
        if matches!(event, TrainEvent::StateSaved { .. }) && second.is_none() {
            let plan = plan(&corpus, &run, config(20), true);
            second = Some(train(plan, &StopFlag::new(), &mut |_| {}).unwrap_err().to_string());
        }
    };
    train(plan(&corpus, &run, config(10), false), &StopFlag::new(), &mut on_event).unwrap();
    assert!(second.unwrap().contains("another process is training in it"));
    let unknown = TrainConfig { listen_to: vec!["Nobody".to_owned()], ..config(10) };
    let other = folder.path().join("other");
    let error = train(plan(&corpus, &other, unknown, false), &StopFlag::new(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("listen_to") && !other.exists(), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "mounts a disk of 64 KB, which takes root"]
fn a_run_survives_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_corpus(folder.path(), 300);
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = |args: &[&str]| {
        let done = Command::new(args[0]).args(&args[1..]).arg(&disk).status();
        assert!(done.is_ok_and(|status| status.success()), "this user cannot mount a disk");
    };
    mount(&["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
    let run = disk.join("run");
    let mut warnings = Vec::new();
    let mut on_event = |event: &TrainEvent| {
        if let TrainEvent::Warned { step, message } = event {
            warnings.push((*step, message.clone()));
            mount(&["mount", "-o", "remount,size=16m", "tmpfs"]);
        }
    };
    let summary = train(plan(&corpus, &run, config(20), false), &StopFlag::new(), &mut on_event);
    let (look, state) = (RunWatch::new(&run).look(), Checkpoint::read(&run.join("last.safetensors")));
    mount(&["umount"]);
    assert_eq!(summary.unwrap().step, 20);
    assert!(warnings[0].0 == 10 && warnings[0].1.contains("cannot be written"), "{warnings:?}");
    assert_eq!(state.unwrap().header.trained_on.step, 20);
    assert_eq!(look.steps.iter().map(|m| m.step).collect::<Vec<_>>(), [10, 20]);
}
