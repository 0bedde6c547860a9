//! The `pastiche` command; without a subcommand it opens the studio.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            // One line with the whole chain of causes.
            eprintln!("pastiche: {error:#}");
            ExitCode::FAILURE
        }
    }
}
