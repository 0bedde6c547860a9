//! The `pastiche` command; without a subcommand it opens the studio.

mod cli;

use std::path::PathBuf;

fn main() {
    cli::run(open_studio)
}

/// Opens the window and keeps a log of what happens in it.
#[cfg(feature = "app")]
fn open_studio(files: Vec<PathBuf>) -> anyhow::Result<()> {
    use pastiche::app::{Places, run};

    let places = Places { open: files, ..Places::of_user() };
    let _log = cli::logging::to_file(&places.log_file);
    run(places).map_err(|error| anyhow::anyhow!("the window cannot be opened: {error}"))
}

#[cfg(not(feature = "app"))]
fn open_studio(_files: Vec<PathBuf>) -> anyhow::Result<()> {
    anyhow::bail!("this build has no window; see pastiche --help for what it can do")
}
