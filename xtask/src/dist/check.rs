//! `cargo xtask dist --check`: installs each package in a bare Debian and starts it there. Needs root, debootstrap and
//! Xvfb. The screen is this machine's; everything else comes from the package and its dependencies.

use super::Packages;
use super::stage::make_folder;
use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::system;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The screen on which the window opens.
const DISPLAY: &str = ":87";
/// Maximum time for a start.
const PATIENCE: Duration = Duration::from_secs(60);
/// A painted window has at least this many colours, because its text is anti-aliased.
const MIN_COLOURS: usize = 60;

/// Installs and starts each of the packages, and the program of the build folder for comparison.
pub fn check(root: &Path, packages: &Packages) -> Outcome {
    if !cfg!(target_os = "linux") || output_of("id", &["-u"]).as_deref() != Some("0") {
        return Err("the check needs root on Linux: it installs into a Debian of its own".into());
    }
    for (program, package) in [("debootstrap", "debootstrap"), ("Xvfb", "xvfb")] {
        if !system::is_on_path(program) && !Path::new("/usr/sbin").join(program).is_file() {
            return Err(format!("{program} is missing; run: apt-get install -y {package}"));
        }
    }
    let folder = root.join("target").join("dist").join("check");
    let bare = bare_debian(&folder)?;
    let screen = Screen::start(&folder)?;
    step("Start from the build folder, for comparison");
    let built = root.join("target/release/pastiche");
    let home = folder.join("home");
    let _ = fs::remove_dir_all(&home);
    make_folder(&home)?;
    for run in ["first", "second"] {
        let secs = screen.first_frame(Command::new(&built).env("HOME", &home))?;
        note(&format!("{run} start: first frame after {secs:.2} s"));
    }
    if let Some(deb) = &packages.deb {
        step("Debian package in a bare Debian");
        let debian = Debian::copy_of(&bare, &folder.join("deb"))?;
        debian.install(&[&debian.take(deb)?])?;
        debian.try_out("/usr/bin/pastiche", &screen)?;
        for file in ["applications/pastiche.desktop", "man/man1/pastiche.1", "mime/packages/pastiche.xml"] {
            if !debian.root.join("usr/share").join(file).is_file() {
                return Err(format!("the package did not install /usr/share/{file}"));
            }
        }
    }
    step("Archive in a bare Debian");
    let debian = Debian::copy_of(&bare, &folder.join("archive"))?;
    debian.install(&system::runtime_packages().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    let archive = debian.take(&packages.archive)?;
    debian.run(&["mkdir", "-p", "/opt"])?;
    debian.run(&["tar", "-xzf", &archive, "-C", "/opt"])?;
    // A folder that is moved after unpacking must still run.
    debian.run(&["mv", &format!("/opt/{}", packages.stage.name), "/opt/a folder elsewhere"])?;
    debian.try_out("/opt/a folder elsewhere/pastiche", &screen)?;
    step("Both packages install, compose, record and open their window in a bare Debian");
    Ok(())
}

/// A bare Debian from debootstrap, created once.
fn bare_debian(folder: &Path) -> Outcome<PathBuf> {
    let bare = folder.join("bare");
    if bare.join("usr/bin/apt-get").is_file() {
        return Ok(bare);
    }
    make_folder(folder)?;
    let release = read_codename().unwrap_or_else(|| "bookworm".to_owned());
    step(&format!("A bare Debian ({release}) in target/dist/check/bare"));
    let part = folder.join("bare.part");
    let _ = fs::remove_dir_all(&part);
    let mut debootstrap = Command::new("debootstrap");
    if !succeeds(debootstrap.args(["--variant=minbase", &release]).arg(&part)) {
        return Err("debootstrap failed; see above".into());
    }
    fs::rename(&part, &bare).map_err(|e| format!("cannot rename bare.part: {e}"))?;
    Ok(bare)
}

/// The Debian release of this machine: programs built here need at least that one.
fn read_codename() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let is_debian = text.lines().any(|line| line == "ID=debian");
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    is_debian.then(|| name.to_owned())
}

/// A Debian in a folder, with the folders of the running system that programs need.
struct Debian {
    root: PathBuf,
    mounted: Vec<PathBuf>,
}

impl Debian {
    fn copy_of(bare: &Path, root: &Path) -> Outcome<Debian> {
        if root.exists() && !succeeds(Command::new("rm").args(["-rf", "--one-file-system"]).arg(root)) {
            return Err(format!("cannot clear {}", root.display()));
        }
        if !succeeds(Command::new("cp").args(["-a", "--reflink=auto"]).arg(bare).arg(root)) {
            return Err(format!("cannot copy the bare Debian to {}", root.display()));
        }
        let mut debian = Debian { root: root.to_path_buf(), mounted: Vec::new() };
        for folder in ["dev", "proc", "tmp/.X11-unix"] {
            let target = root.join(folder);
            make_folder(&target)?;
            if !succeeds(Command::new("mount").arg("--bind").arg(format!("/{folder}")).arg(&target)) {
                return Err(format!("cannot mount /{folder} in {}", root.display()));
            }
            debian.mounted.push(target);
        }
        // The network settings of this machine.
        for file in ["etc/resolv.conf", "etc/hosts"] {
            let _ = fs::copy(Path::new("/").join(file), root.join(file));
        }
        Ok(debian)
    }

    /// Copies a file into it and returns its path there.
    fn take(&self, file: &Path) -> Outcome<String> {
        let name = file.file_name().unwrap_or_default();
        super::stage::link(file, &self.root.join("root").join(name))?;
        Ok(format!("/root/{}", name.to_string_lossy()))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.root).args(words);
        command.env_remove("LD_LIBRARY_PATH").env_remove("XDG_RUNTIME_DIR").env("HOME", "/root");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn run(&self, words: &[&str]) -> Outcome {
        if succeeds(&mut self.command(words)) {
            Ok(())
        } else {
            Err(format!("`{}` failed in the bare Debian; see above", words.join(" ")))
        }
    }

    fn install<S: AsRef<str>>(&self, packages: &[S]) -> Outcome {
        self.run(&["apt-get", "update", "-q"])?;
        let mut words = vec!["apt-get", "install", "-y", "-q", "--no-install-recommends"];
        words.extend(packages.iter().map(AsRef::as_ref));
        self.run(&words)
    }

    /// Composes, records, and opens the window twice.
    fn try_out(&self, program: &str, screen: &Screen) -> Outcome {
        self.run(&[program, "--version"])?;
        let composed =
            ["generate", "--composer", "chopin", "--seed", "1", "--notes", "40", "--out", "/root/a.mid"];
        self.run(&[&[program], &composed[..]].concat())?;
        self.run(&[program, "render", "/root/a.mid", "--out", "/root/a.wav"])?;
        let bytes = fs::metadata(self.root.join("root/a.wav")).map_or(0, |m| m.len());
        note(&format!("a recording of {bytes} bytes"));
        for run in ["first", "second"] {
            let secs = screen.first_frame(&mut self.command(&[program]))?;
            note(&format!("{run} start: first frame after {secs:.2} s"));
        }
        Ok(())
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        for target in self.mounted.iter().rev() {
            succeeds(Command::new("umount").arg(target));
        }
    }
}

/// A virtual screen whose picture is stored in a file.
struct Screen {
    server: Child,
    picture: PathBuf,
}

impl Screen {
    fn start(folder: &Path) -> Outcome<Screen> {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args([DISPLAY, "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-fbdir"]).arg(folder);
        let server = xvfb.stderr(Stdio::null()).spawn().map_err(|e| format!("cannot start Xvfb: {e}"))?;
        let screen = Screen { server, picture: folder.join("Xvfb_screen0") };
        let begun = Instant::now();
        while !screen.picture.is_file() || !Path::new("/tmp/.X11-unix/X87").exists() {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(format!("Xvfb does not start on display {DISPLAY}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(screen)
    }

    /// Starts the studio, waits until its window is painted, and ends it; returns the seconds that took.
    fn first_frame(&self, command: &mut Command) -> Outcome<f64> {
        command.env("DISPLAY", DISPLAY).env_remove("WAYLAND_DISPLAY");
        let begun = Instant::now();
        let mut studio = command.spawn().map_err(|e| format!("cannot start the studio: {e}"))?;
        let result = loop {
            if self.colours() >= MIN_COLOURS {
                break Ok(begun.elapsed().as_secs_f64());
            }
            if let Ok(Some(status)) = studio.try_wait() {
                break Err(format!("the studio ended before its window was there: {status}"));
            }
            if begun.elapsed() > PATIENCE {
                break Err(format!("no window within {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let _ = studio.kill();
        let _ = studio.wait();
        // The screen is empty again once the window has closed.
        while result.is_ok() && self.colours() >= MIN_COLOURS && begun.elapsed() < 2 * PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        result
    }

    /// Number of colours on the screen, sampling every 16th pixel.
    fn colours(&self) -> usize {
        let bytes = fs::read(&self.picture).unwrap_or_default();
        let mut colours: Vec<&[u8]> = bytes.chunks_exact(4).step_by(16).collect();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
