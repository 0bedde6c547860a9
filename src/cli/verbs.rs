//! `pastiche vary`, `continue`, `restyle` and `blend`: new music from existing music.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use pastiche::generate::{Generator, MAX_NOTES, Source, Take, Verb, VerbRequest, verbs};
use pastiche::music::Performance;
use pastiche::sampling::{SamplingSettings, fresh_seed};
use serde_json::json;

use super::generate::compose;
use super::input::{name, read_music};
use super::model_args::ModelArgs;
use super::numbers::within;
use super::output::{Output, OutputFolder};
use super::quality_args::QualityArgs;
use super::sound_args::SoundArgs;

/// Options of all four commands.
#[derive(Args, Debug)]
struct Common {
    /// Random seed; the same seed and settings give the same take. By default random, and printed
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    sound: SoundArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    /// Applies `verb` to `music`; the model finds out whose music it is most like.
    fn request(&self, music: Arc<Performance>, verb: Verb) -> VerbRequest {
        VerbRequest {
            source: source(music),
            verb,
            seed: self.seed.unwrap_or_else(fresh_seed),
            sampling: SamplingSettings::default(),
            best_of: 1,
            qualities: Vec::new(),
        }
    }

    /// Composes one take and writes it.
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
        output.say(&if self.json {
            json!({ "file": out, "title": title, "notes": notes, "seconds": secs, "recipe": recipe })
                .to_string()
        } else {
            format!("{written}; {title}, seed {}", recipe.seed)
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

/// Vary a piece: recompose a share of its chords.
///
/// All other notes stay, and so do the rests between them. Amount 0 only snaps the notes to the token grid (10 ms); 1
/// keeps nothing but the number of notes. The new notes are composed close to the piece in the latent space, for
/// every 256 notes separately.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche vary nocturne.mid --amount 0.4 --seed 3 --out variation.mid")]
pub struct VaryArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// How much to change, from 0 (nothing) to 1 (everything)
    #[arg(long, value_name = "0..1", value_parser = within(0.0f32..=1.0))]
    amount: f32,
    #[command(flatten)]
    qualities: QualityArgs,
    /// Output file; its extension chooses the format: .mid, .wav, .flac, .ogg, .mp3 or .png
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_vary(args: &VaryArgs) -> anyhow::Result<()> {
    let (input, amount) = (read(&args.input)?, args.amount);
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.model.load()?;
    let qualities = args.qualities.of(&generator)?;
    let request = VerbRequest { qualities, ..args.common.request(input, Verb::Vary { amount }) };
    let title = |_: &Take| format!("Variation of {}, amount {amount}", name(&args.input));
    args.common.make(&generator, &request, title, (&output, &args.out))
}

/// Continue a piece from where it ends.
///
/// All of its own notes are kept. The model continues from the last 128 of them, in the style of the last 256.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  pastiche continue sketch.mid --notes 200 --composer schubert --out more.mid"
)]
pub struct ContinueArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Approximate number of new notes
    #[arg(long, value_name = "N", value_parser = within(1..=MAX_NOTES))]
    notes: usize,
    /// Composer to imitate [default: the one whose music is most like the piece]
    #[arg(long, value_name = "NAME")]
    composer: Option<String>,
    /// Output file; its extension chooses the format: .mid, .wav, .flac, .ogg, .mp3 or .png
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_continue(args: &ContinueArgs) -> anyhow::Result<()> {
    let input = read(&args.input)?;
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.model.load()?;
    let composers = &generator.info().composers;
    let composer = args.composer.as_deref().map(|name| composers.find(name)).transpose()?;
    let notes = args.notes;
    let request = args.common.request(input, Verb::Continue { notes, composer });
    let title = |_: &Take| format!("{}, continued", name(&args.input));
    args.common.make(&generator, &request, title, (&output, &args.out))
}

/// Rewrite a piece in the manner of another composer.
///
/// Rhythm, note lengths and pedal are kept, and lines rise and fall as before; pitches and loudness are new. In the
/// latent space, every 256 notes move from the music of the nearest composer to that of the target.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche restyle invention.mid --to rachmaninoff --out other.mid")]
pub struct RestyleArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Composer to imitate: surname or the beginning of a name, see `pastiche composers`
    #[arg(long, value_name = "COMPOSER")]
    to: String,
    /// Output file; its extension chooses the format: .mid, .wav, .flac, .ogg, .mp3 or .png
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_restyle(args: &RestyleArgs) -> anyhow::Result<()> {
    let input = read(&args.input)?;
    let output = Output::new(&args.out, &args.common.sound)?;
    let generator = args.common.model.load()?;
    let to = generator.info().composers.find(&args.to)?;
    let request = args.common.request(input, Verb::Restyle { to });
    let title = |take: &Take| {
        let composer = take.recipe.composer.as_deref().unwrap_or("nobody");
        format!("{} in the manner of {composer}", name(&args.input))
    };
    args.common.make(&generator, &request, title, (&output, &args.out))
}

/// Blend two pieces: write pieces that lead from one to the other.
///
/// The first is A and the last B, on the token grid (10 ms). Towards the middle fewer notes of the nearer piece are
/// kept, and the place in the latent space moves from one to the other.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche blend prelude.mid etude.mid --steps 5 --out between/")]
pub struct BlendArgs {
    #[arg(value_name = "A.mid")]
    a: PathBuf,
    #[arg(value_name = "B.mid")]
    b: PathBuf,
    /// Number of pieces, including A and B
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=verbs::MAX_STEPS as i64))]
    steps: u16,
    /// Output folder for blend-1.mid to blend-N.mid
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub fn run_blend(args: &BlendArgs) -> anyhow::Result<()> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let folder = OutputFolder::new(&args.out)?;
    let generator = args.common.model.load()?;
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
