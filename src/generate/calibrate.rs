//! Calibration: finds the tilts with which a model's takes are, on average, as loud, as long-held and as fast as the
//! music it learned from.
//!
//! A stochastic approximation (Robbins and Monro 1951): compose takes, compare, correct by a part of the difference.

use std::path::Path;

use super::{GenerateError, GenerateRequest, Generator};
use crate::data::{Corpus, Split};
use crate::device::DeviceChoice;
use crate::model::{Checkpoint, TILTED, Tilt, checkpoint, mean_quantities};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::tokens::NoteToken;

/// How many notes from the middle of a take are compared with as many from the middle of real pieces.
const COMPARED_NOTES: usize = 256;
/// The correction per unit of difference in the first round, per field of [`TILTED`]; later ones correct less.
const GAINS: [f32; 3] = [1.5, 0.6, 0.6];
/// Weight of all composers' mean difference, in takes: a few takes say little about one composer.
const SHRINKAGE: f32 = 8.0;
/// No tilt is larger; beyond that the network is wrong in other ways.
const MAX_TILT: f32 = 1.0;

/// The amount of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalibrationSettings {
    pub rounds: usize,
    /// Takes of each composer in a round.
    pub takes: usize,
    /// Notes of a take.
    pub notes: usize,
}

impl Default for CalibrationSettings {
    fn default() -> Self {
        CalibrationSettings { rounds: 5, takes: 8, notes: 512 }
    }
}

/// What a round found.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationRound {
    /// From 1.
    pub round: usize,
    /// Takes less real music, the mean over the composers, per field of [`TILTED`].
    pub differences: [f32; 3],
}

impl Generator {
    /// The tilts that bring this model's takes closest to the training music of `corpus`; the generator uses them from
    /// then on. `None` if it was stopped. With default settings, two minutes on a CPU core.
    ///
    /// # Errors
    /// As [`Generator::generate_batch`].
    pub fn calibrate(
        &mut self,
        corpus: &Corpus,
        settings: CalibrationSettings,
        stop: &StopFlag,
        on_round: &mut dyn FnMut(&CalibrationRound),
    ) -> Result<Option<Vec<Tilt>>, GenerateError> {
        let composers: Vec<ComposerId> = self.info.labelled.iter().map(|(id, _)| id).collect();
        let real: Vec<[Option<f32>; 3]> = composers.iter().map(|&id| middles_of(corpus, id)).collect();
        self.info.tilts = vec![Tilt::default(); composers.len()];
        for round in 1..=settings.rounds {
            let seed = |id: ComposerId, i: usize| {
                ((round * composers.len() + id.index()) * settings.takes + i) as u64
            };
            let requests: Vec<GenerateRequest> = composers
                .iter()
                .flat_map(|&id| (0..settings.takes).map(move |i| (id, seed(id, i))))
                .map(|(id, seed)| GenerateRequest {
                    notes: settings.notes,
                    ..GenerateRequest::new(Some(id), seed)
                })
                .collect();
            let takes = self.generate_batch(&requests, stop, &mut |_| ())?;
            if stop.is_stopped() {
                return Ok(None);
            }
            let differences: Vec<[Option<f32>; 3]> = takes
                .chunks(settings.takes)
                .map(|own| average(own.iter().map(|take| mean_quantities(middle(&take.tokens)))))
                .zip(&real)
                .map(|(own, real)| std::array::from_fn(|field| Some(own[field]? - real[field]?)))
                .collect();
            on_round(&CalibrationRound {
                round,
                differences: self.correct(&differences, settings.takes as f32, round),
            });
        }
        Ok(Some(self.info.tilts.clone()))
    }

    /// Corrects every composer's tilt; returns the mean differences.
    fn correct(&mut self, differences: &[[Option<f32>; 3]], takes: f32, round: usize) -> [f32; 3] {
        std::array::from_fn(|field| {
            let known: Vec<f32> = differences.iter().filter_map(|own| own[field]).collect();
            let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
            let share = takes / (takes + SHRINKAGE);
            for (tilt, own) in self.info.tilts.iter_mut().zip(differences) {
                let difference = own[field].map_or(0.0, |own| share * own + (1.0 - share) * mean);
                let by = GAINS[field] / (round as f32).sqrt() * difference;
                tilt.0[field] = (tilt.0[field] - by).clamp(-MAX_TILT, MAX_TILT);
            }
            mean
        })
    }
}

/// Calibrates the model in `path` against the training music of `corpus` and writes the tilts into the file, unless it
/// was stopped.
///
/// # Errors
/// Any [`GenerateError`]; the file is unchanged then.
pub fn calibrate(
    path: &Path,
    corpus: &Corpus,
    device: DeviceChoice,
    settings: CalibrationSettings,
    stop: &StopFlag,
    on_round: &mut dyn FnMut(&CalibrationRound),
) -> Result<(), GenerateError> {
    let mut generator = Generator::load(path, device)?;
    if let Some(tilts) = generator.calibrate(corpus, settings, stop, on_round)? {
        let mut file = Checkpoint::read(path)?;
        file.header.tilts = tilts;
        checkpoint::save(path, &file.header, &file.tensors, true)?;
    }
    Ok(())
}

/// The mean quantities in the middle of a composer's training pieces, all pieces weighing the same.
fn middles_of(corpus: &Corpus, id: ComposerId) -> [Option<f32>; 3] {
    let own = corpus.labelled(Split::Train).filter(|piece| piece.composer == Some(id));
    average(own.map(|piece| mean_quantities(middle(&piece.tokens))))
}

fn middle(notes: &[NoteToken]) -> &[NoteToken] {
    let len = COMPARED_NOTES.min(notes.len());
    let start = (notes.len() - len) / 2;
    &notes[start..start + len]
}

/// Means per field, of those that have one.
fn average(all: impl Iterator<Item = [Option<f32>; 3]>) -> [Option<f32>; 3] {
    let mut sums = [(0f32, 0f32); TILTED.len()];
    for one in all {
        for ((sum, n), value) in sums.iter_mut().zip(one) {
            *sum += value.unwrap_or(0.0);
            *n += if value.is_some() { 1.0 } else { 0.0 };
        }
    }
    sums.map(|(sum, n)| (n > 0.0).then(|| sum / n))
}
