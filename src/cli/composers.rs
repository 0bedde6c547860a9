//! `pastiche composers`: the composers of a checkpoint; and what `inspect` prints about a checkpoint.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use pastiche::model::{Checkpoint, CheckpointHeader};
use pastiche::music::ComposerId;
use pastiche::paths;
use serde_json::json;

use super::inspect::InspectArgs;

/// List the composers of a checkpoint, by year of birth.
#[derive(Args, Debug)]
pub struct ComposersArgs {
    /// Model checkpoint [default: the one that ships with Pastiche]
    #[arg(long, value_name = "PATH")]
    checkpoint: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// The checkpoint named, or the one that ships.
pub fn checkpoint_path(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    named.map(Path::to_owned).or_else(paths::default_checkpoint).context(
        "no checkpoint found; name one with --checkpoint, or train one with `pastiche prepare` and `pastiche train`",
    )
}

pub fn run(args: &ComposersArgs) -> anyhow::Result<()> {
    let header = Checkpoint::read(&checkpoint_path(args.checkpoint.as_deref())?)?.header;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&to_json(&header))?);
        return Ok(());
    }
    let composers = header.all_composers();
    for id in composers.by_time() {
        let Some(composer) = composers.get(id) else {
            continue;
        };
        let born = composer.born().map_or_else(String::new, |year| format!("*{year}"));
        println!(
            "{:28} {born:6} {}{}",
            composer.name,
            composer.era().map_or("", |era| era.name()),
            if is_rare(&header, id) { ", learned from little music" } else { "" }
        );
    }
    Ok(())
}

fn is_rare(header: &CheckpointHeader, id: ComposerId) -> bool {
    id.index() >= header.composers.len()
}

fn to_json(header: &CheckpointHeader) -> serde_json::Value {
    let composers = header.all_composers();
    let row = |id| {
        let composer = composers.get(id)?;
        let era = composer.era().map(|e| e.name());
        Some(json!({
            "name": composer.name, "surname": composer.surname(), "born": composer.born(), "era": era,
            "from_little_music": is_rare(header, id),
        }))
    };
    composers.by_time().into_iter().filter_map(row).collect()
}

/// What `pastiche inspect` prints about a checkpoint.
pub fn describe_checkpoint(args: &InspectArgs) -> anyhow::Result<()> {
    let checkpoint = Checkpoint::read(&args.file)?;
    let CheckpointHeader { config, composers, trained_on, rare, .. } = &checkpoint.header;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&checkpoint.header)?);
        return Ok(());
    }
    let parameters: usize = checkpoint.tensors.values().map(|t| t.numel()).sum();
    println!("Pastiche checkpoint {}", checkpoint.hash);
    println!(
        "  network      {} layers of {}, {} heads, latent {}, {:.1} M parameters",
        config.n_layers,
        config.d_model,
        config.n_heads,
        config.d_latent,
        parameters as f64 / 1e6
    );
    println!("  segments     {} notes", config.context_len);
    println!(
        "  composers    {}",
        composers.by_time().into_iter().map(|id| composers.surname(id)).collect::<Vec<_>>().join(", ")
    );
    if !rare.is_empty() {
        let names: Vec<&str> = rare.iter().map(|(_, c)| c.surname()).collect();
        println!("  added        {}, from little music", names.join(", "));
    }
    println!(
        "  trained on   {} for {} steps, {:.1} M notes",
        trained_on.source,
        trained_on.step,
        trained_on.notes_seen as f64 / 1e6
    );
    if let Some(nll) = trained_on.best_nll {
        println!("  validation   {nll:.3} nats per note");
    }
    println!("  licence      {}", trained_on.licence);
    Ok(())
}
