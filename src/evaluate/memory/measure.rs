//! The measurement itself, in order.

use std::time::Instant;

use rayon::prelude::*;

use super::balanced::Balanced;
use super::edges::{EDGE, Place, figures, medians};
use super::pieces::{MIN_NOTES, Whole, balanced_pairs, held_out, of_all_splits};
use super::real_or_take::{Example, auc, auc_error, folds, real_or_take, scores};
use super::report::{FormRow, MemoryReport, PlaceRow, SecondHearing};
use super::second_hearing::{Phrase, WHOLE_TONE, hearings, phrases};
use super::self_similarity::SelfSimilarity;
use super::theme_return::returned_share;
use crate::data::Corpus;
use crate::evaluate::material::{check_composers, round_trip};
use crate::evaluate::{EvaluateError, EvaluateOptions, Measured, gates};
use crate::generate::{GenerateRequest, Generator, verbs};
use crate::music::ComposerId;
use crate::progress::{Progress, StopFlag};
use crate::tokens::{NoteToken, decode, repeated_share};

/// Lines composed side by side.
const BATCH: usize = 140;
/// Phrases of each composer that are heard twice: for each take so many, up to so many.
const PHRASES_PER_TAKE: usize = 2;
const MAX_PHRASES: usize = 8;
/// Long takes may be this short.
pub const MIN_LONG_NOTES: usize = 256;
/// Somewhat more than the notes that are judged, so that no continuation ends too early.
const CONTINUED: usize = 48;
/// Seeds of the long takes begin this far from those of the short ones.
const SEED_OFFSET: u64 = 30_000_000;

struct Measurement<'a> {
    generator: &'a Generator,
    composers: usize,
    options: &'a EvaluateOptions,
    stop: &'a StopFlag,
    on_progress: &'a mut dyn FnMut(Progress),
}

/// Measures memory and form of a model; `options.long_takes` is the number of takes per composer. The same files
/// and options give the same report on the same machine.
///
/// # Errors
/// [`EvaluateError::Composers`] for a corpus with other composers, [`EvaluateError::EmptySplit`] without held-out
/// pieces of 1,024 notes, [`EvaluateError::Options`] for no takes or takes under 256 notes, [`EvaluateError::Stopped`]
/// once `stop` is set.
pub fn measure_memory(
    generator: &Generator,
    corpus: &Corpus,
    options: &EvaluateOptions,
    stop: &StopFlag,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<MemoryReport, EvaluateError> {
    let begun = Instant::now();
    let info = generator.info();
    check_composers("corpus", &corpus.composers, &info.labelled)?;
    if options.long_takes == 0 || options.best_of == 0 || options.long_notes < MIN_LONG_NOTES {
        return Err(EvaluateError::Options);
    }
    let mut this = Measurement { generator, composers: corpus.composers.len(), options, stop, on_progress };
    let real = held_out(corpus);
    if real.is_empty() {
        return Err(EvaluateError::EmptySplit("validation or test"));
    }
    let best_of = match generator.selector() {
        Some(_) => options.best_of,
        None => 1,
    };
    let name = match best_of {
        1 => "takes, N = 1".to_owned(),
        n => format!("takes, best of {n}"),
    };
    let second_hearing = this.second_hearing(&real)?;
    let chosen = this.compose(best_of)?;
    let first = match best_of {
        1 => None,
        _ => Some(this.compose(1)?),
    };
    this.say("memory and form", 0, None)?;
    // Opening, middle and ending must not overlap. The held-out pieces alone are too few to say how music begins: their
    // openings are by half denser than those of the training pieces.
    let all_real = of_all_splits(corpus, 3 * EDGE);
    let mut held_out = this.row("real held-out", &real, None);
    held_out.places = this.places(&all_real, None);
    let mut rows = vec![held_out, this.row(&name, &chosen, Some(&real))];
    rows.extend(first.map(|takes| this.row("takes, N = 1", &takes, Some(&real))));
    let pictures = [&real, &chosen].into_iter().filter_map(|set| this.picture(set));
    let mut report = MemoryReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        checkpoint: info.hash.clone(),
        corpus: corpus.provenance.source.clone(),
        composers: info.labelled.iter().map(|(_, c)| c.surname().to_owned()).collect(),
        options: options.clone(),
        minutes: begun.elapsed().as_secs_f64() / 60.0,
        rows,
        second_hearing,
        pictures: pictures.collect(),
        gates: Vec::new(),
    };
    report.gates = gates::memory_gates(&report);
    Ok(report)
}

impl Measurement<'_> {
    fn say(&mut self, phase: &'static str, done: usize, total: Option<usize>) -> Result<(), EvaluateError> {
        (self.on_progress)(Progress {
            phase: phase.into(),
            done: done as u64,
            total: total.map(|t| t as u64),
        });
        if self.stop.is_stopped() { Err(EvaluateError::Stopped) } else { Ok(()) }
    }

    /// Long takes, sorted by composer. Their seeds do not depend on `best_of`.
    fn compose(&mut self, best_of: usize) -> Result<Vec<Whole>, EvaluateError> {
        let phase = match best_of {
            1 => "composing long takes",
            _ => "composing long takes with a choice",
        };
        let request = |i: usize, composer: usize| GenerateRequest {
            notes: self.options.long_notes,
            sampling: self.options.sampling,
            best_of,
            ..GenerateRequest::new(
                Some(ComposerId(composer as u8)),
                self.options.seed + SEED_OFFSET + (composer * 10_000 + i) as u64,
            )
        };
        let requests: Vec<(usize, GenerateRequest)> = (0..self.composers)
            .flat_map(|composer| (0..self.options.long_takes).map(move |i| (composer, i)))
            .map(|(composer, i)| (composer, request(i, composer)))
            .collect();
        let total = requests.len() * self.options.long_notes;
        let mut out: Vec<Whole> = Vec::with_capacity(requests.len());
        for part in requests.chunks((BATCH / best_of).max(1)) {
            let batch: Vec<GenerateRequest> = part.iter().map(|(_, r)| r.clone()).collect();
            let done = out.len() * self.options.long_notes;
            self.say(phase, done, Some(total))?;
            let on_progress = &mut *self.on_progress;
            let takes = self.generator.generate_batch(&batch, self.stop, &mut |notes| {
                on_progress(Progress {
                    phase: phase.into(),
                    done: (done + notes.min(self.options.long_notes) * part.len()) as u64,
                    total: Some(total as u64),
                });
            })?;
            self.say(phase, done, Some(total))?;
            for ((composer, request), take) in part.iter().zip(takes) {
                out.push(Whole {
                    title: format!(
                        "Take in the manner of {}, seed {}",
                        take.recipe.composer.as_deref().unwrap_or("nobody"),
                        request.seed
                    ),
                    composer: *composer,
                    work: out.len(),
                    notes: round_trip(&take.tokens),
                });
            }
        }
        Ok(out)
    }

    fn second_hearing(&mut self, real: &[Whole]) -> Result<SecondHearing, EvaluateError> {
        let phrases = phrases(real, (PHRASES_PER_TAKE * self.options.long_takes).min(MAX_PHRASES));
        self.say("second hearing", 0, None)?;
        let exact = self.go_on(&phrases, 0)?;
        let transposed = self.go_on(&phrases, WHOLE_TONE)?;
        let shares = |of: &dyn Fn(usize) -> f64| {
            let values: Vec<(usize, f64)> =
                (0..phrases.len()).map(|i| (phrases[i].composer, of(i))).collect();
            Balanced::of(&values, self.composers)
        };
        let (exact, transposed, chance) = (
            shares(&|i| phrases[i].share_known(&exact[i], 0)),
            shares(&|i| phrases[i].share_known(&transposed[i], WHOLE_TONE)),
            shares(&|i| phrases[i].share_by_chance(&exact[i])),
        );
        let mut nll: Vec<[f64; 3]> = Vec::new();
        for composer in 0..self.composers {
            self.say("second hearing", 0, None)?;
            let own: Vec<&Phrase> = phrases.iter().filter(|p| p.composer == composer).collect();
            nll.extend(hearings(self.generator, composer, &own));
        }
        let over =
            |of: &dyn Fn(&[f64; 3]) -> f64| Measured::averaged(&nll.iter().map(of).collect::<Vec<f64>>());
        let is_measured = !nll.is_empty();
        Ok(SecondHearing {
            phrases: phrases.len(),
            exact,
            transposed,
            chance,
            nll: is_measured.then(|| [0, 1, 2].map(|i| over(&|n| n[i]))),
            gain: is_measured.then(|| [1, 2].map(|i| over(&|n| n[0] - n[i]))),
        })
    }

    /// What the model composes after each phrase and its beginning again.
    fn go_on(&mut self, phrases: &[Phrase], up: u8) -> Result<Vec<Vec<NoteToken>>, EvaluateError> {
        let mut out = Vec::with_capacity(phrases.len());
        for part in phrases.chunks(BATCH) {
            self.say("second hearing", out.len(), Some(phrases.len()))?;
            let requests = part
                .iter()
                .enumerate()
                .map(|(i, phrase)| {
                    let seed = self.options.seed + 2 * SEED_OFFSET + (out.len() + i) as u64;
                    let music = decode(&phrase.prompt(up));
                    let composer = Some(ComposerId(phrase.composer as u8));
                    let request = verbs::continuation(self.generator, &music, CONTINUED, composer, seed)?;
                    Ok(GenerateRequest { sampling: self.options.sampling, ..request })
                })
                .collect::<Result<Vec<GenerateRequest>, EvaluateError>>()?;
            let takes = self.generator.generate_batch(&requests, self.stop, &mut |_| {})?;
            self.say("second hearing", out.len(), Some(phrases.len()))?;
            out.extend(takes.into_iter().zip(part).map(|(take, phrase)| {
                let known = phrase.prompt(up).len().min(take.tokens.len());
                take.tokens[known..].to_vec()
            }));
        }
        Ok(out)
    }

    /// As much of a piece as a take has.
    fn beginning<'p>(&self, piece: &'p Whole) -> &'p [NoteToken] {
        &piece.notes[..piece.notes.len().min(self.options.long_notes)]
    }

    /// Share of the blocks of `piece` that return to a window of `source`.
    fn returned(&self, piece: &Whole, source: &Whole) -> Option<f64> {
        returned_share(self.beginning(piece), self.beginning(source))
    }

    /// The picture of the piece with the most returns, the first of several.
    fn picture(&self, pieces: &[Whole]) -> Option<SelfSimilarity> {
        let shares: Vec<f64> = pieces.iter().map(|w| self.returned(w, w).unwrap_or(0.0)).collect();
        let best = (0..pieces.len()).rev().max_by(|a, b| shares[*a].total_cmp(&shares[*b]))?;
        SelfSimilarity::of(&pieces[best].title, self.beginning(&pieces[best]))
    }

    /// All that is measured of one set of pieces; `real` is what they are told apart from.
    fn row(&self, name: &str, pieces: &[Whole], real: Option<&[Whole]>) -> FormRow {
        let balanced = |of: &(dyn Fn(usize) -> Option<f64> + Sync)| {
            let values: Vec<(usize, f64)> = (0..pieces.len())
                .into_par_iter()
                .filter_map(|i| Some((pieces[i].composer, of(i)?)))
                .collect();
            Balanced::of(&values, self.composers)
        };
        let beginnings: Vec<&[NoteToken]> = pieces.iter().map(|w| self.beginning(w)).collect();
        let returned: Vec<Option<f64>> = beginnings.par_iter().map(|b| returned_share(b, b)).collect();
        let by_chance = |i: usize| returned_share(beginnings[i], beginnings[another(pieces, i)?]);
        let pairs = real.map(|real| balanced_pairs(real, pieces));
        FormRow {
            name: name.to_owned(),
            pieces: pieces.len(),
            repetition: [
                balanced(&|i| repeated_share::<4>(beginnings[i])),
                balanced(&|i| repeated_share::<8>(beginnings[i])),
            ],
            returns: balanced(&|i| returned[i]),
            chance_returns: balanced(&by_chance),
            with_return: balanced(&|i| returned[i].map(|share| f64::from(share > 0.0))),
            places: self.places(pieces, pairs.as_ref()),
            told_apart: pairs.map_or_else(Vec::new, |(real, takes)| {
                let tell = |notes| real_or_take(&real, &takes, notes);
                [256, MIN_NOTES].into_iter().filter_map(tell).collect()
            }),
        }
    }

    fn places(&self, pieces: &[Whole], pairs: Option<&(Vec<&Whole>, Vec<&Whole>)>) -> Vec<PlaceRow> {
        let row = |place: Place| PlaceRow {
            place: place.name().to_owned(),
            medians: medians(pieces, place),
            auc: pairs.and_then(|(real, takes)| place_auc(real, takes, place)),
        };
        Place::ALL.map(row).to_vec()
    }
}

/// A piece of another work, far away in the order.
fn another(pieces: &[Whole], i: usize) -> Option<usize> {
    let n = pieces.len();
    let mut others = (0..n).map(|d| (i + n / 2 + d) % n);
    others.find(|other| pieces[*other].work != pieces[i].work)
}

fn place_auc(real: &[&Whole], takes: &[&Whole], place: Place) -> Option<Measured> {
    let examples = |set: &[&Whole], is_take: bool| -> Vec<Example> {
        let pairs = set.iter().zip(folds(set));
        pairs
            .map(|(piece, fold)| Example {
                is_take,
                fold,
                features: figures(place.of(&piece.notes)).to_vec(),
            })
            .collect()
    };
    let all = [examples(real, false), examples(takes, true)].concat();
    let value = auc(&scores(&all)?, &all);
    Some(Measured { value, error: auc_error(value, real.len(), takes.len()) })
}
