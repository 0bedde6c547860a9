//! `pastiche manual`: what a package needs of the command line beside the program. `cargo xtask dist` calls it.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

/// Write the man pages and the shell completions into a folder
#[derive(Args, Debug)]
pub struct ManualArgs {
    /// The folder; it is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub fn run(args: &ManualArgs, command: Command) -> anyhow::Result<()> {
    // `help` would have a page for every page, which says nothing more.
    let mut command = command.disable_help_subcommand(true);
    let folder = || format!("cannot write into the folder {}", args.out.display());
    fs::create_dir_all(&args.out).with_context(folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "pastiche", &args.out).with_context(folder)?;
    }
    // The log's place is that of whoever reads `--help`, not of whoever makes the package.
    clap_mangen::generate_to(command.after_help(None::<&str>), &args.out).with_context(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_every_command_and_a_completion_for_three_shells() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new");
        let command = Command::new("pastiche")
            .subcommand(Command::new("render").about("Make a recording"))
            .subcommand(Command::new("manual").hide(true));
        run(&ManualArgs { out: out.clone() }, command).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["_pastiche", "pastiche-render.1", "pastiche.1", "pastiche.bash", "pastiche.fish"]);
    }
}
