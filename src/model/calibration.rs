//! Calibration: what a network that composes on its own output gets wrong on average, and a correction for it.
//!
//! Trained on real notes, the network drifts when it reads its own: its takes are slower or softer on average than the
//! music it learned from. Tilting the logits of a field by a multiple of the quantity that it stands for is the
//! smallest change of the distribution, in KL, that gives the quantity another mean.

use serde::{Deserialize, Serialize};

use crate::tokens::{Field, NoteToken, duration_secs, gap_secs, velocity_value};

/// The fields that are calibrated.
pub const TILTED: [Field; 3] = [Field::Velocity, Field::Duration, Field::Gap];

/// Per field of [`TILTED`]: the multiple of its `quantity` that is added to the logits of a composer's takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tilt(pub [f32; 3]);

impl Tilt {
    /// The sum of tilts by their shares.
    pub fn weighted(tilts: impl Iterator<Item = (Tilt, f32)>) -> Tilt {
        tilts.fold(Tilt::default(), |sum, (tilt, share)| {
            Tilt(std::array::from_fn(|field| sum.0[field] + share * tilt.0[field]))
        })
    }

    /// Tilts the logits of `field`.
    pub fn apply(&self, field: Field, logits: &mut [f32]) {
        let Some(rate) = TILTED.iter().position(|f| *f == field).map(|at| self.0[at]) else {
            return;
        };
        if rate == 0.0 {
            return;
        }
        for (bin, logit) in logits.iter_mut().enumerate() {
            *logit += rate * quantity(field, bin as u8).unwrap_or(0.0);
        }
    }
}

/// What bin `bin` of a field stands for, on a scale where music varies by about one: velocity in units of 32 above 64,
/// the logarithm of a duration or gap over 0.1 s. `None` for notes of a chord, which have no gap between them, and for
/// the fields that are not calibrated.
pub fn quantity(field: Field, bin: u8) -> Option<f32> {
    let log_ratio = |secs: f64| (secs / 0.1).ln() as f32;
    match field {
        Field::Velocity => Some((f32::from(velocity_value(bin)) - 64.0) / 32.0),
        Field::Duration => Some(log_ratio(duration_secs(bin))),
        Field::Gap => (bin > 0).then(|| log_ratio(gap_secs(bin))),
        Field::Pitch | Field::Pedal => None,
    }
}

/// The mean `quantity` of each field of [`TILTED`] over `notes`; `None` without a note that has it.
pub fn mean_quantities(notes: &[NoteToken]) -> [Option<f32>; 3] {
    TILTED.map(|field| {
        let values: Vec<f32> = notes.iter().filter_map(|note| quantity(field, note.get(field))).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{duration_bin, gap_bin, velocity_bin};

    #[test]
    fn a_tilt_moves_the_mean_and_leaves_chords_alone() {
        let mut logits = vec![0f32; Field::Gap.size()];
        Tilt([0.0, 0.0, -1.0]).apply(Field::Gap, &mut logits);
        assert_eq!(logits[0], 0.0, "no gap");
        // A logarithm of minus one times ln(secs / 0.1): 0.2 s is half as likely as 0.1 s.
        let ratio = (logits[usize::from(gap_bin(0.2))] - logits[usize::from(gap_bin(0.1))]).exp();
        assert!((ratio - 0.5).abs() < 1e-4, "{ratio}");
        let before = logits.clone();
        Tilt([1.0, 1.0, 0.0]).apply(Field::Gap, &mut logits);
        Tilt([1.0, 1.0, 1.0]).apply(Field::Pitch, &mut logits);
        assert_eq!(logits, before);
    }

    #[test]
    fn means_by_hand() {
        let note = |gap| NoteToken {
            velocity: velocity_bin(96),
            duration: duration_bin(0.02),
            gap: gap_bin(gap),
            ..NoteToken::default()
        };
        let [velocity, duration, gap] = mean_quantities(&[note(0.0), note(0.1)]);
        // The bin of 96 is 96–99, its middle 98.
        assert_eq!(velocity, Some(34.0 / 32.0));
        assert!((duration.unwrap() - 0.2f32.ln()).abs() < 1e-5);
        assert!(gap.unwrap().abs() < 1e-5, "the chord's note does not count");
        assert_eq!(mean_quantities(&[note(0.0)])[2], None);
    }
}
