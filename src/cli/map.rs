//! `pastiche map`: the latent map of a checkpoint as a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use pastiche::files::{check_writable, write_whole};
use pastiche::latent_map::{LatentMap, Plane};
use pastiche::model::Checkpoint;
use pastiche::music::ComposerSet;
use pastiche::picture::write_scatter;

use super::composers::checkpoint_path;
use super::input::shown;

/// Write the latent map of a checkpoint as a picture or as data.
///
/// The map holds segments of real pieces by composer. On the wheel the composers lie around a circle in order of birth;
/// pca shows the two directions of most variance, with an ellipse of one standard deviation for each composer. JSON and
/// CSV hold every segment with its place and its latent.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  pastiche map --out map.svg\n  pastiche map --plane pca --out map.json")]
pub struct MapArgs {
    /// The ending says what is written
    #[arg(long, value_name = "FILE.png|svg|json|csv")]
    out: PathBuf,
    /// How the latent space is projected
    #[arg(long, value_enum, default_value = "wheel")]
    plane: PlaneArg,
    /// Model checkpoint [default: the one that ships with Pastiche]
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PlaneArg {
    Wheel,
    Pca,
}

pub fn run(args: &MapArgs) -> anyhow::Result<()> {
    let out = args.out.as_path();
    let kind = Kind::of(out)?;
    check_writable(out).with_context(|| format!("cannot write {}", shown(out)))?;
    let path = checkpoint_path(args.checkpoint.as_deref())?;
    let checkpoint = Checkpoint::read(&path)?;
    let carries_none = || {
        format!("this checkpoint carries no map; a map is made when a training run ends: {}", shown(&path))
    };
    let map = LatentMap::from_checkpoint(&checkpoint).with_context(carries_none)?;
    let map = match args.plane {
        PlaneArg::Wheel => map,
        PlaneArg::Pca => {
            map.principal().context("all segments lie at one point, so there are no principal components")?
        }
    };
    write(&map, &checkpoint.header.composers, kind, out)?;
    if map.plane == Plane::Principal && matches!(args.plane, PlaneArg::Wheel) {
        eprintln!("fewer than three composers make no wheel; the principal components were written");
    }
    println!("{}: {} segments. {}", shown(out), map.points.len(), map.caption());
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Picture,
    Json,
    Csv,
}

impl Kind {
    fn of(path: &Path) -> anyhow::Result<Kind> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        Ok(match ending.as_deref() {
            Some("png" | "svg") => Kind::Picture,
            Some("json") => Kind::Json,
            Some("csv") => Kind::Csv,
            _ => bail!("a map is written as .png, .svg, .json or .csv: {}", shown(path)),
        })
    }
}

fn write(map: &LatentMap, composers: &ComposerSet, kind: Kind, out: &Path) -> anyhow::Result<()> {
    let bytes = match kind {
        Kind::Picture => return Ok(write_scatter(out, &map.to_scatter(composers))?),
        Kind::Json => map.to_json(composers).to_string().into_bytes(),
        Kind::Csv => map.csv(&(0..map.points.len()).collect::<Vec<usize>>(), composers)?,
    };
    write_whole(out, &bytes).with_context(|| format!("cannot write {}", shown(out)))
}
