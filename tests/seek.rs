//! Jumps of the playhead: ringing notes are restored as they would sound by then, without attacks or clicks.

mod sound_common;

use std::sync::Arc;

use pastiche::music::{Note, PedalChange, Performance};
use pastiche::synth::{Renderer, Score, VoiceSettings, Voices};
use sound_common::*;

fn renderer(notes: &[Note], pedal: &[PedalChange]) -> Renderer {
    let mut renderer = Renderer::new(RATE, Some(sine_voices()));
    let performance = Performance::new(notes.to_vec(), pedal.to_vec());
    renderer.load(Box::new(Score::whole(Arc::new(performance))));
    renderer
}

/// The largest step that one sine of the test SoundFont can make at its amplitude, with a third to spare.
fn step_bound(samples: &[f32], pitch: u8) -> f32 {
    1.33 * peak(samples) * (std::f64::consts::TAU * hertz(pitch) / f64::from(RATE)) as f32
}

#[test]
fn seeking_restores_held_keys() {
    let mut renderer = renderer(&[note(69, 0.0, 4.0), note(57, 0.5, 0.5)], &[]);
    renderer.seek(1.5);
    renderer.play();
    let heard = listen(&mut renderer, 3.5);
    assert!(sounds(part(&heard, RATE, 0.02..0.3), RATE, 69));
    assert!(!sounds(part(&heard, RATE, 0.02..0.3), RATE, 57), "that key had been released");
    assert!(peak(part(&heard, RATE, 2.9..3.4)) < 1e-3, "the key is released on time");
}

#[test]
fn seeking_restores_only_what_the_pedal_holds() {
    let pedal = [pedal(0.2, true), pedal(1.0, false), pedal(1.2, true), pedal(3.0, false)];
    let notes = [note(57, 0.0, 0.5), note(69, 1.5, 0.2)];
    let mut renderer = renderer(&notes, &pedal);
    renderer.seek(0.8);
    renderer.play();
    let heard = listen(&mut renderer, 0.9);
    assert!(sounds(part(&heard, RATE, 0.0..0.2), RATE, 57), "held by the first pedal");
    assert!(peak(part(&heard, RATE, 0.55..0.68)) < 1e-3, "damped when it rises at 1.0");
    renderer.seek(2.0);
    let heard = listen(&mut renderer, 2.0);
    assert!(sounds(part(&heard, RATE, 0.05..0.9), RATE, 69), "held by the second pedal");
    assert!(!sounds(part(&heard, RATE, 0.05..0.9), RATE, 57), "damped in between");
    assert!(peak(part(&heard, RATE, 1.5..1.9)) < 1e-3);
}

#[test]
fn jumps_make_no_clicks() {
    let notes = [note(69, 0.0, 20.0)];
    let mut renderer = renderer(&notes, &[]);
    let mut heard = Vec::new();
    let mut uneven = 0.31;
    let mut wait = || {
        uneven = (uneven * 7.13) % 0.2;
        0.05 + uneven
    };
    renderer.play();
    for round in 0..12 {
        heard.extend(listen(&mut renderer, wait()));
        renderer.seek(f64::from(round) * 1.3);
        heard.extend(listen(&mut renderer, wait()));
        renderer.pause();
        heard.extend(listen(&mut renderer, wait()));
        renderer.play();
        heard.extend(listen(&mut renderer, wait()));
        renderer.swap(Box::new(Score::whole(Arc::new(performance(&notes)))));
        heard.extend(listen(&mut renderer, wait()));
        renderer.set_voices(sine_voices());
        heard.extend(listen(&mut renderer, wait()));
        while renderer.take_retired().is_some() {}
        renderer.set_gain(if round % 2 == 0 { 0.5 } else { 1.0 });
        heard.extend(listen(&mut renderer, wait()));
        renderer.stop();
        heard.extend(listen(&mut renderer, wait()));
        renderer.seek(3.0);
        renderer.play();
        heard.extend(listen(&mut renderer, wait()));
        renderer.load(Box::new(Score::whole(Arc::new(performance(&notes)))));
        renderer.play();
    }
    // Two voices of the same note may overlap for a moment while one fades out and the other begins.
    let bound = step_bound(&heard, 69);
    assert!(peak(&heard) > 0.05);
    assert!(largest_step(&heard) < bound, "{} of {bound}", largest_step(&heard));
}

#[test]
fn restored_notes_fade_in_and_new_notes_are_struck() {
    let notes = [note(69, 0.0, 4.0), note(57, 2.0, 1.0)];
    let mut renderer = renderer(&notes, &[]);
    renderer.seek(1.0);
    renderer.play();
    let back = listen(&mut renderer, 0.3);
    let (early, late) = (part(&back, RATE, 0.0..0.015), part(&back, RATE, 0.1..0.3));
    assert!(peak(early) < 0.15 * peak(late), "{} of {}", peak(early), peak(late));
    assert!(peak(late) > 0.02);

    renderer.seek(2.0);
    let struck = listen(&mut renderer, 0.3);
    let level = |samples: &[f32]| amplitude_at(samples, RATE, hertz(57));
    let (early, late) = (level(part(&struck, RATE, 0.005..0.03)), level(part(&struck, RATE, 0.1..0.3)));
    assert!(early > 0.8 * late, "{early} of {late}");
}

/// The level of `samples` in dB.
fn level_db(samples: &[f32]) -> f32 {
    let square = samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
    10.0 * square.max(1e-12).log10()
}

/// A chord on a real piano, played straight through and after a jump into it: the jump must not sound like a new
/// stroke, and the ringing notes must be about as loud as without it.
#[test]
fn on_a_real_piano_a_jump_into_a_chord_is_not_a_new_stroke() {
    let font = piano_font();
    let settings = VoiceSettings { has_reverb: false, ..VoiceSettings::new(48_000) };
    let piano = |pitch: u8| {
        let voices = Voices::new(&font, &settings).unwrap();
        let mut renderer = Renderer::new(48_000, Some(Box::new(voices)));
        let performance = performance(&[note(pitch, 0.0, 9.0)]);
        renderer.load(Box::new(Score::whole(Arc::new(performance))));
        renderer
    };
    let (mut attacks, mut off) = (Vec::new(), Vec::new());
    for pitch in [36, 48, 60, 72, 84] {
        let mut straight = piano(pitch);
        straight.play();
        let straight = listen(&mut straight, 5.0);
        let mut jumping = piano(pitch);
        for secs in [0.5, 1.0, 2.0, 4.0] {
            jumping.seek(secs);
            jumping.play();
            let jumped = listen(&mut jumping, 0.6);
            jumping.pause();
            listen(&mut jumping, 0.1);
            let expected = part(&straight, 48_000, secs..secs + 0.6);
            let attack =
                level_db(part(&jumped, 48_000, 0.0..0.06)) - level_db(part(expected, 48_000, 0.0..0.06));
            let after =
                level_db(part(&jumped, 48_000, 0.1..0.6)) - level_db(part(expected, 48_000, 0.1..0.6));
            println!("key {pitch}, {secs} s: attack {attack:+.1} dB, then {after:+.1} dB");
            assert!(attack.max(after) < 9.0, "key {pitch}, {secs} s: {attack} and {after} dB");
            attacks.push(attack);
            // Notes that have rung for long may be omitted: they are soft, and other notes sound.
            if secs <= 2.0 {
                off.push(after);
            }
        }
    }
    // Strings beat, so a single moment may be off by a few dB; on average the level is right.
    let mean = |all: &[f32]| all.iter().sum::<f32>() / all.len() as f32;
    assert!(mean(&off).abs() < 2.5, "{} dB on average", mean(&off));
    assert!(mean(&attacks) < 0.0, "{} dB at the attack", mean(&attacks));
}
