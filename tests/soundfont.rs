//! SoundFont files that cannot be played are refused in words, whatever is wrong with them.

mod sound_common;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use pastiche::synth::{Renderer, Score, SoundFont, VoiceSettings, Voices};
use sound_common::*;

fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sf2");
    std::fs::write(&path, bytes).unwrap();
    SoundFont::load(&path).unwrap_err().to_string()
}

#[test]
fn a_sound_one_is_loaded_with_its_presets() {
    let (_folder, font) = sine_font();
    assert_eq!(font.name(), "Test sines");
    assert_eq!(
        (font.presets().len(), font.default_preset().name.as_str()),
        (1, "Sine")
    );
    let wrong = VoiceSettings {
        preset: Some((0, 5)),
        ..VoiceSettings::new(48_000)
    };
    let error = Voices::new(&font, &wrong).err().unwrap().to_string();
    assert!(error.contains("bank 0, program 5"), "{error}");
}

#[test]
fn compressed_ones_are_named_as_such() {
    for bytes in [sf2::sf3(), sf2::sf3_in_disguise()] {
        let message = refusal(&bytes);
        assert!(
            message.contains("SF3") && message.contains(".sf2 edition"),
            "{message}"
        );
    }
}

#[test]
fn other_kinds_of_file_are_named() {
    for (bytes, kind) in [
        (&b"RIFF\x24\0\0\0WAVEfmt "[..], "a WAV recording"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk", "a MIDI file"),
        (b"PK\x03\x04aaaaaaaaaaaaaaa", "a zip archive"),
        (b"", "an empty file"),
        (b"hello", "some other kind"),
    ] {
        let message = refusal(bytes);
        assert!(message.contains(kind) && message.contains(".sf2"), "{message}");
    }
    let message = refusal(&sf2::drums());
    assert!(message.contains("only drums"), "{message}");
    let message = SoundFont::load(&PathBuf::from("no/such.sf2"))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("could not read") && message.ends_with("no/such.sf2"),
        "{message}"
    );
}

#[test]
fn cut_ones_say_what_is_missing() {
    let whole = sf2::sines();
    let message = refusal(&whole[..whole.len() / 2]);
    assert!(message.contains("cut short") && message.contains(&(whole.len() - whole.len() / 2).to_string()));
}

#[test]
fn huge_ones_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.sf2");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"RIFF\xff\xff\xff\xffsfbkLIST").unwrap();
    // A sparse file: it takes no room on the disk.
    file.set_len(5 << 30).unwrap();
    let message = SoundFont::load(&path).unwrap_err().to_string();
    assert!(message.contains("too large (5120 MB"), "{message}");
}

/// Any damage leads to a message or to a SoundFont that plays: never to a crash, nor to a sound that is none.
#[test]
fn damage_of_every_kind_is_survived() {
    std::panic::set_hook(Box::new(|_| {}));
    let whole = sf2::sines();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.sf2");
    let tables = whole.windows(4).position(|w| w == b"pdta").unwrap();
    let mut random = 12345u32;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    };
    let (mut refused, mut played) = (0, 0);
    for round in 0..1000 {
        let mut bytes = whole.clone();
        for _ in 0..1 + next(4) {
            let at = if round % 4 == 0 {
                next(200)
            } else {
                tables + next(whole.len() - tables)
            };
            bytes[at] = if round % 2 == 0 {
                next(256) as u8
            } else {
                [0, 1, 127, 128, 255][next(5)]
            };
        }
        std::fs::write(&path, &bytes).unwrap();
        let voices = SoundFont::load(&path)
            .map_err(|e| e.to_string())
            .and_then(|font| Voices::new(&font, &dry(RATE)).map_err(|e| e.to_string()));
        let Ok(voices) = voices else {
            refused += 1;
            continue;
        };
        played += 1;
        let mut renderer = Renderer::new(RATE, Some(Box::new(voices)));
        let notes = [note(30, 0.0, 0.2), note(69, 0.0, 0.2), note(108, 0.0, 0.2)];
        renderer.load(Box::new(Score::whole(std::sync::Arc::new(performance(&notes)))));
        renderer.play();
        assert!(peak(&listen(&mut renderer, 0.3)) <= 1.0);
    }
    let _ = std::panic::take_hook();
    assert!(
        refused > 100 && played > 100,
        "{refused} refused, {played} played"
    );
}
