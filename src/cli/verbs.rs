//! `pastiche vary`, `continue`, `restyle` and `blend`: what can be made of music that is there.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Generator, Take, splice, verbs};
use pastiche::music::{Performance, midi};
use pastiche::sampling::fresh_seed;
use pastiche::synth::export::ExportSettings;
use serde_json::json;

use super::composers::checkpoint_path;
use super::generate::{SAMPLE_RATE, compose};
use super::render::{SoundArgs, write_recording};

/// What the four have in common.
#[derive(Args, Debug)]
struct Common {
    /// What makes this take this take; a random one is chosen and printed if none is given
    #[arg(long)]
    seed: Option<u64>,
    /// The checkpoint; by default the one that ships with Pastiche
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
    /// Where the network runs: auto, cpu, cuda or mps
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    #[command(flatten)]
    sound: SoundArgs,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn generator(&self) -> anyhow::Result<Generator> {
        Ok(Generator::load(
            &checkpoint_path(self.checkpoint.as_deref())?,
            self.device,
        )?)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(fresh_seed)
    }

    fn write(&self, take: &Take, performance: &Performance, title: &str, out: &Path) -> anyhow::Result<()> {
        let is_midi = out
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("mid") || e.eq_ignore_ascii_case("midi"));
        match is_midi {
            true => midi::write_file(out, performance, Some(&take.recipe.to_line()), Some(title))?,
            false => {
                let settings = ExportSettings::new(SAMPLE_RATE);
                write_recording(performance.clone(), &self.sound.load()?, &settings, out)?;
            }
        }
        let (notes, secs) = (performance.notes().len(), performance.duration_secs());
        match self.json {
            true => println!(
                "{}",
                json!({ "file": out, "title": title, "notes": notes, "seconds": secs, "recipe": take.recipe })
            ),
            false => println!(
                "{}: {title}, seed {}, {notes} notes, {secs:.1} s",
                out.display(),
                take.recipe.seed
            ),
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Performance> {
    Ok(midi::read_file(path)?.performance)
}

fn name(path: &Path) -> String {
    path.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn compose_one(generator: &Generator, request: GenerateRequest) -> anyhow::Result<Take> {
    compose(generator, &[request])?
        .pop()
        .context("nothing was composed")
}

/// Vary a piece: a share of its chords is composed anew near its place in the latent space.
///
/// Number and order of the notes that stay are kept; 0 changes nothing but the token grid, 1 keeps nothing but the
/// length in notes. A piece longer than 256 notes has a place of its own for every 256 notes, half of them shared
/// with the one before, and all move alike.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche vary nocturne.mid --amount 0.4 --seed 3 --out variation.mid")]
pub struct VaryArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// From 0, the piece itself, to 1, a new one near it
    #[arg(long, value_name = "0..1", value_parser = parse_amount)]
    amount: f32,
    /// A .mid, or a recording (.wav, .flac, .ogg)
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

fn parse_amount(text: &str) -> Result<f32, String> {
    let amount = text.parse::<f32>().ok().filter(|a| (0.0..=1.0).contains(a));
    amount.ok_or_else(|| format!("\"{text}\" is not a number from 0 to 1"))
}

pub fn run_vary(args: &VaryArgs) -> anyhow::Result<()> {
    let input = read(&args.input)?;
    let generator = args.common.generator()?;
    let request = verbs::vary(&generator, &input, args.amount, args.common.seed())?;
    let take = compose_one(&generator, request)?;
    let title = format!("Variation of {}, amount {}", name(&args.input), args.amount);
    args.common.write(&take, &take.performance, &title, &args.out)
}

/// Go on where a piece ends.
///
/// All notes of the piece stay as they are. The model hears the last 128 of them, and its place in the latent space is
/// that of the last 256.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  pastiche continue sketch.mid --notes 200 --composer schubert --out more.mid"
)]
pub struct ContinueArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// About how many new notes
    #[arg(long, value_name = "N")]
    notes: usize,
    /// In whose manner to go on; by default of the composer whose music is most like it
    #[arg(long, value_name = "NAME")]
    composer: Option<String>,
    /// A .mid, or a recording (.wav, .flac, .ogg)
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_continue(args: &ContinueArgs) -> anyhow::Result<()> {
    let input = read(&args.input)?;
    let generator = args.common.generator()?;
    let composers = &generator.info().composers;
    let composer = args
        .composer
        .as_deref()
        .map(|name| composers.find(name))
        .transpose()?;
    let seed = args.common.seed();
    let request = verbs::continuation(&generator, &input, args.notes, composer, seed)?;
    let take = compose_one(&generator, request)?;
    let title = format!("{}, continued", name(&args.input));
    args.common
        .write(&take, &splice(&input, &take), &title, &args.out)
}

/// Play a piece in the manner of another composer.
///
/// Kept are the rhythm, the lengths, the pedal and the way the lines go; pitches and loudness are the model's. The place of
/// every 256 notes in the latent space moves from the nearest composer's music to the target's.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche restyle invention.mid --to rachmaninoff --out other.mid")]
pub struct RestyleArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Surname or the beginning of a name; see `pastiche composers`
    #[arg(long, value_name = "COMPOSER")]
    to: String,
    /// A .mid, or a recording (.wav, .flac, .ogg)
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_restyle(args: &RestyleArgs) -> anyhow::Result<()> {
    let input = read(&args.input)?;
    let generator = args.common.generator()?;
    let to = generator.info().composers.find(&args.to)?;
    let request = verbs::restyle(&generator, &input, to, args.common.seed())?;
    let take = compose_one(&generator, request)?;
    let composer = take.recipe.composer.as_deref().unwrap_or("nobody");
    let title = format!("{} in the manner of {composer}", name(&args.input));
    args.common.write(&take, &take.performance, &title, &args.out)
}

/// Go from one piece to another in steps.
///
/// The first step is the one piece and the last the other, on the token grid. Towards the middle ever fewer notes of the
/// nearer one stay, and the place in the latent space moves from the one to the other.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche blend prelude.mid etude.mid --steps 5 --out between/")]
pub struct BlendArgs {
    #[arg(value_name = "A.mid")]
    a: PathBuf,
    #[arg(value_name = "B.mid")]
    b: PathBuf,
    /// How many pieces, the two ends among them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=verbs::MAX_STEPS as i64))]
    steps: u16,
    /// The folder for blend-1.mid to blend-N.mid
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_blend(args: &BlendArgs) -> anyhow::Result<()> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let generator = args.common.generator()?;
    let steps = usize::from(args.steps);
    let requests = verbs::blend(&generator, &a, &b, steps, args.common.seed())?;
    let takes = compose(&generator, &requests)?;
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("the folder cannot be made: {}", args.out.display()))?;
    let digits = steps.to_string().len();
    for (i, take) in takes.iter().enumerate() {
        let step = i + 1;
        let title = format!("{} to {}, step {step} of {steps}", name(&args.a), name(&args.b));
        let out = args.out.join(format!("blend-{step:0digits$}.mid"));
        args.common.write(take, &take.performance, &title, &out)?;
    }
    Ok(())
}
