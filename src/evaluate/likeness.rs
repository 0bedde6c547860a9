//! Compares takes with real music of the same composers, and real music with itself.

use super::material::{Labelled, parts, real_halves, real_segments};
use super::similarity::{
    self, Group, Histograms, RelativeCosine, histogram_vector, out_of_range, relative_cosine,
};
use super::{EvaluateError, EvaluateOptions, LikenessReport, frechet_distance};
use crate::classify::Classifier;
use crate::data::{Corpus, Split};

/// Real training segments per composer for the percentiles.
const RANGE_SEGMENTS: usize = 150;

/// A set of segments with the judge's features.
struct Set<'a> {
    segments: &'a [Labelled],
    features: Vec<Vec<f32>>,
}

impl<'a> Set<'a> {
    fn new(segments: &'a [Labelled], judge: &Classifier) -> Set<'a> {
        let features = judge.hear(&parts(segments)).into_iter().map(|h| h.features).collect();
        Set { segments, features }
    }

    fn histograms_of(&self, composer: usize) -> Histograms {
        let own = self.segments.iter().filter(|(c, _)| *c == composer);
        Histograms::of(own.map(|(_, notes)| notes.as_slice()))
    }

    fn histogram_vectors(&self) -> Vec<(usize, Vec<f64>)> {
        self.segments.iter().map(|(c, notes)| (*c, histogram_vector(notes))).collect()
    }

    fn feature_vectors(&self) -> Vec<(usize, Vec<f64>)> {
        let wide = |f: &Vec<f32>| f.iter().map(|&v| f64::from(v)).collect();
        self.segments.iter().zip(&self.features).map(|((c, _), f)| (*c, wide(f))).collect()
    }

    fn cosines(&self, real: &Set) -> (RelativeCosine, RelativeCosine) {
        (
            relative_cosine(&self.histogram_vectors(), &real.histogram_vectors()),
            relative_cosine(&self.feature_vectors(), &real.feature_vectors()),
        )
    }
}

/// As many takes of each composer as `real` has segments, so that all sets have equal weight.
fn as_many(takes: &[Labelled], real: &[Labelled], n_composers: usize) -> Vec<Labelled> {
    let mut left = vec![0usize; n_composers];
    real.iter().for_each(|(c, _)| left[*c] += 1);
    let mut out = Vec::with_capacity(real.len());
    for take in takes {
        if left[take.0] > 0 {
            left[take.0] -= 1;
            out.push(take.clone());
        }
    }
    out
}

fn borrowed(set: &[Labelled]) -> Vec<similarity::Labelled<'_>> {
    set.iter().map(|(c, notes)| (*c, notes.as_slice())).collect()
}

/// Measures everything in [`LikenessReport`].
///
/// # Errors
/// [`EvaluateError::EmptySplit`] without held-out works for two halves.
pub fn measure(
    judge: &Classifier,
    corpus: &Corpus,
    takes: &[Labelled],
    options: &EvaluateOptions,
) -> Result<LikenessReport, EvaluateError> {
    let n_composers = corpus.composers.len();
    let (first_half, second_half) = real_halves(corpus, options.notes, options.takes);
    if first_half.len() < 2 {
        return Err(EvaluateError::EmptySplit("validation and test"));
    }
    let chosen = as_many(takes, &first_half, n_composers);
    let [own, real, other_real] = [&chosen, &first_half, &second_half].map(|s| Set::new(s, judge));
    let groups: Vec<Group> = (0..n_composers)
        .filter(|k| first_half.iter().any(|(c, _)| c == k))
        .map(|k| Group {
            generated: own.histograms_of(k),
            real: real.histograms_of(k),
            other_real: other_real.histograms_of(k),
        })
        .collect();
    let range = real_segments(corpus, Split::Train, options.notes, RANGE_SEGMENTS);
    let held_out: Vec<Labelled> = first_half.iter().chain(&second_half).cloned().collect();
    let (histograms, features) = own.cosines(&real);
    let (real_histograms, real_features) = other_real.cosines(&real);
    Ok(LikenessReport {
        distributions: similarity::likeness(&groups),
        frechet: frechet_distance(&own.features, &real.features).unwrap_or(f64::NAN),
        real_frechet: frechet_distance(&other_real.features, &real.features).unwrap_or(f64::NAN),
        histograms,
        real_histograms,
        features,
        real_features,
        out_of_range: out_of_range(&borrowed(takes), &borrowed(&held_out), &borrowed(&range)),
    })
}
