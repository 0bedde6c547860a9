//! Statistics.

/// Mean; 0 of an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The standard error of a share `p` of `n` draws.
pub fn share_error(p: f64, n: usize) -> f64 {
    (p * (1.0 - p) / n.max(1) as f64).sqrt()
}

/// The `q`-quantile, 0–1, by linear interpolation; 0 of an empty slice.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}

/// Counts as shares that sum to 1; all zero if there are none.
pub fn normalised(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    counts.iter().map(|c| if total > 0.0 { c / total } else { 0.0 }).collect()
}

/// Overlapping area of two histograms, 0–1.
pub fn overlap(a: &[f64], b: &[f64]) -> f64 {
    normalised(a).iter().zip(normalised(b)).map(|(a, b)| a.min(b)).sum()
}

/// KL(a‖b) in nats; a count of one half is added to each bin, so that empty bins do not make it infinite.
pub fn divergence(a: &[f64], b: &[f64]) -> f64 {
    let smooth = |h: &[f64]| normalised(&h.iter().map(|c| c + 0.5).collect::<Vec<_>>());
    smooth(a).iter().zip(smooth(b)).filter(|(a, _)| **a > 0.0).map(|(a, b)| a * (a / b).ln()).sum()
}

/// Cosine similarity; 0 if a vector is zero.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// Mean silhouette (Rousseeuw 1987) of labelled points under Euclidean distance, over the points whose label has
/// another point; 0 when there are fewer than two labels.
pub fn silhouette(points: &[Vec<f32>], labels: &[usize]) -> f64 {
    let k = labels.iter().max().map_or(0, |m| m + 1);
    let mut sizes = vec![0usize; k];
    labels.iter().for_each(|&l| sizes[l] += 1);
    if sizes.iter().filter(|s| **s > 0).count() < 2 {
        return 0.0;
    }
    let distance =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt();
    let mut scores = Vec::with_capacity(points.len());
    for (i, point) in points.iter().enumerate() {
        if sizes[labels[i]] < 2 {
            continue;
        }
        let mut sums = vec![0.0; k];
        for (other, &label) in points.iter().zip(labels) {
            sums[label] += distance(point, other);
        }
        let own = sums[labels[i]] / (sizes[labels[i]] - 1) as f64;
        let nearest = (0..k)
            .filter(|&l| l != labels[i] && sizes[l] > 0)
            .map(|l| sums[l] / sizes[l] as f64)
            .fold(f64::INFINITY, f64::min);
        let scale = own.max(nearest);
        scores.push(if scale > 0.0 { (nearest - own) / scale } else { 0.0 });
    }
    mean(&scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn quantiles_by_hand() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        close(quantile(&sorted, 0.0), 1.0);
        close(quantile(&sorted, 0.5), 3.0);
        close(quantile(&sorted, 1.0), 8.0);
        close(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn histograms_by_hand() {
        close(overlap(&[1.0, 1.0], &[3.0, 1.0]), 0.75);
        close(overlap(&[1.0, 0.0], &[0.0, 5.0]), 0.0);
        // Smoothed to 0.75, 0.25 and 0.25, 0.75: 0.75 ln 3 − 0.25 ln 3.
        close(divergence(&[1.0, 0.0], &[0.0, 1.0]), 0.5 * 3f64.ln());
        close(divergence(&[2.0, 3.0], &[2.0, 3.0]), 0.0);
    }

    #[test]
    fn cosines_by_hand() {
        close(cosine(&[1.0, 0.0], &[1.0, 1.0]), 0.5f64.sqrt());
        close(cosine(&[0.0, 0.0], &[1.0, 1.0]), 0.0);
    }

    #[test]
    fn silhouette_by_hand() {
        // On a line: 0, 1 of one label, 4 and 5 of the other.
        let points: Vec<Vec<f32>> = [0.0, 1.0, 4.0, 5.0].map(|x| vec![x]).to_vec();
        let a = (4.5 - 1.0) / 4.5;
        let b = (3.5 - 1.0) / 3.5;
        close(silhouette(&points, &[0, 0, 1, 1]), (a + b) / 2.0);
        close(silhouette(&points, &[0, 0, 0, 0]), 0.0);
    }

    #[test]
    fn errors_by_hand() {
        close(share_error(0.5, 100), 0.05);
        close(share_error(1.0, 7), 0.0);
    }
}
