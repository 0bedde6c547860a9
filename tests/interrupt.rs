//! Ctrl-C on the command line: the first ends the work cleanly, the second ends the program at once. A reader may also
//! close the pipe.
#![cfg(unix)]

mod common;
mod sound_common;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use common::network::{COMPOSERS, random_checkpoint, small_config};
use common::run::write_corpus;
use pastiche::model::ModelConfig;
use pastiche::model::checkpoint::Checkpoint;
use pastiche::music::midi;
use pastiche::train::TrainConfig;
use rustix::process::{Pid, Signal, kill_process};
use sound_common::sf2;

const PATIENCE: Duration = Duration::from_secs(60);
/// The exit status of a program ended by Ctrl-C, as a shell reports it.
const INTERRUPTED: Option<i32> = Some(130);

fn pastiche(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pastiche"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until the program handles Ctrl-C itself.
fn wait_until_it_listens(child: &Child) {
    if cfg!(not(target_os = "linux")) {
        return std::thread::sleep(Duration::from_secs(2));
    }
    wait("the program to catch Ctrl-C", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        caught >> (Signal::INT.as_raw() - 1) & 1 == 1
    });
}

/// The exit status and the standard error of the program, once it has ended.
fn end(mut child: Child) -> (ExitStatus, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap(), said)
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names.map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `two.corpus` with two composers of synthetic music, and `config.toml` for a run of 100,000 steps over windows of 32
/// notes.
fn write_run(folder: &Path, model: ModelConfig, batch_size: usize) {
    write_corpus(folder, 1100);
    let config = TrainConfig {
        max_steps: Some(100_000),
        batch_size,
        heard_windows: 2,
        validate_every: 100_000,
        threads: 1,
        model,
        ..TrainConfig::default()
    };
    std::fs::write(folder.join("config.toml"), toml::to_string(&config).unwrap()).unwrap();
}

/// A folder with a long piece and a SoundFont.
fn folder_with_a_long_piece() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sines.sf2"), sf2::sines()).unwrap();
    let piece = common::piece(7, 0, 60_000);
    midi::write_file(&folder.path().join("long.mid"), &piece, None, None).unwrap();
    folder
}

const TRAIN: [&str; 9] =
    ["train", "--data", "two.corpus", "--out", "run", "--config", "config.toml", "--device", "cpu"];

#[test]
fn a_training_run_is_saved_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), small_config(2, 32), 4);
    let mut child = pastiche(folder.path(), &TRAIN);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.starts_with("step ")).expect("a step");
    interrupt(&child);
    assert!(
        lines.all(|line| line.starts_with("step ")
            || line.starts_with("validation")
            || line.starts_with("best"))
    );
    let (status, said) = end(child);
    assert_eq!(status.code(), INTERRUPTED, "{said}");
    assert!(said.contains("go on with: pastiche train --data two.corpus --out run --resume"), "{said}");
    let step =
        || Checkpoint::read(&folder.path().join("run/last.safetensors")).unwrap().header.trained_on.step;
    let stopped_at = step();
    assert!(said.contains(&format!("stopped after step {stopped_at} ")), "{said}");

    let steps = (stopped_at + 3).to_string();
    let mut resume = TRAIN[..5].to_vec();
    resume.extend(["--resume", "--device", "cpu", "--steps", &steps]);
    let (status, said) = end(pastiche(folder.path(), &resume));
    assert!(status.success(), "{said}");
    assert_eq!(step(), stopped_at + 3);
}

/// A step of this run takes minutes, so that only the second Ctrl-C can have ended it.
#[test]
fn a_second_ctrl_c_ends_the_program_at_once() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), ModelConfig { n_composers: 2, ..ModelConfig::default() }, 512);
    let mut child = pastiche(folder.path(), &TRAIN);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.starts_with("training on")).expect("the beginning");
    // The first batch is prepared, and the step begins.
    std::thread::sleep(Duration::from_secs(3));
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(child.try_wait().unwrap(), None, "the first one waits for the step");
    let begun = Instant::now();
    interrupt(&child);
    let (status, said) = end(child);
    assert_eq!(status.code(), INTERRUPTED, "{said}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(said, "");
}

#[test]
fn a_stopped_preparation_writes_no_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let pieces = (0..64).map(|i| (COMPOSERS[i % 2], format!("Piece {i}"), common::piece(i as u64, 0, 2500)));
    let pieces: Vec<_> = pieces.collect();
    let data = folder.path().join("data");
    common::write_dataset(&data, pieces.iter().map(|(c, t, p)| (*c, t.as_str(), p.clone())));
    let child = pastiche(folder.path(), &["prepare", "data", "--out", "data.corpus"]);
    wait_until_it_listens(&child);
    interrupt(&child);
    let (status, said) = end(child);
    assert_eq!((status.code(), said.trim()), (INTERRUPTED, "pastiche: stopped; nothing was written"));
    assert_eq!(files(folder.path()), ["data"]);
}

#[test]
fn a_stopped_evaluation_writes_no_report() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), small_config(2, 32), 4);
    let checkpoint = random_checkpoint(folder.path(), &COMPOSERS, 32, 1, 0.1);
    let before = files(folder.path());
    let mut arguments = vec!["evaluate", "--data", "two.corpus", "--only", "memory", "--out", "report.json"];
    arguments.extend(["--device", "cpu", "--checkpoint", checkpoint.to_str().unwrap()]);
    let mut child = pastiche(folder.path(), &arguments);
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // The name of the first phase means that measuring has begun.
    errors.next().expect("a phase");
    interrupt(&child);
    let said = errors.last().expect("why it ended");
    assert_eq!(child.wait().unwrap().code(), INTERRUPTED, "{said}");
    assert_eq!(said, "pastiche: stopped before the measurement was done; nothing was written");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn ctrl_c_leaves_no_part_of_a_recording() {
    for ending in ["wav", "flac"] {
        let folder = folder_with_a_long_piece();
        let out = format!("long.{ending}");
        let arguments = ["render", "long.mid", "--soundfont", "sines.sf2", "--out", &out];
        let child = pastiche(folder.path(), &arguments);
        wait("the temporary file", || files(folder.path()).iter().any(|name| name.ends_with(".part")));
        std::thread::sleep(Duration::from_millis(300));
        interrupt(&child);
        let (status, said) = end(child);
        assert_eq!(status.code(), Some(130), "{said}");
        assert_eq!(said.trim(), "pastiche: stopped; nothing was written");
        assert_eq!(files(folder.path()), ["long.mid", "sines.sf2"]);
    }
}

#[test]
fn ctrl_c_while_composing_writes_nothing() {
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.safetensors");
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["generate", "--composer", "bach", "--notes", "20000", "--out", "take.mid"];
    let mut arguments = arguments.to_vec();
    arguments.extend(["--checkpoint", checkpoint.to_str().unwrap()]);
    let child = pastiche(folder.path(), &arguments);
    std::thread::sleep(Duration::from_secs(4));
    interrupt(&child);
    let (status, said) = end(child);
    // While the model was still loading, the default signal handler ended the program.
    assert!(status.code() == Some(130) || status.signal() == Some(2), "{status}: {said}");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn a_closed_pipe_ends_the_program_silently() {
    let folder = folder_with_a_long_piece();
    for arguments in [["inspect", "long.mid"].as_slice(), &["inspect", "--json", "long.mid"], &["composers"]]
    {
        let mut child = pastiche(folder.path(), arguments);
        drop(child.stdout.take());
        let (status, said) = end(child);
        // 13 is SIGPIPE: a shell reports 141, as for every program before `head`.
        assert_eq!(status.signal(), Some(13), "{arguments:?}: {said}");
        assert_eq!(said, "");
    }
}
