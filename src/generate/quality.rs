//! Qualities that music has more or less of, and how they are measured.

use serde::{Deserialize, Serialize};

use crate::tokens::{NoteToken, duration_secs, gap_secs};

/// A quality of music, named after its positive direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Notes per second.
    Dense,
    /// Velocity.
    Loud,
    /// Pitch.
    High,
    /// The share of notes under the sustain pedal.
    Pedal,
    /// Likeness to a major key rather than to a minor one.
    Major,
    /// Density, loudness and leaps together.
    Wild,
}

/// Rough standard deviations between segments of one composer: they weigh the parts of [`Quality::Wild`].
const LOG_DENSITY_SD: f64 = 0.4;
const VELOCITY_SD: f64 = 2.5;
const LEAP_SD: f64 = 2.5;

/// How well each pitch class fits a major and a minor key, from its tonic up (Krumhansl and Kessler 1982).
const MAJOR: [f64; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f64; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

impl Quality {
    pub const ALL: [Quality; 6] =
        [Quality::Dense, Quality::Loud, Quality::High, Quality::Pedal, Quality::Major, Quality::Wild];

    /// The words for less and for more of it.
    pub const fn poles(self) -> [&'static str; 2] {
        match self {
            Quality::Dense => ["sparser", "denser"],
            Quality::Loud => ["softer", "louder"],
            Quality::High => ["lower", "higher"],
            Quality::Pedal => ["less-pedal", "more-pedal"],
            Quality::Major => ["minor", "major"],
            Quality::Wild => ["calmer", "wilder"],
        }
    }

    /// The quality of which this is a pole, and whether it is more (1) or less of it (−1).
    pub fn of_pole(name: &str) -> Option<(Quality, f32)> {
        Quality::ALL.into_iter().find_map(|quality| {
            let at = quality.poles().iter().position(|pole| pole.eq_ignore_ascii_case(name))?;
            Some((quality, if at == 0 { -1.0 } else { 1.0 }))
        })
    }

    /// How much of it `notes` have, in a unit of its own: density as the logarithm of notes per second, velocity in
    /// bins, pitch in semitones, the others without a unit. 0 without notes.
    pub fn measure(self, notes: &[NoteToken]) -> f64 {
        if notes.is_empty() {
            return 0.0;
        }
        let mean = |of: &dyn Fn(&NoteToken) -> f64| notes.iter().map(of).sum::<f64>() / notes.len() as f64;
        match self {
            Quality::Dense => {
                let secs: f64 = notes.iter().map(|n| gap_secs(n.gap)).sum();
                (notes.len() as f64 / secs.max(0.1)).ln()
            }
            Quality::Loud => mean(&|n| f64::from(n.velocity)),
            Quality::High => mean(&|n| f64::from(n.pitch)),
            Quality::Pedal => mean(&|n| f64::from(u8::from(n.pedal > 0))),
            Quality::Major => fit(notes, &MAJOR) - fit(notes, &MINOR),
            Quality::Wild => {
                Quality::Dense.measure(notes) / LOG_DENSITY_SD
                    + Quality::Loud.measure(notes) / VELOCITY_SD
                    + leaps(notes) / LEAP_SD
            }
        }
    }
}

/// The mean interval between successive notes, in semitones.
fn leaps(notes: &[NoteToken]) -> f64 {
    let sum: f64 = notes.windows(2).map(|pair| f64::from(pair[0].pitch.abs_diff(pair[1].pitch))).sum();
    sum / (notes.len() - 1).max(1) as f64
}

/// The correlation of the pitch classes, each counted by how long it is held, with the key of `profile` that they fit
/// best.
fn fit(notes: &[NoteToken], profile: &[f64; 12]) -> f64 {
    let mut held = [0f64; 12];
    for note in notes {
        // Key 0 of the piano is an A; which class has which number makes no difference.
        held[usize::from(note.pitch) % 12] += duration_secs(note.duration);
    }
    let centred = |values: &[f64; 12]| {
        let mean = values.iter().sum::<f64>() / 12.0;
        values.map(|v| v - mean)
    };
    let (held, profile) = (centred(&held), centred(profile));
    let norm = |v: &[f64; 12]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let at = |tonic: usize| (0..12).map(|i| held[(i + tonic) % 12] * profile[i]).sum::<f64>();
    let best = (0..12).map(at).fold(f64::NEG_INFINITY, f64::max);
    best / (norm(&held) * norm(&profile)).max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(steps: [u8; 7]) -> Vec<NoteToken> {
        // The tonic and the fifth are held longer.
        let duration = |i: usize| if i == 0 || i == 4 { 40 } else { 30 };
        let note = |(i, step): (usize, u8)| NoteToken {
            pitch: 30 + step,
            velocity: 10,
            duration: duration(i),
            pedal: u8::from(i < 2),
            gap: 10,
        };
        steps.into_iter().enumerate().map(note).collect()
    }

    #[test]
    fn each_quality_is_what_it_says() {
        let major = scale([0, 2, 4, 5, 7, 9, 11]);
        let minor = scale([0, 2, 3, 5, 7, 8, 11]);
        assert!(Quality::Major.measure(&major) > 0.0 && Quality::Major.measure(&minor) < 0.0);
        let up: Vec<NoteToken> = major.iter().map(|n| NoteToken { pitch: n.pitch + 5, ..*n }).collect();
        assert!((Quality::Major.measure(&up) - Quality::Major.measure(&major)).abs() < 1e-9, "in any key");
        assert_eq!(Quality::High.measure(&up) - Quality::High.measure(&major), 5.0);
        let fast: Vec<NoteToken> = major.iter().map(|n| NoteToken { gap: 5, velocity: 20, ..*n }).collect();
        // Gap 10 is 100 ms, gap 5 is 50 ms.
        assert!((Quality::Dense.measure(&fast) - Quality::Dense.measure(&major) - 2f64.ln()).abs() < 1e-6);
        assert_eq!(Quality::Loud.measure(&fast), 20.0);
        assert!(Quality::Wild.measure(&fast) > Quality::Wild.measure(&major));
        assert!((Quality::Pedal.measure(&major) - 2.0 / 7.0).abs() < 1e-9);
        for quality in Quality::ALL {
            assert!(quality.measure(&[]) == 0.0 && quality.measure(&major[..1]).is_finite());
        }
    }

    #[test]
    fn poles_have_names() {
        assert_eq!(Quality::of_pole("Denser"), Some((Quality::Dense, 1.0)));
        assert_eq!(Quality::of_pole("minor"), Some((Quality::Major, -1.0)));
        assert_eq!(Quality::of_pole("loud"), None);
    }
}
