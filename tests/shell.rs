//! The command line among other programs: Ctrl-C leaves nothing behind, a reader may close the pipe.
#![cfg(unix)]

mod common;
mod sound_common;

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use pastiche::music::midi;
use sound_common::sf2;

const PATIENCE: Duration = Duration::from_secs(60);

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

/// The status and what it said, once it has ended.
fn end(mut child: Child) -> (ExitStatus, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap(), said)
}

fn interrupt(child: &Child) {
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names.map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder with a long piece and a SoundFont.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sines.sf2"), sf2::sines()).unwrap();
    let piece = common::piece(7, 0, 60_000);
    midi::write_file(&folder.path().join("long.mid"), &piece, None, None).unwrap();
    folder
}

#[test]
fn ctrl_c_leaves_no_part_of_a_recording() {
    for ending in ["wav", "flac"] {
        let folder = place();
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
    // Where the model was still loading, Ctrl-C ended the program by itself.
    assert!(status.code() == Some(130) || status.signal() == Some(2), "{status}: {said}");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn a_reader_that_has_enough_ends_the_program_silently() {
    let folder = place();
    for arguments in [["inspect", "long.mid"].as_slice(), &["inspect", "--json", "long.mid"], &["composers"]]
    {
        let mut child = pastiche(folder.path(), arguments);
        drop(child.stdout.take());
        let (status, said) = end(child);
        // 13 is SIGPIPE: a shell says 141, as for every program that stands before `head`.
        assert_eq!(status.signal(), Some(13), "{arguments:?}: {said}");
        assert_eq!(said, "");
    }
}
