//! Real-life MIDI files: each kind of damage and oddity found in public files, and how it is read.
//!
//! The expected values are those of a lossless reader: the notes that were put into the file.

mod damage;
mod music;

use pastiche::music::midi::{MidiError, MidiRead, MidiReport, is_midi, read, write};
use pastiche::music::{MetreChange, PedalChange, TempoChange};

/// A quarter of 480 ticks lasts half a second, so that a note of 240 ticks lasts a quarter of one.
const DIVISION: [u8; 2] = [1, 0xe0];
const END: &[u8] = b"\0\xff\x2f\0";

fn header(format: u8, tracks: u8) -> Vec<u8> {
    [b"MThd\0\0\0\x06\0".as_slice(), &[format, 0, tracks], &DIVISION].concat()
}

fn track(body: &[u8]) -> Vec<u8> {
    [b"MTrk".as_slice(), &(body.len() as u32).to_be_bytes(), body].concat()
}

fn file(format: u8, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = header(format, tracks.len() as u8);
    tracks.iter().for_each(|body| bytes.extend(track(body)));
    bytes
}

/// A note of 240 ticks on a channel.
fn note(channel: u8, key: u8) -> Vec<u8> {
    vec![0, 0x90 | channel, key, 80, 0x81, 0x70, 0x80 | channel, key, 64]
}

/// `count` notes in a row from `key` upwards.
fn scale(channel: u8, key: u8, count: u8) -> Vec<u8> {
    (0..count).flat_map(|i| note(channel, key + i)).collect()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[track_caller]
fn found(bytes: &[u8]) -> MidiRead {
    read(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:x?}"))
}

#[track_caller]
fn notes(bytes: &[u8]) -> usize {
    found(bytes).performance.notes().len()
}

/// Key, onset and release in milliseconds.
fn spans(read: &MidiRead) -> Vec<(u8, i64, i64)> {
    let ms = |secs: f64| (secs * 1000.0).round() as i64;
    let notes = read.performance.notes().iter();
    notes.map(|n| (n.pitch.number(), ms(n.onset_secs), ms(n.release_secs()))).collect()
}

fn pedal(read: &MidiRead) -> Vec<(i64, u8)> {
    let ms = |p: &PedalChange| ((p.time_secs * 1000.0).round() as i64, p.value);
    read.performance.pedal().iter().map(ms).collect()
}

#[test]
fn other_kinds_of_file_are_named() {
    for (bytes, kind) in [
        (b"<!DOCTYPE html><html><body>404</body></html>".as_slice(), "a web page"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "a zip archive"),
        (b"ID3\x03\0\0\0\0", "an MP3 recording"),
        (b"<?xml version=\"1.0\"?><score-partwise/>", "a MusicXML score"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a WAV recording"),
        (b"%PDF-1.7", "a PDF document"),
        (b"hello", "a text file"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, MidiError::OtherKind { .. }));
        assert!(error.to_string().starts_with(&format!("this is {kind}")), "{error}");
    }
}

#[test]
fn pedals_tempo_and_metre_come_back() {
    let beat = b"\0\xff\x51\x03\x09\x27\xc0\0\xff\x58\x04\x03\x03\x18\x08";
    let pedals = b"\0\xb0\x43\x7f\0\xb0\x42\x40";
    let faster = b"\0\xff\x51\x03\x03\xd0\x90\0\xff\x58\x04\x06\x03\x18\x08";
    let body =
        joined(&[beat, pedals, &scale(0, 60, 4), faster, &scale(0, 64, 4), b"\0\xb0\x43\0\0\xb0\x42\0", END]);
    let read = found(&file(0, &[&body]));
    let markings = read.performance.markings();
    let changes = |list: &[PedalChange]| list.iter().map(|p| (p.time_secs, p.value)).collect::<Vec<_>>();
    assert_eq!(changes(&markings.soft), [(0.0, 127), (1.7, 0)]);
    assert_eq!(changes(&markings.sostenuto), [(0.0, 64), (1.7, 0)]);
    let tempo = |time_secs, quarter_micros| TempoChange { time_secs, quarter_micros };
    assert_eq!(markings.tempos, [tempo(0.0, 600_000), tempo(1.2, 250_000)]);
    let metre = |time_secs, beats, beat_power| MetreChange { time_secs, beats, beat_power };
    assert_eq!(markings.metres, [metre(0.0, 3, 3), metre(1.2, 6, 3)]);
    let again = found(&write(&read.performance, None, None));
    assert!(again.report.is_clean());
    assert_eq!(again.performance.markings().tempos, markings.tempos);
    assert_eq!(again.performance.markings().metres, markings.metres);
    assert_eq!(changes(&again.performance.markings().soft), changes(&markings.soft));
    assert_eq!(spans(&again), spans(&read));
    // Without tempo and metre, a file has 120 quarters a minute in common time.
    let plain = found(&file(0, &[&joined(&[&scale(0, 60, 4), END])]));
    assert!(plain.performance.markings().is_empty());
    assert!(found(&write(&plain.performance, None, None)).performance.markings().is_empty());
}

#[test]
fn midi_extensions_are_recognised_in_any_case() {
    for name in ["a.mid", "a.MIDI", "a.Kar", "a.RMI", "b/c.Mid"] {
        assert!(is_midi(name.as_ref()), "{name}");
    }
    assert!(!is_midi("a.midx".as_ref()) && !is_midi("mid".as_ref()));
}

#[test]
fn reports_survive_json() {
    let report = MidiReport { tracks: 1, ..MidiReport::default() };
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<MidiReport>(&text).unwrap(), report);
}
