//! Real or take? A classifier that is trained anew at each evaluation, and what gives takes away.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};

use super::features::{FEATURES, features};
use super::pieces::Whole;
use super::prepared::Heard;
use crate::evaluate::Measured;
use crate::evaluate::stats::quantile;

/// Parts that each are classified by what was learned from all others.
const FOLDS: usize = 5;
/// Signs that are reported.
const SIGNS: usize = 8;

/// Something to tell apart.
#[derive(Clone, Debug)]
pub struct Example {
    pub is_take: bool,
    /// Examples of one work or take are learned from together or not at all.
    pub fold: usize,
    /// All finite.
    pub features: Vec<f64>,
}

/// A feature that gives takes away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    pub feature: String,
    /// Medians over all segments.
    pub real: f64,
    pub takes: f64,
    /// Area under the curve of a classifier that knows this feature alone, 0.5–1.
    pub auc: f64,
}

/// How well takes are told from real music.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RealOrTake {
    /// Notes of a segment.
    pub notes: usize,
    /// Segments of each kind.
    pub segments: usize,
    /// Area under the curve; 0.5: not at all. Its standard error counts each piece once.
    pub auc: Measured,
    /// The features that give most away, strongest first.
    pub signs: Vec<Sign>,
}

/// Tells segments of `notes` notes from `real` music and `takes` apart. Both have equally many pieces of each
/// composer and are sorted by composer. `None` when either is too short for a segment or there are too few to learn
/// from.
pub fn real_or_take(real: &[&Whole], takes: &[&Whole], notes: usize) -> Option<RealOrTake> {
    let longest = takes.iter().map(|w| w.notes.len()).max()?;
    let segments = |set: &[&Whole], is_take: bool| -> Vec<Example> {
        let folds = folds(set);
        set.par_iter()
            .zip(folds)
            .flat_map_iter(|(piece, fold)| {
                // A real piece that is longer than takes is heard as far as those go.
                let heard = &piece.notes[..piece.notes.len().min(longest)];
                heard.chunks_exact(notes).map(move |segment| Example {
                    is_take,
                    fold,
                    features: features(&Heard::new(segment)),
                })
            })
            .collect()
    };
    let mut examples = segments(real, false);
    let count = examples.len();
    examples.extend(segments(takes, true));
    // Takes may be shorter than a segment.
    if count == 0 || examples.len() == count {
        return None;
    }
    let scores = scores(&examples)?;
    let value = auc(&scores, &examples);
    Some(RealOrTake {
        notes,
        segments: count.min(examples.len() - count),
        auc: Measured { value, error: auc_error(value, real.len(), takes.len()) },
        signs: signs(&examples),
    })
}

/// The fold of each piece: works of a composer take turns.
pub fn folds(set: &[&Whole]) -> Vec<usize> {
    let mut out = Vec::with_capacity(set.len());
    for own in set.chunk_by(|a, b| a.composer == b.composer) {
        let mut works: Vec<usize> = own.iter().map(|w| w.work).collect();
        works.dedup();
        let turn = |w: &&Whole| works.iter().position(|work| *work == w.work).unwrap_or(0);
        out.extend(own.iter().map(|w| (turn(w) + w.composer) % FOLDS));
    }
    out
}

/// How much each example sounds like a take to gradient-boosted trees that learned from the other folds. `None` when
/// a fold leaves nothing to learn from.
pub fn scores(examples: &[Example]) -> Option<Vec<f64>> {
    let parameters = XGRegressorParameters::default()
        .with_n_estimators(150)
        .with_max_depth(3)
        .with_learning_rate(0.08)
        .with_subsample(0.6)
        .with_min_child_weight(4)
        .with_seed(1);
    let rows = |of: &[usize]| {
        let rows: Vec<Vec<f64>> = of.iter().map(|&i| examples[i].features.clone()).collect();
        DenseMatrix::from_2d_vec(&rows).ok()
    };
    let by_fold: Vec<Vec<(usize, f64)>> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            let (own, others): (Vec<usize>, Vec<usize>) =
                (0..examples.len()).partition(|&i| examples[i].fold == fold);
            if own.is_empty() {
                return Some(Vec::new());
            }
            let kinds: Vec<f64> = others.iter().map(|&i| f64::from(examples[i].is_take)).collect();
            let trees = XGRegressor::fit(&rows(&others)?, &kinds, parameters.clone()).ok()?;
            let scores = trees.predict(&rows(&own)?).ok()?;
            Some(own.into_iter().zip(scores).collect())
        })
        .collect::<Option<_>>()?;
    let mut out = vec![0.0; examples.len()];
    for (i, score) in by_fold.into_iter().flatten() {
        out[i] = score;
    }
    Some(out)
}

/// Area under the receiver's curve: how often a take has a higher score than real music, ties counting half; 0.5
/// where one kind is missing.
pub fn auc(scores: &[f64], examples: &[Example]) -> f64 {
    let mut sorted: Vec<(f64, bool)> =
        scores.iter().copied().zip(examples.iter().map(|e| e.is_take)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let takes = sorted.iter().filter(|(_, is_take)| *is_take).count();
    let real = sorted.len() - takes;
    if takes == 0 || real == 0 {
        return 0.5;
    }
    let (mut real_below, mut won) = (0.0, 0.0);
    for tie in sorted.chunk_by(|a, b| a.0 == b.0) {
        let own = tie.iter().filter(|(_, is_take)| *is_take).count() as f64;
        let others = tie.len() as f64 - own;
        won += own * (real_below + others / 2.0);
        real_below += others;
    }
    won / (takes as f64 * real as f64)
}

/// Standard error of an area under the curve (Hanley and McNeil 1982).
pub fn auc_error(auc: f64, real: usize, takes: usize) -> f64 {
    let (m, n) = (real as f64, takes as f64);
    let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let variance = auc * (1.0 - auc) + (n - 1.0) * (q1 - auc * auc) + (m - 1.0) * (q2 - auc * auc);
    (variance / (m * n).max(1.0)).max(0.0).sqrt()
}

fn signs(examples: &[Example]) -> Vec<Sign> {
    let median = |feature: usize, is_take: bool| {
        let own = examples.iter().filter(|e| e.is_take == is_take);
        let mut values: Vec<f64> = own.map(|e| e.features[feature]).collect();
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5)
    };
    let mut signs: Vec<Sign> = FEATURES
        .iter()
        .enumerate()
        .map(|(i, (name, _))| {
            let values: Vec<f64> = examples.iter().map(|e| e.features[i]).collect();
            let own = auc(&values, examples);
            Sign {
                feature: (*name).to_owned(),
                real: median(i, false),
                takes: median(i, true),
                auc: own.max(1.0 - own),
            }
        })
        .collect();
    signs.sort_by(|a, b| b.auc.total_cmp(&a.auc));
    signs.truncate(SIGNS);
    signs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::NoteToken;

    fn example(is_take: bool, fold: usize, features: Vec<f64>) -> Example {
        Example { is_take, fold, features }
    }

    #[test]
    fn areas_by_hand() {
        let kinds = [false, true, false, true].map(|is_take| example(is_take, 0, vec![]));
        // Real 1 and 3, takes 2 and 4: of four pairs the take wins three.
        assert_eq!(auc(&[1.0, 2.0, 3.0, 4.0], &kinds), 0.75);
        assert_eq!(auc(&[1.0, 1.0, 1.0, 1.0], &kinds), 0.5);
        assert_eq!(auc(&[4.0, 1.0, 3.0, 2.0], &kinds), 0.0);
        assert_eq!(auc(&[1.0], &kinds[..1]), 0.5);
        // √(1/12 · (1/m + 1/n + 1/(m n))) at chance.
        let (m, n) = (10.0f64, 20.0f64);
        let by_hand = ((1.0 / m + 1.0 / n + 1.0 / (m * n)) / 12.0).sqrt();
        assert!((auc_error(0.5, 10, 20) - by_hand).abs() < 1e-12);
        assert_eq!(auc_error(1.0, 10, 20), 0.0);
    }

    /// Two numbers per example; only their sign together says which kind it is.
    fn examples(is_told: bool) -> Vec<Example> {
        let mut state = 7u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / (1u64 << 30) as f64 - 1.0
        };
        (0..300)
            .map(|i| {
                let (x, y, chance) = (draw(), draw(), draw());
                let is_take = if is_told { x * y > 0.0 } else { chance > 0.0 };
                example(is_take, i % FOLDS, vec![x, y])
            })
            .collect()
    }

    #[test]
    fn trees_learn_what_can_be_learned_and_nothing_else() {
        let told = examples(true);
        let value = auc(&scores(&told).unwrap(), &told);
        assert!(value > 0.9, "{value}");
        let chance = examples(false);
        let value = auc(&scores(&chance).unwrap(), &chance);
        assert!((0.38..0.62).contains(&value), "{value}");
    }

    #[test]
    fn a_work_lies_in_one_fold_and_signs_are_found() {
        let piece = |composer: usize, work: usize, step: u8| Whole {
            title: String::new(),
            composer,
            work,
            notes: (0..600u32)
                .map(|i| NoteToken {
                    pitch: 30 + (i * u32::from(step) % 13) as u8,
                    velocity: 10 + (i * 7 % 5) as u8,
                    duration: 20,
                    pedal: 0,
                    gap: 10,
                })
                .collect(),
        };
        let real: Vec<Whole> = (0..10).map(|i| piece(i / 5, 100 + i / 2, 1)).collect();
        let takes: Vec<Whole> = (0..10).map(|i| piece(i / 5, i, 5)).collect();
        let (real, takes): (Vec<_>, Vec<_>) = (real.iter().collect(), takes.iter().collect());
        let of = folds(&real);
        assert_eq!((of[0], of[2]), (of[1], of[3]));
        assert_ne!(of[0], of[2]);
        let found = real_or_take(&real, &takes, 256).unwrap();
        // 600 notes are two segments of 256.
        assert_eq!((found.segments, found.auc.value), (20, 1.0));
        let steps = found.signs.iter().find(|s| s.feature == "size of steps").unwrap();
        assert!(steps.real < 2.0 && steps.takes > 4.0 && steps.auc == 1.0, "{steps:?}");
        assert!(real_or_take(&[], &[], 256).is_none());
        assert!(real_or_take(&real, &takes, 1024).is_none(), "none is so long");
    }
}
