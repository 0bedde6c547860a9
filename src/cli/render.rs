//! `pastiche render`: a MIDI file becomes a recording or a picture.

use std::io::IsTerminal;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use pastiche::music::Performance;
use pastiche::music::midi::{self, MidiRead};
use pastiche::paths;
use pastiche::picture::{self, Look};
use pastiche::progress::Progress;
use pastiche::synth::export::{self, BitDepth, ExportSettings};
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
    #[arg(long, value_name = "HZ", default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(16_000..=192_000))]
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

/// The light theme of the window, and its accent.
const ON_PAPER: Look = Look {
    notes: [0x4a, 0x55, 0xd6],
    is_dark: false,
};

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
    let read = midi::read_file(&args.input)?;
    let range_secs = (args.from.is_some() || args.to.is_some())
        .then(|| args.from.unwrap_or(0.0)..args.to.unwrap_or(f64::INFINITY));
    if range_secs.as_ref().is_some_and(|r| r.is_empty()) {
        bail!("--from must lie before --to");
    }
    let is_midi = args
        .out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("mid"));
    if is_midi || picture::is_picture(&args.out) {
        return write_score(args, read, range_secs);
    }
    let settings = ExportSettings {
        voices: VoiceSettings {
            preset: args.sound.preset,
            has_reverb: !args.sound.no_reverb,
            has_chorus: args.sound.chorus,
            ..VoiceSettings::new(args.sample_rate)
        },
        bit_depth: if args.bits == "24" {
            BitDepth::TwentyFour
        } else {
            BitDepth::Sixteen
        },
        is_normalised: args.normalise,
        tempo_scale: f64::from(args.tempo) / 100.0,
        range_secs,
        ..ExportSettings::new(args.sample_rate)
    };
    write_recording(read.performance, &args.sound.load()?, &settings, &args.out)?;
    Ok(())
}

/// Writes what is seen rather than heard: a MIDI file or a picture.
fn write_score(args: &RenderArgs, read: MidiRead, range_secs: Option<Range<f64>>) -> anyhow::Result<()> {
    let performance = match range_secs {
        Some(range) => read.performance.slice_secs(range),
        None => read.performance,
    };
    let title = read.title.as_deref();
    if picture::is_picture(&args.out) {
        let stem = args.input.file_stem().unwrap_or_default().to_string_lossy();
        picture::write_file(&args.out, &performance, title.unwrap_or(&stem), &ON_PAPER)?;
    } else {
        midi::write_file(&args.out, &performance, read.recipe.as_deref(), title)?;
    }
    println!(
        "{}: {} notes, {:.1} s",
        args.out.display(),
        performance.notes().len(),
        performance.duration_secs()
    );
    Ok(())
}

/// Records with a progress bar on the terminal, and says what was written.
pub fn write_recording(
    performance: Performance,
    sound_font: &SoundFont,
    settings: &ExportSettings,
    out: &Path,
) -> anyhow::Result<()> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}%  {eta}") {
        bar.set_style(style);
    }
    let mut show = |progress: Progress| {
        bar.set_message(progress.phase.into_owned());
        bar.set_length(progress.total.unwrap_or(0));
        bar.set_position(progress.done);
    };
    let result = export::export(
        Arc::new(performance),
        sound_font,
        settings,
        out,
        interrupt::stop_flag(),
        &mut show,
    );
    bar.finish_and_clear();
    let summary = result?;
    if let Some(remark) = sound_font.remark() {
        eprintln!("{remark}");
    }
    let peak_db = 20.0 * summary.peak.log10();
    println!(
        "{}: {:.1} s, peak {peak_db:.1} dBFS, {}",
        out.display(),
        summary.secs,
        sound_font.name()
    );
    Ok(())
}
