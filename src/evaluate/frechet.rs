//! The Fréchet distance between two sets of feature vectors, each modelled as a Gaussian.

use tch::{Kind, Tensor};

struct Gaussian {
    /// `[F]`
    mean: Tensor,
    /// `[F, F]`
    covariance: Tensor,
}

fn gaussian(rows: &[Vec<f32>]) -> Option<Gaussian> {
    let width = rows.first()?.len();
    if rows.len() < 2 || width == 0 || rows.iter().any(|r| r.len() != width) {
        return None;
    }
    let flat: Vec<f64> = rows.iter().flatten().map(|&v| f64::from(v)).collect();
    let x = Tensor::from_slice(&flat).view([rows.len() as i64, width as i64]); // [N, F]
    let mean = x.mean_dim(Some([0i64].as_slice()), false, Kind::Double);
    let centred = x - mean.unsqueeze(0); // [N, F]
    let covariance = centred.transpose(0, 1).matmul(&centred) / (rows.len() - 1) as f64; // [F, F]
    Some(Gaussian { mean, covariance })
}

/// The square root of a symmetric matrix without negative eigenvalues.
fn root(matrix: &Tensor) -> Option<Tensor> {
    let (values, vectors) = matrix.f_linalg_eigh("L").ok()?;
    let scaled = &vectors * values.clamp_min(0.0).sqrt().unsqueeze(0);
    Some(scaled.matmul(&vectors.transpose(0, 1)))
}

/// |μa − μb|² + tr(A + B − 2 (A½ B A½)½) (Dowson and Landau 1982; as in Heusel et al., arXiv 1706.08500). `None` if a
/// side has fewer than two rows. Use the same number of rows on both sides: the distance is larger for few rows.
pub fn frechet_distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> Option<f64> {
    let (a, b) = (gaussian(a)?, gaussian(b)?);
    if a.mean.size() != b.mean.size() {
        return None;
    }
    let half = root(&a.covariance)?;
    let (values, _) = half.matmul(&b.covariance).matmul(&half).f_linalg_eigh("L").ok()?;
    let cross = values.clamp_min(0.0).sqrt().sum(Kind::Double).double_value(&[]);
    let traces = (a.covariance.trace() + b.covariance.trace()).double_value(&[]);
    let shift = (a.mean - b.mean).square().sum(Kind::Double).double_value(&[]);
    Some((shift + traces - 2.0 * cross).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagonal_gaussians_by_hand() {
        // Variances 2 and 8 along the first axis, 2 and 2 along the second; means 3 apart.
        let a = vec![vec![1.0, 1.0], vec![-1.0, -1.0], vec![1.0, -1.0], vec![-1.0, 1.0]];
        let b: Vec<Vec<f32>> = a.iter().map(|r| vec![2.0 * r[0] + 3.0, r[1]]).collect();
        let v = 4.0 / 3.0f64; // each axis of `a`
        let expected = 9.0 + (v.sqrt() - (4.0 * v).sqrt()).powi(2);
        let found = frechet_distance(&a, &b).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        assert!(frechet_distance(&a, &a).unwrap() < 1e-6);
    }

    #[test]
    fn needs_rows() {
        assert_eq!(frechet_distance(&[], &[]), None);
        assert_eq!(frechet_distance(&[vec![1.0]], &[vec![1.0]]), None);
    }
}
