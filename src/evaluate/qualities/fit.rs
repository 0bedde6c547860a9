//! Ridge regression of each measured quality on the posterior means of real segments, within composers.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use crate::data::{Corpus, Split};
use crate::generate::{Generator, Quality};
use crate::latent_map::encode_segments;
use crate::progress::StopFlag;

/// Weight of the penalty: few beside the thousands of segments, enough for dimensions that do not vary.
const PENALTY: f64 = 10.0;

/// Real segments, each with its latent and its qualities, less the means of their composers.
struct Segments {
    z: Vec<Vec<f64>>,
    /// In the order of [`Quality::ALL`].
    values: Vec<[f64; Quality::ALL.len()]>,
}

/// What real music says about one quality.
pub struct Fitted {
    /// The mean difference of the latents between segments one standard deviation of the quality apart, as far as the
    /// latents explain it.
    pub step: Vec<f64>,
    /// The standard deviation of the quality within composers, in its own unit.
    pub deviation: f64,
    /// Share of the variance explained in the validation split.
    pub explained: f64,
}

/// One for each of [`Quality::ALL`]; `None` if there are too few segments or it was stopped.
pub fn fit(generator: &Generator, corpus: &Corpus, stop: &StopFlag) -> Option<Vec<Fitted>> {
    let train = segments(generator, corpus, Split::Train, stop);
    let held_out = segments(generator, corpus, Split::Validation, stop);
    if stop.is_stopped() || train.z.len() <= generator.info().d_latent {
        return None;
    }
    let x = DenseMatrix::from_2d_vec(&train.z).ok()?;
    (0..Quality::ALL.len()).map(|i| fit_one(&x, &train, &held_out, i)).collect()
}

fn fit_one(x: &DenseMatrix<f64>, train: &Segments, held_out: &Segments, quality: usize) -> Option<Fitted> {
    let y: Vec<f64> = train.values.iter().map(|values| values[quality]).collect();
    let deviation = (y.iter().map(|v| v * v).sum::<f64>() / y.len() as f64).sqrt();
    if deviation <= 0.0 {
        return None;
    }
    let y: Vec<f64> = y.into_iter().map(|v| v / deviation).collect();
    let parameters = RidgeRegressionParameters::default().with_alpha(PENALTY).with_normalize(false);
    let model = RidgeRegression::fit(x, &y, parameters).ok()?;
    let weights: Vec<f64> = model.coefficients().iterator(0).copied().collect();
    let predict = |z: &Vec<f64>| z.iter().zip(&weights).map(|(z, w)| z * w).sum::<f64>();
    // The regression of the latents on what is predicted from them: Σw / wᵀΣw.
    let predicted: Vec<f64> = train.z.iter().map(predict).collect();
    let variance = predicted.iter().map(|p| p * p).sum::<f64>();
    let along = |axis: usize| {
        train.z.iter().zip(&predicted).map(|(z, p)| z[axis] * p).sum::<f64>() / variance.max(1e-12)
    };
    let errors = held_out.z.iter().zip(&held_out.values).map(|(z, values)| {
        let own = values[quality] / deviation;
        ((own - predict(z)).powi(2), own * own)
    });
    let (left, all) = errors.fold((0.0, 0.0), |(l, a), (e, o)| (l + e, a + o));
    Some(Fitted {
        step: (0..weights.len()).map(along).collect(),
        deviation,
        explained: if all > 0.0 { 1.0 - left / all } else { 0.0 },
    })
}

fn segments(generator: &Generator, corpus: &Corpus, split: Split, stop: &StopFlag) -> Segments {
    let mut out = Segments { z: Vec::new(), values: Vec::new() };
    for (id, _) in corpus.composers.iter() {
        let (windows, latents) = encode_segments(generator.vae(), corpus, split, id, stop);
        let notes =
            |w: &crate::data::Window| w.notes.iter().copied().filter(|n| !n.is_end()).collect::<Vec<_>>();
        let values: Vec<[f64; Quality::ALL.len()]> =
            windows.iter().map(notes).map(|notes| Quality::ALL.map(|q| q.measure(&notes))).collect();
        let z: Vec<Vec<f64>> = latents.iter().map(|z| z.iter().map(|v| f64::from(*v)).collect()).collect();
        if z.len() < 2 || z.len() != values.len() {
            continue;
        }
        let n = z.len() as f64;
        let middle: Vec<f64> = (0..z[0].len()).map(|i| z.iter().map(|z| z[i]).sum::<f64>() / n).collect();
        let usual: [f64; Quality::ALL.len()] =
            std::array::from_fn(|i| values.iter().map(|v| v[i]).sum::<f64>() / n);
        out.z.extend(z.iter().map(|z| z.iter().zip(&middle).map(|(z, m)| z - m).collect::<Vec<f64>>()));
        out.values.extend(values.iter().map(|v| std::array::from_fn(|i| v[i] - usual[i])));
    }
    out
}
