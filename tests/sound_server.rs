//! The real program on a real sound server: PulseAudio with a sink that goes nowhere, whose monitor is recorded.
//! The server, its sockets and its settings live in a folder of this test's own.
#![cfg(all(feature = "app", target_os = "linux"))]

mod sound_common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pastiche::music::midi;
use sound_common::*;

const SERVER_RATE: u32 = 48_000;
/// One note a second, each a step higher or lower than the one before, so that the ear knows where it is.
const PIECE_SECS: u8 = 60;

fn pitch_at(second: usize) -> u8 {
    60 + (second * 7 % 25) as u8
}

/// Ends what it started when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("run")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.path().join("run"), private).unwrap();
        let route = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        std::fs::write(folder.path().join("asound.conf"), route).unwrap();
        Place { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, program: &str) -> Command {
        // Sound servers run with priority; where this user may not give it, `nice` runs the program without.
        let mut command = Command::new("nice");
        command
            .args(["-n", "-15", program])
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env(
                "PULSE_SERVER",
                format!("unix:{}", self.path().join("run/native").display()),
            )
            .env("ALSA_CONFIG_PATH", self.path().join("asound.conf"))
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        command
    }

    fn server(&self) -> Running {
        let socket = self.path().join("run/native");
        let _ = std::fs::remove_file(&socket);
        let mut command = self.command("pulseaudio");
        command
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                "--disable-shm=yes",
            ])
            .arg("--load=module-null-sink sink_name=ear rate=48000 channels=2")
            .arg(format!(
                "--load=module-native-protocol-unix auth-anonymous=1 socket={}",
                socket.display()
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Running(command.spawn().unwrap());
        wait("the sound server to start", || {
            self.command("pactl")
                .arg("info")
                .output()
                .is_ok_and(|o| o.status.success())
        });
        server
    }
}

fn wait(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the sink's monitor gave, with the time of its first sample.
struct Ear {
    samples: Arc<Mutex<Vec<f32>>>,
    start: Instant,
    _recorder: Running,
}

impl Ear {
    fn new(place: &Place) -> Ear {
        let mut recorder = place
            .command("parec")
            .args([
                "--device=ear.monitor",
                "--format=float32le",
                "--rate=48000",
                "--channels=1",
                "--latency-msec=10",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = recorder.stdout.take().unwrap();
        let samples = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&samples);
        let mut first = [0u8; 4];
        output.read_exact(&mut first).unwrap();
        let start = Instant::now();
        std::thread::spawn(move || {
            let mut bytes = [0u8; 4];
            let mut output = BufReader::with_capacity(480, output);
            while output.read_exact(&mut bytes).is_ok() {
                kept.lock().unwrap().push(f32::from_le_bytes(bytes));
            }
        });
        Ear {
            samples,
            start,
            _recorder: Running(recorder),
        }
    }

    /// What was heard between two moments; waits until it has been.
    fn between(&self, from: Instant, to: Instant) -> Vec<f32> {
        let frame = |t: Instant| {
            (t.saturating_duration_since(self.start).as_secs_f64() * f64::from(SERVER_RATE)) as usize
        };
        wait("the recorder", || self.samples.lock().unwrap().len() > frame(to));
        self.samples.lock().unwrap()[frame(from)..frame(to)].to_vec()
    }

    /// The pitch heard in a quarter second from `from` on; `None` for silence or a mixture.
    fn pitch(&self, from: Instant) -> Option<u8> {
        let heard = self.between(from, from + Duration::from_millis(250));
        (55..90).find(|pitch| sounds(&heard, SERVER_RATE, *pitch))
    }
}

struct Pastiche {
    child: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pastiche {
    fn play(place: &Place) -> Pastiche {
        let (midi_path, font_path) = (place.path().join("scale.mid"), place.path().join("sines.sf2"));
        let notes: Vec<_> = (0..PIECE_SECS)
            .map(|i| note(pitch_at(i.into()), i.into(), 0.9))
            .collect();
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
        let (input, output) = (
            child.stdin.take().unwrap(),
            BufReader::new(child.stdout.take().unwrap()),
        );
        Pastiche {
            child: Running(child),
            input,
            output,
        }
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

    /// Is what is heard now what stands at the playhead? Asks in the middle of a note.
    fn hears_its_playhead(&mut self, ear: &Ear) {
        let position = self.position();
        let into_note = position.fract();
        let until_middle = (1.3 - into_note) % 1.0;
        let moment = Instant::now() + Duration::from_secs_f64(until_middle);
        let expected = pitch_at((position + until_middle) as usize);
        assert_eq!(ear.pitch(moment), Some(expected), "at {position}");
    }
}

fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success())
}

#[test]
fn the_program_is_heard_on_a_sound_server() {
    if !["pulseaudio", "pactl", "parec"].into_iter().all(is_installed) {
        println!(
            "skipped: PulseAudio (packages pulseaudio, pulseaudio-utils, libasound2-plugins) is not installed"
        );
        return;
    }
    let place = Place::new();
    let server = place.server();
    let ear = Ear::new(&place);
    let mut pastiche = Pastiche::play(&place);

    // The right pitches at the right times: from the first sound on, a note a second.
    wait("the first sound", || {
        ear.samples.lock().unwrap().iter().any(|s| s.abs() > 1e-3)
    });
    let first = ear
        .samples
        .lock()
        .unwrap()
        .iter()
        .position(|s| s.abs() > 1e-3)
        .unwrap();
    let began = ear.start + Duration::from_secs_f64(first as f64 / f64::from(SERVER_RATE));
    for second in 0..4 {
        let onset = began + Duration::from_secs(second);
        assert_eq!(
            ear.pitch(onset + Duration::from_millis(100)),
            Some(pitch_at(second as usize))
        );
        if second > 0 {
            let before = ear.between(
                onset - Duration::from_millis(300),
                onset - Duration::from_millis(120),
            );
            assert!(
                sounds(&before, SERVER_RATE, pitch_at(second as usize - 1)),
                "still the note before, {second}"
            );
        }
    }
    pastiche.hears_its_playhead(&ear);

    // Pause is silent, soon and for as long as it lasts; play goes on.
    let paused = pastiche.tell("pause");
    let heard = ear.between(
        paused + Duration::from_millis(300),
        paused + Duration::from_millis(1500),
    );
    assert_eq!(peak(&heard), 0.0, "silence while paused");
    let at_pause = pastiche.position();
    pastiche.tell("play");
    std::thread::sleep(Duration::from_millis(400));
    assert!((0.0..1.5).contains(&(pastiche.position() - at_pause)));
    pastiche.hears_its_playhead(&ear);

    // A seek lands, while playing and while paused.
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

    // The server dies: the playhead goes on. It comes back: so does the sound, at the playhead.
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
    assert!(
        (moved - moment.elapsed().as_secs_f64()).abs() < 0.2,
        "the silent clock moved by {moved}"
    );
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
