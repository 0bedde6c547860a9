//! `pastiche render`: a MIDI file becomes a recording or a picture.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::display::count;
use pastiche::generate::Take;
use pastiche::music::midi;
use pastiche::paths;
use pastiche::picture::{Look, is_picture};
use pastiche::progress::Progress;
use pastiche::save::{FileKind, Piece, Recording, save};
use pastiche::synth::export::{BitDepth, ExportSettings};
use pastiche::synth::{SoundFont, VoiceSettings};

use super::interrupt;

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
    /// Begin here, in seconds; what already rings there is heard
    #[arg(long, value_name = "SECS")]
    from: Option<f64>,
    /// End here, in seconds; the last notes ring on
    #[arg(long, value_name = "SECS")]
    to: Option<f64>,
    /// Tempo in percent, at the same pitch
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(25..=200))]
    tempo: u32,
}

/// Frames a second of a recording, unless others are asked for.
const SAMPLE_RATE: u32 = 48_000;

/// The light theme of the window, and its accent.
const ON_PAPER: Look = Look {
    notes: [0x4a, 0x55, 0xd6],
    is_dark: false,
};

/// Which sound to play with.
#[derive(clap::Args, Debug)]
pub struct SoundArgs {
    /// The SoundFont (.sf2); by default the best piano found in soundfonts/ and the system's folders
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
            "no SoundFont was found; run `cargo xtask setup`, put an .sf2 file into soundfonts/, or name one with --soundfont",
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
    let read = midi::read_file(&args.input)?;
    let range_secs = (args.from.is_some() || args.to.is_some())
        .then(|| args.from.unwrap_or(0.0)..args.to.unwrap_or(f64::INFINITY));
    if range_secs.as_ref().is_some_and(|r| r.is_empty()) {
        bail!("--from must lie before --to");
    }
    let settings = ExportSettings {
        bit_depth: if args.bits == "24" {
            BitDepth::TwentyFour
        } else {
            BitDepth::Sixteen
        },
        is_normalised: args.normalise,
        tempo_scale: f64::from(args.tempo) / 100.0,
        ..args.sound.settings(args.sample_rate)
    };
    let stem = args.input.file_stem().unwrap_or_default().to_string_lossy();
    let title = read
        .title
        .or_else(|| is_picture(&args.out).then(|| stem.into_owned()));
    let piece = Piece {
        performance: Arc::new(read.performance),
        range_secs,
        title,
        recipe: read.recipe,
        look: ON_PAPER,
    };
    println!("{}", write_piece(&args.out, piece, &args.sound, settings)?);
    Ok(())
}

/// Writes a piece, by the ending of `out`, with a progress bar on the terminal; what was written, in a line.
pub fn write_piece(
    out: &Path,
    piece: Piece,
    sound: &SoundArgs,
    settings: ExportSettings,
) -> anyhow::Result<String> {
    let is_audio = FileKind::of(out).is_some_and(FileKind::is_audio);
    let sound_font = is_audio.then(|| sound.load()).transpose()?;
    let bar = if std::io::stderr().is_terminal() && is_audio {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}%  {eta}") {
        bar.set_style(style);
    }
    let mut on_progress = |progress: Progress| {
        bar.set_message(progress.phase.into_owned());
        bar.set_length(progress.total.unwrap_or(0));
        bar.set_position(progress.done);
    };
    let recording = sound_font.as_ref().map(|sound_font| Recording {
        sound_font,
        settings,
        stop: interrupt::stop_flag(),
        on_progress: &mut on_progress,
    });
    let (notes, secs) = (piece.performance.notes().len(), piece.performance.duration_secs());
    let result = save(out, piece, recording);
    bar.finish_and_clear();
    Ok(match (result?, sound_font) {
        (Some(summary), Some(font)) => {
            let peak_db = 20.0 * summary.peak.log10();
            let (secs, font) = (summary.secs, font.name());
            format!("{}: {secs:.1} s, peak {peak_db:.1} dBFS, {font}", out.display())
        }
        _ => format!("{}: {}, {secs:.1} s", out.display(), count(notes, "note")),
    })
}

/// As [`write_piece`], for a take.
pub fn write_take(out: &Path, take: &Take, title: &str, sound: &SoundArgs) -> anyhow::Result<String> {
    let piece = Piece {
        performance: Arc::new(take.performance.clone()),
        range_secs: None,
        title: Some(title.to_owned()),
        recipe: Some(take.recipe.to_line()),
        look: ON_PAPER,
    };
    write_piece(out, piece, sound, sound.settings(SAMPLE_RATE))
}
