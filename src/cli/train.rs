//! `pastiche train`: a training run in a terminal.

use std::io::IsTerminal;

use anyhow::Context;

use pastiche::classify::ClassifierKind;
use pastiche::train::{RunDir, TrainConfig, TrainEvent, Trainer};

use super::interrupt;
use super::train_args::{Model, TrainArgs};
use super::{train_classifier, train_rare};

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    match args.model {
        Model::Vae => {}
        Model::Selector => return train_classifier::run(args, ClassifierKind::Selector),
        Model::Judge => return train_classifier::run(args, ClassifierKind::Judge),
        Model::Rare => return train_rare::run(args),
    }
    let mut config = match &args.config {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            toml::from_str(&text)
                .with_context(|| format!("{} is not a training configuration", path.display()))?
        }
        None if args.resume => RunDir::config(&args.out)?,
        None => TrainConfig::default(),
    };
    config.minutes = args.minutes.or(config.minutes);
    config.max_steps = args.steps.or(config.max_steps);
    config.from = args.from.clone().or(config.from);
    config.threads = args.threads.unwrap_or(config.threads);
    let trainer = Trainer::open(&args.data, &args.out, config, args.device, args.resume)?;
    let is_terminal = std::io::stdout().is_terminal();
    let summary = trainer.run(interrupt::stop_flag(), &mut |event| print(&event, is_terminal))?;
    if summary.stopped {
        anyhow::bail!(
            "stopped after step {} and saved; go on with: pastiche train --data {} --out {} --resume",
            summary.step,
            args.data.display(),
            args.out.display()
        );
    }
    println!(
        "trained {} steps; best validation {} nats per note; {}",
        summary.step,
        summary.best_nll.map_or("none".to_owned(), |n| format!("{n:.3}")),
        summary.checkpoint.display()
    );
    Ok(())
}

fn print(event: &TrainEvent, is_terminal: bool) {
    // In a terminal a step overwrites the one before; in a file each has its line.
    let (back, end) = if is_terminal { ("\r\x1b[2K", "") } else { ("", "\n") };
    match event {
        TrainEvent::Started { config, from_step, pieces } => {
            println!(
                "training on {pieces} pieces from step {from_step}, {} windows a step",
                config.batch_size
            );
        }
        TrainEvent::Stepped(m) => {
            let left = m.eta_secs.map_or(String::new(), |s| format!(", {:.0} min left", s / 60.0));
            print!(
                "{back}step {}: {:.3} nats per note, KL {:.1}, label {:.2}, {:.0} notes/s{left}{end}",
                m.step, m.nll, m.kl_nats, m.label_loss, m.notes_per_sec
            );
            let _ = std::io::Write::flush(&mut std::io::stdout());
        }
        TrainEvent::Validated(m) => println!(
            "{back}validation at step {}: {:.3} nats per note; shuffled z +{:.3}, wrong label +{:.3}; KL {:.1} over {} dimensions; nearest component {:.0} %",
            m.step,
            m.nll,
            m.shuffled_z_gap,
            m.wrong_label_gap,
            m.kl_nats,
            m.active_dims,
            m.nearest_component * 100.0
        ),
        TrainEvent::CheckpointSaved { path, .. } => println!("{back}best so far: {}", path.display()),
    }
}
