//! `pastiche evaluate`: measures a model.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::classify::Classifier;
use pastiche::data::Corpus;
use pastiche::device::{self, DeviceChoice};
use pastiche::evaluate::memory::{MIN_LONG_NOTES, SIDE};
use pastiche::evaluate::{
    Comparison, EvaluateOptions, GateTable, MemoryReport, Variant, evaluate, measure_memory, measure_rare,
    measure_seam, variant_name,
};
use pastiche::files;
use pastiche::generate::{CopyIndex, Generator, MAX_BEST_OF, MAX_NOTES};
use pastiche::picture;
use pastiche::progress::Progress;

use super::interrupt;
use super::numbers::{MAX_THREADS, within};
use super::sampling_args::SamplingArgs;

/// More takes per composer would take days.
const MAX_TAKES: usize = 10_000;

/// Measure a model: style, likeness to real music, copying, memory and form, and speed.
///
/// Composes hundreds of takes and compares them with the held-out part of the corpus.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  \
    pastiche evaluate --checkpoint checkpoints/small.safetensors --data maestro.corpus --out report.json\n  \
    pastiche evaluate --checkpoint runs/a/best.safetensors --checkpoint runs/b/best.safetensors \
    --data maestro.corpus --out a-and-b.csv")]
pub struct EvaluateArgs {
    /// Model to measure; several are measured one after the other and compared
    #[arg(long = "checkpoint", value_name = "CHECKPOINT", required = true)]
    checkpoints: Vec<PathBuf>,
    /// Corpus written by `pastiche prepare`
    #[arg(long, value_name = "CORPUS")]
    data: PathBuf,
    /// Classifier that measures [default: judge.safetensors beside the checkpoint]
    #[arg(long, value_name = "CHECKPOINT")]
    judge: Option<PathBuf>,
    /// Classifier that picks continuations [default: selector.safetensors beside the checkpoint, if there is one]
    #[arg(long, value_name = "CHECKPOINT")]
    selector: Option<PathBuf>,
    /// Write the report as JSON, or a comparison as JSON or CSV, by the ending
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write the index that takes are checked for copies with
    #[arg(long, value_name = "FILE")]
    copy_index: Option<PathBuf>,
    /// Measure the composers added by `train --model rare` instead; corpus and judge must include them
    #[arg(long, requires = "judge")]
    rare: bool,
    /// Measure only this part, without a judge
    #[arg(long, value_enum, conflicts_with_all = ["rare", "judge", "copy_index"])]
    only: Option<Part>,
    /// Write self-similarity pictures of one real piece and one take
    #[arg(long, value_name = "FOLDER", conflicts_with = "rare")]
    pictures: Option<PathBuf>,
    /// Long takes per composer for memory and form; 0 skips that part
    #[arg(long, value_name = "N", default_value_t = EvaluateOptions::default().long_takes,
        value_parser = within(0..=MAX_TAKES))]
    long_takes: usize,
    /// Notes per long take; fewer are faster, but returns of themes are only looked for from note 512 on
    #[arg(long, value_name = "NOTES", default_value_t = EvaluateOptions::default().long_notes,
        value_parser = within(MIN_LONG_NOTES..=MAX_NOTES))]
    long_notes: usize,
    /// Regions per composer that `--only seam` recomposes
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = within(1..=MAX_TAKES))]
    regions: usize,
    /// Takes per composer
    #[arg(long, default_value_t = EvaluateOptions::default().takes, value_parser = within(1..=MAX_TAKES))]
    takes: usize,
    /// Notes per take that are judged
    #[arg(long, default_value_t = EvaluateOptions::default().notes, value_parser = within(1..=MAX_NOTES))]
    notes: usize,
    /// Continuations the selector picks from; 1 skips the selection
    #[arg(long, default_value_t = EvaluateOptions::default().best_of, value_parser = within(1..=MAX_BEST_OF))]
    best_of: usize,
    /// Random seed
    #[arg(long, default_value_t = EvaluateOptions::default().seed)]
    seed: u64,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Device for the network: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// CPU threads
    #[arg(long, default_value_t = 2, value_parser = within(1..=MAX_THREADS))]
    threads: usize,
}

/// A part of the evaluation that can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Repetition, prediction of repeated phrases, returning themes, beginnings and endings, real or generated
    Memory,
    /// How surprising the notes after a recomposed region are
    Seam,
}

pub fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let corpus = Corpus::load(&args.data)?;
    let choice = args.device;
    let [checkpoint] = args.checkpoints.as_slice() else {
        return run_comparison(args, &corpus);
    };
    let mut generator = Generator::load(checkpoint, choice)?;
    let device = choice.resolve()?;
    // Here many takes are composed at once, so that threads pay; a single take uses one.
    device::use_threads(args.threads);
    if let Some(path) = &args.selector {
        generator.set_selector(Classifier::read(path, device)?)?;
    }
    let options = options(args);
    match args.only {
        Some(Part::Memory) => return run_memory(args, &generator, &corpus, &options),
        Some(Part::Seam) => return run_seam(args, &generator, &corpus),
        None => {}
    }
    let judge = Classifier::read(&args.judge.clone().unwrap_or_else(|| beside(checkpoint, "judge")), device)?;
    if args.rare {
        return run_rare(args, &generator, &corpus, &judge, &options);
    }
    let mut bar = Bar::new();
    let report =
        evaluate(&generator, &corpus, &judge, &options, interrupt::stop_flag(), &mut |p| bar.show(&p))?;
    bar.finish();
    print!("{report}");
    write_json(args, &report)?;
    if let Some(memory) = &report.memory {
        write_pictures(args, memory)?;
    }
    if let Some(path) = &args.copy_index {
        let index = CopyIndex::build(&corpus);
        index.save(path)?;
        println!("{} sequences: {}", index.len(), path.display());
    }
    Ok(())
}

/// Measures all models with the same judge, seeds and music.
fn run_comparison(args: &EvaluateArgs, corpus: &Corpus) -> anyhow::Result<()> {
    let is_whole = args.only.is_none() && !args.rare && args.copy_index.is_none() && args.pictures.is_none();
    anyhow::ensure!(
        is_whole,
        "several models are compared as a whole; leave out --only, --rare, --copy-index and --pictures"
    );
    let device = args.device.resolve()?;
    let judge_path = args.judge.clone().or_else(|| {
        let beside = args.checkpoints.iter().map(|path| beside(path, "judge"));
        beside
            .chain(pastiche::paths::checkpoint_dirs().into_iter().map(|dir| dir.join("judge.safetensors")))
            .find(|path| path.exists())
    });
    let judge = Classifier::read(
        &judge_path.context("name the classifier that measures: --judge CHECKPOINT")?,
        device,
    )?;
    let options = options(args);
    let mut comparison = Comparison::default();
    for path in &args.checkpoints {
        let mut generator = Generator::load(path, args.device)?;
        device::use_threads(args.threads);
        if let Some(path) = &args.selector {
            generator.set_selector(Classifier::read(path, device)?)?;
        }
        let name = variant_name(path);
        eprintln!("{name}");
        let mut bar = Bar::new();
        let report =
            evaluate(&generator, corpus, &judge, &options, interrupt::stop_flag(), &mut |p| bar.show(&p))?;
        bar.finish();
        comparison.variants.push(Variant { name, report });
    }
    print!("{comparison}");
    match &args.out {
        Some(path) if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => {
            files::write_whole(path, comparison.to_csv().as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))
        }
        _ => write_json(args, &comparison),
    }
}

fn run_memory(
    args: &EvaluateArgs,
    generator: &Generator,
    corpus: &Corpus,
    options: &EvaluateOptions,
) -> anyhow::Result<()> {
    let mut bar = Bar::new();
    let report = measure_memory(generator, corpus, options, interrupt::stop_flag(), &mut |p| bar.show(&p))?;
    bar.finish();
    print!("{report}\n{}", GateTable(&report.gates));
    write_json(args, &report)?;
    write_pictures(args, &report)
}

fn run_seam(args: &EvaluateArgs, generator: &Generator, corpus: &Corpus) -> anyhow::Result<()> {
    let mut bar = Bar::new();
    let stop = interrupt::stop_flag();
    let report = measure_seam(generator, corpus, args.regions, args.seed, stop, &mut |p| bar.show(&p))?;
    bar.finish();
    print!("{report}");
    write_json(args, &report)
}

fn write_json(args: &EvaluateArgs, report: &impl serde::Serialize) -> anyhow::Result<()> {
    let Some(path) = &args.out else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(report)?;
    files::write_whole(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes the report's pictures as PNG files: real music and a take.
fn write_pictures(args: &EvaluateArgs, report: &MemoryReport) -> anyhow::Result<()> {
    let Some(folder) = &args.pictures else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, picture) in ["real", "take"].iter().zip(&report.pictures) {
        let path = folder.join(format!("self-similarity-{name}.png"));
        let (title, shades) = (&picture.title, picture.shades());
        picture::write_similarity(&path, title, picture.secs, &shades, SIDE)?;
        println!("{title}: {}", path.display());
    }
    Ok(())
}

fn run_rare(
    args: &EvaluateArgs,
    generator: &Generator,
    corpus: &Corpus,
    judge: &Classifier,
    options: &EvaluateOptions,
) -> anyhow::Result<()> {
    let rows = measure_rare(generator, corpus, judge, options, interrupt::stop_flag())?;
    for row in &rows {
        println!(
            "{:<26} takes: top-1 {:.2}, top-3 {:.2} of {}; real: {:.2}, {:.2} of {}; 13-note sequences known {:.2} %; {}",
            row.name,
            row.takes.top1,
            row.takes.top3,
            row.takes.segments,
            row.real.top1,
            row.real.top3,
            row.real.segments,
            row.copied * 100.0,
            if row.passes(corpus.composers.len()) { "passes" } else { "does not pass" }
        );
    }
    write_json(args, &rows)
}

fn beside(checkpoint: &Path, name: &str) -> PathBuf {
    checkpoint.with_file_name(format!("{name}.safetensors"))
}

fn options(args: &EvaluateArgs) -> EvaluateOptions {
    EvaluateOptions {
        takes: args.takes,
        notes: args.notes,
        best_of: args.best_of,
        long_takes: args.long_takes,
        long_notes: args.long_notes,
        seed: args.seed,
        sampling: args.sampling.settings().clamped(),
    }
}

/// A bar in a terminal; a line per phase elsewhere.
struct Bar {
    bar: Option<ProgressBar>,
    phase: String,
}

impl Bar {
    fn new() -> Bar {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:32} {wide_bar} {pos}/{len} {elapsed}");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Bar { bar, phase: String::new() }
    }

    fn show(&mut self, progress: &Progress) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.total.unwrap_or(0));
                bar.set_position(progress.done);
                bar.set_message(progress.phase.clone());
            }
            None if self.phase != progress.phase => eprintln!("{}", progress.phase),
            None => {}
        }
        self.phase = progress.phase.clone().into_owned();
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
