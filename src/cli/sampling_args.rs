//! `--temperature`, `--top-p`, `--guidance` and `--memory`.

use clap::Args;
use pastiche::sampling::SamplingSettings;

use super::numbers::within;

#[derive(Args, Debug)]
pub struct SamplingArgs {
    /// How strongly to imitate the composer: 1 is plain, 2 to 3 is strong
    #[arg(long, value_name = "G", default_value_t = SamplingSettings::default().guidance, value_parser = within(SamplingSettings::GUIDANCE))]
    guidance: f32,
    /// Sampling temperature: below 1 is more predictable, above 1 more adventurous
    #[arg(long, value_name = "T", default_value_t = SamplingSettings::default().temperature, value_parser = within(SamplingSettings::TEMPERATURE))]
    temperature: f32,
    /// Choose among the most likely pitches that together have this probability
    #[arg(long, value_name = "P", default_value_t = SamplingSettings::default().top_p, value_parser = within(SamplingSettings::TOP_P))]
    top_p: f32,
    /// How much a take repeats itself: 0 is not at all, 1 as much as the composer's own pieces, 2 twice as much
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
