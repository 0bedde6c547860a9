//! `--soundfont`, `--preset`, `--no-reverb` and `--chorus`.

use std::path::PathBuf;

use anyhow::Context;
use pastiche::paths;
use pastiche::synth::export::ExportSettings;
use pastiche::synth::{SoundFont, VoiceSettings};

/// Default sample rate of recordings, in Hz.
pub const SAMPLE_RATE: u32 = 48_000;

/// Which sound to play with.
#[derive(clap::Args, Debug)]
pub struct SoundArgs {
    /// SoundFont (.sf2 or .sf3) [default: the best piano in soundfonts/ and the system's folders]
    #[arg(long, value_name = "SF2")]
    pub soundfont: Option<PathBuf>,
    /// Preset of the SoundFont instead of its piano; both numbers start at 0
    #[arg(long, value_name = "BANK:PROGRAM", value_parser = parse_preset)]
    pub preset: Option<(u8, u8)>,
    /// Turn reverb off
    #[arg(long)]
    pub no_reverb: bool,
    /// Turn chorus on
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
        ExportSettings { voices, ..ExportSettings::new(sample_rate) }
    }

    /// Finds and loads the SoundFont.
    pub fn load(&self) -> anyhow::Result<SoundFont> {
        let path = self.soundfont.clone().or_else(paths::default_soundfont).context(
            "no SoundFont found; run `cargo xtask setup`, put an .sf2 or .sf3 file into soundfonts/, or name one with --soundfont",
        )?;
        Ok(SoundFont::load(&path)?)
    }
}

pub fn parse_preset(text: &str) -> Result<(u8, u8), String> {
    let numbers =
        text.split_once(':').and_then(|(bank, program)| Some((bank.parse().ok()?, program.parse().ok()?)));
    numbers.ok_or_else(|| format!("\"{text}\" is not BANK:PROGRAM, such as 0:0 for the grand piano"))
}
