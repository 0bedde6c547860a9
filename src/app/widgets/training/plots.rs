//! Which curves there are, in groups.

/// A plot: a training curve, a validation curve, or both.
#[derive(Debug)]
pub struct PlotSpec {
    pub title: &'static str,
    pub unit: &'static str,
    /// A column of the training log.
    pub train: Option<&'static str>,
    /// A column of the validations.
    pub valid: Option<&'static str>,
}

const fn plot(
    title: &'static str,
    unit: &'static str,
    train: Option<&'static str>,
    valid: Option<&'static str>,
) -> PlotSpec {
    PlotSpec { title, unit, train, valid }
}

/// Plots that are shown together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlotGroup {
    #[default]
    Overview,
    Fields,
    Latent,
    Optimiser,
    Machine,
}

const OVERVIEW: [PlotSpec; 3] = [
    plot("Reconstruction", "nats per note", Some("nll"), Some("nll")),
    plot("KL", "nats per segment", Some("kl_nats"), Some("kl_nats")),
    plot("Label loss", "nats", Some("label_loss"), None),
];
const FIELDS: [PlotSpec; 5] = [
    plot("Pitch", "nats", Some("pitch"), Some("pitch")),
    plot("Velocity", "nats", Some("velocity"), Some("velocity")),
    plot("Duration", "nats", Some("duration"), Some("duration")),
    plot("Pedal", "nats", Some("pedal"), Some("pedal")),
    plot("Gap", "nats", Some("gap"), Some("gap")),
];
const LATENT: [PlotSpec; 6] = [
    plot("KL of the latent", "nats per segment", Some("kl_nats"), Some("kl_nats")),
    plot("β", "weight of the KL", Some("kl_weight"), None),
    plot("Another piece's z", "nats per note dearer", None, Some("shuffled_z_gap")),
    plot("Another composer's label", "nats per note dearer", None, Some("wrong_label_gap")),
    plot("Dimensions in use", "of z", None, Some("active_dims")),
    plot("Nearest to their own composer", "share of segments", None, Some("nearest_component")),
];
const OPTIMISER: [PlotSpec; 3] = [
    plot("Loss", "nats per note, all terms", Some("loss"), None),
    plot("Gradient norm", "before clipping at 1", Some("grad_norm"), None),
    plot("Learning rate", "Muon", Some("learning_rate"), None),
];
const MACHINE: [PlotSpec; 2] = [
    plot("Speed", "notes per second", Some("notes_per_sec"), None),
    plot("Memory", "MB of the process", Some("memory_mb"), None),
];

impl PlotGroup {
    pub const ALL: [PlotGroup; 5] =
        [PlotGroup::Overview, PlotGroup::Fields, PlotGroup::Latent, PlotGroup::Optimiser, PlotGroup::Machine];

    pub fn name(self) -> &'static str {
        match self {
            PlotGroup::Overview => "Overview",
            PlotGroup::Fields => "Fields",
            PlotGroup::Latent => "Latent",
            PlotGroup::Optimiser => "Optimiser",
            PlotGroup::Machine => "Machine",
        }
    }

    pub fn plots(self) -> &'static [PlotSpec] {
        match self {
            PlotGroup::Overview => &OVERVIEW,
            PlotGroup::Fields => &FIELDS,
            PlotGroup::Latent => &LATENT,
            PlotGroup::Optimiser => &OPTIMISER,
            PlotGroup::Machine => &MACHINE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::widgets::training::RunLog;

    #[test]
    fn every_plot_shows_a_column_that_there_is() {
        let log = RunLog::default();
        for spec in PlotGroup::ALL.iter().flat_map(|group| group.plots()) {
            assert!(spec.train.is_some() || spec.valid.is_some());
            assert!(spec.train.is_none_or(|column| log.train(column).is_some()), "{}", spec.title);
            assert!(spec.valid.is_none_or(|column| log.valid(column).is_some()), "{}", spec.title);
        }
    }
}
