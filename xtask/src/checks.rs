//! Every check that has to pass, quickest to fail first.

use crate::console::{Outcome, note, output_of, step, succeeds};
use crate::libtorch::Libtorch;
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

/// Runs all checks; stops at the first that fails.
pub fn all(root: &Path, libtorch: &Libtorch) -> Outcome {
    ensure_components()?;
    let started = Instant::now();
    for check in CHECKS {
        step(check.what);
        let check_started = Instant::now();
        let mut cargo = crate::cargo(root, libtorch);
        // rustdoc reads it in doc tests too, so only `doc` may get it.
        if check.args[0] == "doc" {
            cargo.env("RUSTDOCFLAGS", "-D warnings");
        }
        if !succeeds(cargo.args(check.args)) {
            return Err(format!(
                "{} failed; see above. Alone it runs as: cargo {}",
                check.what,
                check.args.join(" ")
            ));
        }
        note(&format!("passed in {} s", check_started.elapsed().as_secs()));
    }
    step(&format!("All checks passed in {} s", started.elapsed().as_secs()));
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
