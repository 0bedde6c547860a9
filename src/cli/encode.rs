//! `pastiche encode`: where music lies in the latent space.

use std::path::PathBuf;

use clap::Args;
use pastiche::display::clock;
use serde_json::json;

use super::input::{read_music, shown};
use super::model_args::ModelArgs;

/// Say where music lies in the latent space.
///
/// Each file is read in segments of 256 notes. Prints for each segment: where it begins, the composer whose music lies
/// nearest, and its place on the latent map; with --json also the latent itself.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  pastiche encode nocturne.mid sketch.mid --json > latents.json")]
pub struct EncodeArgs {
    #[arg(value_name = "FILE.mid", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EncodeArgs) -> anyhow::Result<()> {
    let generator = args.model.load()?;
    let info = generator.info();
    let mut all = Vec::new();
    for path in &args.files {
        let music = read_music(path)?.performance;
        let latents =
            generator.encode(&music).map_err(|error| anyhow::anyhow!("{error}: {}", shown(path)))?;
        let mut segments = Vec::new();
        for (i, z) in latents.iter().enumerate() {
            let first_note = i * info.segment_len;
            let starts_secs = music.notes().get(first_note).map_or(0.0, |note| note.onset_secs);
            let nearest = generator.nearest_composer(std::slice::from_ref(z));
            let nearest = info.composers.get(nearest).map_or("", |c| c.name.as_str());
            let xy = info.map.as_ref().map(|map| map.project(z));
            if !args.json {
                let place = xy.map_or(String::new(), |[x, y]| format!("  at {x:.2}, {y:.2}"));
                println!("{}  {}  {nearest}{place}", shown(path), clock(starts_secs, 0));
            }
            segments.push(json!({
                "first_note": first_note, "starts_secs": starts_secs, "nearest": nearest, "xy": xy, "z": z,
            }));
        }
        all.push(json!({ "file": path, "segments": segments }));
    }
    if args.json {
        println!("{}", json!({ "checkpoint": info.hash, "files": all }));
    }
    Ok(())
}
