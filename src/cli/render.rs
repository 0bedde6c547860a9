//! `pastiche render`: a MIDI file becomes a recording or a picture.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use pastiche::save::{FileKind, Piece};
use pastiche::synth::export::{BitDepth, ExportSettings};

use super::input::{name, read_music};
use super::numbers::secs;
use super::output::{ON_PAPER, Output};
use super::sound_args::{SAMPLE_RATE, SoundArgs};

/// Render a MIDI file to a recording (.wav, .flac, .ogg, .mp3), a picture of the piano roll (.png) or a cleaned .mid.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche render take.mid --out take.wav\n  \
    pastiche render take.mid --out take.png\n  \
    pastiche render take.mid --out excerpt.flac --bits 24 --from 12.5 --to 30 --normalise")]
pub struct RenderArgs {
    /// MIDI file; notes outside the piano's range are dropped
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Output file; its extension chooses the format
    #[arg(long, value_name = "OUT.wav|.flac|.ogg|.mp3|.png|.mid")]
    out: PathBuf,
    #[command(flatten)]
    sound: SoundArgs,
    /// Sample rate, usually 44100, 48000 or 96000; an .mp3 has at most 48000
    #[arg(long, value_name = "HZ", default_value_t = SAMPLE_RATE, value_parser = clap::value_parser!(u32).range(16_000..=192_000))]
    sample_rate: u32,
    /// Bit depth of .wav and .flac
    #[arg(long, default_value = "16", value_parser = ["16", "24"])]
    bits: String,
    /// Scale the highest peak to -1 dBFS instead of using the player's level
    #[arg(long)]
    normalise: bool,
    /// Start in seconds; notes that began earlier and still sound are included
    #[arg(long, value_name = "SECS", value_parser = secs)]
    from: Option<f64>,
    /// End in seconds; the last notes fade out naturally
    #[arg(long, value_name = "SECS", value_parser = secs)]
    to: Option<f64>,
    /// Tempo in percent; the pitch does not change
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(25..=200))]
    tempo: u32,
}

pub fn run(args: &RenderArgs) -> anyhow::Result<()> {
    let range_secs = (args.from.is_some() || args.to.is_some())
        .then(|| args.from.unwrap_or(0.0)..args.to.unwrap_or(f64::INFINITY));
    if range_secs.as_ref().is_some_and(|r| r.is_empty()) {
        bail!("--from must lie before --to");
    }
    let read = read_music(&args.input)?;
    let tempo_scale = f64::from(args.tempo) / 100.0;
    let settings = ExportSettings {
        bit_depth: if args.bits == "24" { BitDepth::TwentyFour } else { BitDepth::Sixteen },
        is_normalised: args.normalise,
        tempo_scale,
        ..args.sound.settings(args.sample_rate)
    };
    let output = Output::new(&args.out, &args.sound)?.with_settings(settings);
    let title = read.title.or_else(|| (output.kind == FileKind::Picture).then(|| name(&args.input)));
    let mut piece = Piece {
        performance: Arc::new(read.performance),
        range_secs,
        title,
        recipe: read.recipe,
        look: ON_PAPER,
    };
    // A recording takes what rang before the part along and plays it at another tempo; what is written down is cut
    // and made faster here.
    if !output.kind.is_audio() {
        let music = match piece.range_secs.take() {
            Some(range) => piece.performance.slice_secs(range),
            None => Arc::unwrap_or_clone(piece.performance),
        };
        let music = if args.tempo == 100 { music } else { music.at_tempo(tempo_scale) };
        piece.performance = Arc::new(music);
    }
    output.say(&output.write(piece)?);
    Ok(())
}
