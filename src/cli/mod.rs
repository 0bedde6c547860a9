//! The command line: thin commands over the library.

mod calibrate;
mod composers;
mod encode;
mod evaluate;
mod generate;
mod input;
mod inspect;
mod interrupt;
#[cfg(feature = "app")]
pub mod logging;
mod manual;
mod map;
mod model_args;
mod numbers;
mod output;
#[cfg(feature = "app")]
mod play;
mod prepare;
mod qualities;
mod quality_args;
mod recompose;
mod render;
mod sampling_args;
mod sound_args;
mod train;
mod train_args;
mod train_classifier;
mod train_rare;
mod verbs;
mod walk;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

/// Compose classical piano music in the manner of a chosen composer.
///
/// Without a command, opens the studio.
#[derive(Parser, Debug)]
#[command(version, after_help = after_help(), args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// MIDI files, a SoundFont or a checkpoint to open in the studio
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Subcommand, Debug)]
enum Command {
    Generate(generate::GenerateArgs),
    Render(render::RenderArgs),
    #[cfg(feature = "app")]
    Play(play::PlayArgs),
    Composers(composers::ComposersArgs),
    Encode(encode::EncodeArgs),
    Map(map::MapArgs),
    Inspect(inspect::InspectArgs),
    Prepare(prepare::PrepareArgs),
    Train(train_args::TrainArgs),
    Calibrate(calibrate::CalibrateArgs),
    Evaluate(evaluate::EvaluateArgs),
    Qualities(qualities::QualitiesArgs),
    Vary(verbs::VaryArgs),
    Continue(verbs::ContinueArgs),
    Restyle(verbs::RestyleArgs),
    Blend(verbs::BlendArgs),
    Walk(walk::WalkArgs),
    Recompose(recompose::RecomposeArgs),
    #[command(hide = true)]
    Manual(manual::ManualArgs),
}

impl Command {
    /// Does it talk to a sound server?
    fn has_sockets(&self) -> bool {
        #[cfg(feature = "app")]
        return matches!(self, Command::Play(_));
        #[cfg(not(feature = "app"))]
        false
    }
}

fn after_help() -> String {
    format!("Log of the studio, to attach to bug reports: {}", pastiche::paths::log_file().display())
}

/// Parses the command line, runs the command (`open_studio` if there is none), and exits.
pub fn run(open_studio: fn(Vec<PathBuf>) -> anyhow::Result<()>) -> ! {
    let cli = Cli::parse();
    if cli.command.as_ref().is_some_and(|command| !command.has_sockets()) {
        interrupt::end_with_the_reader();
    }
    interrupt::end(interrupt::settle(match cli.command {
        None => open_studio(cli.files),
        Some(Command::Generate(args)) => generate::run(&args),
        Some(Command::Render(args)) => render::run(&args),
        #[cfg(feature = "app")]
        Some(Command::Play(args)) => play::run(&args),
        Some(Command::Composers(args)) => composers::run(&args),
        Some(Command::Encode(args)) => encode::run(&args),
        Some(Command::Map(args)) => map::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args, composers::describe_checkpoint),
        Some(Command::Prepare(args)) => prepare::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Calibrate(args)) => calibrate::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Qualities(args)) => qualities::run(&args),
        Some(Command::Vary(args)) => verbs::run_vary(&args),
        Some(Command::Continue(args)) => verbs::run_continue(&args),
        Some(Command::Restyle(args)) => verbs::run_restyle(&args),
        Some(Command::Blend(args)) => verbs::run_blend(&args),
        Some(Command::Walk(args)) => walk::run(&args),
        Some(Command::Recompose(args)) => recompose::run(&args),
        Some(Command::Manual(args)) => manual::run(&args, Cli::command()),
    }))
}
