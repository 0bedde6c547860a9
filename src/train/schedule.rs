//! Learning rates and KL weight as pure functions of the progress of a run.

use super::{Rates, TrainConfig};

const WARM_UP_STEPS: f64 = 100.0;
/// The share of the run, at its end, in which the rates fall linearly to zero.
const DECAY_SHARE: f64 = 0.4;

/// Progress of the run, 0–1, by steps or by minutes, whichever is further.
pub fn progress(config: &TrainConfig, step: u64, elapsed_secs: f64) -> f64 {
    let by_steps = config.max_steps.map_or(0.0, |n| step as f64 / n.max(1) as f64);
    let by_time = config.minutes.map_or(0.0, |m| elapsed_secs / (m * 60.0));
    by_steps.max(by_time).clamp(0.0, 1.0)
}

/// Warm-up, then constant, then a linear decay (warm-up–stable–decay, arXiv 2404.06395).
pub fn rates(config: &TrainConfig, step: u64, progress: f64) -> Rates {
    let warm_up = ((step + 1) as f64 / WARM_UP_STEPS).min(1.0);
    let decay = ((1.0 - progress) / DECAY_SHARE).clamp(0.0, 1.0);
    let factor = warm_up * decay;
    Rates { muon: config.muon_rate * factor, adam: config.adam_rate * factor }
}

/// β: zero for the first tenth, so that the latent is used, then rising to its final value at four tenths. A model
/// that starts from another run's weights skips that.
pub fn kl_weight(config: &TrainConfig, progress: f64) -> f64 {
    if config.from.is_some() {
        return config.kl_weight;
    }
    config.kl_weight * ((progress - 0.1) / 0.3).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_stay_and_fall() {
        let config = TrainConfig { max_steps: Some(1000), ..TrainConfig::default() };
        let muon = |step| rates(&config, step, progress(&config, step, 0.0)).muon;
        assert!(muon(0) < 0.001);
        assert_eq!(muon(200), config.muon_rate);
        assert!((muon(800) - config.muon_rate / 2.0).abs() < 1e-9);
        assert_eq!(muon(1000), 0.0);
        assert_eq!(kl_weight(&config, 0.05), 0.0);
        assert_eq!(kl_weight(&config, 0.4), config.kl_weight);
    }

    #[test]
    fn time_counts_when_it_is_further() {
        let config = TrainConfig { max_steps: Some(1000), minutes: Some(1.0), ..TrainConfig::default() };
        assert_eq!(progress(&config, 10, 30.0), 0.5);
    }
}
