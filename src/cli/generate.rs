//! `pastiche generate`: composes takes and writes them to files.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::display::one_line;
use pastiche::evaluate::Heard;
use pastiche::files::is_stream;
use pastiche::generate::{
    DEFAULT_BEST_OF, DEFAULT_RECALL, Form, GenerateRequest, Generator, MAX_BEST_OF, MAX_NOTES, Mix, Take,
};
use pastiche::music::{ComposerSet, surname};
use pastiche::sampling::fresh_seed;
use serde_json::json;

use super::interrupt::{Interrupted, stop_flag};
use super::model_args::ModelArgs;
use super::numbers::within;
use super::output::{Output, OutputFolder};
use super::quality_args::QualityArgs;
use super::sampling_args::SamplingArgs;
use super::sound_args::SoundArgs;

/// Longest music that is composed in one go.
const MAX_SECS: f64 = 4000.0;

/// Compose in the manner of a composer.
///
/// The same composer, seed and settings give the same take on the same build, device and checkpoint.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche generate --composer chopin --seed 7 --out nocturne.mid\n  \
    pastiche generate --composer bach --count 8 --out takes/ --json\n  \
    pastiche generate --mix chopin=0.6,bach=0.4 --out between.mid\n  \
    pastiche generate --composer chopin --quality denser=+1 --out dense.mid")]
pub struct GenerateArgs {
    /// Composer to imitate: surname or the beginning of a name, see `pastiche composers`
    #[arg(long, value_name = "NAME", required_unless_present = "mix")]
    composer: Option<String>,
    /// Several composers with a share each, such as chopin=0.6,bach=0.4, instead of --composer
    #[arg(long, value_name = "NAME=SHARE,…", conflicts_with = "composer")]
    mix: Option<String>,
    #[command(flatten)]
    qualities: QualityArgs,
    /// Random seed; the same seed and settings give the same take. By default random, and printed
    #[arg(long)]
    seed: Option<u64>,
    /// Approximate number of notes; the music comes to its end near it
    #[arg(long, conflicts_with = "seconds", default_value_t = 500, value_parser = within(1..=MAX_NOTES))]
    notes: usize,
    /// Approximate length in seconds, instead of --notes
    #[arg(long, value_name = "SECS", value_parser = within(1.0..=MAX_SECS))]
    seconds: Option<f64>,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// Form: free, rondo, variations, or letters such as ABA, where A' is a varied return and A+5 a return five
    /// semitones higher
    #[arg(long, value_name = "FORM", default_value_t = Form::Free)]
    form: Form,
    /// How closely themes return, from 0 to 1 (note for note)
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_RECALL, value_parser = within(0.0f32..=1.0))]
    recall: f32,
    /// After the opening, compose N continuations side by side and keep the one most like the composer [default: 4 if
    /// there is a selector.safetensors beside the checkpoint, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=MAX_BEST_OF as i64))]
    best_of: Option<u8>,
    /// Number of takes; more than one go to the folder OUT, each with the next seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    sound: SoundArgs,
    /// Output folder, or file whose extension chooses the format: .mid, .wav, .flac, .ogg, .mp3 or .png
    #[arg(long, value_name = "FILE.mid|FILE.wav|DIR")]
    out: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &GenerateArgs) -> anyhow::Result<()> {
    let is_bare = args.out.extension().is_none() && !is_stream(&args.out);
    let is_folder = args.count > 1 || args.out.is_dir() || is_bare;
    let folder = is_folder.then(|| OutputFolder::new(&args.out)).transpose()?;
    let file = (!is_folder).then(|| Output::new(&args.out, &args.sound)).transpose()?;
    let generator = args.model.load()?;
    let composers = generator.info().composers.clone();
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let mix = args.mix.as_deref().map(|mix| Mix::parse(mix, &composers)).transpose()?;
    let named = args.composer.as_deref().map(|name| composers.find(name)).transpose()?;
    let composer = named.or(mix.as_ref().map(Mix::heaviest));
    let qualities = args.qualities.of(&generator)?;
    let notes = notes(args, generator.info().notes_per_sec(composer));
    let requests: Vec<GenerateRequest> = (0..u64::from(args.count))
        .map(|i| GenerateRequest {
            notes,
            sampling: args.sampling.settings(),
            form: args.form.clone(),
            recall: args.recall,
            best_of: best_of(args, &generator),
            mixes: mix.iter().cloned().collect(),
            qualities: qualities.clone(),
            ..GenerateRequest::new(composer, seed.wrapping_add(i))
        })
        .collect();
    let takes = compose(&generator, &requests)?;
    for take in &takes {
        let heard = Heard::of(&generator, &take.tokens);
        match &file {
            Some(file) => write(args, take, &heard, file, &args.out)?,
            None => {
                let out = args.out.join(file_name(take, &composers));
                write(args, take, &heard, &Output::new(&out, &args.sound)?, &out)?;
            }
        }
    }
    drop(folder);
    Ok(())
}

fn best_of(args: &GenerateArgs, generator: &Generator) -> usize {
    match args.best_of {
        Some(n) => usize::from(n),
        None if generator.info().can_choose => DEFAULT_BEST_OF,
        None => 1,
    }
}

/// The number of notes to ask for, of music with `per_sec` notes a second.
fn notes(args: &GenerateArgs, per_sec: f64) -> usize {
    let by_time = args.seconds.map(|secs| (secs * per_sec).round() as usize);
    by_time.map_or(args.notes, |notes| notes.clamp(1, MAX_NOTES))
}

/// Composes, with a progress bar in a terminal.
pub(super) fn compose(generator: &Generator, requests: &[GenerateRequest]) -> anyhow::Result<Vec<Take>> {
    let longest = requests.iter().map(|r| r.notes).max().unwrap_or(0) as u64;
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(longest) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("composing {wide_bar} {pos}/{len} notes") {
        bar.set_style(style);
    }
    let takes =
        generator.generate_batch(requests, stop_flag(), &mut |n| bar.set_position((n as u64).min(longest)));
    bar.finish_and_clear();
    if stop_flag().is_stopped() { Err(Interrupted.into()) } else { Ok(takes?) }
}

fn file_name(take: &Take, composers: &ComposerSet) -> String {
    let composer = take.recipe.composer.as_deref().and_then(|name| composers.find(name).ok());
    let surname = composer.map_or("pastiche", |id| composers.surname(id));
    format!("{}-{}.mid", surname.to_lowercase(), take.recipe.seed)
}

fn write(args: &GenerateArgs, take: &Take, heard: &Heard, output: &Output, out: &Path) -> anyhow::Result<()> {
    let recipe = &take.recipe;
    let composer = recipe.manner();
    let title = format!("In the manner of {composer}, seed {}", recipe.seed);
    let written = output.write_take(take, &title)?;
    if args.json {
        let (notes, secs) = (take.performance.notes().len(), take.performance.duration_secs());
        let made = json!({
            "file": out, "notes": notes, "seconds": secs, "recipe": recipe,
            "heard_as": heard.composers, "copy": heard.copy,
        });
        output.say(&made.to_string());
        return Ok(());
    }
    output.say(&format!("{written}; in the manner of {composer}, seed {}", recipe.seed));
    let likeliest = heard.composers.iter().take(3);
    let likeliest: Vec<String> =
        likeliest.map(|(name, p)| format!("{} {:.0} %", surname(name), p * 100.0)).collect();
    if !likeliest.is_empty() {
        output.say(&format!("  heard as {}", likeliest.join(", ")));
    }
    if let Some(copy) = &heard.copy {
        output.say(&format!("  {}", one_line(&copy.to_string())));
    }
    Ok(())
}
