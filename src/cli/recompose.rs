//! `pastiche recompose`: new music in a part of a piece; everything else stays as it was.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::display::count;
use pastiche::generate::{
    Alternative, DEFAULT_CANDIDATES, Generator, MAX_ALTERNATIVES, Recompose, Region, Source,
};
use pastiche::music::Pitch;
use pastiche::sampling::fresh_seed;
use serde_json::json;

use super::input::{name, read_music};
use super::interrupt::{Interrupted, stop_flag};
use super::model_args::ModelArgs;
use super::numbers::{secs, within};
use super::output::{Output, OutputFolder};
use super::sampling_args::SamplingArgs;
use super::sound_args::SoundArgs;

/// Recompose a part of a piece.
///
/// Replaces the notes that begin between --from and --to; with --pitches, only those between two keys. All other notes,
/// and the pedal outside the region, stay exactly as they are. Several candidates are composed, and the one that the
/// following music fits best, by the model's loss, is kept.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche recompose nocturne.mid --from 12 --to 20 --out other.mid\n  \
    pastiche recompose nocturne.mid --from 12 --to 20 --pitches A0..B3 --count 4 --out left-hands/")]
pub struct RecomposeArgs {
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Start of the region, in seconds
    #[arg(long, value_name = "SECS", value_parser = secs)]
    from: f64,
    /// End of the region, in seconds
    #[arg(long, value_name = "SECS", value_parser = secs)]
    to: f64,
    /// Lowest and highest key of the region
    #[arg(long, value_name = "A0..B3", value_parser = pitches)]
    pitches: Option<RangeInclusive<Pitch>>,
    /// Composer to imitate [default: the one whose music is most like the piece]
    #[arg(long, value_name = "NAME")]
    composer: Option<String>,
    /// Share of the chords to keep, from 0 (all notes are new) to 1 (none)
    #[arg(long, value_name = "0..1", default_value_t = 0.0, value_parser = within(0.0f32..=1.0))]
    closeness: f32,
    /// Keep onsets and lengths of the notes; only pitch and loudness change
    #[arg(long)]
    keep_rhythm: bool,
    /// Number of alternatives; more than one go to the folder OUT, each with the next seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = within(1..=MAX_ALTERNATIVES))]
    count: usize,
    /// Candidates per alternative, of which the one that best leads to the following music is kept
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CANDIDATES, value_parser = within(1..=MAX_ALTERNATIVES))]
    candidates: usize,
    /// Random seed; the same seed and settings give the same notes. By default random, and printed
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    sound: SoundArgs,
    /// Output file, whose extension chooses the format (.mid, .wav, .flac, .ogg, .mp3 or .png), or folder for several
    #[arg(long, value_name = "FILE.mid|FILE.wav|DIR")]
    out: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Reads `A0..B3`; both keys belong to it.
fn pitches(text: &str) -> Result<RangeInclusive<Pitch>, String> {
    let (low, high) = text.split_once("..").ok_or("write two keys, such as A0..B3")?;
    let read = |key: &str| key.trim().parse::<Pitch>().map_err(|error| error.to_string());
    let (low, high) = (read(low)?, read(high.trim_start_matches('='))?);
    if low > high { Err("write the lower key first".to_owned()) } else { Ok(low..=high) }
}

pub fn run(args: &RecomposeArgs) -> anyhow::Result<()> {
    ensure!(args.from < args.to, "the region must end after it begins; --to must be later than --from");
    let music = Arc::new(read_music(&args.input)?.performance);
    let folder = (args.count > 1).then(|| OutputFolder::new(&args.out)).transpose()?;
    let file = folder.is_none().then(|| Output::new(&args.out, &args.sound)).transpose()?;
    let generator = args.model.load()?;
    let composers = &generator.info().composers;
    let composer = args.composer.as_deref().map(|name| composers.find(name)).transpose()?;
    let whole = Region::all_keys(args.from..args.to);
    let region = match args.pitches.clone() {
        Some(pitches) => Region { pitches, ..whole },
        None => whole,
    };
    let request = Recompose {
        composer,
        closeness: args.closeness,
        keep_rhythm: args.keep_rhythm,
        count: args.count,
        candidates: args.candidates,
        sampling: args.sampling.settings(),
        ..Recompose::new(Source { music, composer: None }, region, args.seed.unwrap_or_else(fresh_seed))
    };
    for (i, alternative) in compose(&generator, &request)?.iter().enumerate() {
        match &file {
            Some(file) => write(args, alternative, file, &args.out)?,
            None => {
                let out = args.out.join(format!("recompose-{}.mid", i + 1));
                write(args, alternative, &Output::new(&out, &args.sound)?, &out)?;
            }
        }
    }
    drop(folder);
    Ok(())
}

/// Composes with the count of notes on the terminal.
fn compose(generator: &Generator, request: &Recompose) -> anyhow::Result<Vec<Alternative>> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} composing, {pos} notes") {
        bar.set_style(style);
    }
    let outcome = generator.recompose(request, stop_flag(), &mut |n| bar.set_position(n as u64));
    bar.finish_and_clear();
    if stop_flag().is_stopped() {
        bail!(Interrupted);
    }
    Ok(outcome?)
}

fn write(args: &RecomposeArgs, made: &Alternative, output: &Output, out: &Path) -> anyhow::Result<()> {
    let recipe = &made.take.recipe;
    let title = format!("{}, {:.1}–{:.1} s recomposed", name(&args.input), args.from, args.to);
    let written = output.write_take(&made.take, &title)?;
    output.say(&if args.json {
        json!({
            "file": out, "title": title, "new_notes": made.new_notes,
            "surprise_nats": made.surprise_nats, "recipe": recipe,
        })
        .to_string()
    } else {
        format!("{written}; {} new, seed {}", count(made.new_notes, "note"), recipe.seed)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_are_a_range() {
        assert_eq!(pitches("A0..B3"), Ok(Pitch::LOWEST..=Pitch::new(59).unwrap()));
        assert_eq!(pitches("c4..=C8").map(|r| *r.end()), Ok(Pitch::HIGHEST));
        for wrong in ["", "A0", "A0..", "B3..A0", "A0..H3"] {
            assert!(pitches(wrong).is_err(), "{wrong}");
        }
    }
}
