//! The real window on a real sound server: keys pressed by xdotool under Xvfb, heard through the monitor of
//! PulseAudio's null sink.
#![cfg(all(feature = "app", target_os = "linux"))]

mod sound_common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pastiche::music::{Performance, midi};
use sound_common::server::*;
use sound_common::*;

const PATIENCE: Duration = Duration::from_secs(60);
/// How long a take is listened to, from its first note.
const TAKE_SECS: f64 = 16.0;

/// One note a second.
fn pitch_at(second: usize) -> u8 {
    60 + (second * 7 % 25) as u8
}

/// The studio on a virtual screen, with a piece and the SoundFont of sines.
struct Studio<'a> {
    place: &'a Place,
    display: String,
    window: String,
    _studio: Running,
    _screen: Running,
}

impl Studio<'_> {
    fn open(place: &Place) -> Studio<'_> {
        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        screen.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut screen = Running(screen.spawn().unwrap());
        let mut number = String::new();
        let output = screen.0.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());

        let (music, font) = (place.path().join("scale.mid"), place.path().join("sines.sf2"));
        let notes: Vec<_> = (0..60u8).map(|i| note(pitch_at(i.into()), i.into(), 0.9)).collect();
        midi::write_file(&music, &performance(&notes), None, None).unwrap();
        std::fs::write(&font, sf2::sines()).unwrap();
        let log = std::fs::File::create(place.path().join("studio.log")).unwrap();
        let mut studio = place.command(env!("CARGO_BIN_EXE_pastiche"));
        studio
            .args([&music, &font])
            .env("DISPLAY", &display)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("XDG_DATA_HOME", place.path())
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .stdout(Stdio::null())
            .stderr(log);
        let mut studio = Studio {
            place,
            display,
            window: String::new(),
            _studio: Running(studio.spawn().unwrap()),
            _screen: screen,
        };
        let begun = Instant::now();
        while studio.window.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "no window: {}", studio.log());
            std::thread::sleep(Duration::from_millis(200));
            studio.window = studio.xdotool(&["search", "--onlyvisible", "--name", "Pastiche"]);
        }
        studio
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("xdotool");
        let output = command.args(arguments).env("DISPLAY", &self.display).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// There is no window manager, so the keys are sent to this window directly.
    fn press(&self, key: &str) -> Instant {
        self.xdotool(&["windowfocus", &self.window]);
        let at = Instant::now();
        self.xdotool(&["key", "--clearmodifiers", key]);
        at
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.path().join("studio.log")).unwrap_or_default()
    }
}

/// Presses Space until something is heard: the model and the SoundFont take a moment.
fn first_sound(studio: &Studio<'_>, ear: &Ear) -> Instant {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let pressed = studio.press("space");
        if let Some(heard) = ear.first_sound(pressed, Duration::from_secs(3)) {
            return heard;
        }
    }
    panic!("nothing is heard: {}", studio.log());
}

fn takes(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        if path.is_dir() {
            found.extend(takes(&path));
        } else {
            found.push(path);
        }
    }
    found.retain(|p| {
        p.extension().is_some_and(|e| e == "mid") && p.parent().is_some_and(|f| f.ends_with("takes"))
    });
    found
}

/// A growing take is on disk without a recipe.
fn is_finished(take: &Path) -> bool {
    let record = std::fs::read(take.with_extension("json")).unwrap_or_default();
    serde_json::from_slice(&record).is_ok_and(|record: serde_json::Value| record["recipe"].is_object())
}

/// How much louder, on average, the take's pitches are while they sound than all other pitches.
fn contrast(take: &Performance, heard: &[f32]) -> f64 {
    let first = take.notes()[0].onset_secs;
    let (mut inside, mut outside) = ((0.0, 0), (0.0, 0));
    for moment in (0..(TAKE_SECS / 0.2) as usize - 2).map(|i| i as f64 * 0.2) {
        let window = part(heard, SERVER_RATE, moment..moment + 0.2);
        for pitch in 65..=96u8 {
            let sounds_near = |reach: i32| {
                take.notes().iter().any(|n| {
                    let (from, to) = (n.onset_secs - first, n.release_secs() - first);
                    // The pedal and the release let it ring on: such moments count for neither side.
                    (i32::from(n.pitch.number()) - i32::from(pitch)).abs() <= reach
                        && from < moment + 0.2
                        && to + 2.0 * f64::from(reach) > moment
                })
            };
            let level = amplitude_at(window, SERVER_RATE, hertz(pitch));
            let sum = match (sounds_near(0), sounds_near(1)) {
                (true, _) => &mut inside,
                (false, false) => &mut outside,
                _ => continue,
            };
            *sum = (sum.0 + level, sum.1 + 1);
        }
    }
    println!("{} moments with their pitch, {} without", inside.1, outside.1);
    assert!(inside.1 > 5 && outside.1 > 10, "{inside:?}, {outside:?}");
    (inside.0 / f64::from(inside.1)) / (outside.0 / f64::from(outside.1)).max(1e-9)
}

#[test]
#[ignore = "needs Xvfb, xdotool and PulseAudio (packages xvfb, xdotool, pulseaudio, pulseaudio-utils, libasound2-plugins)"]
fn on_a_sound_server_the_window_is_heard() {
    let place = Place::new();
    let _server = place.server();
    let ear = Ear::new(&place);
    let studio = Studio::open(&place);
    let after = |moment: Instant, ms: u64| moment + Duration::from_millis(ms);

    // The pitches at their times.
    first_sound(&studio, &ear);
    let stopped = studio.press("Return");
    ear.wait_for_silence(stopped);
    let played = studio.press("space");
    let began = ear.first_sound(played, PATIENCE).expect("the beginning");
    for second in 0..4 {
        let heard = ear.pitch(after(began, 1000 * second + 300));
        assert_eq!(heard, Some(pitch_at(second as usize)), "second {second}");
    }

    // Pause is silent, and stays so.
    ear.wait_for_silence(studio.press("space"));
    let silent = Instant::now();
    let heard = ear.between(silent, after(silent, 1500));
    assert_eq!(peak(&heard), 0.0, "silence while paused");

    // A seek takes effect: to the start, then 20 steps of a second.
    studio.press("Home");
    for _ in 0..20 {
        studio.press("Right");
        // Two presses within one frame of a slow machine count as one.
        std::thread::sleep(Duration::from_millis(120));
    }
    std::thread::sleep(Duration::from_millis(500));
    let played = studio.press("space");
    let began = ear.first_sound(played, PATIENCE).expect("the note sought");
    for second in 0..2 {
        let heard = ear.pitch(after(began, 1000 * second + 300));
        assert_eq!(heard, Some(pitch_at(20 + second as usize)), "second {second} after the seek");
    }
    ear.wait_for_silence(studio.press("Return"));

    // A take is composed and heard, and the sound matches the saved file.
    assert!(pastiche::paths::default_checkpoint().is_some(), "the checkpoint that ships is gone");
    // The opened piece is stored there too.
    let before = takes(place.path());
    let new_take = || takes(place.path()).into_iter().find(|t| !before.contains(t));
    let asked = studio.press("ctrl+Return");
    let began = ear.first_sound(after(asked, 100), PATIENCE).expect("the take");
    println!("from the key to the recorded sound: {:.0} ms", (began - asked).as_secs_f64() * 1e3);
    let begun = Instant::now();
    while !new_take().is_some_and(|take| is_finished(&take)) {
        assert!(begun.elapsed() < PATIENCE, "no take was kept: {}", studio.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    let take = midi::read_file(&new_take().unwrap()).unwrap().performance;
    // A take may begin too softly to be noticed: its real beginning may be somewhat earlier.
    let contrast = (0..20)
        .map(|step| began - Duration::from_millis(50 * step))
        .map(|from| contrast(&take, &ear.between(from, from + Duration::from_secs_f64(TAKE_SECS))))
        .fold(0.0, f64::max);
    println!("the take's pitches stand out by a factor of {contrast:.1}");
    assert!(contrast > 5.0, "{contrast}");
}
