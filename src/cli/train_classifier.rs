//! `pastiche train --model selector|judge`.

use anyhow::{Context, bail};
use pastiche::classify::ClassifierKind;
use pastiche::train::{ClassifierConfig, ClassifierEvent, train_classifier};

use super::interrupt;
use super::train_args::TrainArgs;

pub fn run(args: &TrainArgs, kind: ClassifierKind) -> anyhow::Result<()> {
    if args.from.is_some() {
        bail!("a classifier trains in minutes and starts from nothing; leave out --from");
    }
    if args.resume {
        bail!(
            "a classifier trains in minutes and cannot be resumed; leave out --resume and choose another folder"
        );
    }
    let mut config = ClassifierConfig::for_kind(kind);
    if let Some(path) = &args.config {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        config = toml::from_str(&text)
            .with_context(|| format!("{} is not a classifier's configuration", path.display()))?;
    }
    config.minutes = args.minutes.unwrap_or(config.minutes);
    config.max_steps = args.steps.or(config.max_steps);
    config.threads = args.threads.unwrap_or(config.threads);
    let device = args.device;
    let summary =
        train_classifier(kind, &args.data, &args.out, &config, device, interrupt::stop_flag(), &mut |e| {
            print(&e)
        })?;
    println!(
        "trained {} steps; on validation segments {:.3} named right, {:.3} balanced; {}",
        summary.step,
        summary.best.top1,
        summary.best.balanced,
        summary.checkpoint.display()
    );
    Ok(())
}

fn print(event: &ClassifierEvent) {
    match event {
        ClassifierEvent::Started { kind, pieces, parameters } => {
            println!("training the {} of {parameters} parameters on {pieces} pieces", kind.name());
        }
        ClassifierEvent::Stepped { step, loss, progress, segments_per_sec } => {
            println!(
                "step {step}: loss {loss:.3}, {segments_per_sec:.0} segments/s, {:.0} %",
                progress * 100.0
            );
        }
        ClassifierEvent::Validated { step, accuracy: a } => {
            println!(
                "validation at step {step}: top-1 {:.3}, balanced {:.3}, top-3 {:.3}",
                a.top1, a.balanced, a.top3
            );
        }
        ClassifierEvent::CheckpointSaved { path, .. } => println!("best so far: {}", path.display()),
    }
}
