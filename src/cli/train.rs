//! `pastiche train`: a training run in a terminal.

use std::io::IsTerminal;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::classify::ClassifierKind;
use pastiche::train::{
    Preflight, RunDir, RunPlan, StepMetrics, TrainConfig, TrainEvent, TrainSummary, probe, train,
};

use super::interrupt;
use super::train_args::{Model, TrainArgs};
use super::{train_classifier, train_rare};

/// Added to the niceness of a run in the background.
#[cfg(unix)]
const BACKGROUND: i32 = 10;
/// Steps of the progress bar.
const BAR_STEPS: u64 = 1000;

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    #[cfg(unix)]
    if args.background
        && let Err(error) = rustix::process::nice(BACKGROUND)
    {
        tracing::warn!(%error, "the run keeps its priority");
    }
    match args.model {
        Model::Vae => {}
        Model::Selector => return train_classifier::run(args, ClassifierKind::Selector),
        Model::Judge => return train_classifier::run(args, ClassifierKind::Judge),
        Model::Rare => return train_rare::run(args),
    }
    let plan = RunPlan {
        corpus: args.data.clone(),
        run_dir: args.out.clone(),
        config: config(args)?,
        device: args.device,
        resume: args.resume,
    };
    let stop = interrupt::stop_flag();
    if args.probe {
        let preflight = probe(&plan, stop)?;
        if args.json {
            println!("{}", serde_json::to_string(&preflight)?);
        } else {
            println!("{}", preflight_text(&preflight));
        }
        return Ok(());
    }
    let mut show = Show::new(args.json)?;
    let summary = train(plan, stop, &mut |event| show.event(event))?;
    show.end(&summary)?;
    if summary.stopped {
        // Asked by a file in the folder, not by a signal: the exit code is the same.
        stop.stop();
        anyhow::bail!(
            "stopped after step {} and saved; go on with: pastiche train --data {} --out {} --resume",
            summary.step,
            args.data.display(),
            args.out.display()
        );
    }
    Ok(())
}

fn config(args: &TrainArgs) -> anyhow::Result<TrainConfig> {
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
    Ok(config)
}

/// How events are shown: as JSON, as a bar in a terminal, or line by line.
enum Show {
    Json,
    Bar(ProgressBar),
    Lines,
}

impl Show {
    fn new(json: bool) -> anyhow::Result<Show> {
        if json {
            return Ok(Show::Json);
        }
        if !std::io::stdout().is_terminal() {
            return Ok(Show::Lines);
        }
        let style = ProgressStyle::with_template("{wide_bar} {percent} %\n{msg}")?;
        Ok(Show::Bar(ProgressBar::new(BAR_STEPS).with_style(style)))
    }

    fn event(&mut self, event: &TrainEvent) {
        match (&*self, event) {
            (Show::Json, _) => match serde_json::to_string(event) {
                Ok(line) => println!("{line}"),
                Err(error) => tracing::warn!(%error, "an event that JSON cannot hold"),
            },
            (Show::Bar(bar), TrainEvent::Stepped(m)) => {
                let whole = m.elapsed_secs + m.eta_secs.unwrap_or(f64::INFINITY);
                bar.set_position((BAR_STEPS as f64 * m.elapsed_secs / whole) as u64);
                bar.set_message(step_text(m));
            }
            (Show::Bar(bar), _) => {
                if let Some(line) = line(event) {
                    bar.println(line);
                }
            }
            (Show::Lines, _) => {
                if let Some(line) = line(event) {
                    println!("{line}");
                }
            }
        }
    }

    fn end(&self, summary: &TrainSummary) -> anyhow::Result<()> {
        let best = summary.best_nll.map_or("none".to_owned(), |n| format!("{n:.3}"));
        match self {
            Show::Json => println!("{}", serde_json::json!({ "ended": summary })),
            Show::Bar(bar) => bar.finish_and_clear(),
            Show::Lines => {}
        }
        if !summary.stopped && !matches!(self, Show::Json) {
            println!(
                "trained {} steps; best validation {best} nats per note; {}",
                summary.step,
                summary.checkpoint.display()
            );
        }
        Ok(())
    }
}

fn preflight_text(p: &Preflight) -> String {
    let free = p.free_mb.map_or(String::new(), |free| format!(" of {free:.0} MB that are free"));
    format!(
        "{:.1} million parameters; {:.0} MB of memory; {:.0} notes/s: {:.1} hours for as many notes as the model that \
         ships has learned from; {:.0} MB on disk{free}",
        p.parameters as f64 / 1e6,
        p.memory_mb,
        p.notes_per_sec,
        p.hours,
        p.disk_mb
    )
}

fn step_text(m: &StepMetrics) -> String {
    let left = m.eta_secs.map_or(String::new(), |s| format!(", {:.0} min left", s / 60.0));
    format!(
        "step {}: {:.3} nats per note, KL {:.1}, label {:.2}, {:.0} notes/s{left}",
        m.step, m.nll, m.kl_nats, m.label_loss, m.notes_per_sec
    )
}

/// An event as a line; `None` for those that only programs need.
fn line(event: &TrainEvent) -> Option<String> {
    Some(match event {
        TrainEvent::Started { config, from_step, pieces } => {
            let windows = config.batch_size;
            format!("training on {pieces} pieces from step {from_step}, {windows} windows a step")
        }
        TrainEvent::Stepped(m) => step_text(m),
        TrainEvent::Validated(m) => format!(
            "validation at step {}: {:.3} nats per note; shuffled z +{:.3}, wrong label +{:.3}; KL {:.1} over {} dimensions; nearest component {:.0} %",
            m.step,
            m.nll,
            m.shuffled_z_gap,
            m.wrong_label_gap,
            m.kl_nats,
            m.active_dims,
            m.nearest_component * 100.0
        ),
        TrainEvent::CheckpointSaved { path, .. } if path.ends_with("best.safetensors") => {
            format!("best so far: {}", path.display())
        }
        TrainEvent::Warned { step, message } => format!("warning at step {step}: {message}"),
        TrainEvent::CheckpointSaved { .. }
        | TrainEvent::TakeWritten { .. }
        | TrainEvent::StateSaved { .. } => {
            return None;
        }
    })
}
