//! The renderer, tested by its samples: pitch, silence, seeking, pedal, loop, limiter, clicks, growing takes.

mod sound_common;

use std::sync::Arc;

use pastiche::music::{Pitch, Velocity};
use pastiche::synth::{BLOCK, CEILING, Renderer, Score, Transport};
use sound_common::*;

fn renderer(notes: &[pastiche::music::Note], pedal: &[pastiche::music::PedalChange]) -> Renderer {
    let mut renderer = Renderer::new(RATE, Some(sine_voices()));
    let performance = pastiche::music::Performance::new(notes.to_vec(), pedal.to_vec());
    renderer.load(Box::new(Score::whole(Arc::new(performance))));
    renderer
}

/// The largest step that one sine of the test SoundFont can make at its amplitude, with a third to spare.
fn step_bound(samples: &[f32], pitch: u8) -> f32 {
    1.33 * peak(samples) * (std::f64::consts::TAU * hertz(pitch) / f64::from(RATE)) as f32
}

#[test]
fn each_key_sounds_at_its_pitch_and_time() {
    let mut renderer = renderer(&[note(57, 0.0, 0.5), note(69, 1.0, 0.5), note(76, 2.0, 0.5)], &[]);
    renderer.play();
    let heard = listen(&mut renderer, 3.5);
    for (pitch, onset) in [(57, 0.0), (69, 1.0), (76, 2.0)] {
        assert!(sounds(part(&heard, RATE, onset + 0.05..onset + 0.45), RATE, pitch), "{pitch}");
        let silent = part(&heard, RATE, onset + 0.8..onset + 0.98);
        assert!(peak(silent) < 1e-3, "{pitch} ended: {}", peak(silent));
    }
    // The first sample of a note comes within a block of its onset, plus one block for the limiter.
    let first = heard.iter().skip(RATE as usize / 2 + 30_000 / 2).position(|s| s.abs() > 1e-3);
    assert!(first.is_some());
    let onset = heard[RATE as usize - 200..].iter().position(|s| s.abs() > 1e-3).unwrap();
    assert!((200..200 + 3 * BLOCK).contains(&onset), "{onset}");
}

#[test]
fn the_tempo_changes_the_time_and_not_the_pitch() {
    for scale in [0.25, 0.5, 2.0] {
        let mut renderer = renderer(&[note(69, 0.0, 0.5), note(76, 1.0, 0.5)], &[]);
        renderer.set_tempo_scale(scale);
        renderer.play();
        let heard = listen(&mut renderer, 1.6 / scale);
        assert!(sounds(part(&heard, RATE, 0.1 / scale..0.5 / scale), RATE, 69), "{scale}");
        assert!(sounds(part(&heard, RATE, 1.05 / scale..1.45 / scale), RATE, 76), "{scale}");
        assert!(!sounds(part(&heard, RATE, 1.05 / scale..1.45 / scale), RATE, 69), "{scale}");
        assert!(peak(part(&heard, RATE, 0.95 / scale..0.99 / scale)) < 0.02, "{scale}");
    }
}

#[test]
fn pause_is_silent_and_play_continues_at_the_next_sample() {
    let notes: Vec<_> = (0..40u8).map(|i| note(50 + (i % 30) * 7 % 30, f64::from(i) * 0.1, 0.35)).collect();
    let mut straight = renderer(&notes, &[pedal(0.5, true), pedal(1.4, false)]);
    // Soft, because the limiter would otherwise recover during the pause.
    straight.set_gain(0.1);
    straight.play();
    let expected = listen(&mut straight, 3.0);

    let mut paused = renderer(&notes, &[pedal(0.5, true), pedal(1.4, false)]);
    paused.set_gain(0.1);
    paused.play();
    let mut heard = listen(&mut paused, 1.0);
    let until_pause = heard.len();
    paused.pause();
    let silence = listen(&mut paused, 2.0);
    // 5 ms of fading and one block in the limiter.
    assert!(silence[6 * BLOCK..].iter().all(|s| *s == 0.0));
    let position = paused.position_secs();
    assert!((1.0..1.01).contains(&position), "{position}");
    heard.extend(&silence[..6 * BLOCK]);
    paused.play();
    let after = listen(&mut paused, 1.0);
    heard.extend(&after);

    // Four blocks were played while fading out; the music continues right after them.
    let resumed = until_pause + 4 * BLOCK;
    let offset = 8 * BLOCK;
    for i in offset..after.len() {
        assert!((after[i] - expected[resumed + i]).abs() < 1e-6, "sample {i} after play");
    }
    assert!(largest_step(&heard) <= largest_step(&expected) * 1.05, "{}", largest_step(&heard));
}

#[test]
fn the_pedal_keeps_notes_ringing_and_dampers_fall_even_for_a_moment() {
    let mut with = renderer(&[note(69, 0.0, 0.3)], &[pedal(0.1, true), pedal(1.5, false)]);
    with.play();
    let heard = listen(&mut with, 2.2);
    assert!(sounds(part(&heard, RATE, 1.0..1.4), RATE, 69));
    assert!(peak(part(&heard, RATE, 1.9..2.2)) < 1e-3);

    // Up and down again at the very same time: the note must still be damped.
    let quick = [pedal(0.1, true), pedal(1.0, false), pedal(1.0, true)];
    let mut renderer = renderer(&[note(69, 0.0, 0.3), note(57, 2.5, 0.1)], &quick);
    renderer.play();
    let heard = listen(&mut renderer, 2.0);
    assert!(sounds(part(&heard, RATE, 0.5..0.9), RATE, 69));
    assert!(peak(part(&heard, RATE, 1.5..1.9)) < 1e-3);
}

#[test]
fn a_loop_repeats_without_clicks() {
    let notes = [note(57, 0.0, 0.9), note(69, 1.0, 1.5), note(76, 2.0, 1.0)];
    let mut renderer = renderer(&notes, &[]);
    renderer.set_loop(Some(1.2..1.7));
    renderer.seek(1.0);
    renderer.play();
    let heard = listen(&mut renderer, 3.0);
    assert!((1.2..1.7).contains(&renderer.position_secs()), "{}", renderer.position_secs());
    assert!(sounds(part(&heard, RATE, 0.1..2.9), RATE, 69));
    assert!(!sounds(part(&heard, RATE, 0.1..2.9), RATE, 76));
    assert!(largest_step(&heard[2 * BLOCK..]) < step_bound(&heard, 69), "{}", largest_step(&heard));
    renderer.set_loop(None);
    let heard = listen(&mut renderer, 1.2);
    assert!(sounds(part(&heard, RATE, 0.85..1.15), RATE, 76), "plays on once the loop is off");
}

#[test]
fn the_limiter_holds_whatever_is_played() {
    let cluster: Vec<_> = (30..100).map(|p| note(p, 0.1, 2.0)).collect();
    let mut renderer = renderer(&cluster, &[]);
    renderer.set_gain(4.0);
    renderer.play();
    let heard = listen(&mut renderer, 2.5);
    assert!(peak(&heard) <= CEILING + 1e-5, "{}", peak(&heard));
    assert!(peak(&heard) > 0.8);
}

#[test]
fn a_growing_take_waits_and_continues() {
    let mut renderer = Renderer::new(RATE, Some(sine_voices()));
    let score = Score::growing(&Default::default(), 0.0, 100);
    let id = score.id();
    renderer.load(Box::new(score));
    renderer.play();
    listen(&mut renderer, 0.5);
    assert!(renderer.is_waiting() && renderer.position_secs() == 0.0);
    renderer.append(id, &[], &[], 0.3);
    listen(&mut renderer, 0.1);
    assert!(renderer.is_waiting(), "a beginning needs a little lead");

    renderer.append(id, &[note(69, 0.0, 0.5), note(57, 0.6, 0.1)], &[], 1.0);
    let heard = listen(&mut renderer, 2.0);
    assert!(sounds(part(&heard, RATE, 0.05..0.45), RATE, 69));
    assert!(renderer.is_waiting(), "out of notes at {}", renderer.position_secs());
    assert!((0.95..=1.0).contains(&renderer.position_secs()));

    // If the model is slower than the music, playing resumes once 1.5 s are ready, and not note by note.
    renderer.append(id, &[note(76, 1.1, 5.0)], &[], 1.2);
    listen(&mut renderer, 0.1);
    assert!(renderer.is_waiting(), "a fifth of a second is not enough");
    renderer.append(id, &[], &[], 2.4);
    listen(&mut renderer, 0.1);
    assert!(renderer.is_waiting(), "nor is 1.4 s");
    renderer.append(id, &[], &[], 2.6);
    listen(&mut renderer, 1.4);
    assert!(!renderer.is_waiting(), "plays all of it in one piece");
    listen(&mut renderer, 0.6);
    // A held key keeps ringing while waiting.
    assert!(renderer.is_waiting());
    assert!(sounds(&listen(&mut renderer, 0.4), RATE, 76), "rings while the playhead is held");

    // Notes of another take are ignored.
    let other = Score::growing(&Default::default(), 0.0, 8).id();
    renderer.append(other, &[note(60, 2.7, 1.0)], &[], 9.0);
    listen(&mut renderer, 0.2);
    assert!(renderer.is_waiting());

    renderer.finish(id);
    listen(&mut renderer, 3.6);
    assert_eq!(renderer.transport(), Transport::Ended);
    assert!((renderer.position_secs() - 6.1).abs() < 1e-9);
}

#[test]
fn a_growing_take_keeps_order_and_drops_what_does_not_fit() {
    let mut renderer = Renderer::new(RATE, None);
    let score = Score::growing(&performance(&[note(60, 1.0, 1.0)]), 1.0, 4);
    let id = score.id();
    renderer.load(Box::new(score));
    renderer.append(
        id,
        &[note(61, 3.0, 1.0), note(62, 2.0, 1.0), note(63, 4.0, 1.0), note(64, 5.0, 1.0)],
        &[],
        5.0,
    );
    let onsets: Vec<f64> = renderer.score().notes().iter().map(|n| n.onset_secs).collect();
    assert_eq!(onsets, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(renderer.score().dropped(), 1);
}

#[test]
fn the_end_rings_out_and_play_starts_over() {
    let mut renderer = renderer(&[note(69, 0.0, 0.5)], &[]);
    renderer.play();
    let heard = listen(&mut renderer, 0.7);
    assert_eq!(renderer.transport(), Transport::Ended);
    assert!(sounds(part(&heard, RATE, 0.51..0.65), RATE, 69), "the release is heard after the end");
    listen(&mut renderer, 1.5);
    assert_eq!((renderer.transport(), renderer.position_secs()), (Transport::Paused, 0.5));
    renderer.play();
    assert!(sounds(&listen(&mut renderer, 0.4), RATE, 69));
}

#[test]
fn a_key_can_be_auditioned_while_paused() {
    let mut renderer = renderer(&[note(69, 0.0, 5.0)], &[]);
    renderer.play();
    listen(&mut renderer, 0.5);
    renderer.pause();
    listen(&mut renderer, 0.1);
    renderer.audition(Pitch::new(57).unwrap(), Velocity::new(90).unwrap());
    let heard = listen(&mut renderer, 1.2);
    assert!(sounds(part(&heard, RATE, 0.05..0.35), RATE, 57));
    assert!(!sounds(part(&heard, RATE, 0.05..0.35), RATE, 69));
    assert!(peak(part(&heard, RATE, 0.9..1.2)) < 1e-4);
}

#[test]
fn without_voices_the_playhead_still_moves() {
    let mut renderer = Renderer::new(48_000, None);
    renderer.load(Box::new(Score::whole(Arc::new(performance(&[note(69, 0.0, 3.0)])))));
    renderer.play();
    assert_eq!(peak(&listen(&mut renderer, 2.0)), 0.0);
    assert!((renderer.position_secs() - 2.0).abs() < 0.01);
}

#[test]
fn invalid_numbers_do_no_harm() {
    let mut renderer = renderer(&[note(69, 0.0, 1.0)], &[]);
    renderer.play();
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, 1e300] {
        renderer.seek(odd);
        renderer.set_tempo_scale(odd);
        renderer.set_gain(odd as f32);
        renderer.set_loop(Some(odd..odd));
        renderer.set_loop(Some(0.0..odd));
        assert!(peak(&listen(&mut renderer, 0.1)).is_finite());
        assert!((0.0..=1.0).contains(&renderer.position_secs()));
        renderer.play();
    }
}

#[test]
fn a_real_piano_plays_the_right_pitches() {
    let font = piano_font();
    let voices = pastiche::synth::Voices::new(&font, &pastiche::synth::VoiceSettings::new(48_000)).unwrap();
    let mut renderer = Renderer::new(48_000, Some(Box::new(voices)));
    let scale: Vec<_> = (0..8).map(|i| note(60 + i * 2, f64::from(i), 0.8)).collect();
    renderer.load(Box::new(Score::whole(Arc::new(performance(&scale)))));
    renderer.play();
    let heard = listen(&mut renderer, 8.5);
    for i in 0..8u8 {
        let here = part(&heard, 48_000, f64::from(i) + 0.05..f64::from(i) + 0.6);
        assert!(sounds(here, 48_000, 60 + i * 2), "{}", 60 + i * 2);
    }
}
