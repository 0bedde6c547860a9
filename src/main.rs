//! The `pastiche` command; without a subcommand it opens the studio.

mod cli;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(open_studio) {
        Ok(code) => code,
        Err(error) => {
            // One line with the whole chain of causes.
            eprintln!("pastiche: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the window and keeps a log of what happens in it.
#[cfg(feature = "app")]
fn open_studio(files: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    use pastiche::app::{Places, run};

    let places = Places {
        open: files,
        ..Places::of_user()
    };
    cli::logging::to_file(&places.log_file);
    run(places).map_err(|error| anyhow::anyhow!("the window cannot be opened: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "app"))]
fn open_studio(_files: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no window; see pastiche --help for what it can do")
}
