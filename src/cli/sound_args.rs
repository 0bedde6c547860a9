//! Which sound to play or record with.

use std::path::PathBuf;

use anyhow::Context;
use pastiche::paths;
use pastiche::synth::export::ExportSettings;
use pastiche::synth::{SoundFont, VoiceSettings};

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
        ExportSettings { voices, ..ExportSettings::new(sample_rate) }
    }

    /// Finds and loads the SoundFont.
    pub fn load(&self) -> anyhow::Result<SoundFont> {
        let path = self.soundfont.clone().or_else(paths::default_soundfont).context(
            "no SoundFont was found; run `cargo xtask setup`, put an .sf2 or .sf3 file into soundfonts/, or name one with --soundfont",
        )?;
        Ok(SoundFont::load(&path)?)
    }
}

pub fn parse_preset(text: &str) -> Result<(u8, u8), String> {
    let numbers =
        text.split_once(':').and_then(|(bank, program)| Some((bank.parse().ok()?, program.parse().ok()?)));
    numbers.ok_or_else(|| format!("\"{text}\" is not BANK:PROGRAM, such as 0:0 for the grand piano"))
}
