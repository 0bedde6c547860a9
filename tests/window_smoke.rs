//! The real program on a virtual screen: its window opens, has its title, and is not blank.
#![cfg(all(target_os = "linux", feature = "app"))]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, ImageFormat, MapState, Window};
use x11rb::rust_connection::RustConnection;

const PATIENCE: Duration = Duration::from_secs(60);
/// Anti-aliased text alone has dozens of colours; an empty or half-drawn window has a handful.
const MIN_COLOURS: usize = 24;
/// No single colour may cover more of the window than this.
const MAX_SHARE: f64 = 0.98;

#[test]
fn the_studio_opens_and_draws_its_window() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let screen = Screen::start();
    let mut studio = screen.start_studio(home.path());
    let started = Instant::now();
    let mut last = "it opened no window".to_owned();
    while started.elapsed() < PATIENCE {
        if let Some(status) = studio.0.try_wait().expect("the studio can be asked") {
            panic!("the studio ended by itself with {status}:\n{}", log(home.path()));
        }
        if let Some((window, title)) = screen.window() {
            let picture = screen.picture(window);
            picture.save(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("window_smoke.ppm"));
            match picture.complaint() {
                None => {
                    assert!(title.starts_with("Pastiche"), "the window is called {title:?}");
                    return;
                }
                Some(complaint) => last = complaint,
            }
        }
        sleep(Duration::from_millis(100));
    }
    panic!("after {} s the window is not right: {last}\n{}", PATIENCE.as_secs(), log(home.path()));
}

/// A program that is ended with the test, however the test ends.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server without a monitor, and our connection to it.
struct Screen {
    connection: RustConnection,
    root: Window,
    display: String,
    _server: Guarded,
}

impl Screen {
    /// Starts Xvfb on a display number that it picks itself.
    fn start() -> Self {
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server =
            Guarded(server.expect("Xvfb is missing: `cargo xtask test` installs it (package xvfb)"));
        let mut number = String::new();
        let output = server.0.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut number).expect("Xvfb says its display");
        let display = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&display)).expect("Xvfb takes connections");
        let root = connection.setup().roots[screen].root;
        Self { connection, root, display, _server: server }
    }

    /// Starts the studio with settings, data and log of its own in `home`; what it prints goes there too.
    fn start_studio(&self, home: &Path) -> Guarded {
        let output = fs::File::create(home.join("output.txt")).expect("the temporary folder is writable");
        let mut studio = Command::new(env!("CARGO_BIN_EXE_pastiche"));
        studio.env("HOME", home).env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
        studio.env("XDG_RUNTIME_DIR", home).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        studio.env("DISPLAY", &self.display).env("LIBGL_ALWAYS_SOFTWARE", "1").env_remove("LD_LIBRARY_PATH");
        studio.stderr(output.try_clone().expect("a second handle")).stdout(output);
        Guarded(studio.spawn().expect("the studio starts"))
    }

    /// The biggest visible window and its title; without a window manager windows lie directly on the root.
    fn window(&self) -> Option<(Window, String)> {
        let windows = self.connection.query_tree(self.root).ok()?.reply().ok()?.children;
        let visible = windows.into_iter().filter_map(|window| {
            let attributes = self.connection.get_window_attributes(window).ok()?.reply().ok()?;
            let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
            let area = u32::from(size.width) * u32::from(size.height);
            (attributes.map_state == MapState::VIEWABLE && area > 10_000).then_some((area, window))
        });
        let (_, window) = visible.max()?;
        let title = self.connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 256);
        let title = title.ok()?.reply().ok()?.value;
        Some((window, String::from_utf8_lossy(&title).into_owned()))
    }

    fn picture(&self, window: Window) -> Picture {
        let size =
            self.connection.get_geometry(window).expect("a request").reply().expect("the window's size");
        let (width, height) = (size.width, size.height);
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0);
        let image = image.expect("a request").reply().expect("the window's pixels");
        let pixels = image.data.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect(); // blue first
        Picture { width, height, pixels }
    }
}

/// What the window shows: RGB, row by row.
struct Picture {
    width: u16,
    height: u16,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Why this is not a drawn window, if it is not.
    fn complaint(&self) -> Option<String> {
        let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
        for pixel in &self.pixels {
            *counts.entry(*pixel).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        let share = most as f64 / self.pixels.len().max(1) as f64;
        if counts.len() < MIN_COLOURS || share > MAX_SHARE {
            return Some(format!("{} colours, one of them on {:.1} % of it", counts.len(), share * 100.0));
        }
        None
    }

    /// Saves the picture for inspection.
    fn save(&self, path: &Path) {
        let header = format!("P6\n{} {}\n255\n", self.width, self.height);
        let bytes = header.into_bytes().into_iter().chain(self.pixels.iter().flatten().copied());
        fs::write(path, bytes.collect::<Vec<u8>>()).expect("the picture is written");
    }
}

fn log(home: &Path) -> String {
    fs::read_to_string(home.join("output.txt")).unwrap_or_default()
}
