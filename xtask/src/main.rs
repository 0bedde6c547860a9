//! `cargo xtask`: from a fresh clone to a running, tested studio.
//!
//! Each step first checks whether its work is already done, says what it does, and can be repeated at any time.

mod checks;
mod console;
mod dist;
mod grand;
mod libtorch;
mod soundfont;
mod system;

use console::Outcome;
use soundfont::Wanted;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask setup                      put everything in place: system packages, libtorch, a SoundFont
cargo xtask setup --download-libtorch  the same, with libtorch from pytorch.org where pip cannot serve
cargo xtask run [ARGS]                 set up, then build the studio and open it; ARGS go to `pastiche`
cargo xtask test                       set up, then run every check that has to pass
cargo xtask dist                       set up, then build the packages that can be installed, in target/dist
cargo xtask dist --check               the same, then install and start each in a bare Debian (root, debootstrap)";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("\nerror: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<ExitCode> {
    let root = root()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) =
        args.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    match (command, rest) {
        ("setup", [] | [_]) => {
            let from_pytorch = match rest.first().map(String::as_str) {
                None => false,
                Some("--download-libtorch") => true,
                Some(other) => return Err(format!("setup does not know `{other}`\n\n{HELP}")),
            };
            set_up(&root, system::Purpose::Run, Wanted::Best, from_pytorch)?;
            console::note("next: `cargo run --release` opens the studio, `cargo test` runs the tests");
            Ok(ExitCode::SUCCESS)
        }
        ("run", args) => {
            let libtorch = set_up(&root, system::Purpose::Run, Wanted::Piano, false)?;
            console::step("Building the studio (about ten minutes the first time) and opening it");
            let mut cargo = cargo(&root, &libtorch);
            cargo.args(["run", "--release", "--"]).args(args);
            console::exit_code(&mut cargo)
        }
        ("test", []) => {
            let libtorch = set_up(&root, system::Purpose::Test, Wanted::Any, false)?;
            checks::all(&root, &libtorch)?;
            Ok(ExitCode::SUCCESS)
        }
        ("dist", [] | [_]) => {
            if let Some(other) = rest.first().filter(|flag| *flag != "--check") {
                return Err(format!("dist does not know `{other}`\n\n{HELP}"));
            }
            let libtorch = set_up(&root, system::Purpose::Run, Wanted::Best, false)?;
            let packages = dist::build(&root, &libtorch)?;
            if !rest.is_empty() {
                dist::check(&root, &packages)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        ("help" | "--help" | "-h", _) => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(format!("cargo xtask does not know `{}`\n\n{HELP}", args.join(" "))),
    }
}

/// Prepares everything that `purpose` needs; returns the libtorch to build with.
fn set_up(
    root: &Path,
    purpose: system::Purpose,
    piano: Wanted,
    from_pytorch: bool,
) -> Outcome<libtorch::Libtorch> {
    system::check_rust()?;
    system::ensure_packages(purpose)?;
    let libtorch = libtorch::ensure(root, from_pytorch)?;
    soundfont::ensure(root, &libtorch, piano)?;
    console::step("Everything is in place");
    Ok(libtorch)
}

/// A cargo command with the environment that a plain `cargo` in the repository has, so that neither invalidates the
/// other's build.
fn cargo(root: &Path, libtorch: &libtorch::Libtorch) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_str().is_some_and(|n| {
            n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_") || n == "CARGO_BIN_NAME"
        });
        if is_ours {
            cargo.env_remove(name);
        }
    }
    if libtorch.is_local {
        cargo.env_remove("LIBTORCH"); // .cargo/config.toml says the same
    }
    if cfg!(windows) {
        // Elsewhere build.rs puts the search path into the programs.
        let old = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(libtorch.lib.clone()).chain(std::env::split_paths(&old));
        if let Ok(joined) = std::env::join_paths(folders) {
            cargo.env("PATH", joined);
        }
    }
    cargo
}

fn root() -> Outcome<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("start this as `cargo xtask`")?;
    let root = Path::new(&manifest).parent().ok_or("the xtask folder has no parent")?;
    Ok(root.to_path_buf())
}
