//! MIDI files: ours read by us and by others, and others' read by us.

mod common;

use std::path::Path;
use std::process::Command;

use pastiche::data::Dataset;
use pastiche::music::midi::{self, MidiError, read, write};
use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};
use proptest::prelude::*;
use serde_json::Value;

const MILLISECOND: f64 = 0.001;

/// Panics unless both hold the same notes and pedal changes within `tolerance` seconds.
fn assert_same(name: &str, a: &Performance, b: &Performance, tolerance: f64) {
    assert_eq!(a.notes().len(), b.notes().len(), "{name}: notes");
    assert_eq!(a.pedal().len(), b.pedal().len(), "{name}: pedal changes");
    // Onsets that round to one tick may change their order.
    let key = |n: &Note| (n.pitch, n.onset_secs.to_bits());
    let sorted = |p: &Performance| {
        let mut notes = p.notes().to_vec();
        notes.sort_by_key(key);
        notes
    };
    for (x, y) in sorted(a).iter().zip(sorted(b)) {
        assert_eq!((x.pitch, x.velocity), (y.pitch, y.velocity), "{name}: {x:?} {y:?}");
        assert!((x.onset_secs - y.onset_secs).abs() <= tolerance, "{name}: {x:?} {y:?}");
        assert!((x.release_secs() - y.release_secs()).abs() <= tolerance, "{name}: {x:?} {y:?}");
    }
    for (x, y) in a.pedal().iter().zip(b.pedal()) {
        assert_eq!(x.value, y.value, "{name}: {x:?} {y:?}");
        assert!((x.time_secs - y.time_secs).abs() <= tolerance, "{name}: {x:?} {y:?}");
    }
}

fn from_json(text: &Value) -> Performance {
    let number = |v: &Value| v.as_f64().unwrap();
    let notes = text["notes"].as_array().unwrap().iter().map(|n| Note {
        pitch: Pitch::new(number(&n[0]) as u8).unwrap(),
        onset_secs: number(&n[1]),
        duration_secs: number(&n[2]) - number(&n[1]),
        velocity: Velocity::new(number(&n[3]) as u8).unwrap(),
    });
    let change = |p: &Value| PedalChange { time_secs: number(&p[0]), value: number(&p[1]) as u8 };
    Performance::new(notes.collect(), text["pedal"].as_array().unwrap().iter().map(change).collect())
}

#[test]
fn files_of_other_programs_are_read_as_other_readers_do() {
    for (name, bytes) in common::golden_midi() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/midi/{name}.json"));
        let expected = from_json(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
        let found = read(&bytes).unwrap();
        assert!(expected.notes().len() > 1);
        assert_same(&name, &expected, &found.performance, 1e-5);
        assert_eq!((found.report.damaged_tracks, found.report.unreleased), (0, 0), "{name}");
        match name.as_str() {
            "mido_format_0" => assert_eq!(found.title.as_deref(), Some("Fantasia")),
            "mido_format_1" => assert_eq!((found.report.drums, found.report.out_of_range), (30, 1)),
            _ => {}
        }
    }
}

#[test]
fn a_performance_comes_back_within_a_millisecond() {
    for seed in 0..20 {
        // The first reading resolves overlapping strokes; after that nothing changes.
        let first = read(&write(&common::piece(seed, 0, 800), None, None)).unwrap().performance;
        let second = read(&write(&first, None, None)).unwrap();
        assert_same(&format!("piece {seed}"), &first, &second.performance, MILLISECOND);
        assert_eq!(second.report.overlapping + second.report.doubled, 0);
    }
}

#[test]
fn every_golden_file_comes_back_within_a_millisecond() {
    for (name, bytes) in common::golden_midi() {
        let first = read(&bytes).unwrap().performance;
        assert_same(&name, &first, &read(&write(&first, None, None)).unwrap().performance, MILLISECOND);
    }
}

#[test]
#[ignore = "needs the real MAESTRO; set PASTICHE_MAESTRO to its path"]
fn real_maestro_comes_back_within_a_millisecond() {
    let path = common::maestro();
    let dataset = Dataset::open(&path).unwrap();
    let mut reader = dataset.reader().unwrap();
    let mut notes = 0;
    for entry in dataset.entries.iter().step_by(dataset.entries.len() / 60 + 1) {
        let first = read(&reader.read(&entry.place).unwrap()).unwrap();
        assert_eq!(first.report.damaged_tracks + first.report.out_of_range, 0, "{}", entry.name);
        let second = read(&write(&first.performance, None, None)).unwrap();
        assert_same(&entry.name, &first.performance, &second.performance, MILLISECOND);
        notes += first.performance.notes().len();
    }
    println!("{notes} notes of MAESTRO came back");
    assert!(notes > 50_000);
}

/// Uses `python3`, or the Python that `PASTICHE_PYTHON` names.
#[test]
#[ignore = "needs a Python with mido (pip install mido)"]
fn mido_reads_the_notes_we_wrote() {
    let python = std::env::var("PASTICHE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let pieces: Vec<Performance> = (0..5)
        .map(|seed| read(&write(&common::piece(seed, 0, 600), None, None)).unwrap().performance)
        .collect();
    let paths: Vec<_> = (0..pieces.len()).map(|i| folder.path().join(format!("{i}.mid"))).collect();
    for (piece, path) in pieces.iter().zip(&paths) {
        midi::write_file(path, piece, Some("{\"seed\": 7}"), Some("Étude")).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/reread.py");
    let output = Command::new(python).arg(script).args(&paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), pieces.len());
    for (piece, found) in pieces.iter().zip(&lines) {
        assert_same("mido", piece, &from_json(found), MILLISECOND);
        assert_eq!(found["programs"], serde_json::json!([0]));
        assert_eq!(found["tempos"].as_array().unwrap().len(), 1);
        assert!(found["texts"][0].as_str().unwrap().ends_with("{\"seed\": 7}"));
    }
}

#[test]
fn recipe_and_title_travel_with_the_file() {
    let piece = common::piece(1, 0, 20);
    let bytes = write(&piece, Some("{\"composer\":\"Frédéric Chopin\"}"), Some("Take 7"));
    assert_eq!(midi::read_recipe(&bytes).as_deref(), Some("{\"composer\":\"Frédéric Chopin\"}"));
    let back = read(&bytes).unwrap();
    assert_eq!(back.title.as_deref(), Some("Take 7"));
    assert_eq!(midi::read_recipe(&write(&piece, None, None)), None);
    assert_eq!(midi::read_recipe(b"MThd"), None);
}

/// A format-0 file of raw track bytes, 100 ticks to a quarter of half a second: 5 ms a tick.
fn raw_file(track: &[u8]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x64MTrk".to_vec();
    bytes.extend((track.len() as u32).to_be_bytes());
    bytes.extend(track);
    bytes
}

fn spans(bytes: &[u8]) -> Vec<(u8, i64, i64)> {
    let ms = |secs: f64| (secs * 1000.0).round() as i64;
    let found = read(bytes).unwrap().performance;
    found.notes().iter().map(|n| (n.pitch.number(), ms(n.onset_secs), ms(n.release_secs()))).collect()
}

#[test]
fn a_key_struck_while_it_sounds_ends_its_note() {
    // Down at 0, down again at 500 ms, up at 1000, up at 1500.
    let bytes = raw_file(b"\0\x90\x3c\x40\x64\x3c\x50\x64\x3c\0\x64\x3c\0\0\xff\x2f\0");
    assert_eq!(spans(&bytes), [(60, 0, 500), (60, 500, 1500)]);
    assert_eq!(read(&bytes).unwrap().report.overlapping, 1);
}

#[test]
fn a_note_without_release_ends_somewhere_sensible() {
    // The same key twice but one release: both strokes end, the second with the release.
    let twice = raw_file(b"\0\x90\x3c\x40\x64\x3c\x50\x64\x3c\0\x64\x40\x40\x64\x40\0\0\xff\x2f\0");
    assert_eq!(spans(&twice), [(60, 0, 500), (60, 500, 1000), (64, 1500, 2000)]);
    // No release at all: it ends with the track.
    let never = raw_file(b"\0\x90\x3c\x40\x64\x40\x40\x64\x40\0\x64\xff\x2f\0");
    assert_eq!(spans(&never), [(60, 0, 1500), (64, 500, 1000)]);
    let report = read(&never).unwrap().report;
    assert_eq!((report.unreleased, report.damaged_tracks), (1, 0));
    // "All notes off" is a release; a release without a stroke is not.
    let off = raw_file(b"\0\x90\x3c\x40\x64\xb0\x7b\0\x64\x80\x3c\0\0\xff\x2f\0");
    assert_eq!(spans(&off), [(60, 0, 500)]);
    assert_eq!(read(&off).unwrap().report.stray_releases, 1);
}

#[test]
fn two_pedals_act_as_the_deeper_one() {
    let track = b"\0\x90\x3c\x40\0\x91\x30\x40\0\xb0\x40\x7f\x64\xb1\x40\x50\x64\xb0\x40\0\x64\xb1\x40\0\
        \0\x80\x3c\0\0\x81\x30\0\0\xff\x2f\0";
    let pedal: Vec<(i64, u8)> = read(&raw_file(track))
        .unwrap()
        .performance
        .pedal()
        .iter()
        .map(|p| ((p.time_secs * 1000.0).round() as i64, p.value))
        .collect();
    assert_eq!(pedal, [(0, 127), (1000, 80), (1500, 0)]);
}

#[test]
fn unreadable_files_say_why() {
    assert!(matches!(read(b""), Err(MidiError::OtherKind { .. })));
    assert!(matches!(read(b"RIFFnope"), Err(MidiError::OtherKind { .. })));
    assert!(matches!(read(b"\x80\x01\x02\xfd\xfe"), Err(MidiError::NotMidi(_))));
    assert!(matches!(read(&raw_file(b"\0\xff\x2f\0")), Err(MidiError::NoNotes)));
    // A tempo of 16 s per quarter and the longest possible delta time.
    let days = raw_file(b"\0\xff\x51\x03\xff\xff\xff\xff\xff\xff\x7f\x90\x3c\x40\x01\x3c\0\0\xff\x2f\0");
    assert!(matches!(read(&days), Err(MidiError::TooLong { .. })));
    let cut = raw_file(b"\0\x90\x3c\x40\x64\x3c\0\x64");
    assert_eq!(read(&cut).unwrap().report.damaged_tracks, 1);
    let mut tracks = b"MThd\0\0\0\x06\0\x01\xff\xff\0\x64".to_vec();
    (0..5000).for_each(|_| tracks.extend(b"MTrk\0\0\0\0"));
    assert!(matches!(read(&tracks), Err(MidiError::TooLarge { what: "tracks", .. })));
    let missing = midi::read_file(Path::new("no/such/file.mid")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read") && missing.ends_with("file.mid"), "{missing}");
}

#[test]
fn a_million_notes_are_refused_and_a_hundred_thousand_are_quick() {
    let notes = |count: usize| {
        let stroke = b"\x01\x90\x3c\x40\x01\x80\x3c\0";
        let mut track: Vec<u8> = stroke.iter().copied().cycle().take(stroke.len() * count).collect();
        track.extend(b"\0\xff\x2f\0");
        raw_file(&track)
    };
    assert!(matches!(read(&notes(1_000_001)), Err(MidiError::TooLarge { what: "notes", .. })));
    let begun = std::time::Instant::now();
    assert_eq!(read(&notes(100_000)).unwrap().performance.notes().len(), 100_000);
    let took = begun.elapsed();
    println!("100,000 notes in {took:?}");
    assert!(took.as_millis() < 2000);
}

fn any_note() -> impl Strategy<Value = Note> {
    (21u8..=108, 0.0..600.0f64, 0.0..12.0f64, 1u8..=127).prop_map(
        |(pitch, onset_secs, duration_secs, velocity)| Note {
            pitch: Pitch::new(pitch).unwrap(),
            onset_secs,
            duration_secs,
            velocity: Velocity::new(velocity).unwrap(),
        },
    )
}

fn any_change() -> impl Strategy<Value = PedalChange> {
    (0.0..600.0f64, 0u8..=127).prop_map(|(time_secs, value)| PedalChange { time_secs, value })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_performance_survives(
        notes in prop::collection::vec(any_note(), 1..300), pedal in prop::collection::vec(any_change(), 0..100),
    ) {
        let given = Performance::new(notes, pedal);
        let first = read(&write(&given, None, None)).unwrap();
        // Pedal changes after the last key release are inaudible once the pedal is up.
        let pedal = first.performance.pedal();
        prop_assert!(pedal.len() <= given.pedal().len());
        for (a, b) in pedal.iter().zip(given.pedal()) {
            prop_assert!(a.value == b.value && (a.time_secs - b.time_secs).abs() < MILLISECOND);
        }
        // Missing notes were struck twice within a millisecond: the writer merges such strokes.
        prop_assert!(first.performance.notes().len() <= given.notes().len());
        let second = read(&write(&first.performance, None, None)).unwrap();
        assert_same("proptest", &first.performance, &second.performance, MILLISECOND);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
        let _ = read(&raw_file(&bytes));
    }
}
