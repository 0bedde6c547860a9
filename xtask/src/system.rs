//! The compiler and the system packages.

use crate::console::{Outcome, note, output_of, step, succeeds};
use std::process::Command;

const RUST: (u32, u32) = (1, 95);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Test,
}

/// How to tell that something is installed, on any distribution.
enum Sign {
    /// A program that answers `--version`.
    Program(&'static str),
    /// A library with headers that pkg-config knows.
    Headers(&'static str),
    /// A shared library that the loader finds.
    Library(&'static str),
    /// Only the package database can tell; asked only where there is dpkg.
    Package,
    /// A program without `--version`.
    OnPath(&'static str),
}

struct Need {
    sign: Sign,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
}

const fn need(sign: Sign, apt: &'static str, dnf: &'static str, pacman: &'static str) -> Need {
    Need { sign, apt, dnf, pacman }
}

const TO_RUN: &[Need] = &[
    need(Sign::Program("c++"), "g++", "gcc-c++", "gcc"),
    need(Sign::Program("make"), "make", "make", "make"),
    need(Sign::Program("pkg-config"), "pkg-config", "pkgconf-pkg-config", "pkgconf"),
    need(Sign::Headers("alsa"), "libasound2-dev", "alsa-lib-devel", "alsa-lib"),
    need(Sign::Library("libX11.so.6"), "libx11-6", "libX11", "libx11"),
    need(Sign::Library("libX11-xcb.so.1"), "libx11-xcb1", "libX11-xcb", "libx11"),
    need(Sign::Library("libXcursor.so.1"), "libxcursor1", "libXcursor", "libxcursor"),
    need(Sign::Library("libXi.so.6"), "libxi6", "libXi", "libxi"),
    need(Sign::Library("libXrandr.so.2"), "libxrandr2", "libXrandr", "libxrandr"),
    need(Sign::Library("libxkbcommon.so.0"), "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    need(
        Sign::Library("libxkbcommon-x11.so.0"),
        "libxkbcommon-x11-0",
        "libxkbcommon-x11",
        "libxkbcommon-x11",
    ),
    need(Sign::Library("libwayland-client.so.0"), "libwayland-client0", "libwayland-client", "wayland"),
    need(Sign::Library("libwayland-cursor.so.0"), "libwayland-cursor0", "libwayland-cursor", "wayland"),
    need(Sign::Library("libwayland-egl.so.1"), "libwayland-egl1", "libwayland-egl", "wayland"),
    need(Sign::Library("libGL.so.1"), "libgl1", "libglvnd-glx", "libglvnd"),
    need(Sign::Library("libEGL.so.1"), "libegl1", "libglvnd-egl", "libglvnd"),
    need(Sign::Package, "libgl1-mesa-dri", "mesa-dri-drivers", "mesa"),
];

/// The tests of the real window need a virtual screen.
const TO_TEST: &[Need] = &[need(Sign::OnPath("Xvfb"), "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb")];

/// The sound tests need a sound server. It is installed only as root on Debian or Ubuntu, because it could replace the
/// server of a desktop.
const TO_TEST_SOUND: &[Need] = &[
    need(Sign::OnPath("xdotool"), "xdotool", "xdotool", "xdotool"),
    need(Sign::OnPath("pulseaudio"), "pulseaudio", "pulseaudio", "pulseaudio"),
    need(Sign::OnPath("pactl"), "pulseaudio-utils", "pulseaudio-utils", "libpulse"),
    need(Sign::Package, "libasound2-plugins", "alsa-plugins-pulseaudio", "alsa-plugins"),
];

/// Fails when the Rust compiler is older than the studio needs.
pub fn check_rust() -> Outcome {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let answer = output_of(&rustc, &["--version"])
        .ok_or("rustc cannot be run: install Rust from https://rustup.rs")?;
    let found = version_of(&answer).ok_or_else(|| format!("cannot read the version in `{answer}`"))?;
    if found < RUST {
        return Err(format!(
            "this needs Rust {}.{} or newer, found {answer}: run `rustup update stable`",
            RUST.0, RUST.1
        ));
    }
    step(&format!("Rust: {answer}"));
    Ok(())
}

/// `rustc 1.95.0 (...)` → (1, 95)
fn version_of(answer: &str) -> Option<(u32, u32)> {
    let mut numbers = answer.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Makes sure that the system packages are installed; as root on Debian or Ubuntu, installs missing ones.
pub fn ensure_packages(purpose: Purpose) -> Outcome {
    match std::env::consts::OS {
        "linux" => ensure_linux_packages(purpose),
        "macos" if output_of("c++", &["--version"]).is_none() => {
            Err("a C++ compiler is missing; run: xcode-select --install".into())
        }
        other => {
            step(&format!(
                "System packages: {other} needs none beyond its compiler (not tried on this system)"
            ));
            Ok(())
        }
    }
}

fn ensure_linux_packages(purpose: Purpose) -> Outcome {
    let mut needs: Vec<&Need> = TO_RUN.iter().collect();
    if purpose == Purpose::Test {
        needs.extend(TO_TEST);
        if has_apt() && is_root() {
            needs.extend(TO_TEST_SOUND);
        }
    }
    let missing = missing(&needs);
    if missing.is_empty() {
        step("System packages: all installed");
        return Ok(());
    }
    let names = |of: fn(&Need) -> &'static str| {
        let mut names: Vec<_> = missing.iter().map(|need| of(need)).collect();
        names.dedup();
        names.join(" ")
    };
    let apt = names(|need| need.apt);
    step(&format!("System packages: missing {apt}"));
    if !has_apt() {
        let (dnf, pacman) = (names(|need| need.dnf), names(|need| need.pacman));
        return Err(format!(
            "system packages are missing; install them, then repeat this command. Fedora: sudo dnf install {dnf}; \
             Arch: sudo pacman -S {pacman}; elsewhere the packages that correspond to {apt}"
        ));
    }
    if !is_root() {
        return Err(format!(
            "system packages are missing and installing them needs root; run this line, then repeat this command: \
             sudo apt-get install -y {apt}"
        ));
    }
    install(&apt)
}

/// Installs with the current package lists; if that fails, refreshes the lists and tries once more.
fn install(apt: &str) -> Outcome {
    let install = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        succeeds(command.args(["install", "-y", "-q", "--no-install-recommends"]).args(apt.split(' ')))
    };
    let refresh = || succeeds(Command::new("apt-get").args(["update", "-q"]));
    if install() || (refresh() && install()) {
        return Ok(());
    }
    Err(format!(
        "apt-get could not install the packages: check the network, then repeat: apt-get install -y {apt}"
    ))
}

/// Are all packages for the tests with a sound server installed?
pub fn can_test_sound() -> bool {
    missing(&TO_TEST_SOUND.iter().collect::<Vec<_>>()).is_empty()
}

fn is_root() -> bool {
    output_of("id", &["-u"]).as_deref() == Some("0")
}

fn missing(needs: &[&'static Need]) -> Vec<&'static Need> {
    let ldconfig = ["/sbin/ldconfig", "ldconfig"].iter().find_map(|program| output_of(program, &["-p"]));
    let libraries = ldconfig.unwrap_or_default();
    let is_missing = |need: &&&Need| match need.sign {
        Sign::Program(name) => output_of(name, &["--version"]).is_none(),
        Sign::Headers(name) => output_of("pkg-config", &["--exists", name]).is_none(),
        Sign::Library(name) => !libraries.split_whitespace().any(|word| word == name),
        Sign::Package => has_apt() && !is_installed(need.apt),
        Sign::OnPath(name) => !is_on_path(name),
    };
    needs.iter().filter(is_missing).copied().collect()
}

/// The packages that a built studio needs on Debian and Ubuntu, without compiler and headers.
pub fn runtime_packages() -> Vec<&'static str> {
    let libraries = TO_RUN.iter().filter(|need| match need.sign {
        Sign::Library(_) | Sign::Package => true,
        Sign::Program(_) | Sign::Headers(_) | Sign::OnPath(_) => false,
    });
    std::iter::once("libasound2").chain(libraries.map(|need| need.apt)).collect()
}

pub fn has_apt() -> bool {
    is_on_path("apt-get") && is_on_path("dpkg-query")
}

fn is_installed(package: &str) -> bool {
    output_of("dpkg-query", &["-W", "-f=${Status}", package])
        .is_some_and(|s| s.contains("install ok installed"))
}

pub fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The Python 3 used for downloading and unpacking. Fails with what to install if there is none, or none with pip.
pub fn python() -> Outcome<&'static str> {
    let candidates =
        if std::env::var_os("VIRTUAL_ENV").is_some() { ["python", "python3"] } else { ["python3", "python"] };
    let is_three = |program: &&&str| {
        output_of(program, &["-c", "import sys; print(sys.version_info[0])"]).as_deref() == Some("3")
    };
    let found = candidates.iter().find(is_three);
    let python = found
        .ok_or("Python 3 is missing (Debian and Ubuntu: sudo apt-get install -y python3 python3-pip)")?;
    if output_of(python, &["-m", "pip", "--version"]).is_none() {
        return Err(format!("{python} has no pip (Debian and Ubuntu: sudo apt-get install -y python3-pip)"));
    }
    note(&format!("downloads go through {python} -m pip"));
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn reads_the_compiler_version() {
        assert_eq!(version_of("rustc 1.95.0 (abc 2026-03-21)"), Some((1, 95)));
        assert_eq!(version_of("rustc 2.0.0-nightly"), Some((2, 0)));
        assert_eq!(version_of("rustc"), None);
    }
}
