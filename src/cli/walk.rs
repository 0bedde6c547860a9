//! `pastiche walk`: one take that moves through the latent space.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use pastiche::evaluate::Heard;
use pastiche::generate::{
    DEFAULT_BEST_OF, GenerateRequest, Generator, MAX_NOTES, Mix, Place, place_on_map, tour, walk, walk_around,
};
use pastiche::sampling::fresh_seed;
use serde_json::json;

use super::generate::compose;
use super::input::read_music;
use super::model_args::ModelArgs;
use super::numbers::within;
use super::output::Output;
use super::sampling_args::SamplingArgs;
use super::sound_args::SoundArgs;

/// Compose one take that moves through the latent space.
///
/// A stop is a composer or a mix of composers (bach, or bach=1,chopin=2), a MIDI file, or a place X,Y on the map. The
/// take moves in straight lines from stop to stop at an even pace, and its style changes on the way. With --around it moves slowly
/// around one stop, and with --tour it visits composers in turn, again and again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche walk --from bach --to chopin --seed 7 --out walk.mid\n  \
    pastiche walk --tour bach,chopin,debussy --notes 8000 --out tour.mid\n  \
    pastiche walk --from sketch.mid --via 2.5,-1 --to debussy --notes 1500 --out walk.wav")]
pub struct WalkArgs {
    /// Where the take begins
    #[arg(long, value_name = "STOP", allow_hyphen_values = true, requires = "to")]
    from: Option<String>,
    /// A stop on the way; can be given several times
    #[arg(long, value_name = "STOP", allow_hyphen_values = true, requires = "from")]
    via: Vec<String>,
    /// Where the take ends
    #[arg(long, value_name = "STOP", allow_hyphen_values = true, requires = "from")]
    to: Option<String>,
    /// Move slowly around this stop
    #[arg(long, value_name = "STOP", allow_hyphen_values = true, conflicts_with_all = ["from", "tour"])]
    around: Option<String>,
    /// Visit these composers in turn, again and again
    #[arg(long, value_name = "NAME,NAME,…", value_delimiter = ',', conflicts_with = "from",
        required_unless_present_any = ["from", "around"])]
    tour: Vec<String>,
    /// Random seed; the same seed and settings give the same take. By default random, and printed
    #[arg(long)]
    seed: Option<u64>,
    /// About how many notes; every 128 of them are a step of the walk
    #[arg(long, default_value_t = 1000, value_parser = within(1..=MAX_NOTES))]
    notes: usize,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    sound: SoundArgs,
    /// A .mid, or a recording (.wav, .flac, .ogg, .mp3)
    #[arg(long, value_name = "FILE.mid|FILE.wav")]
    out: PathBuf,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &WalkArgs) -> anyhow::Result<()> {
    let output = Output::new(&args.out, &args.sound)?;
    let generator = args.model.load()?;
    let info = generator.info();
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let (places, title) = places(args, &generator, seed)?;
    let request = GenerateRequest {
        notes: args.notes,
        sampling: args.sampling.settings(),
        best_of: if info.can_choose { DEFAULT_BEST_OF } else { 1 },
        ..GenerateRequest::along(places, seed)
    };
    let take = compose(&generator, &[request])?.into_iter().next().context("nothing was composed")?;
    let recipe = &take.recipe;
    let written = output.write_take(&take, &title)?;
    if !args.json {
        let manner = recipe.manner();
        output.say(&format!("{written}; {} steps, {manner}, seed {}", recipe.z.len(), recipe.seed));
        return Ok(());
    }
    let heard = Heard::of(&generator, &take.tokens);
    let steps: Option<Vec<[f32; 2]>> =
        info.map.as_ref().map(|map| recipe.z.iter().map(|z| map.project(z)).collect());
    let made = json!({
        "file": args.out, "notes": take.performance.notes().len(), "seconds": take.performance.duration_secs(),
        "recipe": recipe, "map_xy": steps, "heard_as": heard.composers, "copy": heard.copy,
    });
    output.say(&made.to_string());
    Ok(())
}

/// The places that the take leads along, and what it is called.
fn places(args: &WalkArgs, generator: &Generator, seed: u64) -> anyhow::Result<(Vec<Place>, String)> {
    let info = generator.info();
    let steps = info.windows(args.notes);
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let asked = std::iter::once(from).chain(&args.via).chain(std::iter::once(to));
        let stops = asked.map(|text| stop(generator, text)).collect::<anyhow::Result<Vec<Place>>>()?;
        return Ok((walk(&stops, steps), format!("A walk from {from} to {to}")));
    }
    let Some(map) = &info.map else {
        bail!("this checkpoint has no map to walk on; name the ends of the walk with --from and --to");
    };
    let (places, title) = match &args.around {
        Some(around) => {
            (walk_around(map, &stop(generator, around)?, steps, seed), format!("A walk around {around}"))
        }
        None => {
            let ids = args.tour.iter().map(|name| Ok(info.composers.find(name.trim())?));
            let ids = ids.collect::<anyhow::Result<Vec<_>>>()?;
            (tour(map, &ids, steps, seed), format!("A tour: {}", args.tour.join(", ")))
        }
    };
    if places.is_empty() {
        bail!("there is no music of these composers on the map of this checkpoint; name others");
    }
    Ok((places, title))
}

/// The place that a stop names.
fn stop(generator: &Generator, text: &str) -> anyhow::Result<Place> {
    let info = generator.info();
    if let Some(xy) = coordinates(text) {
        let Some(map) = &info.map else {
            bail!("this checkpoint has no map, so it has no place {text}; name a composer or a MIDI file");
        };
        return place_on_map(map, xy).context("no composer's music lies on this map; name a composer");
    }
    let path = Path::new(text);
    if path.is_file() {
        let z = generator.encode(&read_music(path)?.performance)?;
        let mix = Mix::of(generator.nearest_composer(&z));
        return Ok(Place { z: mean(&z), mix });
    }
    let mix = Mix::parse(text, &info.composers)
        .with_context(|| format!("{text} is not a file, a place X,Y, or a composer"))?;
    Ok(Place { z: generator.mixed_latent_mean(&mix), mix })
}

/// `X,Y`; `None` where it is something else.
fn coordinates(text: &str) -> Option<[f32; 2]> {
    let (x, y) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse::<f32>().ok().filter(|n| n.is_finite());
    Some([number(x)?, number(y)?])
}

fn mean(all: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0f32; all.first().map_or(0, Vec::len)];
    for z in all {
        sum.iter_mut().zip(z).for_each(|(s, z)| *s += z / all.len() as f32);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers() {
        assert_eq!(coordinates("2.5, -1"), Some([2.5, -1.0]));
        for text in ["bach", "bach=1,chopin=2", "1", "1,2,3", "nan,1", "inf,0", ""] {
            assert_eq!(coordinates(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_stands_at_the_mean_of_its_segments() {
        assert_eq!(mean(&[vec![1.0, 0.0], vec![3.0, 4.0]]), [2.0, 2.0]);
    }
}
