//! What is measured of memory and form, for machines; `table` writes it for people.

use serde::{Deserialize, Serialize};

use super::balanced::Balanced;
use super::edges::Place;
use super::real_or_take::RealOrTake;
use super::self_similarity::SelfSimilarity;
use crate::evaluate::{EvaluateOptions, Gate, Measured};

/// One place of the pieces of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// "opening", "middle" or "ending".
    pub place: String,
    /// Medians over the pieces, in the order of [`FIGURES`](super::FIGURES).
    pub medians: [Measured; 5],
    /// Area under the curve of a classifier that tells takes from real music by the five figures; `None` for real
    /// music itself.
    pub auc: Option<Measured>,
}

/// Memory and form of one set of pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormRow {
    pub name: String,
    pub pieces: usize,
    /// Share of the patterns of 4 and of 8 intervals that were heard within the last 256 notes.
    pub repetition: [Balanced; 2],
    /// Share of the blocks of 32 notes from note 512 on that return to an earlier window.
    pub returns: Balanced,
    /// The same with the windows of another piece: what chance gives.
    pub chance_returns: Balanced,
    /// Share of the pieces with at least one return.
    pub with_return: Balanced,
    /// Opening, middle, ending; of real music in all its pieces, training works among them.
    pub places: Vec<PlaceRow>,
    /// Real or take, on 256 and on 1,024 notes; empty for real music itself, and where there is too little of it.
    pub told_apart: Vec<RealOrTake>,
}

impl FormRow {
    pub fn place(&self, place: Place) -> Option<&PlaceRow> {
        self.places.iter().find(|row| row.place == place.name())
    }
}

/// A phrase of real music, then its beginning again: does the model know how it goes on?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecondHearing {
    pub phrases: usize,
    /// Share of the next pitches that are composed as at the first hearing.
    pub exact: Balanced,
    /// The same where the second hearing is a whole tone higher.
    pub transposed: Balanced,
    /// The same against pitches from elsewhere in the piece: what chance gives.
    pub chance: Balanced,
    /// NLL in nats per note of the whole phrase at the first hearing, the second, and a second one a whole tone
    /// higher; `None` for a model whose context is too short for two hearings.
    pub nll: Option<[Measured; 3]>,
    /// By how many nats per note the second hearing lies below the first; exact and transposed.
    pub gain: Option<[Measured; 2]>,
}

/// The outcome of [`measure_memory`](super::measure_memory).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryReport {
    pub version: String,
    pub checkpoint: String,
    pub corpus: String,
    pub composers: Vec<String>,
    pub options: EvaluateOptions,
    pub minutes: f64,
    /// Real held-out pieces, takes with the best-of-N that was asked for, and, unless that is 1, takes with N = 1.
    pub rows: Vec<FormRow>,
    pub second_hearing: SecondHearing,
    /// One real piece and one take: of each set the one with the most returns.
    pub pictures: Vec<SelfSimilarity>,
    pub gates: Vec<Gate>,
}

impl MemoryReport {
    /// Real held-out pieces.
    pub fn real(&self) -> &FormRow {
        &self.rows[0]
    }

    /// Takes with the settings that were asked for.
    pub fn takes(&self) -> &FormRow {
        &self.rows[1]
    }

    /// Composers whose takes repeat 4-interval patterns between half and 1.6 times as often as their real music.
    pub fn composers_near_their_repetition(&self) -> usize {
        let own = &self.takes().repetition[0].by_composer;
        let real = &self.real().repetition[0].by_composer;
        let is_near = |(own, real): &(&Option<f64>, &Option<f64>)| match (own, real) {
            (Some(own), Some(real)) => (0.5..=1.6).contains(&(own / real)),
            _ => false,
        };
        own.iter().zip(real).filter(is_near).count()
    }

    /// The largest relative distance from real music of density and duration at `place`, at edges also of velocity; NaN
    /// where it was not measured.
    pub fn edge_deviation(&self, place: Place) -> f64 {
        let (Some(real), Some(own)) = (self.real().place(place), self.takes().place(place)) else {
            return f64::NAN;
        };
        // The gate of middles leaves velocity out.
        let judged = match place {
            Place::Opening | Place::Ending => 3,
            Place::Middle => 2,
        };
        let distance = |i: usize| (own.medians[i].value / real.medians[i].value - 1.0).abs();
        (0..judged).map(distance).fold(0.0, f64::max)
    }
}
