//! `pastiche prepare`: turns a data set into a corpus file.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::data::{ComposerReport, PrepareOptions, PrepareReport, Split, SplitReport, prepare};
use pastiche::progress::Progress;

use super::interrupt;

use super::numbers::within;

/// More hours than anybody has of one composer.
const MAX_HOURS: f64 = 100_000.0;

/// Turn a data set of MIDI files into a corpus file for training.
///
/// DATASET is MAESTRO (maestro-v3.0.0-midi.zip or its unpacked folder), or any folder with one folder per composer:
/// "Erik Satie/gymnopedie_1.mid". Composers with enough music get a label; the others' music is used without one.
/// Whole works are held out: no performance of a work in validation or test is trained on.
#[derive(Args, Debug)]
pub struct PrepareArgs {
    /// The MAESTRO folder or zip, or a folder of "Composer Name/*.mid"
    dataset: PathBuf,
    /// Corpus file to write
    #[arg(long, value_name = "CORPUS")]
    out: PathBuf,
    /// Hours of music that a composer needs for a label
    #[arg(long, alias = "least-hours", value_name = "HOURS", default_value_t = PrepareOptions::default().min_hours, value_parser = within(0.0..=MAX_HOURS))]
    min_hours: f64,
    /// Number of works that a composer needs for a label
    #[arg(long, alias = "fewest-works", value_name = "N", default_value_t = PrepareOptions::default().min_works)]
    min_works: usize,
    /// Seed for choosing the works that are held out
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &PrepareArgs) -> anyhow::Result<()> {
    let options = PrepareOptions { min_hours: args.min_hours, min_works: args.min_works, seed: args.seed };
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{msg:16} {wide_bar} {pos}/{len} {eta:>4}") {
        bar.set_style(style);
    }
    let show = |progress: Progress| {
        bar.set_message(progress.phase);
        match progress.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        // Threads finish in any order; the bar never goes back.
        if progress.done > bar.position() {
            bar.set_position(progress.done);
        }
    };
    let prepared = prepare(&args.dataset, &options, interrupt::stop_flag(), show);
    bar.finish_and_clear();
    let (corpus, report) = prepared?;
    corpus.save(&args.out)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?
    } else {
        write_table(&mut out, &report.composers)?;
        write_remarks(&mut out, &report)?;
        let bytes = std::fs::metadata(&args.out).context("the corpus was written but cannot be read")?.len();
        writeln!(out, "{}: {:.1} MB, {}", args.out.display(), bytes as f64 / 1e6, corpus.provenance.licence)?;
    }
    Ok(())
}

fn write_remarks(out: &mut impl Write, report: &PrepareReport) -> io::Result<()> {
    if !report.composers.iter().any(|c| c.is_labelled) {
        writeln!(out, "no composer has enough music for a label: lower --min-hours or --min-works")?;
    }
    for remark in &report.remarks {
        writeln!(out, "{remark}")?;
    }
    if !report.broken.is_empty() {
        writeln!(out, "{} files were skipped:", report.broken.len())?;
        for broken in &report.broken {
            writeln!(out, "  {}: {}", broken.name, broken.reason)?;
        }
    }
    let e = report.encoding;
    writeln!(
        out,
        "changed by tokenising: {} silences shortened to 6 s, {} notes cut off when their key is struck again, {} doubled \
         notes merged; {} notes outside the piano's range dropped",
        e.capped_silences,
        e.cut_notes + report.overlapping_notes,
        e.merged_notes,
        report.dropped_notes
    )
}

/// One row for each labelled composer, one for the rest, one for all; hours and works for each split.
pub(super) fn write_table(out: &mut impl Write, composers: &[ComposerReport]) -> io::Result<()> {
    let (labelled, rest): (Vec<_>, Vec<_>) = composers.iter().partition(|c| c.is_labelled);
    let mut rows: Vec<(String, [SplitReport; 3])> =
        labelled.iter().map(|c| (c.name.clone(), c.splits)).collect();
    if !rest.is_empty() {
        rows.push((format!("{} more, unlabelled", rest.len()), total(rest.iter().copied())));
    }
    rows.push(("all".to_owned(), total(composers.iter())));
    let width = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
    write!(out, "{:width$}", "composer")?;
    for split in Split::ALL {
        write!(out, " | {:>10}:  h works pieces", split.name())?;
    }
    writeln!(out, " | {:>9}", "notes")?;
    for (name, splits) in rows {
        write!(out, "{name:width$}")?;
        for s in splits {
            write!(out, " | {:>13.1} {:>5} {:>6}", s.hours, s.works, s.pieces)?;
        }
        writeln!(out, " | {:>9}", splits.iter().map(|s| s.notes).sum::<usize>())?;
    }
    Ok(())
}

fn total<'a>(composers: impl Iterator<Item = &'a ComposerReport>) -> [SplitReport; 3] {
    composers.fold([SplitReport::default(); 3], |mut sums, composer| {
        for (sum, split) in sums.iter_mut().zip(&composer.splits) {
            sum.hours += split.hours;
            sum.works += split.works;
            sum.pieces += split.pieces;
            sum.notes += split.notes;
        }
        sums
    })
}
