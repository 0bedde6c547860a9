//! `pastiche render`: a MIDI file becomes a recording or a picture.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use pastiche::paths;
use pastiche::save::{FileKind, Piece};
use pastiche::synth::export::{BitDepth, ExportSettings};
use pastiche::synth::{SoundFont, VoiceSettings};

use super::input::{name, read_music};
use super::numbers::secs;
use super::output::{ON_PAPER, Output};

/// Render a MIDI file to a recording (.wav, .flac or .ogg by the ending of OUT), a picture of its roll (.png), or a cleaned .mid
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    pastiche render take.mid --out take.wav\n  \
    pastiche render take.mid --out take.png\n  \
    pastiche render take.mid --out excerpt.flac --bits 24 --from 12.5 --to 30 --normalise")]
pub struct RenderArgs {
    /// The MIDI file; notes outside the piano are dropped
    #[arg(value_name = "IN.mid")]
    input: PathBuf,
    /// Where to write; the ending chooses the format
    #[arg(long, value_name = "OUT.wav|.flac|.ogg|.png|.mid")]
    out: PathBuf,
    #[command(flatten)]
    sound: SoundArgs,
    /// Frames a second; 44100, 48000 and 96000 are usual
    #[arg(long, value_name = "HZ", default_value_t = SAMPLE_RATE, value_parser = clap::value_parser!(u32).range(16_000..=192_000))]
    sample_rate: u32,
    /// Bits a sample of .wav and .flac
    #[arg(long, default_value = "16", value_parser = ["16", "24"])]
    bits: String,
    /// Bring the highest peak to -1 dBFS instead of the player's level
    #[arg(long)]
    normalise: bool,
    /// Begin here, in seconds; what already rings there is heard, and keys that are down are down in a .mid
    #[arg(long, value_name = "SECS", value_parser = secs)]
    from: Option<f64>,
    /// End here, in seconds; the last notes ring on
    #[arg(long, value_name = "SECS", value_parser = secs)]
    to: Option<f64>,
    /// Tempo in percent, at the same pitch
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(25..=200))]
    tempo: u32,
}

/// Frames a second of a recording, unless others are asked for.
pub const SAMPLE_RATE: u32 = 48_000;

/// Which sound to play with.
#[derive(clap::Args, Debug)]
pub struct SoundArgs {
    /// The SoundFont (.sf2 or .sf3); by default the best piano found in soundfonts/ and the system's folders
    #[arg(long, value_name = "SF2")]
    pub soundfont: Option<PathBuf>,
    /// Another sound of the SoundFont than its piano, as BANK:PROGRAM counted from 0
    #[arg(long, value_name = "BANK:PROGRAM", value_parser = parse_preset)]
    pub preset: Option<(u8, u8)>,
    /// Without reverb
    #[arg(long)]
    pub no_reverb: bool,
    /// With chorus
    #[arg(long)]
    pub chorus: bool,
}

impl SoundArgs {
    /// How to record with this sound.
    pub fn settings(&self, sample_rate: u32) -> ExportSettings {
        let voices = VoiceSettings {
            preset: self.preset,
            has_reverb: !self.no_reverb,
            has_chorus: self.chorus,
            ..VoiceSettings::new(sample_rate)
        };
        ExportSettings {
            voices,
            ..ExportSettings::new(sample_rate)
        }
    }

    /// Finds and loads the SoundFont.
    pub fn load(&self) -> anyhow::Result<SoundFont> {
        let path = self.soundfont.clone().or_else(paths::default_soundfont).context(
            "no SoundFont was found; run `cargo xtask setup`, put an .sf2 or .sf3 file into soundfonts/, or name one with --soundfont",
        )?;
        Ok(SoundFont::load(&path)?)
    }
}

fn parse_preset(text: &str) -> Result<(u8, u8), String> {
    let numbers = text
        .split_once(':')
        .and_then(|(bank, program)| Some((bank.parse().ok()?, program.parse().ok()?)));
    numbers.ok_or_else(|| format!("\"{text}\" is not BANK:PROGRAM, such as 0:0 for the grand piano"))
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
        bit_depth: if args.bits == "24" {
            BitDepth::TwentyFour
        } else {
            BitDepth::Sixteen
        },
        is_normalised: args.normalise,
        tempo_scale,
        ..args.sound.settings(args.sample_rate)
    };
    let output = Output::new(&args.out, &args.sound)?.with_settings(settings);
    let title = read
        .title
        .or_else(|| (output.kind == FileKind::Picture).then(|| name(&args.input)));
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
        let music = if args.tempo == 100 {
            music
        } else {
            music.at_tempo(tempo_scale)
        };
        piece.performance = Arc::new(music);
    }
    output.say(&output.write(piece)?);
    Ok(())
}
