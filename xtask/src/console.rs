//! Prints messages and starts other programs.

use std::process::{Command, ExitCode, Stdio};

/// What went wrong, as one sentence for the person at the keyboard.
pub type Outcome<T = ()> = Result<T, String>;

pub fn step(text: &str) {
    println!("==> {text}");
}

pub fn note(text: &str) {
    println!("    {text}");
}

/// Runs `command` with its output on our terminal; false if it could not start or failed.
pub fn succeeds(command: &mut Command) -> bool {
    note(&format!("$ {}", shown(command)));
    command.status().is_ok_and(|status| status.success())
}

/// Runs `command` with its output on our terminal and returns its exit code.
pub fn exit_code(command: &mut Command) -> Outcome<ExitCode> {
    note(&format!("$ {}", shown(command)));
    let status = command.status().map_err(|e| format!("cannot start {}: {e}", shown(command)))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// What `program` writes to its standard output, trimmed; `None` if it is missing or failed.
pub fn output_of(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as one would type it; long embedded scripts are left out.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy());
    words.map(|word| if word.contains('\n') { "...".into() } else { word }).collect::<Vec<_>>().join(" ")
}
