//! Any bytes are opened as a SoundFont or refused; what is opened plays, with numbers that are some.
#![no_main]
#![allow(dead_code, unused_imports, reason = "of the modules only a part is called")]

#[path = "../../src/display.rs"]
mod display;
#[path = "../../src/files.rs"]
mod files;
#[path = "../../src/kinds.rs"]
mod kinds;
#[path = "../../src/music/mod.rs"]
mod music;
#[path = "../../src/synth/soundfont/mod.rs"]
mod soundfont;

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rustysynth::{Synthesizer, SynthesizerSettings};
use soundfont::{Playable, SoundFont};

fuzz_target!(|bytes: &[u8]| {
    let source = Cursor::new(bytes.to_vec());
    let Ok(font) = SoundFont::read(source, bytes.len() as u64, Path::new("fuzzed.sf2")) else {
        return;
    };
    for preset in font.presets().iter().take(4) {
        if let Ok(playable) = font.playable(preset) {
            play(&playable);
        }
    }
});

fn play(playable: &Playable) {
    let mut settings = SynthesizerSettings::new(16_000);
    settings.enable_reverb_and_chorus = false;
    let mut synthesizer = Synthesizer::new(playable.samples(), &settings).expect("the settings are sound");
    let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
    for key in [21, 60, 108] {
        let Some(velocity) = playable.velocity(key, 100) else {
            continue;
        };
        synthesizer.note_on(0, key.into(), velocity.into());
        for block in 0..8 {
            if block == 4 {
                synthesizer.note_off(0, key.into());
            }
            synthesizer.render(&mut left, &mut right);
            assert!(left.iter().chain(&right).all(|sample| sample.is_finite()));
        }
    }
}
