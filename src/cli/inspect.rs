//! `pastiche inspect`: what a MIDI file, a corpus or a checkpoint holds.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use pastiche::data::Corpus;
use pastiche::display::clock;
use pastiche::music::midi::{self, MidiRead, MidiReport};
use pastiche::music::{Pitch, Summary};
use serde_json::json;

use super::prepare::write_table;

/// Describe a .mid, a corpus or a checkpoint.
///
/// A MIDI file: notes, length, density, range, velocities, pedal, and how it was made if Pastiche made it. A corpus:
/// hours, works and pieces by composer and split. A checkpoint: its size, data, licence and measured figures.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// The file to describe
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `checkpoint` describes a file that is neither MIDI nor a corpus.
pub fn run(
    args: &InspectArgs,
    checkpoint: impl FnOnce(&InspectArgs) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut start = Vec::new();
    let open_error = || format!("cannot read {}", args.file.display());
    File::open(&args.file)
        .and_then(|file| file.take(8).read_to_end(&mut start))
        .with_context(open_error)?;
    let mut out = io::stdout().lock();
    if start == Corpus::MAGIC {
        return inspect_corpus(&mut out, args);
    }
    let is_named_midi = args
        .file
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("mid") || e.eq_ignore_ascii_case("midi"));
    if start.starts_with(b"MThd") || start.starts_with(b"RIFF") || is_named_midi {
        return inspect_midi(&mut out, args);
    }
    if start.is_empty() {
        bail!("the file is empty: {}", args.file.display());
    }
    drop(out);
    checkpoint(args)
}

fn inspect_corpus(out: &mut impl Write, args: &InspectArgs) -> anyhow::Result<()> {
    let corpus = Corpus::load(&args.file)?;
    let composers = corpus.composer_reports();
    if args.json {
        let text = json!({ "kind": "corpus", "provenance": corpus.provenance, "composers": composers });
        writeln!(out, "{text:#}")?;
        return Ok(());
    }
    let p = &corpus.provenance;
    writeln!(out, "corpus of {}, made by {}", p.source, p.made_by)?;
    writeln!(out, "licence: {}", p.licence)?;
    write_table(out, &composers)?;
    Ok(())
}

fn inspect_midi(out: &mut impl Write, args: &InspectArgs) -> anyhow::Result<()> {
    let read = midi::read_file(&args.file)?;
    let summary = read.performance.summary();
    if args.json {
        let text = json!({
            "kind": "midi", "title": read.title, "recipe": read.recipe, "summary": summary, "report": read.report,
        });
        writeln!(out, "{text:#}")?;
        return Ok(());
    }
    write_midi(out, &args.file, &read, &summary)?;
    Ok(())
}

fn write_midi(out: &mut impl Write, path: &Path, read: &MidiRead, s: &Summary) -> io::Result<()> {
    let name = |pitch: Option<Pitch>| pitch.map_or("-".to_owned(), Pitch::name);
    writeln!(out, "MIDI file {}", path.display())?;
    if let Some(title) = &read.title {
        writeln!(out, "title       {title}")?;
    }
    writeln!(
        out,
        "notes       {}, at most {} keys down at once",
        s.notes, s.most_keys_down
    )?;
    writeln!(out, "length      {}", clock(s.duration_secs, 1))?;
    writeln!(out, "density     {:.1} notes a second", s.notes_per_sec)?;
    writeln!(out, "range       {} to {}", name(s.lowest), name(s.highest))?;
    let (softest, loudest) = s.velocity_range;
    writeln!(
        out,
        "velocity    {softest} to {loudest}, {:.0} on average",
        s.mean_velocity
    )?;
    writeln!(
        out,
        "pedal       {} changes, down at {:.0} % of the onsets",
        s.pedal_changes,
        s.pedal_down_share * 100.0
    )?;
    for remark in remarks(&read.report) {
        writeln!(out, "remark      {remark}")?;
    }
    if let Some(recipe) = &read.recipe {
        writeln!(out, "recipe      {recipe}")?;
    }
    Ok(())
}

fn remarks(report: &MidiReport) -> Vec<String> {
    [
        (report.out_of_range, "notes outside the 88 keys, dropped"),
        (report.drums, "drum notes, dropped"),
        (report.overlapping, "notes cut where their key is struck again"),
        (report.doubled, "doubled strokes merged"),
        (report.unreleased, "notes never released"),
        (report.stray_releases, "releases of keys that were not down"),
        (report.damaged_tracks, "tracks that break off before their end"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect()
}
