//! A sound server for one test: PulseAudio with a null sink whose monitor is recorded. The server, its sockets and its
//! settings are in a temporary folder.

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::sounds;

pub const SERVER_RATE: u32 = 48_000;

/// Ends what it started when the test ends, however it ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("run")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.path().join("run"), private).unwrap();
        let route = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        std::fs::write(folder.path().join("asound.conf"), route).unwrap();
        Place { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self, program: &str) -> Command {
        // Sound servers run with priority; if this user may not raise it, `nice` runs the program without.
        let mut command = Command::new("nice");
        command
            .args(["-n", "-15", program])
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("PULSE_SERVER", format!("unix:{}", self.path().join("run/native").display()))
            .env("ALSA_CONFIG_PATH", self.path().join("asound.conf"))
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        command
    }

    pub fn server(&self) -> Running {
        let socket = self.path().join("run/native");
        let _ = std::fs::remove_file(&socket);
        let mut command = self.command("pulseaudio");
        command
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"])
            .arg("--load=module-null-sink sink_name=ear rate=48000 channels=2")
            .arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Running(command.spawn().unwrap());
        wait("the sound server to start", || {
            self.command("pactl").arg("info").output().is_ok_and(|o| o.status.success())
        });
        server
    }
}

pub fn wait(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The recording of the sink's monitor, with the time of its first sample.
pub struct Ear {
    pub samples: Arc<Mutex<Vec<f32>>>,
    pub start: Instant,
    _recorder: Running,
}

impl Ear {
    pub fn new(place: &Place) -> Ear {
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
        Ear { samples, start, _recorder: Running(recorder) }
    }

    /// What was heard between two moments; waits until it has been.
    pub fn between(&self, from: Instant, to: Instant) -> Vec<f32> {
        let frame = |t: Instant| {
            (t.saturating_duration_since(self.start).as_secs_f64() * f64::from(SERVER_RATE)) as usize
        };
        wait("the recorder", || self.samples.lock().unwrap().len() > frame(to));
        self.samples.lock().unwrap()[frame(from)..frame(to)].to_vec()
    }

    /// When the first sound after `since` is heard; `None` if there is none within `patience`.
    pub fn first_sound(&self, since: Instant, patience: Duration) -> Option<Instant> {
        let frames = |time: Duration| (time.as_secs_f64() * f64::from(SERVER_RATE)) as usize;
        let from = frames(since.saturating_duration_since(self.start));
        let deadline = Instant::now() + patience;
        loop {
            let heard = self.samples.lock().unwrap();
            let first = heard.iter().skip(from).position(|s| s.abs() > 1e-3);
            drop(heard);
            if let Some(first) = first {
                let secs = (from + first) as f64 / f64::from(SERVER_RATE);
                return Some(self.start + Duration::from_secs_f64(secs));
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until nothing has been heard for a quarter second after `since`; a slow window reacts late.
    pub fn wait_for_silence(&self, since: Instant) {
        let frame = |time: Duration| (time.as_secs_f64() * f64::from(SERVER_RATE)) as usize;
        let from = frame(since.saturating_duration_since(self.start));
        wait("silence", || {
            let heard = self.samples.lock().unwrap();
            let last = heard.len().saturating_sub(frame(Duration::from_millis(250))).max(from);
            heard.len() > from + frame(Duration::from_millis(250))
                && heard[last..].iter().all(|s| s.abs() < 1e-3)
        });
    }

    /// The pitch heard in a quarter second from `from` on; `None` for silence or a mixture.
    pub fn pitch(&self, from: Instant) -> Option<u8> {
        let heard = self.between(from, from + Duration::from_millis(250));
        (55..90).find(|pitch| sounds(&heard, SERVER_RATE, *pitch))
    }
}
