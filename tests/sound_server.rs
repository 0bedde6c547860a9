//! The real program on a real sound server, see `sound_common/server.rs`.
#![cfg(all(feature = "app", target_os = "linux"))]

mod sound_common;

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use pastiche::music::midi;
use sound_common::server::*;
use sound_common::*;

/// One note a second, each a step away from the one before, so that the pitch tells the position.
const PIECE_SECS: u8 = 60;

fn pitch_at(second: usize) -> u8 {
    60 + (second * 7 % 25) as u8
}

struct Pastiche {
    child: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pastiche {
    fn play(place: &Place) -> Pastiche {
        let (midi_path, font_path) = (place.path().join("scale.mid"), place.path().join("sines.sf2"));
        let notes: Vec<_> = (0..PIECE_SECS).map(|i| note(pitch_at(i.into()), i.into(), 0.9)).collect();
        midi::write_file(&midi_path, &performance(&notes), None, None).unwrap();
        std::fs::write(&font_path, sf2::sines()).unwrap();
        let mut child = place
            .command(env!("CARGO_BIN_EXE_pastiche"))
            .arg("play")
            .arg(midi_path)
            .arg("--soundfont")
            .arg(font_path)
            .arg("--no-reverb")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Pastiche { child: Running(child), input, output }
    }

    fn tell(&mut self, command: &str) -> Instant {
        writeln!(self.input, "{command}").unwrap();
        Instant::now()
    }

    fn status(&mut self) -> serde_json::Value {
        self.tell("status");
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn position(&mut self) -> f64 {
        self.status()["position_secs"].as_f64().unwrap()
    }

    /// Does the sound match the playhead? Listens in the middle of a note.
    fn hears_its_playhead(&mut self, ear: &Ear) {
        let position = self.position();
        let into_note = position.fract();
        let until_middle = (1.3 - into_note) % 1.0;
        let moment = Instant::now() + Duration::from_secs_f64(until_middle);
        let expected = pitch_at((position + until_middle) as usize);
        assert_eq!(ear.pitch(moment), Some(expected), "at {position}");
    }
}

#[test]
#[ignore = "needs PulseAudio (packages pulseaudio, pulseaudio-utils, libasound2-plugins)"]
fn on_a_sound_server_the_program_is_heard() {
    let place = Place::new();
    let server = place.server();
    let ear = Ear::new(&place);
    let mut pastiche = Pastiche::play(&place);

    // The right pitches at the right times: one note a second from the first sound on.
    let began = ear.first_sound(ear.start, Duration::from_secs(20)).expect("sound");
    for second in 0..4 {
        let onset = began + Duration::from_secs(second);
        assert_eq!(ear.pitch(onset + Duration::from_millis(100)), Some(pitch_at(second as usize)));
        if second > 0 {
            let before = ear.between(onset - Duration::from_millis(300), onset - Duration::from_millis(120));
            assert!(
                sounds(&before, SERVER_RATE, pitch_at(second as usize - 1)),
                "still the note before, {second}"
            );
        }
    }
    pastiche.hears_its_playhead(&ear);

    // Pausing is silent, quickly and as long as it lasts; then playing continues.
    let paused = pastiche.tell("pause");
    let heard = ear.between(paused + Duration::from_millis(300), paused + Duration::from_millis(1500));
    assert_eq!(peak(&heard), 0.0, "silence while paused");
    let at_pause = pastiche.position();
    pastiche.tell("play");
    std::thread::sleep(Duration::from_millis(400));
    assert!((0.0..1.5).contains(&(pastiche.position() - at_pause)));
    pastiche.hears_its_playhead(&ear);

    // A seek takes effect, while playing and while paused.
    let sought = pastiche.tell("seek 40");
    assert_eq!(ear.pitch(sought + Duration::from_millis(300)), Some(pitch_at(40)));
    pastiche.hears_its_playhead(&ear);
    pastiche.tell("pause");
    pastiche.tell("seek 20.1");
    std::thread::sleep(Duration::from_millis(200));
    assert!((pastiche.position() - 20.1).abs() < 0.01);
    let played = pastiche.tell("play");
    assert_eq!(ear.pitch(played + Duration::from_millis(300)), Some(pitch_at(20)));
    println!("status: {}", pastiche.status());

    // When the server dies, the playhead continues; when it comes back, so does the sound, at the playhead.
    drop(ear);
    drop(server);
    wait("the loss to be noticed", || {
        std::thread::sleep(Duration::from_millis(100));
        true
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    while pastiche.status()["has_device"] == true && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let (before, moment) = (pastiche.position(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let moved = pastiche.position() - before;
    assert!((moved - moment.elapsed().as_secs_f64()).abs() < 0.2, "the silent clock moved by {moved}");
    assert_eq!(pastiche.status()["has_device"], false);

    let _server = place.server();
    let ear = Ear::new(&place);
    let deadline = Instant::now() + Duration::from_secs(20);
    while pastiche.status()["has_device"] == false && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(1500));
    pastiche.hears_its_playhead(&ear);
    pastiche.tell("quit");
    wait("the program to end", || true);
    assert!(pastiche.child.0.wait().unwrap().success());
}
