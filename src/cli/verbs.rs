//! `pastiche vary`, `continue`, `restyle` and `blend`: what can be made of music that is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use pastiche::device::DeviceChoice;
use pastiche::generate::{Generator, MAX_NOTES, Source, Take, Verb, VerbRequest, verbs};
use pastiche::music::Performance;
use pastiche::sampling::{SamplingSettings, fresh_seed};
use serde_json::json;

use super::composers::checkpoint_path;
use super::generate::compose;
use super::input::{name, read_music};
use super::numbers::within;
use super::output::{Output, OutputFolder};
use super::sound_args::SoundArgs;

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
        Ok(Generator::load(&checkpoint_path(self.checkpoint.as_deref())?, self.device)?)
    }

    /// Asks for what `verb` makes of `music`; whose music it is, the model hears.
    fn request(&self, music: Arc<Performance>, verb: Verb) -> VerbRequest {
        VerbRequest {
            source: source(music),
            verb,
            seed: self.seed.unwrap_or_else(fresh_seed),
            sampling: SamplingSettings::default(),
            best_of: 1,
        }
    }

    /// Composes the one take and writes it.
    fn make(
        &self,
        generator: &Generator,
        request: &VerbRequest,
        title: impl FnOnce(&Take) -> String,
        out: (&Output, &Path),
    ) -> anyhow::Result<()> {
        let takes = compose(generator, &[request.plan(generator)?])?;
        let mut take = takes.into_iter().next().context("nothing was composed")?;
        if let Some(seam) = request.seam() {
            take.performance = seam.join(&take.performance);
        }
        let title = title(&take);
        self.write(&take, &title, out)
    }

    fn write(&self, take: &Take, title: &str, (output, out): (&Output, &Path)) -> anyhow::Result<()> {
        let (notes, secs) = (take.performance.notes().len(), take.performance.duration_secs());
        let written = output.write_take(take, title)?;
        let recipe = &take.recipe;
        output.say(&match self.json {
            true => json!({ "file": out, "title": title, "notes": notes, "seconds": secs, "recipe": recipe })
                .to_string(),
            false => format!("{written}; {title}, seed {}", recipe.seed),
        });
        Ok(())
    }
}

fn source(music: Arc<Performance>) -> Source {
    Source { music, composer: None }
}

fn read(path: &Path) -> anyhow::Result<Arc<Performance>> {
    Ok(Arc::new(read_music(path)?.performance))
}

/// Vary a piece: a share of its chords is composed anew near its place in the latent space.
///
/// Number and order of the notes that stay are kept, and the rests between them; 0 changes nothing but the token grid, 1
/// keeps nothing but the length in notes. A piece longer than 256 notes has a place of its own for every 256 notes, half of them shared
/// with the one before, and all move alike.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche vary nocturne.mid --amount 0.4 --seed 3 --out variation.mid")]
pub struct VaryArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// From 0, the piece itself, to 1, a new one near it
    #[arg(long, value_name = "0..1", value_parser = within(0.0f32..=1.0))]
    amount: f32,
    /// A .mid, or a recording (.wav, .flac, .ogg)
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_vary(args: &VaryArgs) -> anyhow::Result<()> {
    let (input, amount) = (read(&args.input)?, args.amount);
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.generator()?;
    let request = args.common.request(input, Verb::Vary { amount });
    let title = |_: &Take| format!("Variation of {}, amount {amount}", name(&args.input));
    args.common.make(&generator, &request, title, (&output, &args.out))
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
    #[arg(long, value_name = "N", value_parser = within(1..=MAX_NOTES))]
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
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.generator()?;
    let composers = &generator.info().composers;
    let composer = args.composer.as_deref().map(|name| composers.find(name)).transpose()?;
    let notes = args.notes;
    let request = args.common.request(input, Verb::Continue { notes, composer });
    let title = |_: &Take| format!("{}, continued", name(&args.input));
    args.common.make(&generator, &request, title, (&output, &args.out))
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
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.generator()?;
    let to = generator.info().composers.find(&args.to)?;
    let request = args.common.request(input, Verb::Restyle { to });
    let title = |take: &Take| {
        let composer = take.recipe.composer.as_deref().unwrap_or("nobody");
        format!("{} in the manner of {composer}", name(&args.input))
    };
    args.common.make(&generator, &request, title, (&output, &args.out))
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
    let folder = OutputFolder::new(&args.out)?;
    let generator = args.common.generator()?;
    let steps = usize::from(args.steps);
    let with = source(b);
    let request = args.common.request(a, Verb::Blend { with, step: 0, steps });
    let takes = compose(&generator, &request.plan_blend(&generator)?)?;
    let digits = steps.to_string().len();
    for (i, take) in takes.iter().enumerate() {
        let step = i + 1;
        let title = format!("{} to {}, step {step} of {steps}", name(&args.a), name(&args.b));
        let out = args.out.join(format!("blend-{step:0digits$}.mid"));
        let output = Output::new(&out, &args.common.sound)?;
        args.common.write(take, &title, (&output, &out))?;
    }
    drop(folder);
    Ok(())
}
