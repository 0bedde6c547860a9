//! `pastiche inspect`: what a MIDI file, a corpus or a checkpoint holds.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use pastiche::data::Corpus;
use pastiche::display::{clock, count, one_line};
use pastiche::files::is_stream;
use pastiche::kinds::kind_of;
use pastiche::music::midi::{self, MAX_BYTES, MidiError, MidiRead};
use pastiche::music::{Pitch, Summary};
use serde_json::json;
use tempfile::NamedTempFile;

use super::input::shown;
use super::prepare::write_table;

/// Bytes read to tell what kind of file it is.
const START_BYTES: u64 = 4096;

/// Describe a MIDI file, a corpus or a checkpoint.
///
/// MIDI file: notes, length, density, range, velocities, pedal, and the recipe if Pastiche made it. Corpus: hours,
/// works and pieces by composer and split. Checkpoint: size, training data, licence and validation loss.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// File to describe
    pub file: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `checkpoint` describes the checkpoint at a path.
pub fn run(
    args: &InspectArgs,
    checkpoint: impl FnOnce(&InspectArgs) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let open_error = || format!("cannot read {}", shown(&args.file));
    let mut file = File::open(&args.file).with_context(open_error)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(START_BYTES).read_to_end(&mut start).with_context(open_error)?;
    let mut out = io::stdout().lock();
    let is_checkpoint = args.file.extension().is_some_and(|e| e == "safetensors");
    match kind_of(&start) {
        Some("an empty file") => bail!("the file is empty: {}", shown(&args.file)),
        Some("a Pastiche corpus") => {
            let (path, _kept) = on_disk(&args.file, &start, &mut file)?;
            inspect_corpus(&mut out, &path, args.json)
        }
        kind if is_checkpoint || kind == Some("a checkpoint") => {
            let (path, _kept) = on_disk(&args.file, &start, &mut file)?;
            drop(out);
            checkpoint(&InspectArgs { file: path, json: args.json })
        }
        _ => {
            let mut bytes = start;
            let most = MAX_BYTES + 1 - bytes.len() as u64;
            file.take(most).read_to_end(&mut bytes).with_context(open_error)?;
            inspect_midi(&mut out, args, &bytes)
        }
    }
}

/// A path from which all of a file can be read: its own, or, of a pipe, which can be read only once, that of a copy,
/// which is there as long as the second value is.
fn on_disk(path: &Path, start: &[u8], rest: &mut File) -> anyhow::Result<(PathBuf, Option<NamedTempFile>)> {
    if !is_stream(path) {
        return Ok((path.to_owned(), None));
    }
    let mut copy = NamedTempFile::new().context("cannot write a temporary copy of the input")?;
    copy.write_all(start)
        .and_then(|()| io::copy(rest, &mut copy))
        .context("cannot write a temporary copy of the input")?;
    Ok((copy.path().to_owned(), Some(copy)))
}

fn inspect_corpus(out: &mut impl Write, path: &Path, is_json: bool) -> anyhow::Result<()> {
    let corpus = Corpus::load(path)?;
    let composers = corpus.composer_reports();
    if is_json {
        let text = json!({ "kind": "corpus", "provenance": corpus.provenance, "composers": composers });
        writeln!(out, "{text:#}")?;
        return Ok(());
    }
    let p = &corpus.provenance;
    writeln!(out, "corpus of {}, made by {}", one_line(&p.source), one_line(&p.made_by))?;
    writeln!(out, "licence: {}", one_line(&p.licence))?;
    write_table(out, &composers)?;
    Ok(())
}

fn inspect_midi(out: &mut impl Write, args: &InspectArgs, bytes: &[u8]) -> anyhow::Result<()> {
    let read = match midi::read(bytes) {
        Ok(read) => read,
        Err(MidiError::OtherKind { found }) => {
            bail!("this is {found}, not a MIDI file, corpus or checkpoint: {}", shown(&args.file))
        }
        Err(source) => bail!(MidiError::InFile { source: Box::new(source), path: args.file.clone() }),
    };
    let summary = read.performance.summary();
    let remarks = read.report.sentences();
    if args.json {
        let text = json!({
            "kind": "midi", "title": read.title, "recipe": read.recipe, "summary": summary, "report": read.report,
            "remarks": remarks,
        });
        writeln!(out, "{text:#}")?;
        return Ok(());
    }
    write_midi(out, &args.file, &read, &summary)?;
    Ok(())
}

fn write_midi(out: &mut impl Write, path: &Path, read: &MidiRead, s: &Summary) -> io::Result<()> {
    let name = |pitch: Option<Pitch>| pitch.map_or("-".to_owned(), Pitch::name);
    writeln!(out, "MIDI file {}", shown(path))?;
    if let Some(title) = &read.title {
        writeln!(out, "title       {title}")?;
    }
    writeln!(out, "notes       {}, up to {} keys down at once", s.notes, s.most_keys_down)?;
    writeln!(out, "length      {}", clock(s.duration_secs, 1))?;
    writeln!(out, "density     {:.1} notes a second", s.notes_per_sec)?;
    writeln!(out, "range       {} to {}", name(s.lowest), name(s.highest))?;
    let (softest, loudest) = s.velocity_range;
    writeln!(out, "velocity    {softest} to {loudest}, {:.0} on average", s.mean_velocity)?;
    writeln!(
        out,
        "pedal       {} changes, down at {:.0} % of the onsets",
        s.pedal_changes,
        s.pedal_down_share * 100.0
    )?;
    let markings = read.performance.markings();
    for (pedal, changes) in [("soft pedal", &markings.soft), ("sostenuto", &markings.sostenuto)] {
        if !changes.is_empty() {
            writeln!(out, "{pedal:11} {}", count(changes.len(), "change"))?;
        }
    }
    for remark in read.report.sentences() {
        writeln!(out, "remark      {remark}")?;
    }
    if let Some(recipe) = &read.recipe {
        writeln!(out, "recipe      {}", one_line(recipe))?;
    }
    Ok(())
}
