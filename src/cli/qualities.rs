//! `pastiche qualities`: looks for qualities in the latent space.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use pastiche::classify::Classifier;
use pastiche::data::Corpus;
use pastiche::device::DeviceChoice;
use pastiche::evaluate::{QualityOptions, measure_qualities};
use pastiche::generate::{Direction, Generator, Qualities, beside_or_shipped};

use super::composers::checkpoint_path;
use super::input::shown;
use super::interrupt::stop_flag;

/// Look for qualities (denser, louder, higher, more pedal, major, wilder) in the latent space.
///
/// Each quality is fitted to real segments of the training split and measured on takes. Those that rise with their amount
/// in at least 90 % of the trials and leave the judge's composer in at least 80 % are offered by `generate --quality`,
/// `vary --quality` and the studio. The outcome is written beside the checkpoint.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche qualities --data maestro.corpus")]
pub struct QualitiesArgs {
    /// Corpus to fit to
    #[arg(long, value_name = "CORPUS")]
    data: PathBuf,
    /// Model checkpoint [default: the one that ships with Pastiche]
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
    /// Takes of each composer per step
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=50))]
    seeds: u64,
    /// Notes of each take
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = super::numbers::within(32usize..=1000))]
    notes: usize,
    /// File to write [default: beside the checkpoint]
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
}

pub fn run(args: &QualitiesArgs) -> anyhow::Result<()> {
    let path = checkpoint_path(args.checkpoint.as_deref())?;
    let out = args.out.clone().unwrap_or_else(|| Qualities::path_beside(&path));
    pastiche::files::check_writable(&out).with_context(|| format!("cannot write {}", shown(&out)))?;
    let corpus = Corpus::load(&args.data)?;
    let mut generator = Generator::load(&path, DeviceChoice::Cpu)?;
    let judge =
        beside_or_shipped(&path, "judge.safetensors").context("there is no judge.safetensors to judge by")?;
    let judge = Classifier::read(&judge, DeviceChoice::Cpu.resolve()?)?;
    let options = QualityOptions { notes: args.notes, seeds: args.seeds, ..QualityOptions::default() };
    println!("quality              step  explained  rises  composer stays  change (SD)  trials");
    let row = |d: &Direction| {
        let [less, more] = d.quality.poles();
        let offered = if d.is_offered() { "  offered" } else { "" };
        println!(
            "{:20} {:4.1} {:10.2} {:6.2} {:15.2} {:12.2} {:7}{offered}",
            format!("{less}/{more}"),
            d.gain,
            d.explained,
            d.rises,
            d.stays,
            d.change,
            d.trials
        );
    };
    let found = measure_qualities(&mut generator, &judge, &corpus, &options, stop_flag(), &mut { row })?;
    found.write(&out).with_context(|| format!("cannot write {}", shown(&out)))?;
    println!("{}", shown(&out));
    Ok(())
}
