//! Real-life files on the command line: what is read and reported, cut, written, and refused in time.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pastiche::music::midi::{MidiRead, read, read_file};

/// 480 ticks per quarter at 120 quarters a minute; `body` is the only track.
fn file(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk".to_vec();
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// Keys from 72 upwards, half a second each, over a held bass note, with the pedal down.
fn held() -> Vec<u8> {
    let mut body = b"\0\xff\x51\x03\x07\xa1\x20\0\xb0\x43\x7f\0\xb0\x40\x7f\0\x90\x30\x5a".to_vec();
    for key in 72..82 {
        body.extend([0, 0x90, key, 80, 0x83, 0x60, 0x80, key, 64]);
    }
    body.extend(b"\0\x80\x30\0\0\xb0\x40\0\0\xff\x2f\0");
    file(&body)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pastiche"));
    command.args(arguments).current_dir(folder).env("HOME", folder);
    command.output().unwrap()
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {err}");
    (out, err)
}

#[track_caller]
fn fails(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?}");
    assert!(!err.contains('\x1b') && !err.contains("Config {"), "{err}");
    err
}

fn spans(read: &MidiRead) -> Vec<(u8, i64, i64)> {
    let ms = |secs: f64| (secs * 1000.0).round() as i64;
    let notes = read.performance.notes().iter();
    notes.map(|n| (n.pitch.number(), ms(n.onset_secs), ms(n.release_secs()))).collect()
}

#[test]
fn an_excerpt_is_cut_the_same_in_midi_files_and_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("in.mid"), held()).unwrap();
    succeeds(folder.path(), &["render", "in.mid", "--from", "1", "--to", "2.25", "--out", "part.midi"]);
    let part = read_file(&at("part.midi")).unwrap();
    assert_eq!(spans(&part), [(48, 0, 1250), (74, 0, 500), (75, 500, 1000), (76, 1000, 1250)]);
    let pedal = part.performance.pedal();
    assert_eq!((pedal[0].time_secs, pedal[0].value), (0.0, 127));
    assert_eq!((pedal[1].time_secs, pedal[1].value), (1.25, 0));
    assert_eq!(part.performance.markings().soft.len(), 2);
    // At twice the tempo it is half as long, and so are its beats.
    succeeds(
        folder.path(),
        &["render", "in.mid", "--from", "1", "--to", "2", "--tempo", "200", "--out", "fast.mid"],
    );
    let fast = read_file(&at("fast.mid")).unwrap();
    assert_eq!(spans(&fast), [(48, 0, 500), (74, 0, 250), (75, 250, 500)]);
    assert_eq!(fast.performance.markings().tempos[0].quarter_micros, 250_000);
    // A picture of a part is narrower than one of the whole.
    succeeds(folder.path(), &["render", "in.mid", "--out", "whole.png"]);
    succeeds(folder.path(), &["render", "in.mid", "--tempo", "25", "--out", "slow.png"]);
    let width = |name: &str| u32::from_be_bytes(fs::read(at(name)).unwrap()[16..20].try_into().unwrap());
    assert!(width("slow.png") > 2 * width("whole.png"));
    // An empty excerpt writes nothing.
    for out in ["none.mid", "none.png"] {
        let err = fails(folder.path(), &["render", "in.mid", "--from", "99", "--out", out]);
        assert!(err.contains("no notes"), "{err}");
        assert!(!at(out).exists());
    }
    assert!(
        fails(folder.path(), &["render", "in.mid", "--from", "2", "--to", "1", "--out", "x.mid"])
            .contains("before")
    );
}

#[test]
fn repairs_are_reported_and_titles_cannot_control_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let title = b"\0\xff\x03\x12\x1b[31mred\x1b]0;owned\x07";
    // A tempo of a second, a note of 119.97 s, a velocity of 200.
    let body =
        [title.as_slice(), b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\xc8\x83\xc1\x72\x80\x3c\0\0\xff\x2f\0"]
            .concat();
    fs::write(at("a\x1b[1mb.mid"), file(&body)).unwrap();
    let (out, _) = succeeds(folder.path(), &["inspect", "a\x1b[1mb.mid"]);
    assert!(!out.contains('\x1b') && !out.contains('\x07'), "{out:?}");
    assert!(out.contains("1 data byte over 127, taken as 127"), "{out}");
    let (_, err) = succeeds(folder.path(), &["render", "a\x1b[1mb.mid", "--out", "b.mid"]);
    assert_eq!(err.matches("data byte").count(), 1, "{err}");
    assert!(!err.contains('\x1b'));
    // After the repair there is nothing to report.
    let (_, err) = succeeds(folder.path(), &["render", "b.mid", "--out", "c.mid"]);
    assert_eq!(err, "");
    let exact = b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\x50\x83\xc1\x72\x80\x3c\0\0\xff\x2f\0";
    fs::write(at("long.mid"), file(exact)).unwrap();
    let secs = read_file(&at("long.mid")).unwrap().performance.duration_secs();
    let (out, _) = succeeds(folder.path(), &["inspect", "long.mid"]);
    assert!((119.95..120.0).contains(&secs) && out.contains("2:00.0"), "{secs}: {out}");
    for (name, bytes, kind) in [
        ("page.mid", b"<!DOCTYPE html><html></html>".as_slice(), "a web page"),
        ("song.kar", b"PK\x03\x04", "a zip archive"),
        ("song.txt", b"la la la", "a text file"),
    ] {
        fs::write(at(name), bytes).unwrap();
        assert!(fails(folder.path(), &["inspect", name]).contains(kind));
        assert!(fails(folder.path(), &["render", name, "--out", "x.mid"]).contains(kind));
    }
}

#[test]
fn a_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pastiche"))
        .args(["inspect", "--json", "/dev/stdin"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&held()).unwrap();
    let output = child.wait_with_output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["summary"]["notes"], 11);
    assert_eq!(found["remarks"], serde_json::json!([]));
}

#[test]
fn links_modes_pipes_and_devices_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("in.mid"), held()).unwrap();
    fs::write(at("real.mid"), b"old").unwrap();
    fs::set_permissions(at("real.mid"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("real.mid", at("link.mid")).unwrap();
    succeeds(folder.path(), &["render", "in.mid", "--out", "link.mid"]);
    assert!(fs::symlink_metadata(at("link.mid")).unwrap().is_symlink());
    assert_eq!(fs::metadata(at("real.mid")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(read_file(&at("real.mid")).unwrap().performance.notes().len(), 11);
    let made = Command::new("mkfifo").arg(at("pipe.mid")).status().unwrap();
    assert!(made.success());
    let reader = std::thread::spawn({
        let pipe = at("pipe.mid");
        move || fs::read(pipe).unwrap()
    });
    succeeds(folder.path(), &["render", "in.mid", "--out", "pipe.mid"]);
    assert_eq!(read(&reader.join().unwrap()).unwrap().performance.notes().len(), 11);
    // Standard output gets the file and nothing else.
    let output = run(folder.path(), &["render", "in.mid", "--out", "/dev/stdout"]);
    assert_eq!(read(&output.stdout).unwrap().performance.notes().len(), 11);
    assert!(read(&output.stdout).unwrap().report.is_clean());
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|item| item.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{names:?}");
}

#[test]
fn invalid_requests_are_refused_before_composing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.mid"), held()).unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    let begun = std::time::Instant::now();
    for (arguments, said) in [
        (["generate", "--composer", "bach", "--out", "x.docx"].as_slice(), "must end in"),
        (&["generate", "--composer", "bach", "--out", "no/such/folder/x.mid"], "cannot write"),
        (&["generate", "--composer", "bach", "--count", "2", "--out", "file"], "cannot be used"),
        (&["generate", "--composer", "bach", "--out", "x.mid", "--temperature", "nan"], "from 0.1 to 2"),
        (&["generate", "--composer", "bach", "--out", "x.mid", "--top-p", "0"], "from 0.05 to 1"),
        (&["generate", "--composer", "bach", "--out", "x.mid", "--guidance", "inf"], "from 0 to 8"),
        (&["generate", "--composer", "bach", "--out", "x.mid", "--notes", "0"], "from 1 to 40000"),
        (&["generate", "--composer", "bach", "--out", "x.mid", "--seconds", "nan"], "from 1 to 4000"),
        (&["vary", "in.mid", "--amount", "nan", "--out", "x.mid"], "from 0 to 1"),
        (&["vary", "in.mid", "--amount", "0.5", "--out", "x.docx"], "must end in"),
        (&["continue", "in.mid", "--notes", "0", "--out", "x.mid"], "from 1 to 40000"),
        (&["render", "in.mid", "--from", "nan", "--out", "x.wav"], "from 0 to 86400"),
    ] {
        let err = fails(folder.path(), arguments);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
    assert!(begun.elapsed().as_secs() < 30, "no model is loaded for that");
    assert!(!folder.path().join("x.mid").exists());
}

#[test]
fn a_variation_of_amount_0_keeps_the_rests() {
    let folder = tempfile::tempdir().unwrap();
    // Two seconds of silence, eight notes, a rest of twenty seconds, two notes.
    let mut body = vec![0x8f, 0];
    for key in 60..68 {
        body.extend([0x90, key, 80, 0x81, 0x70, 0x80, key, 64, 0]);
    }
    body.pop();
    body.extend(b"\x81\x96\0\x90\x48\x50\x83\x60\x80\x48\x40\0\x90\x4a\x50\x83\x60\x80\x4a\x40\0\xff\x2f\0");
    fs::write(folder.path().join("rest.mid"), file(&body)).unwrap();
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.safetensors");
    let checkpoint = checkpoint.to_str().unwrap();
    let arguments = ["vary", "rest.mid", "--amount", "0", "--out", "same.mid", "--checkpoint", checkpoint];
    succeeds(folder.path(), &arguments);
    let (given, made) = (
        read_file(&folder.path().join("rest.mid")).unwrap().performance,
        read_file(&folder.path().join("same.mid")).unwrap().performance,
    );
    assert_eq!(made.notes().len(), given.notes().len());
    for (a, b) in given.notes().iter().zip(made.notes()) {
        assert_eq!(a.pitch, b.pitch);
        assert!((a.onset_secs - b.onset_secs).abs() < 0.1, "{a:?} {b:?}");
    }
}
