//! All checks that have to pass, quickest to fail first.

use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::libtorch::Libtorch;
use crate::system;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

struct Check {
    what: &'static str,
    args: &'static [&'static str],
}

const fn check(what: &'static str, args: &'static [&'static str]) -> Check {
    Check { what, args }
}

const CHECKS: &[Check] = &[
    check("Format", &["fmt", "--all", "--check"]),
    check("Clippy, warnings denied", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    check("Headless build", &["clippy", "--no-default-features", "--", "-D", "warnings"]),
    check("Documentation", &["doc", "--no-deps"]),
    check("Tests: unit, integration, window, documentation", &["test", "--workspace", "--no-fail-fast"]),
];

/// Tests that need more than a build. They are marked `#[ignore]`, so that a plain `cargo test` passes anywhere.
struct Special {
    /// A substring of their names that no other test has.
    name: &'static str,
    needs: &'static str,
    can_run: fn(&Path) -> bool,
}

const SPECIAL: &[Special] = &[
    Special {
        name: "real_maestro",
        needs: "PASTICHE_MAESTRO at the real MAESTRO",
        can_run: |_| std::env::var_os("PASTICHE_MAESTRO").is_some(),
    },
    Special {
        name: "on_a_sound_server",
        needs: "the packages xdotool, pulseaudio, pulseaudio-utils and libasound2-plugins",
        can_run: |_| system::can_test_sound(),
    },
    Special {
        name: "full_disk",
        needs: "the right to mount a disk",
        can_run: |_| output_of("unshare", &["--mount", "true"]).is_some(),
    },
    Special { name: "mido_reads", needs: "mido from pip", can_run: ensure_python },
    Special { name: "python_reads", needs: "tensorboard and safetensors from pip", can_run: ensure_python },
    Special {
        name: "over_the_internet",
        needs: "PASTICHE_INTERNET set, and a connection",
        can_run: |_| std::env::var_os("PASTICHE_INTERNET").is_some(),
    },
    Special {
        name: "of_the_grand",
        needs: "soundfonts/SalamanderGrand.sf2, which `cargo xtask setup` builds if npm is installed",
        can_run: |root| root.join("soundfonts").join(crate::grand::GRAND).is_file(),
    },
];

/// Where pip installs packages that only tests use.
const PYTHON_FOLDER: &str = "target/setup/python";

/// What tests read files with.
const PYTHON_PACKAGES: [&str; 4] = ["mido==1.3.3", "tensorboard==2.21.0", "safetensors==0.8.0", "numpy"];

fn ensure_python(root: &Path) -> bool {
    let folder = root.join(PYTHON_FOLDER);
    let install = |python| {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(&folder).args(PYTHON_PACKAGES);
        succeeds(&mut pip)
    };
    ["mido", "tensorboard", "safetensors"].iter().all(|name| folder.join(name).is_dir())
        || system::python().is_ok_and(install)
}

/// Runs all checks; stops at the first that fails.
pub fn all(root: &Path, libtorch: &Libtorch) -> Outcome {
    ensure_components()?;
    let left_out: Vec<&Special> = SPECIAL.iter().filter(|special| !(special.can_run)(root)).collect();
    let started = Instant::now();
    for check in CHECKS {
        step(check.what);
        let check_started = Instant::now();
        let mut cargo = crate::cargo(root, libtorch);
        // rustdoc reads it in doc tests too, so it is set for `doc` only.
        if check.args[0] == "doc" {
            cargo.env("RUSTDOCFLAGS", "-D warnings");
        }
        cargo.args(check.args);
        if check.args[0] == "test" {
            cargo.env("PYTHONPATH", root.join(PYTHON_FOLDER)).args(["--", "--include-ignored"]);
            cargo.args(left_out.iter().flat_map(|special| ["--skip", special.name]));
        }
        if !succeeds(&mut cargo) {
            return Err(format!(
                "{} failed; see above. To run it alone: cargo {}",
                check.what,
                check.args.join(" ")
            ));
        }
        note(&format!("passed in {} s", check_started.elapsed().as_secs()));
    }
    step(&format!("All checks passed in {} s", started.elapsed().as_secs()));
    let left_out: Vec<_> = left_out.iter().map(|s| format!("{}* (needs {})", s.name, s.needs)).collect();
    if left_out.is_empty() {
        note("every test was run");
    } else {
        note(&format!("not run: {}", left_out.join("; ")));
    }
    Ok(())
}

/// A minimal rustup toolchain comes without the formatter and without clippy.
fn ensure_components() -> Outcome {
    let has = |name| output_of("cargo", &[name, "--version"]).is_some();
    if has("fmt") && has("clippy") {
        return Ok(());
    }
    step("Rust: adding rustfmt and clippy");
    if succeeds(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"])) {
        return Ok(());
    }
    Err("rustfmt and clippy are missing; run: rustup component add rustfmt clippy".into())
}
