//! `pastiche train --model rare`.

use anyhow::{Context, bail};
use pastiche::train::{RareConfig, add_rare};

use super::interrupt;
use super::train_args::TrainArgs;

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let from =
        args.from.as_ref().context("name the model that the labels are added to: --from CHECKPOINT")?;
    if args.resume || args.config.is_some() || args.minutes.is_some() {
        bail!("labels are learned in minutes, by --steps; leave out --resume, --config and --minutes");
    }
    let out = args.out.join("best.safetensors");
    if out.exists() {
        bail!("the folder holds a run already; choose another one: {}", args.out.display());
    }
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("the folder cannot be made: {}", args.out.display()))?;
    let default = RareConfig::default();
    let config = RareConfig {
        steps: args.steps.unwrap_or(default.steps),
        threads: args.threads.unwrap_or(default.threads),
        only: args.composers.clone(),
        ..default
    };
    let device = args.device;
    let summary = add_rare(from, &args.data, &out, &config, device, interrupt::stop_flag(), &mut |s| {
        if !args.json {
            println!("step {} of {}: {:.3} nats per note", s.step, config.steps, s.nll);
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
        return Ok(());
    }
    for c in &summary.composers {
        println!(
            "{}: {:.1} h; {} held-out segments without z: {:.3} nats per note, {:.3} without the label",
            c.name, c.hours, c.held_out_windows, c.own, c.nobody
        );
        println!("{}", c.verdict());
    }
    println!("{}", summary.checkpoint.display());
    Ok(())
}
