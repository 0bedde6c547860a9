//! How freely to compose.

use clap::Args;
use pastiche::sampling::SamplingSettings;

use super::numbers::within;

#[derive(Args, Debug)]
pub struct SamplingArgs {
    /// How strongly to sound like the composer: 1 is plain, 2 to 3 strong
    #[arg(long, value_name = "G", default_value_t = SamplingSettings::default().guidance, value_parser = within(SamplingSettings::GUIDANCE))]
    guidance: f32,
    /// Under 1 more cautious, over 1 bolder
    #[arg(long, value_name = "T", default_value_t = SamplingSettings::default().temperature, value_parser = within(SamplingSettings::TEMPERATURE))]
    temperature: f32,
    /// Keep to the likeliest pitches that together have this probability
    #[arg(long, value_name = "P", default_value_t = SamplingSettings::default().top_p, value_parser = within(SamplingSettings::TOP_P))]
    top_p: f32,
    /// How far takes lean towards what they have heard before; 0 forgets, 1 is as learned
    #[arg(long, value_name = "M", default_value_t = SamplingSettings::default().memory, value_parser = within(SamplingSettings::MEMORY))]
    memory: f32,
}

impl SamplingArgs {
    pub fn settings(&self) -> SamplingSettings {
        SamplingSettings {
            guidance: self.guidance,
            temperature: self.temperature,
            top_p: self.top_p,
            memory: self.memory,
        }
    }
}
