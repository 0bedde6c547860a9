//! SoundFonts as users have them: odd files play, or lose parts with a remark, and other files are refused with a
//! reason.

mod sound_common;

use std::fs::File;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pastiche::progress::StopFlag;
use pastiche::synth::export::{ExportSettings, export};
use pastiche::synth::{Renderer, Score, SoundFont, SoundFontReport, VoiceSettings, Voices};
use sf2::{Font, IN_ROM, KEY_RANGE, PERIOD, Sample, VELOCITY_RANGE, plain, range};
use sound_common::*;

fn open(bytes: Vec<u8>) -> Result<SoundFont, String> {
    let length = bytes.len() as u64;
    SoundFont::read(Cursor::new(bytes), length, Path::new("x.sf2")).map_err(|e| e.to_string())
}

fn refusal(bytes: &[u8]) -> String {
    open(bytes.to_vec()).unwrap_err()
}

/// One second of `pitch` at velocity 90, held for half of it.
fn heard(font: &SoundFont, pitch: u8) -> Vec<f32> {
    let voices = Voices::new(font, &dry(RATE)).unwrap();
    let mut renderer = Renderer::new(RATE, Some(Box::new(voices)));
    renderer.load(Box::new(Score::whole(Arc::new(performance(&[note(pitch, 0.0, 0.5)])))));
    renderer.play();
    let samples = listen(&mut renderer, 1.0);
    assert!(renderer.has_voices(), "the synthesizer broke");
    samples
}

/// Does the key sound at its pitch while it is held, and not after it has been let go?
fn plays(font: &SoundFont, pitch: u8) -> bool {
    let samples = heard(font, pitch);
    let end = part(&samples, RATE, 0.9..1.0);
    sounds(part(&samples, RATE, 0.1..0.45), RATE, pitch) && peak(end) < 0.01
}

/// A font with every key, and one in which the keys from 60 to 79 play sample 1.
fn with_second(sample: Sample) -> Font {
    let zone = |low, high, sample| ([vec![range(KEY_RANGE, low, high)], plain()].concat(), sample);
    let mut font = Font::with_zones(vec![zone(0, 59, 0), zone(60, 79, 1), zone(80, 127, 0)]);
    font.samples.push(sample);
    font
}

#[test]
fn a_valid_file_is_loaded_with_its_presets() {
    let (_folder, font) = sine_font();
    assert_eq!(font.name(), "Test sines");
    assert_eq!((font.presets().len(), font.default_preset().name.as_str()), (1, "Sine"));
    assert!(plays(&font, 69) && plays(&font, 40));
    assert_eq!(font.report().remark(), None);
    let wrong = VoiceSettings { preset: Some((0, 5)), ..VoiceSettings::new(48_000) };
    let error = Voices::new(&font, &wrong).err().unwrap().to_string();
    assert!(error.contains("bank 0, program 5"), "{error}");
}

/// A loop shorter than the step at high keys: without our repair, the synthesizer reads past its end.
#[test]
fn short_loops_play_to_the_highest_key() {
    for period in [1, 2, 3, 8] {
        let mut font = Font::new();
        // A sine of `period` frames is as high as this; down at key 69 it sounds as its sample's rate says.
        font.samples[0].looped = (1000, 1000 + period);
        let font = open(font.bytes()).unwrap();
        for pitch in [21, 69, 108] {
            let samples = heard(&font, pitch);
            assert!(peak(part(&samples, RATE, 0.9..1.0)) < 0.01, "{period} frames, key {pitch}");
        }
    }
    // The loop of one period in four frames at 44 kHz is 11 kHz at A4, 5.5 kHz an octave below.
    let mut font = Font::new();
    let square: Vec<i16> = (0..1000).map(|i| [0, 20_000, 0, -20_000][i % 4]).collect();
    font.samples[0] =
        Sample { bytes: sf2::to_bytes(&square), length: 1000, looped: (996, 1000), ..Sample::sine() };
    let samples = heard(&open(font.bytes()).unwrap(), 57);
    let at = |hertz: f64| amplitude_at(part(&samples, RATE, 0.1..0.45), RATE, hertz);
    assert!(at(5_500.0) > 0.01 && at(5_500.0) > 5.0 * at(5_000.0), "{}", at(5_500.0));
}

/// A one-shot sound with a loop of two frames at its end.
#[test]
fn one_shots_with_a_tiny_loop_are_recorded() {
    let mut font = Font::new();
    font.samples[0].looped = ((sf2::FRAMES - 2) as u32, sf2::FRAMES as u32);
    let font = open(font.bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let notes: Vec<_> = (0..8).map(|i| note(101 + i, 0.25 * f64::from(i), 1.0)).collect();
    let settings = ExportSettings { voices: dry(RATE), ..ExportSettings::new(RATE) };
    let music = Arc::new(performance(&notes));
    let summary = export(music, &font, &settings, &path, &StopFlag::new(), &mut |_| {}).unwrap();
    assert!(summary.secs > 2.7 && summary.peak > 0.05, "{summary:?}");
}

#[test]
fn samples_without_padding_play() {
    let mut font = Font::new();
    font.padding = 0;
    assert!(plays(&open(font.bytes()).unwrap(), 69));
}

/// Samples that are in a ROM, empty or outside the file: their keys are silent, the others play, and a remark says so.
#[test]
fn unusable_samples_are_left_out_and_counted() {
    let rom = Sample { kind: 1 | IN_ROM, ..Sample::sine() };
    let empty = Sample { length: 0, ..Sample::sine() };
    let outside = Sample { shift: 1 << 20, ..Sample::sine() };
    for sample in [rom.clone(), empty, outside] {
        let font = open(with_second(sample).bytes()).unwrap();
        assert_eq!(
            font.report(),
            SoundFontReport { presets: 1, incomplete: 1, lost: 0, unusable_samples: 1 }
        );
        let remark = font.report().remark().unwrap();
        assert!(remark.starts_with("1 sound of this SoundFont lacks notes: 1 of its samples is"), "{remark}");
        assert!(plays(&font, 50) && plays(&font, 90));
        assert_eq!(peak(&heard(&font, 69)), 0.0);
    }
    // A preset that has nothing else is not offered.
    let mut font = with_second(rom.clone());
    font.presets.push(("Lost", 1, 0, vec![(plain(), 1)]));
    let font = open(font.bytes()).unwrap();
    assert_eq!((font.presets().len(), font.report().lost), (1, 1));
    let remark = font.report().remark().unwrap();
    assert!(remark.contains("1 sound of this SoundFont lacks notes and 1 cannot be played"), "{remark}");
    let mut font = Font::new();
    font.samples = vec![rom];
    let message = refusal(&font.bytes());
    assert!(message.contains("no sound of this SoundFont can be played"), "{message}");
}

#[test]
fn an_invalid_zone_does_not_affect_others() {
    let mut font = with_second(Sample::sine());
    font.presets[0].3[1].1 = 77;
    let font = open(font.bytes()).unwrap();
    assert_eq!((font.report().incomplete, font.report().unusable_samples), (1, 1));
    assert!(plays(&font, 50) && plays(&font, 90));
}

#[test]
fn unknown_chunks_in_the_lists_are_ignored() {
    let unknown = sf2::chunk(b"DMOD", &[0; 20]);
    let nested = sf2::list(b"what", &[sf2::chunk(b"this", b"is")]);
    let padded = [sf2::chunk(b"ICMT", b"odd"), vec![0]].concat();
    let unpadded = [sf2::chunk(b"ICMT", b"odd"), unknown.clone()].concat();
    let odd_end = sf2::chunk(b"ICMT", b"odd");
    for info in [unknown, nested, padded, unpadded, odd_end] {
        let font = Font { info, ..Font::new() };
        let font = open(font.bytes()).unwrap();
        assert!(plays(&font, 69));
        assert_eq!(font.name(), "Test sines");
    }
    // A length that omits the last pad byte, and bytes appended to the file.
    let mut bytes = [sf2::sines(), b"appended".to_vec()].concat();
    bytes[4..8].copy_from_slice(&0u32.to_le_bytes());
    assert!(plays(&open(bytes).unwrap(), 69));
}

/// Fonts that lack the keys and velocities of the reference chord are as loud as those that have them.
#[test]
fn loudness_is_measured_on_the_available_keys() {
    let with = |generators: Vec<[u16; 2]>| Font::with_zones(vec![([generators, plain()].concat(), 0)]);
    let level = |font: &Font, pitch: u8| peak(&heard(&open(font.bytes()).unwrap(), pitch));
    let whole = level(&Font::new(), 96);
    assert!((0.03..0.6).contains(&whole), "{whole}");
    for (low, high) in [(84, 108), (96, 96), (90, 97), (21, 108)] {
        let some = level(&with(vec![range(KEY_RANGE, low, high)]), 96);
        let decibels = 20.0 * (some / whole).log10();
        assert!(decibels.abs() < 6.0, "keys {low} to {high}: {decibels} dB");
    }
    for (low, high) in [(80, 90), (90, 127), (1, 99), (101, 127), (85, 95)] {
        let some = level(&with(vec![range(VELOCITY_RANGE, low, high)]), 96);
        let decibels = match (low..=high).contains(&90) {
            true => 20.0 * (some / whole).log10(),
            // At velocity 90 it is silent, as it should be.
            false => some,
        };
        assert!(decibels.abs() < 1.0, "velocities {low} to {high}: {decibels} dB");
    }
    // All loud zones are in keys outside the chord: one of those sets the level.
    let silent = |low, high| (vec![range(KEY_RANGE, low, high), [48, 1440]], 0);
    let zones = vec![silent(0, 99), ([vec![range(KEY_RANGE, 100, 127)], plain()].concat(), 0)];
    let top = level(&Font::with_zones(zones), 104);
    assert!((0.03..0.9).contains(&top), "{top}");
}

/// SF3: samples as Ogg Vorbis streams, with the loop counted from the sample's beginning.
#[test]
fn compressed_samples_are_decoded() {
    let mut font = with_second(Sample::vorbis());
    for version in [[3, 1], [2, 1]] {
        font.version = version;
        let font = open(font.bytes()).unwrap();
        assert!(plays(&font, 50) && plays(&font, 69), "{version:?}");
        let playable = font.playable(font.default_preset()).unwrap();
        assert_eq!(playable.undecodable(), 0);
        // Two samples, each followed by 46 silent frames, and two silent frames before them.
        assert_eq!(playable.sample_bytes(), 2 * (2 + 2 * (sf2::FRAMES + 46)));
    }
    // Some programs write neither the version nor the sample type.
    let mut font = Font::new();
    font.samples = vec![Sample { kind: 1, ..Sample::vorbis() }];
    assert!(plays(&open(font.bytes()).unwrap(), 69));
}

#[test]
fn a_broken_stream_silences_its_own_keys_only() {
    let mut broken = Sample::vorbis();
    broken.bytes[40..].fill(0x55);
    let mut font = with_second(broken);
    font.version = [3, 1];
    let font = open(font.bytes()).unwrap();
    assert!(plays(&font, 50) && plays(&font, 90));
    assert_eq!(font.playable(font.default_preset()).unwrap().undecodable(), 1);
    let remark = font.remark().unwrap();
    assert!(remark.starts_with("1 compressed sample of this sound is damaged"), "{remark}");
    let mut foreign = Sample::vorbis();
    foreign.bytes[..4].copy_from_slice(b"fLaC");
    let mut font = with_second(foreign);
    font.version = [3, 1];
    assert_eq!(open(font.bytes()).unwrap().report().incomplete, 1);
}

#[test]
fn only_the_preset_in_use_is_in_memory() {
    let mut font = with_second(Sample::sine());
    font.presets = vec![("One", 0, 0, vec![(plain(), 0)]), ("Both", 1, 0, vec![(plain(), 0), (plain(), 1)])];
    let font = open(font.bytes()).unwrap();
    let bytes = |preset: usize| font.playable(&font.presets()[preset]).unwrap().sample_bytes();
    let one = 2 * (sf2::FRAMES + 46);
    assert_eq!((bytes(0), bytes(1)), (4 + one, 4 + 2 * one));
    let first = font.playable(&font.presets()[1]).unwrap();
    assert!(Arc::ptr_eq(&first, &font.playable(&font.presets()[1]).unwrap()), "read once");
}

/// The smallest file of each kind, made by hand.
#[test]
fn every_kind_of_odd_file_plays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/soundfonts");
    let mut names = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        let font = SoundFont::load(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_high = name == "high_keys_only";
        for pitch in [21, 60, 84, 108] {
            let loudest = peak(&heard(&font, pitch));
            assert_eq!(loudest > 0.02, !is_high || pitch >= 84, "{name}, key {pitch}: {loudest}");
            assert!(loudest < 0.9, "{name}, key {pitch}: {loudest}");
        }
        assert_eq!(font.report().incomplete == 1, name == "rom_sample", "{name}");
        names.push(name);
    }
    assert_eq!(names.len(), 6, "{names:?}");
}

/// Positions outside the sample are moved into it, as in other players.
#[test]
fn loops_and_offsets_outside_their_sample_are_cut_to_it() {
    const START: u16 = 0;
    const END: u16 = 1;
    const LOOP_END: u16 = 3;
    for generators in [vec![[END, 2_000]], vec![[LOOP_END, 30_000]], vec![[START, PERIOD as u16]]] {
        let font = Font::with_zones(vec![([generators, plain()].concat(), 0)]);
        assert!(plays(&open(font.bytes()).unwrap(), 69));
    }
    let mut font = Font::new();
    let (start, end) = font.samples[0].looped;
    font.samples[0].looped = (end, start);
    assert!(plays(&open(font.bytes()).unwrap(), 69), "a loop that is turned around");
}

#[test]
fn other_kinds_of_file_are_named() {
    for (bytes, kind) in [
        (&b"RIFF\x24\0\0\0WAVEfmt "[..], "a WAV recording"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk", "a MIDI file"),
        (b"PK\x03\x04aaaaaaaaaaaaaaa", "a zip archive"),
        (b"", "an empty file"),
        (b"hello", "a text file"),
        (&[0x80, 1, 0x99], "some other kind of file"),
    ] {
        let message = refusal(bytes);
        assert!(message.contains(kind) && message.contains(".sf2"), "{message}");
    }
    let message = refusal(&sf2::drums());
    assert!(message.contains("only drums"), "{message}");
    let message = SoundFont::load(&PathBuf::from("no/such.sf2")).unwrap_err().to_string();
    assert!(message.contains("could not read") && message.ends_with("no/such.sf2"), "{message}");
}

#[test]
fn truncated_files_say_how_much_is_missing() {
    let whole = sf2::sines();
    for length in [whole.len() / 2, whole.len() - 1, whole.len() - 60, 13] {
        let message = refusal(&whole[..length]);
        let missing = format!("{} bytes are missing", whole.len() - length);
        assert!(message.contains("cut short") && message.contains(&missing), "{length}: {message}");
    }
}

#[test]
fn huge_files_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.sf2");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"RIFF\xff\xff\xff\xffsfbkLIST").unwrap();
    // A sparse file takes no space on the disk.
    file.set_len(5 << 30).unwrap();
    let message = SoundFont::load(&path).unwrap_err().to_string();
    assert!(message.contains("too large (5120 MB"), "{message}");
}
